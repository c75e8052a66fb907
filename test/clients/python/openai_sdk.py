"""OpenAI's Python SDK: chats, responses, embeddings."""

import base64
import json

import openai
from pydantic import BaseModel

from harness import EMPTY_KEY, KEY, PNG, RESULTS, SEEN, URL, WORDS, case, key_with, main, raises, same

client = openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0)
MESSAGES = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Say words."}]
PARAMETERS = {"type": "object", "properties": {"round": {"type": "number"}, "nth": {"type": "number"}}}
TOOLS = [{"type": "function", "function": {"name": name, "parameters": PARAMETERS}} for name in ["weather", "time"]]
FLAT = [{"type": "function", "name": name, "parameters": PARAMETERS, "strict": False} for name in ["weather", "time"]]
IMAGE = f"data:image/png;base64,{PNG}"


class Visit(BaseModel):
    city: str
    days: list[int]


VISIT = Visit(city="Oslo", days=[7])


@case()
def chats(host):
    answer = client.chat.completions.create(model=f"{host}:ok", messages=MESSAGES, max_completion_tokens=20)
    same(answer.choices[0].message.content, WORDS)
    same(answer.choices[0].finish_reason, "stop")
    same(answer.usage.completion_tokens, 8)
    same(answer.usage.total_tokens, answer.usage.prompt_tokens + 8)


@case()
def chats_in_a_stream(host):
    chunks = list(
        client.chat.completions.create(
            model=f"{host}:ok", messages=MESSAGES, max_tokens=20, stream=True, stream_options={"include_usage": True}
        )
    )
    same("".join(c.choices[0].delta.content or "" for c in chunks if c.choices), WORDS)
    same([c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason], ["stop"])
    same(chunks[-1].usage.completion_tokens, 8)
    assert sum(1 for c in chunks if c.choices and c.choices[0].delta.content) > 3


@case(True, False)
def chats_with_tools(host, stream):
    """Parallel calls over several turns, thoughts and cached tokens told."""
    messages = list(MESSAGES)
    for turn in range(3):
        asked = {"model": f"{host}:agent", "messages": messages, "tools": TOOLS, "parallel_tool_calls": True}
        if stream:
            with client.chat.completions.stream(**asked, stream_options={"include_usage": True}) as events:
                answer = events.get_final_completion()
        else:
            answer = client.chat.completions.create(**asked)
        message = answer.choices[0].message
        calls = message.tool_calls or []
        if turn == 2:
            break
        same(answer.choices[0].finish_reason, "tool_calls")
        same(
            [(call.function.name, json.loads(call.function.arguments)) for call in calls],
            [("weather", {"round": turn, "nth": 0}), ("time", {"round": turn, "nth": 1})],
        )
        assert len({call.id for call in calls}) == 2
        messages.append(message)
        messages += [
            {"role": "tool", "tool_call_id": call.id, "content": f"{call.function.name} {turn}"} for call in calls
        ]
    same(calls, [])
    same(message.content, RESULTS)
    same(answer.usage.prompt_tokens_details.cached_tokens, 5)


@case(True, False)
def chats_keep_thoughts(host, plain):
    """Whether the client hands back all that it was given, or (plain) what it knows alone."""
    messages = list(MESSAGES)
    for _ in range(3):
        answer = client.chat.completions.create(model=f"{host}:agent,kept=1", messages=messages, tools=TOOLS)
        message = answer.choices[0].message
        calls = [call.to_dict() for call in message.tool_calls or []]
        if plain:
            bare = [{**call, "function": {n: call["function"][n] for n in ["name", "arguments"]}} for call in calls]
            bare = [{n: call[n] for n in ["id", "type", "function"]} for call in bare]
            messages.append({"role": "assistant", "content": message.content, "tool_calls": bare})
        else:
            messages.append(message)
        messages += [{"role": "tool", "tool_call_id": call["id"], "content": "it is"} for call in calls]
    kept = 2 if host in ("anthropic", "gemini") or not plain else 0
    assert message.content.endswith(f"; thoughts kept: {kept}"), message.content


@case()
def chat_answers_parse(host):
    answer = client.chat.completions.parse(model=f"{host}:form", messages=MESSAGES, response_format=Visit)
    same(answer.choices[0].message.parsed, VISIT)
    with client.chat.completions.stream(model=f"{host}:form", messages=MESSAGES, response_format=Visit) as stream:
        same(stream.get_final_completion().choices[0].message.parsed, VISIT)


@case()
def chat_calls_parse(host):
    tool = openai.pydantic_function_tool(Visit, name="visit")
    choice = {"type": "function", "function": {"name": "visit"}}
    answer = client.chat.completions.parse(model=f"{host}:form", messages=MESSAGES, tools=[tool], tool_choice=choice)
    same(answer.choices[0].message.tool_calls[0].function.parsed_arguments, VISIT)


@case()
def chat_pictures_arrive(host):
    content = [{"type": "text", "text": "Look."}, {"type": "image_url", "image_url": {"url": IMAGE}}]
    answer = client.chat.completions.create(model=f"{host}:look", messages=[{"role": "user", "content": content}])
    same(answer.choices[0].message.content, SEEN)


@case()
def chat_streams_that_break_raise(host):
    for script in ["cut,after=3", "error-late"]:
        stream = client.chat.completions.create(model=f"{host}:{script}", messages=MESSAGES, stream=True)
        raises(openai.APIError, lambda stream=stream: list(stream))


