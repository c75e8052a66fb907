"""Further frameworks as their users write them: smolagents, DSPy, Haystack, Strands, Agno, AutoGen, Semantic Kernel, llm."""

import base64
import json
import os
from importlib.metadata import version

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
os.environ["AGNO_TELEMETRY"] = "false"

import dspy
import llm
import openai
from agno.agent import Agent as AgnoAgent
from agno.media import Image as AgnoImage
from agno.models.anthropic import Claude
from agno.models.openai import OpenAIResponses
from agno.models.openai.like import OpenAILike
from autogen_agentchat.agents import AssistantAgent
from autogen_core.models import ModelFamily
from autogen_ext.models.anthropic import AnthropicChatCompletionClient
from autogen_ext.models.openai import OpenAIChatCompletionClient
from haystack.components.agents import Agent as HaystackAgent
from haystack.components.generators.chat import OpenAIChatGenerator, OpenAIResponsesChatGenerator
from haystack.dataclasses import ChatMessage, ImageContent
from haystack.tools import create_tool_from_function
from haystack.utils import Secret
from llm.default_plugins.openai_models import Chat as LlmChat
from pydantic import BaseModel
from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion
from semantic_kernel.functions import kernel_function
from smolagents import OpenAIModel, Tool
from strands import Agent as StrandsAgent
from strands import tool as strands_tool
from strands.models.anthropic import AnthropicModel as StrandsAnthropic
from strands.models.openai import OpenAIModel as StrandsOpenAI

from harness import EMPTY_KEY, KEY, PNG, RESULTS, SEEN, URL, WORDS, case, main, raises, same

V1 = f"{URL}/v1"


class Visit(BaseModel):
    """A visit to a city."""

    city: str
    days: list[int]


VISIT = Visit(city="Oslo", days=[7])
# Of those that send their tools sorted.
BY_NAME = "Results: time 0, weather 0, time 1, weather 1"


def weather(round: int, nth: int) -> str:
    """The weather.

    Args:
        round: which round
        nth: which call
    """
    return f"weather {round}"


def time(round: int, nth: int) -> str:
    """The time.

    Args:
        round: which round
        nth: which call
    """
    return f"time {round}"


# smolagents


class Weather(Tool):
    name = "weather"
    description = "The weather."
    inputs = {name: {"type": "integer", "description": name} for name in ["round", "nth"]}
    output_type = "string"

    def forward(self, round, nth):
        return weather(round, nth)


@case()
def smolagents_answers(host):
    model = OpenAIModel(model_id=f"{host}:ok", api_base=V1, api_key=KEY)
    asked = [{"role": "user", "content": [{"type": "text", "text": "Say words."}]}]
    same(model.generate(asked).content, WORDS)
    same("".join(delta.content or "" for delta in model.generate_stream(asked)), WORDS)


@case()
def smolagents_calls(host):
    """It asks for a call by force, and gives words to stop at."""
    model = OpenAIModel(model_id=f"{host}:agent", api_base=V1, api_key=KEY)
    asked = [{"role": "user", "content": [{"type": "text", "text": "Find out."}]}]
    message = model.generate(asked, tools_to_call_from=[Weather()], stop_sequences=["Observation:"])
    calls = [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls]
    same(calls, [("weather", {"round": 0, "nth": 0})])


# DSPy


@case("openai", "litellm_proxy", hosts=["openai", "chat", "gemini"])
def dspy_asks(host, tongue):
    """Not in front of `anthropic:`, which it takes for a prefix of its own."""
    lm = dspy.LM(f"{tongue}/{host}:ok", api_base=V1, api_key=KEY, cache=False, num_retries=0)
    same(lm("Say words.")[0], WORDS)


# Haystack


def haystack_generator(host, tongue, script, **more):
    kind = OpenAIChatGenerator if tongue == "chat" else OpenAIResponsesChatGenerator
    return kind(api_key=Secret.from_token(KEY), model=f"{host}:{script}", api_base_url=V1, max_retries=0, **more)


