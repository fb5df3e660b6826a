"""Whatever a stranger answers, reading it never raises, and what is read can be true."""

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.capture.readings.body import read_body
from outlay.capture.readings.events import events_of
from outlay.capture.readings.headers import read_headers
from outlay.capture.readings.reading import APIS, Api, Reading
from outlay.capture.readings.routes import api_of, model_in_path
from outlay.capture.readings.stream import stream_reading
from outlay.usage import check_quantity
from tests.capture.readings.recorded import Recorded, recordings
from tests.capture.readings.test_events import CALL

NAMES = [
    "usage",
    "usageMetadata",
    "meta",
    "metadata",
    "message",
    "response",
    "delta",
    "error",
    "type",
    "id",
    "model",
    "tokens",
    "billed_units",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "input_tokens",
    "output_tokens",
    "prompt_tokens_details",
    "input_tokens_details",
    "cached_tokens",
    "output_tokens_details",
    "reasoning_tokens",
    "cache_creation",
    "cache_creation_input_tokens",
    "ephemeral_5m_input_tokens",
    "cache_read_input_tokens",
    "iterations",
    "server_tool_use",
    "web_search_requests",
    "service_tier",
    "cost",
    "cost_details",
    "is_byok",
    "promptTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "cachedContentTokenCount",
    "toolUsePromptTokenCount",
    "promptTokensDetails",
    "modality",
    "tokenCount",
    "candidates",
    "groundingMetadata",
    "webSearchQueries",
    "trafficType",
    "predictions",
    "embeddings",
    "statistics",
    "token_count",
    "inputTokens",
    "outputTokens",
    "cacheDetails",
    "ttl",
    "inputTextTokenCount",
    "results",
    "amazon-bedrock-invocationMetrics",
    "inputTokenCount",
    "bytes",
    "event_type",
    "interaction",
    "total_input_tokens",
    "done",
    "eval_count",
    "prompt_eval_count",
    "x_groq",
    "tool_usage",
    "web_search",
    "num_requests",
    "image_gen",
    "output",
    "tools",
    "action",
    "data",
    "svg_usage",
    "duration",
    "seconds",
    "usage_info",
    "pages_processed",
    "num_sources_used",
    "cost_in_usd_ticks",
    "prompt_audio_seconds",
    "search_units",
]
NUMBERS = st.one_of(
    st.integers(-5, 200),
    st.sampled_from([2**63, 2**64, 10**30, -1, 1e308, -0.0, 10.0, 10.5, 1e-300]),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)
TEXTS = st.sampled_from(
    ["", "TEXT", "AUDIO", "search", "message_start", "message_delta", "1h", "A" * 5000, "response.completed"]
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=8),
    max_leaves=40,
)
FRAMES = st.sampled_from(["body", "sse", "lines", "array"])


def check(reading: Reading | None) -> None:
    for event in events_of(reading, CALL):
        event.tokens.check()
        check_quantity(event.quantity, event.unit)
        assert len(event.model_raw or "") <= 256


def framed(values: list[Any], how: str) -> bytes:
    texts = [json.dumps(value) for value in values]
    match how:
        case "sse":
            return "".join(f"data: {text}\n\n" for text in texts).encode()
        case "lines":
            return "\n".join(texts).encode()
        case "array":
            return f"[{','.join(texts)}]".encode()
    return texts[0].encode() if texts else b""


@given(
    api=st.sampled_from(APIS),
    values=st.lists(VALUES, max_size=4),
    how=FRAMES,
    provider=st.sampled_from(["xai", "openai", ""]),
    ended=st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_any_json_is_read_without_an_error(
    api: Api, values: list[Any], how: str, provider: str, *, ended: bool
) -> None:
    body = framed(values, how)
    check(read_body(api, provider, body, "application/json"))
    reader = stream_reading(api, provider, "")
    for start in range(0, len(body), 37):
        reader.feed(body[start : start + 37])
    check(reader.reading(ended=ended))


@given(st.sampled_from(APIS), st.binary(max_size=400), st.integers(1, 50))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_without_an_error(api: Api, body: bytes, size: int) -> None:
    reader = stream_reading(api, "", "")
    for start in range(0, len(body), size):
        reader.feed(body[start : start + size])
    check(reader.reading(ended=True))


@cache
def short_ones() -> list[Recorded]:
    return [each for each in recordings() if each.api is not None and len(each.body) < 6_000]


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_recorded_answers_with_broken_bytes_are_read_without_an_error(data: st.DataObject) -> None:
    recorded = data.draw(st.sampled_from(short_ones()), "recorded")
    assert recorded.api is not None
    body = bytearray(recorded.body)
    for place, value in data.draw(st.lists(st.tuples(st.integers(0, max(0, len(body) - 1)), st.integers(0, 255)))):
        if body:
            body[place] = value
    cut = data.draw(st.integers(0, len(body)))
    check(read_body(recorded.api, recorded.provider, bytes(body[:cut]), recorded.content_type))


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    "body",
    [
        b'{"usage":' * 100_000,
        b"[" * 200_000,
        b'[{"a":' + b"[" * 200_000,
        b'{"usage":{"prompt_tokens":' + b"9" * 10_000 + b"}}",
        b'{"usage":{"prompt_tokens":1e999999999,"cost":1e999999999}}',
        b'{"usage":{"prompt_tokens":1,"cost":1e-999999999}}',
        b'{"usage":{"prompt_tokens":NaN}}',
        b'{"id":"\xff\xfe","usage":{"prompt_tokens":1}}',
        b'{"id":"\\ud800","model":"\\ud800","usage":{"prompt_tokens":1}}',
        b'data: {"usage":{"prompt_tokens":1' + b"\n\n" * 10_000,
        b"\x00\x00\x00\x10\xff\xff\xff\xff" + b"\x00" * 100,
        b'{"inputTextTokenCount":3,"results":[' + b"[" * 5_000,
    ],
    ids=[
        "deep objects",
        "deep lists",
        "deep in an array",
        "a number of 10,000 digits",
        "a huge exponent",
        "a tiny exponent",
        "not a number",
        "no utf-8",
        "half a surrogate",
        "an event that never closes its object",
        "a frame of impossible headers",
        "cut in a list",
    ],
)
def test_traps(api: Api, body: bytes) -> None:
    check(read_body(api, "", body, ""))


@given(st.text(max_size=300), st.text(max_size=8), st.text(max_size=20))
def test_any_path_is_looked_at_without_an_error(path: str, method: str, provider: str) -> None:
    api_of(provider, method, path)
    model_in_path(path)


@given(st.dictionaries(st.sampled_from(["x-amzn-bedrock-input-token-count", "x-amzn-requestid"]), st.text(max_size=30)))
def test_any_header_is_read_without_an_error(headers: dict[str, str]) -> None:
    check(read_headers("bedrock_invoke", None, headers))
