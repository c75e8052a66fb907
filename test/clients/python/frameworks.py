"""Frameworks as their users write them: LangChain, LlamaIndex, pydantic-ai, instructor, the Agents SDK, LiteLLM's SDK."""

import base64
import json
import os
from importlib.metadata import version

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import anthropic
import instructor
import litellm
import openai
from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, function_tool, set_tracing_disabled
from langchain.agents import create_agent
from langchain_anthropic import ChatAnthropic
from langchain_core.tools import tool as langchain_tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock
from llama_index.llms.anthropic import Anthropic as LlamaAnthropic
from llama_index.llms.openai_like import OpenAILike
from pydantic import BaseModel
from pydantic_ai import Agent as PydanticAgent
from pydantic_ai import BinaryContent, NativeOutput, ToolOutput, UnexpectedModelBehavior
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel as PydanticResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

from harness import KEY, PNG, RESULTS, SEEN, URL, WORDS, case, key_with, main, raises, same

set_tracing_disabled(True)
litellm.suppress_debug_info = True
V1 = f"{URL}/v1"
IMAGE = f"data:image/png;base64,{PNG}"
BROKEN = (
    openai.APIError,
    anthropic.APIError,
    litellm.exceptions.APIError,
    litellm.exceptions.APIConnectionError,
    litellm.exceptions.MidStreamFallbackError,
    UnexpectedModelBehavior,
)


class Visit(BaseModel):
    """A visit to a city."""

    city: str
    days: list[int]


VISIT = Visit(city="Oslo", days=[7])


def weather(round: int, nth: int) -> str:
    """The weather."""
    return f"weather {round}"


def time(round: int, nth: int) -> str:
    """The time."""
    return f"time {round}"


# LangChain


def langchain_model(host, tongue, script, **more):
    if tongue == "messages":
        return ChatAnthropic(model=f"{host}:{script}", base_url=URL, api_key=KEY, max_retries=0, max_tokens=4000, **more)
    return ChatOpenAI(
        model=f"{host}:{script}", base_url=V1, api_key=KEY, max_retries=0, use_responses_api=tongue == "responses", **more
    )


TONGUES = ["chat", "responses", "messages"]


@case(*TONGUES)
def langchain_answers(host, tongue):
    model = langchain_model(host, tongue, "ok", **({"stream_usage": True} if tongue == "chat" else {}))
    whole = model.invoke([("system", "Be brief."), ("human", "Say words.")])
    same((whole.text, whole.usage_metadata["output_tokens"]), (WORDS, 8))
    pieces = list(model.stream("Say words."))
    sum_ = pieces[0]
    for piece in pieces[1:]:
        sum_ += piece
    same((sum_.text, sum_.usage_metadata["output_tokens"]), (WORDS, 8))


@case(*TONGUES)
def langchain_runs_an_agent(host, tongue):
    more = {"thinking": {"type": "enabled", "budget_tokens": 1024}} if tongue == "messages" else {}
    agent = create_agent(
        langchain_model(host, tongue, "agent", **more), tools=[langchain_tool(weather), langchain_tool(time)]
    )
    done = agent.invoke({"messages": [("human", "Find out.")]})
    same(done["messages"][-1].text, RESULTS)
    streamed = list(agent.stream({"messages": [("human", "Find out.")]}, stream_mode="messages"))
    assert "".join(piece.text for piece, _ in streamed if piece.type == "AIMessageChunk").endswith(RESULTS)


@case(*[(tongue, way) for tongue in TONGUES for way in ["json_schema", "function_calling"]])
def langchain_structures(host, tongue, way):
    model = langchain_model(host, tongue, "form").with_structured_output(Visit, method=way)
    same(model.invoke("Fill in."), VISIT)


@case(*TONGUES)
def langchain_shows_pictures(host, tongue):
    image = {"type": "image", "source_type": "base64", "mime_type": "image/png", "data": PNG}
    message = {"role": "user", "content": [{"type": "text", "text": "Look."}, image]}
    same(langchain_model(host, tongue, "look").invoke([message]).text, SEEN)


@case(*TONGUES)
def langchain_raises(host, tongue):
    for script in ["cut,after=3", "error-late"]:
        raises(Exception, lambda script=script: list(langchain_model(host, tongue, script).stream("x")))
    raises((openai.RateLimitError, anthropic.RateLimitError), lambda: langchain_model(host, tongue, "status,status=429,retry-after=7").invoke("x"))