@case("chat", "responses")
def haystack_answers(host, tongue):
    same(haystack_generator(host, tongue, "ok").run([ChatMessage.from_user("Say words.")])["replies"][0].text, WORDS)
    pieces = []
    streamed = haystack_generator(host, tongue, "ok", streaming_callback=lambda chunk: pieces.append(chunk.content))
    same(streamed.run([ChatMessage.from_user("Say words.")])["replies"][0].text, WORDS)
    same("".join(pieces), WORDS)


@case(("chat", False), ("chat", True), ("responses", False), ("responses", True))
def haystack_runs_an_agent(host, tongue, stream):
    more = {"streaming_callback": lambda chunk: None} if stream else {}
    agent = HaystackAgent(chat_generator=haystack_generator(host, tongue, "agent", **more),
        tools=[create_tool_from_function(weather), create_tool_from_function(time)])
    same(agent.run([ChatMessage.from_user("Find out.")])["messages"][-1].text, RESULTS)


@case("chat", "responses")
def haystack_structures_and_sees(host, tongue):
    more = {"generation_kwargs": {"response_format" if tongue == "chat" else "text_format": Visit}}
    same(json.loads(haystack_generator(host, tongue, "form", **more).run([ChatMessage.from_user("Fill in.")])["replies"][0].text), VISIT.model_dump())
    parts = ["Look.", ImageContent(base64_image=PNG, mime_type="image/png")]
    seen = haystack_generator(host, tongue, "look").run([ChatMessage.from_user(content_parts=parts)])
    same(seen["replies"][0].text, SEEN)


# Strands


def strands_model(host, tongue, script):
    name = f"{host}:{script}"
    if tongue == "messages":
        return StrandsAnthropic(client_args={"base_url": URL, "api_key": KEY, "max_retries": 0}, model_id=name, max_tokens=4000)
    return StrandsOpenAI(client_args={"base_url": V1, "api_key": KEY, "max_retries": 0}, model_id=name)


@case("chat", "messages")
def strands_runs_an_agent(host, tongue):
    agent = StrandsAgent(model=strands_model(host, tongue, "agent"), tools=[strands_tool(weather), strands_tool(time)], callback_handler=None)
    same(str(agent("Find out.")).strip(), RESULTS)


@case("chat", "messages")
def strands_structures_and_sees(host, tongue):
    agent = StrandsAgent(model=strands_model(host, tongue, "form"), callback_handler=None)
    same(agent("Fill in.", structured_output_model=Visit).structured_output, VISIT)
    agent = StrandsAgent(model=strands_model(host, tongue, "look"), callback_handler=None)
    said = agent([{"text": "Look."}, {"image": {"format": "png", "source": {"bytes": base64.b64decode(PNG)}}}])
    same(str(said).strip(), SEEN)


@case("chat", "messages")
def strands_raises(host, tongue):
    for script in ["cut,after=3", "error-late"]:
        agent = StrandsAgent(model=strands_model(host, tongue, script), callback_handler=None)
        try:
            said = agent("x")
        except Exception:
            continue
        raise AssertionError(f"{script} ended as {said}")


# Agno


def agno_model(host, tongue, script):
    name = f"{host}:{script}"
    if tongue == "messages":
        return Claude(id=name, api_key=KEY, client_params={"base_url": URL, "max_retries": 0})
    kind = OpenAILike if tongue == "chat" else OpenAIResponses
    return kind(id=name, api_key=KEY, base_url=V1, max_retries=0)


TONGUES = ["chat", "responses", "messages"]


@case(*TONGUES)
def agno_runs_an_agent(host, tongue):
    agent = AgnoAgent(model=agno_model(host, tongue, "agent"), tools=[weather, time], telemetry=False)
    same(agent.run("Find out.").content.replace("One moment.", ""), BY_NAME)
    events = agent.run("Find out.", stream=True)
    text = "".join(event.content or "" for event in events if event.event == "RunContent")
    assert text.endswith(BY_NAME), text


