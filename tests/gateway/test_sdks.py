"""The providers' own SDKs, unchanged but for their base URL: streaming, tools, embeddings, errors, cancellation."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import msgspec
import openai
import pytest
from google import genai
from google.genai import errors as genai_errors
from google.genai import types as genai_types
from mistralai.client import Mistral

from tests.gateway.bodies import CHAT, DONE, TEXTS, USAGE_CHUNK, chunk, event
from tests.gateway.provider import Answer
from tests.gateway.through import Through, gateway_to

ASKED: Any = [{"role": "user", "content": "Hello"}]
WEATHER: Any = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


@pytest.fixture
def through(tmp_path: Path) -> Iterator[Through]:
    with gateway_to(tmp_path / "data") as running:
        yield running


def json_answer(body: dict[str, Any], **more: Any) -> Answer:
    return Answer.json(msgspec.json.encode(body), **more)


# -- OpenAI


@pytest.fixture
def to_openai(through: Through) -> Iterator[openai.OpenAI]:
    through.upstream("openai")
    with openai.OpenAI(base_url=f"{through.url}/openai/v1", api_key=through.key, max_retries=0) as client:
        yield client


def test_openai_answers_and_streams(through: Through, to_openai: openai.OpenAI) -> None:
    through.provider.answers["/chat/completions"] = Answer.json(CHAT)
    answered = to_openai.chat.completions.create(model="gpt-4o", messages=ASKED, user="u1")
    assert answered.choices[0].message.content == "Hi"
    through.provider.answers["/chat/completions"] = Answer.sse(*TEXTS, USAGE_CHUNK, DONE)
    streamed = list(to_openai.chat.completions.create(model="gpt-4o", messages=ASKED, stream=True))
    assert "".join(each.choices[0].delta.content or "" for each in streamed) == "Hello there, you"
    found = through.events(2)
    assert [(each["user"], each["input_uncached"], each["output"]) for each in found] == [
        ("u1", 100, 20),
        (None, 100, 20),
    ]


def test_openai_calls_tools_and_embeds(through: Through, to_openai: openai.OpenAI) -> None:
    tools = [{"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}}]
    body = msgspec.json.decode(CHAT)
    body["choices"][0]["message"] = {"role": "assistant", "content": None, "tool_calls": tools}
    through.provider.answers["/chat/completions"] = json_answer(body)
    answered = to_openai.chat.completions.create(model="gpt-4o", messages=ASKED, tools=[WEATHER])
    called = (answered.choices[0].message.tool_calls or [])[0]
    assert called.type == "function"
    assert called.function.arguments == '{"city":"Rome"}'
    vectors = {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 1.0]}]}
    usage = {"prompt_tokens": 7, "total_tokens": 7}
    through.provider.answers["/embeddings"] = json_answer(
        {**vectors, "model": "text-embedding-3-small", "usage": usage}
    )
    found = to_openai.embeddings.create(model="text-embedding-3-small", input="a", encoding_format="float")
    assert found.data[0].embedding == [0.5, 1.0]
    assert [each["operation"] for each in through.events(2)] == ["chat", "embeddings"]


def test_openai_reads_responses_and_errors(through: Through, to_openai: openai.OpenAI) -> None:
    usage = {"input_tokens": 30, "input_tokens_details": {"cached_tokens": 10}, "output_tokens": 5, "total_tokens": 35}
    body = {"id": "resp_1", "object": "response", "created_at": 1.0, "status": "completed", "model": "gpt-4o"}
    done = {**body, "output": [], "usage": {**usage, "output_tokens_details": {"reasoning_tokens": 2}}}
    through.provider.answers["/responses"] = Answer.sse(
        event(
            {"type": "response.created", "sequence_number": 0, "response": {**body, "output": []}}, "response.created"
        ),
        event({"type": "response.completed", "sequence_number": 1, "response": done}, "response.completed"),
    )
    kinds = [each.type for each in to_openai.responses.create(model="gpt-4o", input="Hi", stream=True)]
    assert kinds == ["response.created", "response.completed"]
    through.provider.answers["/responses"] = json_answer({"error": {"message": "no", "code": "nope"}}, status=400)
    with pytest.raises(openai.BadRequestError, match="no"):
        to_openai.responses.create(model="gpt-4o", input="Hi")
    first, second = through.events(2)
    assert (first["input_uncached"], first["cache_read"], first["output"]) == (20, 10, 5)
    assert second["status"] == "error"


def test_openai_understands_our_refusals(through: Through, to_openai: openai.OpenAI) -> None:
    stranger = to_openai.with_options(api_key="sk-somebody")
    with pytest.raises(openai.AuthenticationError, match="send an Outlay API key"):
        stranger.chat.completions.create(model="gpt-4o", messages=ASKED)
    assert not through.provider.seen


def test_openai_that_stops_reading_cancels(through: Through, to_openai: openai.OpenAI) -> None:
    through.provider.answers["/chat/completions"] = Answer.sse(*[chunk("word ")] * 100, pause=0.02)
    with to_openai.chat.completions.create(model="gpt-4o", messages=ASKED, stream=True) as stream:
        next(stream)
    assert through.events()[0]["status"] == "cancelled"
    assert through.provider.seen[0].gone


# -- Anthropic

MESSAGE: Any = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-of-tests",
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
    "usage": {"input_tokens": 25, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 5, "output_tokens": 1},
}


@pytest.fixture
def to_anthropic(through: Through) -> Iterator[anthropic.Anthropic]:
    through.upstream("anthropic", auth="x-api-key")
    with anthropic.Anthropic(base_url=f"{through.url}/anthropic", api_key=through.key, max_retries=0) as client:
        yield client


def test_anthropic_streams_and_passes_its_own_headers_on(through: Through, to_anthropic: anthropic.Anthropic) -> None:
    text = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}}
    begun = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    delta = {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}}
    through.provider.answers["/messages"] = Answer.sse(
        event({"type": "message_start", "message": MESSAGE}, "message_start"),
        event(begun, "content_block_start"),
        event(text, "content_block_delta"),
        event({"type": "content_block_stop", "index": 0}, "content_block_stop"),
        event({**delta, "usage": {"output_tokens": 12}}, "message_delta"),
        event({"type": "message_stop"}, "message_stop"),
    )
    with to_anthropic.messages.stream(
        model="claude-of-tests",
        max_tokens=50,
        messages=ASKED,
        metadata={"user_id": "u7"},
        extra_headers={"anthropic-beta": "context-1m-2025-08-07"},
    ) as stream:
        assert stream.get_final_text() == "Hi"
    (seen,) = through.provider.seen
    assert seen.headers["anthropic-beta"] == "context-1m-2025-08-07"
    assert seen.headers["anthropic-version"]
    assert seen.headers["x-api-key"] != through.key
    (found,) = through.events()
    assert (found["input_uncached"], found["cache_read"], found["output"], found["user"]) == (25, 5, 12, "u7")


def test_anthropic_uses_tools_and_understands_errors(through: Through, to_anthropic: anthropic.Anthropic) -> None:
    used = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Rome"}}
    through.provider.answers["/messages"] = json_answer({**MESSAGE, "content": [used], "stop_reason": "tool_use"})
    tool: Any = {"name": "weather", "input_schema": {"type": "object", "properties": {}}}
    ask = {"model": "claude-of-tests", "max_tokens": 9, "messages": ASKED, "tools": [tool]}
    answered = to_anthropic.messages.create(**ask)
    assert answered.content[0].type == "tool_use"
    overloaded = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
    through.provider.answers["/messages"] = json_answer(overloaded, status=529)
    with pytest.raises(anthropic.APIStatusError, match="busy"):
        to_anthropic.messages.create(**ask)
    with pytest.raises(anthropic.AuthenticationError, match="Outlay API key"):
        to_anthropic.with_options(api_key="sk-ant-somebody").messages.create(**ask)
    assert [each["status"] for each in through.events(2)] == ["ok", "error"]


# -- Google


@pytest.fixture
def to_google(through: Through) -> genai.Client:
    through.upstream("gemini", provider="google", auth="x-goog-api-key")
    options = genai_types.HttpOptions(base_url=f"{through.url}/gemini")
    return genai.Client(api_key=through.key, http_options=options)


def generated(text: str, **more: Any) -> dict[str, Any]:
    content = {"role": "model", "parts": [{"text": text}]}
    return {"candidates": [{"content": content, "index": 0}], "modelVersion": "gemini-2.5-flash", **more}


GEMINI_USAGE: Any = {"promptTokenCount": 8, "candidatesTokenCount": 3, "thoughtsTokenCount": 4, "totalTokenCount": 15}


def test_google_answers_streams_and_embeds(through: Through, to_google: genai.Client) -> None:
    answers = through.provider.answers
    answers[":generateContent"] = json_answer(generated("Hi", usageMetadata=GEMINI_USAGE))
    assert to_google.models.generate_content(model="gemini-2.5-flash", contents="Hello").text == "Hi"
    last = generated(" you", usageMetadata=GEMINI_USAGE)
    answers[":streamGenerateContent"] = Answer.sse(event(generated("Hi")), event(last))
    streamed = to_google.models.generate_content_stream(model="gemini-2.5-flash", contents="Hello")
    assert "".join(each.text or "" for each in streamed) == "Hi you"
    answers[":batchEmbedContents"] = json_answer({"embeddings": [{"values": [0.5]}]})
    assert to_google.models.embed_content(model="gemini-embedding-001", contents="a").embeddings
    first, second, third = through.events(3)
    assert [(each["input_uncached"], each["output"]) for each in (first, second)] == [(8, 7), (8, 7)]
    assert (first["provider"], first["model"]) == ("google", "gemini-2.5-flash")
    assert (third["operation"], third["cost_status"]) == ("embeddings", "unpriced")
    assert all(
        "x-goog-api-key" in seen.headers and through.key not in str(seen.headers) for seen in through.provider.seen
    )


def test_google_understands_errors(through: Through, to_google: genai.Client) -> None:
    told = {"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED"}}
    through.provider.answers[":generateContent"] = json_answer(told, status=429)
    with pytest.raises(genai_errors.ClientError, match="quota"):
        to_google.models.generate_content(model="gemini-2.5-flash", contents="Hello")
    options = genai_types.HttpOptions(base_url=f"{through.url}/via/nowhere")
    astray = genai.Client(api_key=through.key, http_options=options)
    with pytest.raises(genai_errors.ClientError, match="no upstream"):
        astray.models.generate_content(model="g", contents="Hello")


# -- Mistral


def test_mistral_answers_and_streams_without_being_told_what_it_refuses(through: Through) -> None:
    through.upstream("mistral")
    body = msgspec.json.decode(CHAT) | {"model": "mistral-small-latest"}
    with Mistral(api_key=through.key, server_url=f"{through.url}/mistral") as client:
        through.provider.answers["/chat/completions"] = json_answer(body)
        answered = client.chat.complete(model="mistral-small-latest", messages=ASKED)
        assert answered.choices[0].message
        last = chunk("", model="mistral-small-latest", usage=body["usage"])
        through.provider.answers["/chat/completions"] = Answer.sse(*TEXTS, last, DONE)
        streamed = client.chat.stream(model="mistral-small-latest", messages=ASKED)
        assert len(list(streamed)) == 4
    assert b"stream_options" not in through.provider.seen[1].body
    assert [each["output"] for each in through.events(2)] == [20, 20]