@case(hosts=["openai"])
def langchain_embeds(host):
    embeddings = OpenAIEmbeddings(model=f"{host}:ok", base_url=V1, api_key=KEY, check_embedding_ctx_length=False)
    same(embeddings.embed_documents(["a", "b"]), [[0.5, -0.25]] * 2)


# LlamaIndex


def llama_model(host, tongue, script):
    if tongue == "messages":
        name = "claude-3-7-sonnet-20250219"
        key = key_with({name: f"{host}:{script}"})
        return LlamaAnthropic(model=name, base_url=URL, api_key=key, max_retries=0, max_tokens=4000)
    return OpenAILike(
        model=f"{host}:{script}",
        api_base=V1,
        api_key=KEY,
        is_chat_model=True,
        is_function_calling_model=True,
        should_use_structured_outputs=True,
        context_window=100_000,
        max_retries=0,
    )


@case("chat", "messages")
def llama_index_answers(host, tongue):
    model = llama_model(host, tongue, "ok")
    same(model.chat([ChatMessage(role="user", content="Say words.")]).message.content, WORDS)
    pieces = list(model.stream_chat([ChatMessage(role="user", content="Say words.")]))
    same(pieces[-1].message.content, WORDS)


@case("chat", "messages")
async def llama_index_runs_an_agent(host, tongue):
    # It cannot join pieces of calls that come in turn.
    model = llama_model(host, tongue, "agent,woven=0")
    agent = FunctionAgent(tools=[weather, time], llm=model, system_prompt="Be brief.")
    same(str(await agent.run("Find out.")), RESULTS)


@case("chat", "messages")
def llama_index_structures(host, tongue):
    model = llama_model(host, tongue, "form").as_structured_llm(Visit)
    same(model.chat([ChatMessage(role="user", content="Fill in.")]).raw, VISIT)


@case("chat", "messages")
def llama_index_shows_pictures(host, tongue):
    blocks = [TextBlock(text="Look."), ImageBlock(image=PNG.encode(), image_mimetype="image/png")]
    same(llama_model(host, tongue, "look").chat([ChatMessage(role="user", blocks=blocks)]).message.content, SEEN)


# pydantic-ai


def pydantic_model(host, tongue, script):
    name = f"{host}:{script}"
    if tongue == "messages":
        client = anthropic.AsyncAnthropic(base_url=URL, api_key=KEY, max_retries=0)
        return AnthropicModel(name, provider=AnthropicProvider(anthropic_client=client))
    client = openai.AsyncOpenAI(base_url=V1, api_key=KEY, max_retries=0)
    kind = OpenAIChatModel if tongue == "chat" else PydanticResponsesModel
    return kind(name, provider=OpenAIProvider(openai_client=client))


@case(*TONGUES)
async def pydantic_ai_runs_an_agent(host, tongue):
    agent = PydanticAgent(pydantic_model(host, tongue, "agent"), tools=[weather, time], instructions="Be brief.")
    result = await agent.run("Find out.")
    same(result.output, RESULTS)
    same((result.usage.requests if not callable(result.usage) else result.usage().requests), 3)
    async with agent.iter("Find out.") as run:
        async for node in run:
            if PydanticAgent.is_model_request_node(node):
                async with node.stream(run.ctx) as stream:
                    async for _ in stream:
                        pass
    same(run.result.output, RESULTS)


# Whether a model knows schemas it tells by its name, and of Anthropic's it knows the names alone.
@case(*[(tongue, ToolOutput) for tongue in TONGUES], ("chat", NativeOutput), ("responses", NativeOutput))
async def pydantic_ai_structures(host, tongue, way):
    agent = PydanticAgent(pydantic_model(host, tongue, "form"), output_type=way(Visit))
    same((await agent.run("Fill in.")).output, VISIT)
    async with agent.run_stream("Fill in.") as result:
        same(await result.get_output(), VISIT)


@case(*TONGUES)
async def pydantic_ai_shows_pictures(host, tongue):
    agent = PydanticAgent(pydantic_model(host, tongue, "look"))
    result = await agent.run(["Look.", BinaryContent(base64.b64decode(PNG), media_type="image/png")])
    same(result.output, SEEN)


@case(*TONGUES)
async def pydantic_ai_raises(host, tongue):
    agent = PydanticAgent(pydantic_model(host, tongue, "cut,after=3"))
    try:
        async with agent.run_stream("x") as result:
            output = await result.get_output()
    except Exception:
        return
    raise AssertionError(f"a cut stream ended as {output!r}")


# instructor


