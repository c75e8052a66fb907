"""Anthropic's Python SDK against a running gateway (BASE_URL, API_KEY, EMPTY_KEY, HOSTS)."""

import os
import sys
import traceback

import anthropic

URL = os.environ["BASE_URL"]
HOSTS = os.environ["HOSTS"].split(",")
client = anthropic.Anthropic(base_url=URL, api_key=os.environ["API_KEY"], max_retries=0)
MESSAGES = [{"role": "user", "content": "Say words."}]
WORDS = "w0 w1 w2 w3 w4 w5 w6 w7"
TOOLS = [
    {"name": name, "input_schema": {"type": "object", "properties": {"round": {"type": "number"}}}}
    for name in ["weather", "time"]
]
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def raises(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


def answers_whole(host):
    message = client.messages.create(model=f"{host}:ok", max_tokens=20, messages=MESSAGES)
    assert [(block.type, block.text) for block in message.content] == [("text", WORDS)]
    assert message.model == f"{host}:ok" and message.stop_reason == "end_turn"
    assert message.usage.input_tokens > 0 and message.usage.output_tokens == 8
    assert message.usage.cache_read_input_tokens == 0


def answers_as_a_stream(host):
    with client.messages.stream(model=f"{host}:ok", max_tokens=20, messages=MESSAGES) as stream:
        pieces = list(stream.text_stream)
        message = stream.get_final_message()
    assert len(pieces) > 3 and "".join(pieces) == WORDS
    assert message.usage.output_tokens == 8 and message.stop_reason == "end_turn"


def calls_tools_over_several_turns(host):
    messages = [{"role": "user", "content": "Find out."}]
    for turn in range(3):
        with client.messages.stream(
            model=f"{host}:agent", max_tokens=4000, messages=messages, tools=TOOLS, thinking={"type": "enabled", "budget_tokens": 1024}
        ) as stream:
            message = stream.get_final_message()
        assert message.content[0].type == "thinking" and message.content[0].thinking == "Let me see. "
        calls = [block for block in message.content if block.type == "tool_use"]
        if turn == 2:
            break
        assert [(call.name, call.input) for call in calls] == [
            ("weather", {"round": turn, "nth": 0}),
            ("time", {"round": turn, "nth": 1}),
        ]
        results = [{"type": "tool_result", "tool_use_id": call.id, "content": f"{call.name} {turn}"} for call in calls]
        messages += [{"role": "assistant", "content": message.content}, {"role": "user", "content": results}]
    assert not calls
    assert message.content[-1].text == "Results: weather 0, time 0, weather 1, time 1"
    assert message.usage.cache_read_input_tokens == 5


def runs_an_agent(host):
    """Under a hard budget: newer versions keep the conversation at the provider, which has no bound, and go on without."""

    @anthropic.beta_tool
    def weather(round: int, nth: int) -> str:
        """The weather."""
        return "sunny"

    runner = client.beta.messages.tool_runner(
        model=f"{host}:agent", max_tokens=4000, messages=[{"role": "user", "content": "Find out."}], tools=[weather]
    )
    message = runner.until_done()
    assert message.content[-1].text == "Results: sunny, sunny", message.content


def sends_images_and_counts(host):
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    messages = [{"role": "user", "content": [{"type": "text", "text": "Look"}, image]}]
    client.messages.create(model=f"{host}:ok", max_tokens=20, messages=messages)
    assert client.messages.count_tokens(model=f"{host}:ok", messages=messages, tools=TOOLS).input_tokens > 20


def raises_typed_errors(host):
    ask = lambda script, by=client: by.messages.create(model=f"{host}:{script}", max_tokens=20, messages=MESSAGES)
    raises(anthropic.AuthenticationError, lambda: ask("ok", client.with_options(api_key="sk-unknown")))
    raises(anthropic.NotFoundError, lambda: ask("no-such-model"))
    too_long = raises(anthropic.BadRequestError, lambda: ask("context"))
    assert "prompt is too long" in too_long.message
    limited = raises(anthropic.RateLimitError, lambda: ask("status,status=429,retry-after=7"))
    assert limited.response.headers["retry-after"] == "7"
    poor = raises(anthropic.RateLimitError, lambda: ask("ok", client.with_options(api_key=os.environ["EMPTY_KEY"])))
    assert "Budget has been exceeded!" in poor.message
    assert poor.request_id


def a_cut_stream_is_an_error(host):
    def read():
        with client.messages.stream(model=f"{host}:cut,after=3", max_tokens=20, messages=MESSAGES) as stream:
            stream.get_final_message()

    raises(anthropic.APIError, read)


def lists_models(host):
    assert f"{host}:ok" in [model.id for model in client.models.list(limit=3)]
    assert client.models.retrieve(f"{host}:ok").type == "model"


def main():
    tests = [
        answers_whole,
        answers_as_a_stream,
        calls_tools_over_several_turns,
        runs_an_agent,
        sends_images_and_counts,
        raises_typed_errors,
        a_cut_stream_is_an_error,
        lists_models,
    ]
    cases = [(f"{host} {test.__name__}", lambda host=host, test=test: test(host)) for host in HOSTS for test in tests]
    failed = 0
    for name, run in cases:
        try:
            run()
        except Exception:
            failed += 1
            print(f"FAILED {name} (anthropic {anthropic.__version__})\n{traceback.format_exc()}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
