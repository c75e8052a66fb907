"""OpenAI's Python SDK against a running gateway (BASE_URL, API_KEY, EMPTY_KEY): what a migrating application relies on."""

import json
import os
import sys
import traceback

import openai

URL = os.environ["BASE_URL"]
client = openai.OpenAI(base_url=URL, api_key=os.environ["API_KEY"], max_retries=0)
KINDS = ["openai", "azure", "anthropic", "ollama"]
MESSAGES = [{"role": "user", "content": "Say words."}]
WORDS = "w0 w1 w2 w3 w4 w5 w6 w7"
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}
    for name in ["weather", "time"]
]


def raises(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


def answers_whole(kind):
    answer = client.chat.completions.create(model=kind, messages=MESSAGES, max_tokens=20)
    assert answer.choices[0].message.content == WORDS
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.completion_tokens == 8
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 8
    assert answer.usage.cost > 0


def answers_as_a_stream(kind):
    chunks = list(
        client.chat.completions.create(
            model=kind, messages=MESSAGES, max_tokens=20, stream=True, stream_options={"include_usage": True}
        )
    )
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == WORDS
    assert [c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason] == ["stop"]
    assert chunks[-1].usage.completion_tokens == 8


def calls_tools_in_parallel(kind):
    answer = client.chat.completions.create(model=f"{kind}-tool", messages=MESSAGES, tools=TOOLS, max_tokens=50)
    calls = answer.choices[0].message.tool_calls
    assert answer.choices[0].finish_reason == "tool_calls"
    assert [call.function.name for call in calls] == ["weather", "time"]
    assert [json.loads(call.function.arguments) for call in calls] == [{"city": "Oslo"}] * 2


def streams_tool_calls(kind):
    with client.chat.completions.stream(model=f"{kind}-tool", messages=MESSAGES, tools=TOOLS, max_tokens=50) as stream:
        calls = stream.get_final_completion().choices[0].message.tool_calls
    assert [call.function.name for call in calls] == ["weather", "time"]
    assert [json.loads(call.function.arguments) for call in calls] == [{"city": "Oslo"}] * 2


def embeds():
    answer = client.embeddings.create(model="openai", input=["a", "b"])
    assert [item.embedding for item in answer.data] == [[0.5, -0.25]] * 2


def lists_models():
    assert set(KINDS) <= {model.id for model in client.models.list()}


def raises_typed_errors():
    ask = lambda model, by=client: by.chat.completions.create(model=model, messages=MESSAGES)
    stranger = client.with_options(api_key="sk-unknown")
    raises(openai.AuthenticationError, lambda: ask("openai", stranger))
    raises(openai.BadRequestError, lambda: ask("no-such-model"))
    raises(openai.NotFoundError, lambda: client.models.retrieve("no-such-model"))
    limited = raises(openai.RateLimitError, lambda: ask("limited"))
    assert limited.response.headers["retry-after"] == "7"
    poor = raises(openai.RateLimitError, lambda: ask("openai", client.with_options(api_key=os.environ["EMPTY_KEY"])))
    assert poor.type == "budget_exceeded"
    assert "Budget has been exceeded!" in poor.message


def a_cut_stream_is_an_error():
    stream = client.chat.completions.create(model="cut", messages=MESSAGES, stream=True)
    raises(openai.APIError, lambda: list(stream))


def main():
    each = [answers_whole, answers_as_a_stream, calls_tools_in_parallel, streams_tool_calls]
    cases = [(f"{kind} {test.__name__}", lambda kind=kind, test=test: test(kind)) for kind in KINDS for test in each]
    cases += [(test.__name__, test) for test in [embeds, lists_models, raises_typed_errors, a_cut_stream_is_an_error]]
    failed = 0
    for name, run in cases:
        try:
            run()
        except Exception:
            failed += 1
            print(f"FAILED {name}\n{traceback.format_exc()}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