@case("chat", "messages")
def instructor_fills_in(host, tongue):
    if tongue == "messages":
        client = instructor.from_anthropic(anthropic.Anthropic(base_url=URL, api_key=KEY, max_retries=0))
        more = {"max_tokens": 500}
    else:
        client = instructor.from_openai(openai.OpenAI(base_url=V1, api_key=KEY, max_retries=0))
        more = {}
    asked = {"model": f"{host}:form", "messages": [{"role": "user", "content": "Fill in."}], "max_retries": 1, **more}
    same(client.chat.completions.create(response_model=Visit, **asked).model_dump(), VISIT.model_dump())
    *_, last = client.chat.completions.create_partial(response_model=Visit, **asked)
    same(last.model_dump(), VISIT.model_dump())


@case(instructor.Mode.JSON_SCHEMA, instructor.Mode.TOOLS_STRICT)
def instructor_fills_in_by(host, mode):
    client = instructor.from_openai(openai.OpenAI(base_url=V1, api_key=KEY, max_retries=0), mode=mode)
    messages = [{"role": "user", "content": "Fill in."}]
    filled = client.chat.completions.create(model=f"{host}:form", response_model=Visit, messages=messages)
    same(filled.model_dump(), VISIT.model_dump())


# The Agents SDK


@case("chat", "responses")
async def agents_run(host, tongue):
    client = openai.AsyncOpenAI(base_url=V1, api_key=KEY, max_retries=0)
    kind = OpenAIChatCompletionsModel if tongue == "chat" else OpenAIResponsesModel
    agent = Agent(
        name="a",
        instructions="Be brief.",
        model=kind(model=f"{host}:agent", openai_client=client),
        tools=[function_tool(weather), function_tool(time)],
    )
    same((await Runner.run(agent, "Find out.")).final_output, RESULTS)
    streamed = Runner.run_streamed(agent, "Find out.")
    async for _ in streamed.stream_events():
        pass
    same(streamed.final_output, RESULTS)
    form = Agent(name="f", model=kind(model=f"{host}:form", openai_client=client), output_type=Visit)
    same((await Runner.run(form, "Fill in.")).final_output, VISIT)


@case("chat", "responses")
async def agents_raise(host, tongue):
    client = openai.AsyncOpenAI(base_url=V1, api_key=KEY, max_retries=0)
    kind = OpenAIChatCompletionsModel if tongue == "chat" else OpenAIResponsesModel
    agent = Agent(name="a", model=kind(model=f"{host}:cut,after=3", openai_client=client))
    streamed = Runner.run_streamed(agent, "x")
    try:
        async for _ in streamed.stream_events():
            pass
    except Exception:
        return
    raise AssertionError(f"a cut stream ended as {streamed.final_output!r}")


# LiteLLM's SDK


def litellm_call(host, tongue, script, **more):
    base = URL if tongue == "anthropic" else V1
    return litellm.completion(
        model=f"{tongue}/{host}:{script}", api_base=base, api_key=KEY, num_retries=0, max_retries=0, **more
    )


@case("openai", "litellm_proxy", "anthropic")
def litellm_answers(host, tongue):
    messages = [{"role": "user", "content": "Say words."}]
    same(litellm_call(host, tongue, "ok", messages=messages).choices[0].message.content, WORDS)
    chunks = list(litellm_call(host, tongue, "ok", messages=messages, stream=True))
    same("".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices), WORDS)


@case("openai", "litellm_proxy", "anthropic")
def litellm_calls_tools(host, tongue):
    properties = {"round": {"type": "number"}, "nth": {"type": "number"}}
    tools = [
        {"type": "function", "function": {"name": n, "description": n, "parameters": {"type": "object", "properties": properties}}}
        for n in ["weather", "time"]
    ]
    messages = [{"role": "user", "content": "Find out."}]
    for turn in range(3):
        message = litellm_call(host, tongue, "agent", messages=messages, tools=tools).choices[0].message
        messages.append(message)
        for call in message.tool_calls or []:
            same(json.loads(call.function.arguments)["round"], turn)
            messages.append({"role": "tool", "tool_call_id": call.id, "content": f"{call.function.name} {turn}"})
    same(message.content, RESULTS)


@case("openai", "litellm_proxy", "anthropic")
def litellm_raises(host, tongue):
    messages = [{"role": "user", "content": "x"}]
    raises(Exception, lambda: list(litellm_call(host, tongue, "cut,after=3", messages=messages, stream=True)))
    raises(litellm.RateLimitError, lambda: litellm_call(host, tongue, "status,status=429,retry-after=7", messages=messages))


NAMES = ["langchain", "llama-index-core", "pydantic-ai-slim", "instructor", "openai-agents", "litellm"]
main(", ".join(f"{name} {version(name)}" for name in NAMES))