@case()
def chat_errors_have_types(host):
    ask = lambda script, by=client: by.chat.completions.create(model=f"{host}:{script}", messages=MESSAGES)
    raises(openai.AuthenticationError, lambda: ask("ok", client.with_options(api_key="sk-unknown")))
    raises(openai.BadRequestError, lambda: ask("context"))
    limited = raises(openai.RateLimitError, lambda: ask("status,status=429,retry-after=7"))
    same(limited.response.headers["retry-after"], "7")
    poor = raises(openai.RateLimitError, lambda: ask("ok", client.with_options(api_key=EMPTY_KEY)))
    assert "Budget has been exceeded!" in poor.message


@case()
def responds(host):
    first = client.responses.create(model=f"{host}:ok", input="Say words.", instructions="Be brief.")
    second = client.responses.create(model=f"{host}:ok", input="Again.", previous_response_id=first.id)
    same([first.output_text, second.output_text], [WORDS, WORDS])
    same(second.usage.output_tokens, 8)


@case()
def responds_in_a_stream(host):
    with client.responses.stream(model=f"{host}:ok", input="Say words.") as stream:
        numbers = [event.sequence_number for event in stream]
        response = stream.get_final_response()
    same(numbers, list(range(len(numbers))))
    same((response.output_text, response.status), (WORDS, "completed"))


@case((True, True), (True, False), (False, True), (False, False))
def responds_with_tools(host, stream, store):
    """By the items themselves, or by the id of the response before."""
    items = [{"role": "user", "content": "Find out."}]
    before = None
    for turn in range(3):
        asked = {"model": f"{host}:agent,kept=1", "tools": FLAT, "input": items, "store": store}
        asked |= {"previous_response_id": before} if before else {}
        asked |= {} if store else {"include": ["reasoning.encrypted_content"]}
        if stream:
            with client.responses.stream(**asked) as events:
                response = events.until_done().get_final_response()
        else:
            response = client.responses.create(**asked)
        calls = [item for item in response.output if item.type == "function_call"]
        if turn == 2:
            break
        same([(call.name, json.loads(call.arguments)["round"]) for call in calls], [("weather", turn), ("time", turn)])
        outputs = [
            {"type": "function_call_output", "call_id": call.call_id, "output": f"{call.name} {turn}"} for call in calls
        ]
        before = response.id if store else None
        items = outputs if store else [*items, *[item.to_dict(mode="json") for item in response.output], *outputs]
    same(response.output_text, RESULTS + f"; thoughts kept: {0 if host == 'chat' else 2}")
    same(response.usage.input_tokens_details.cached_tokens, 5)


@case()
def responses_parse(host):
    same(client.responses.parse(model=f"{host}:form", input="Fill in.", text_format=Visit).output_parsed, VISIT)
    with client.responses.stream(model=f"{host}:form", input="Fill in.", text_format=Visit) as stream:
        same(stream.get_final_response().output_parsed, VISIT)


@case()
def response_pictures_arrive(host):
    content = [{"type": "input_text", "text": "Look."}, {"type": "input_image", "image_url": IMAGE, "detail": "auto"}]
    response = client.responses.create(model=f"{host}:look", input=[{"role": "user", "content": content}])
    same(response.output_text, SEEN)


@case()
def response_streams_that_break_never_complete(host):
    for script in ["cut,after=3", "error-late"]:
        seen = []
        try:
            for event in client.responses.create(model=f"{host}:{script}", input="x", stream=True):
                seen.append(event.type)
        except openai.APIError:
            seen.append("raised")
        assert seen[-1] in ("raised", "error", "response.failed"), seen
        assert "response.completed" not in seen


@case()
def response_errors_have_types(host):
    ask = lambda script, by=client: by.responses.create(model=f"{host}:{script}", input="x")
    raises(openai.AuthenticationError, lambda: ask("ok", client.with_options(api_key="sk-unknown")))
    raises(openai.BadRequestError, lambda: ask("context"))
    raises(openai.RateLimitError, lambda: ask("status,status=429,retry-after=7"))


@case(hosts=["openai"])
def embeds(host):
    for more in [{}, {"encoding_format": "float"}, {"encoding_format": "base64"}]:
        answer = client.embeddings.create(model=f"{host}:ok", input=["a", "b"], **more)
        assert len(answer.data) == 2
    same(client.embeddings.create(model=f"{host}:ok", input="a").data[0].embedding, [0.5, -0.25])


@case(hosts=["openai"])
def lists_models(host):
    assert f"{host}:ok" in [model.id for model in client.models.list()]
    raises(openai.NotFoundError, lambda: client.models.retrieve("no-such-model"))


@case(hosts=["openai"])
def draws_speaks_and_hears(host):
    """Bytes arrive as they were sent, either way. Without a budget: the scripted models have no price for these."""
    free = client.with_options(api_key=key_with({}))
    picture = base64.b64decode(PNG)
    drawn = free.images.generate(model=f"{host}:ok", prompt="A cat.")
    same(base64.b64decode(drawn.data[0].b64_json), b"A cat.")
    edited = free.images.edit(model=f"{host}:ok", image=("cat.png", picture, "image/png"), prompt="Bigger.")
    same(base64.b64decode(edited.data[0].b64_json), picture)
    same(free.audio.speech.create(model=f"{host}:ok", voice="alloy", input="Hello").read(), b"Hello")
    heard = free.audio.transcriptions.create(model=f"{host}:ok", file=("a.wav", picture, "audio/wav"))
    same(heard.text, "Heard 6b7fa434")
    same(free.moderations.create(model=f"{host}:ok", input="Hi").results[0].flagged, False)


main(f"openai {openai.__version__}")