@case(*TONGUES)
def agno_structures_and_sees(host, tongue):
    agent = AgnoAgent(model=agno_model(host, tongue, "form"), output_schema=Visit, telemetry=False)
    same(agent.run("Fill in.").content, VISIT)
    agent = AgnoAgent(model=agno_model(host, tongue, "look"), telemetry=False)
    same(agent.run("Look.", images=[AgnoImage(content=base64.b64decode(PNG), mime_type="image/png", format="png")]).content, SEEN)


# AutoGen


def autogen_model(host, tongue, script):
    able = ["vision", "function_calling", "json_output", "structured_output", "multiple_system_messages"]
    info = {**dict.fromkeys(able, True), "family": ModelFamily.UNKNOWN}
    kind, base = (AnthropicChatCompletionClient, URL) if tongue == "messages" else (OpenAIChatCompletionClient, V1)
    return kind(model=f"{host}:{script}", api_key=KEY, base_url=base, max_retries=0, model_info=info)


@case(("chat", False), ("chat", True), ("messages", False), ("messages", True))
async def autogen_runs_an_agent(host, tongue, stream):
    model = autogen_model(host, tongue, "agent")
    more = {"max_tool_iterations": 5, "model_client_stream": stream}
    agent = AssistantAgent("a", model_client=model, tools=[weather, time], **more)
    same((await agent.run(task="Find out.")).messages[-1].content, RESULTS)


@case("chat")
async def autogen_structures(host, tongue):
    agent = AssistantAgent("a", model_client=autogen_model(host, tongue, "form"), output_content_type=Visit)
    same((await agent.run(task="Fill in.")).messages[-1].content, VISIT)


# Semantic Kernel


class Plugin:
    @kernel_function
    def weather(self, round: int, nth: int) -> str:
        """The weather."""
        return weather(round, nth)

    @kernel_function
    def time(self, round: int, nth: int) -> str:
        """The time."""
        return time(round, nth)


@case()
async def semantic_kernel_runs_an_agent(host):
    client = openai.AsyncOpenAI(base_url=V1, api_key=KEY, max_retries=0)
    service = OpenAIChatCompletion(ai_model_id=f"{host}:agent", async_client=client)
    agent = ChatCompletionAgent(service=service, name="a", plugins=[Plugin()])
    same((await agent.get_response("Find out.")).content.content, BY_NAME)
    text = "".join([str(chunk.content) async for chunk in agent.invoke_stream("Find out.")])
    assert text.endswith(BY_NAME), text


# llm


def llm_model(host, script, key=KEY):
    return LlmChat("m", key=key, model_name=f"{host}:{script}", api_base=V1, vision=True, supports_schema=True, supports_tools=True)


@case(True, False)
def llm_answers_and_calls(host, stream):
    same(llm_model(host, "ok").prompt("Say words.", stream=stream).text(), WORDS)
    chain = llm_model(host, "agent").chain("Find out.", tools=[weather, time], stream=stream)
    assert chain.text().endswith(RESULTS)


@case()
def llm_structures_and_sees(host):
    same(json.loads(llm_model(host, "form").prompt("Fill in.", schema=Visit).text()), VISIT.model_dump())
    picture = llm.Attachment(type="image/png", content=base64.b64decode(PNG))
    same(llm_model(host, "look").prompt("Look.", attachments=[picture]).text(), SEEN)


@case()
def llm_raises(host):
    for script in ["cut,after=3", "error-late"]:
        raises(openai.APIError, lambda script=script: llm_model(host, script).prompt("x").text())
    raises(openai.RateLimitError, lambda: llm_model(host, "ok", EMPTY_KEY).prompt("x").text())
    raises(openai.AuthenticationError, lambda: llm_model(host, "ok", "sk-unknown").prompt("x").text())


NAMES = ["smolagents", "dspy", "haystack-ai", "strands-agents", "agno", "autogen-ext", "semantic-kernel", "llm"]
main(", ".join(f"{name} {version(name)}" for name in NAMES))
