"""Anthropic, Gemini, Bedrock, Cohere and Ollama: each in its own terms."""

import json
from decimal import Decimal
from typing import Any

import pytest

from outlay.capture.readings.body import read_body
from outlay.capture.readings.headers import read_headers
from outlay.capture.readings.reading import CONTRADICTS, PARTIAL, Api, Fee, Reading
from outlay.capture.readings.stream import stream_reading
from outlay.usage import Tokens


def read(answer: dict[str, Any], api: Api, provider: str = "") -> Reading:
    found = read_body(api, provider, json.dumps(answer).encode(), "application/json")
    assert found is not None
    return found


def streamed(api: Api, *events: dict[str, Any], ended: bool = True) -> Reading | None:
    reader = stream_reading(api, "", "text/event-stream")
    for event in events:
        reader.feed(b"data: " + json.dumps(event).encode() + b"\n\n")
    return reader.reading(ended=ended)


def message_start(**usage: Any) -> dict[str, Any]:
    return {"type": "message_start", "message": {"id": "msg_1", "model": "claude-sonnet-4-6", "usage": usage}}


def message_delta(**usage: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}


ANTHROPIC: dict[str, tuple[dict[str, Any], Tokens]] = {
    "three kinds of input beside each other": (
        {
            "input_tokens": 3,
            "cache_read_input_tokens": 1000,
            "cache_creation_input_tokens": 300,
            "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
            "output_tokens": 50,
            "output_tokens_details": {"thinking_tokens": 20},
        },
        Tokens(input_uncached=3, cache_read=1000, cache_write_5m=100, cache_write_1h=200, output=50, reasoning=20),
    ),
    "written for an unknown time": (
        {"input_tokens": 3, "cache_creation_input_tokens": 300, "output_tokens": 5},
        Tokens(input_uncached=3, cache_write_other=300, output=5),
    ),
    "more written than is split": (
        {
            "input_tokens": 3,
            "cache_creation_input_tokens": 350,
            "cache_creation": {"ephemeral_5m_input_tokens": 300, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 5,
        },
        Tokens(input_uncached=3, cache_write_5m=300, cache_write_1h=0, cache_write_other=50, output=5),
    ),
    "what is null is unknown": (
        {"input_tokens": 3, "cache_read_input_tokens": None, "output_tokens": 5},
        Tokens(input_uncached=3, output=5),
    ),
}


@pytest.mark.parametrize(("usage", "tokens"), ANTHROPIC.values(), ids=ANTHROPIC.keys())
def test_anthropic_usage(usage: dict[str, Any], tokens: Tokens) -> None:
    assert read({"usage": usage}, "anthropic").tokens == tokens


def test_a_split_larger_than_its_total_contradicts() -> None:
    usage = {
        "input_tokens": 3,
        "cache_creation_input_tokens": 10,
        "cache_creation": {"ephemeral_5m_input_tokens": 300},
        "output_tokens": 5,
    }
    found = read({"usage": usage}, "anthropic")
    assert found.tokens == Tokens(input_uncached=3, cache_write_other=10, output=5)
    assert found.marks == (CONTRADICTS,)


def test_tier_region_and_speed_are_the_variant() -> None:
    usage = {"input_tokens": 1, "output_tokens": 1, "service_tier": "batch", "inference_geo": "us", "speed": "fast"}
    assert read({"usage": usage}, "anthropic").variant == "batch+us+fast"
    usage = {"input_tokens": 1, "output_tokens": 1, "service_tier": "standard", "inference_geo": "global"}
    assert read({"usage": usage}, "anthropic").variant is None


def test_running_totals_replace_and_are_never_summed() -> None:
    found = streamed(
        "anthropic",
        message_start(
            input_tokens=700,
            output_tokens=2,
            cache_creation_input_tokens=10,
            cache_creation={"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 10},
        ),
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "hi"}},
        message_delta(input_tokens=900, output_tokens=40),
        message_delta(input_tokens=1500, output_tokens=175, cache_read_input_tokens=None),
        {"type": "message_stop"},
    )
    assert found is not None
    assert found.tokens == Tokens(input_uncached=1500, cache_write_5m=0, cache_write_1h=10, output=175)
    assert (found.response_id, found.model, found.marks) == ("msg_1", "claude-sonnet-4-6", ())


@pytest.mark.parametrize("ended", [True, False])
def test_a_stream_that_broke_off_is_partial(*, ended: bool) -> None:
    found = streamed("anthropic", message_start(input_tokens=700, output_tokens=2), ended=ended)
    assert found is not None
    assert found.tokens == Tokens(input_uncached=700, output=2)
    assert found.marks == (PARTIAL,)


def test_an_error_amid_a_stream() -> None:
    failure = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    found = streamed("anthropic", message_start(input_tokens=7, output_tokens=1), failure)
    assert found is not None
    assert (found.error, found.marks) == ("overloaded_error", (PARTIAL,))


def test_iterations_beside_the_totals() -> None:
    usage = {
        "input_tokens": 100,
        "output_tokens": 10,
        "iterations": [
            {"type": "compaction", "input_tokens": 180_000, "output_tokens": 3_500},
            {"type": "message", "input_tokens": 100, "output_tokens": 10},
            {"type": "advisor_message", "model": "claude-opus-4-8", "input_tokens": 50, "output_tokens": 5},
        ],
    }
    found = read({"model": "claude-sonnet-4-6", "usage": usage}, "anthropic")
    assert found.tokens == Tokens(input_uncached=100, output=10)
    assert [(each.role, each.model, each.tokens.total) for each in found.also] == [
        ("compaction", None, 183_500),
        ("advisor", "claude-opus-4-8", 55),
    ]


GEMINI: dict[str, tuple[dict[str, Any], Tokens]] = {
    "tools are beside the prompt, thoughts beside the candidates": (
        {
            "promptTokenCount": 100,
            "cachedContentTokenCount": 60,
            "toolUsePromptTokenCount": 25,
            "candidatesTokenCount": 10,
            "thoughtsTokenCount": 30,
            "totalTokenCount": 165,
        },
        Tokens(input_uncached=65, cache_read=60, output=40, reasoning=30),
    ),
    "by modality": (
        {
            "promptTokenCount": 100,
            "cachedContentTokenCount": 50,
            "candidatesTokenCount": 30,
            "promptTokensDetails": [
                {"modality": "TEXT", "tokenCount": 10},
                {"modality": "AUDIO", "tokenCount": 60},
                {"modality": "IMAGE", "tokenCount": 30},
            ],
            "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 40}],
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 30}],
        },
        Tokens(
            input_uncached=50,
            cache_read=50,
            output=30,
            audio_input=60,
            image_input=30,
            image_output=30,
            audio_cache_read=40,
        ),
    ),
    "live": ({"promptTokenCount": 5, "responseTokenCount": 7}, Tokens(input_uncached=5, output=7)),
    "a blocked prompt has no output": (
        {"promptTokenCount": 5, "totalTokenCount": 5},
        Tokens(input_uncached=5, output=0),
    ),
    "not said": ({"promptTokenCount": 5}, Tokens(input_uncached=5)),
    "an embedding": (
        {"promptTokenCount": 5, "promptTokenDetails": [{"modality": "TEXT", "tokenCount": 5}]},
        Tokens(input_uncached=5, output=0),
    ),
}


@pytest.mark.parametrize(("usage", "tokens"), GEMINI.values(), ids=GEMINI.keys())
def test_gemini_usage(usage: dict[str, Any], tokens: Tokens) -> None:
    assert read({"usageMetadata": usage}, "gemini").tokens == tokens


TRAFFIC = {
    "flex": ({"trafficType": "ON_DEMAND_FLEX"}, "flex"),
    "priority": ({"trafficType": "ON_DEMAND_PRIORITY"}, "priority"),
    "provisioned": ({"trafficType": "PROVISIONED_THROUGHPUT"}, "provisioned_throughput"),
    "on demand": ({"trafficType": "ON_DEMAND"}, None),
    "as a number": ({"trafficType": 1}, None),
    "the tier of the other API": ({"serviceTier": "priority"}, "priority"),
}


@pytest.mark.parametrize(("more", "variant"), TRAFFIC.values(), ids=TRAFFIC.keys())
def test_the_traffic_is_the_variant(more: dict[str, Any], variant: str | None) -> None:
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 5, **more}
    assert read({"usageMetadata": usage}, "gemini").variant == variant


@pytest.mark.parametrize(
    ("model", "searches"), [("gemini-2.5-pro", 1), ("gemini-3-pro-preview", 2), ("gemini-10-flash", 2), ("unknown", 1)]
)
def test_grounding_is_billed_by_prompt_and_then_by_query(model: str, searches: int) -> None:
    answer = {
        "modelVersion": model,
        "candidates": [{"groundingMetadata": {"webSearchQueries": ["", "one", "two", "one"]}}],
        "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 5},
    }
    assert read(answer, "gemini").fees == (Fee("web_search", Decimal(searches), "web_searches"),)


def test_each_field_of_a_later_chunk_replaces_the_earlier_one() -> None:
    found = streamed(
        "gemini",
        {"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 7, "thoughtsTokenCount": 35}},
        {"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 21, "thoughtsTokenCount": 78}},
        {"usageMetadata": {"promptTokenCount": 87, "thoughtsTokenCount": 78}},
    )
    assert found is not None
    assert found.tokens == Tokens(input_uncached=87, output=99, reasoning=78)


def test_an_array_of_chunks() -> None:
    chunks = [
        {"candidates": [{"content": {"parts": [{"text": 'a "brace" } and [ \\'}]}}]},
        {"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 7}, "modelVersion": "gemini-2.5-flash"},
    ]
    body = json.dumps(chunks, indent=2).encode()
    for size in (1, 5, len(body)):
        reader = stream_reading("gemini", "google", "application/json")
        for start in range(0, len(body), size):
            reader.feed(body[start : start + size])
        found = reader.reading(ended=True)
        assert found is not None
        assert found.tokens == Tokens(input_uncached=9, output=7)
        assert reader.first_token_seen


def test_vertex_counts_what_it_embedded() -> None:
    answer = {"predictions": [{"embeddings": {"statistics": {"token_count": 4}}} for _ in range(3)]}
    assert read(answer, "gemini").tokens == Tokens(input_uncached=12, output=0)


CONVERSE: dict[str, tuple[dict[str, Any], Tokens]] = {
    "beside each other": (
        {"inputTokens": 3, "outputTokens": 5, "cacheReadInputTokens": 100, "cacheWriteInputTokens": 50},
        Tokens(input_uncached=3, cache_read=100, cache_write_other=50, output=5),
    ),
    "by time to live": (
        {
            "inputTokens": 3,
            "outputTokens": 5,
            "cacheWriteInputTokens": 50,
            "cacheDetails": [{"ttl": "5m", "inputTokens": 20}, {"ttl": "1h", "inputTokens": 30}],
        },
        Tokens(input_uncached=3, cache_write_5m=20, cache_write_1h=30, output=5),
    ),
    "older names": (
        {"inputTokens": 3, "outputTokens": 5, "cacheReadInputTokenCount": 7},
        Tokens(input_uncached=3, cache_read=7, output=5),
    ),
}


@pytest.mark.parametrize(("usage", "tokens"), CONVERSE.values(), ids=CONVERSE.keys())
def test_converse_usage(usage: dict[str, Any], tokens: Tokens) -> None:
    assert read({"usage": usage}, "bedrock_converse").tokens == tokens


def test_converse_tells_tier_latency_and_a_routers_choice() -> None:
    found = read(
        {
            "usage": {"inputTokens": 3, "outputTokens": 5},
            "serviceTier": {"type": "priority"},
            "performanceConfig": {"latency": "optimized"},
            "trace": {"promptRouter": {"invokedModelId": "us.amazon.nova-lite-v1:0"}},
        },
        "bedrock_converse",
    )
    assert (found.variant, found.model) == ("priority+optimized", "us.amazon.nova-lite-v1:0")


INVOKED: dict[str, tuple[dict[str, Any], Tokens]] = {
    "claude": (
        {"usage": {"input_tokens": 3, "output_tokens": 5, "cache_read_input_tokens": 9}},
        Tokens(input_uncached=3, cache_read=9, output=5),
    ),
    "nova": ({"usage": {"inputTokens": 3, "outputTokens": 5}}, Tokens(input_uncached=3, output=5)),
    "titan": (
        {"inputTextTokenCount": 3, "results": [{"tokenCount": 5}, {"tokenCount": 6}]},
        Tokens(input_uncached=3, output=11),
    ),
    "titan's embeddings": ({"embedding": [0.1], "inputTextTokenCount": 3}, Tokens(input_uncached=3, output=0)),
    "llama": ({"prompt_token_count": 3, "generation_token_count": 5}, Tokens(input_uncached=3, output=5)),
    "in openai's shape": (
        {"usage": {"prompt_tokens": 3, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 1}}},
        Tokens(input_uncached=2, cache_read=1, output=5),
    ),
    "only metrics": (
        {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 3, "outputTokenCount": 5}},
        Tokens(input_uncached=3, output=5),
    ),
}


@pytest.mark.parametrize(("answer", "tokens"), INVOKED.values(), ids=INVOKED.keys())
def test_invoked_models_answer_in_their_own_way(answer: dict[str, Any], tokens: Tokens) -> None:
    assert read(answer, "bedrock_invoke").tokens == tokens


def test_headers_fill_in_what_a_body_does_not_say() -> None:
    headers = {
        "x-amzn-requestid": "r-1",
        "x-amzn-bedrock-input-token-count": "4",
        "x-amzn-bedrock-output-token-count": "9",
        "x-amzn-bedrock-cache-read-input-token-count": "100",
    }
    silent = read_headers("bedrock_invoke", None, headers)
    assert silent is not None
    assert silent.tokens == Tokens(input_uncached=4, cache_read=100, output=9)
    assert silent.response_id == "r-1"
    stated = read_headers("bedrock_invoke", read(INVOKED["llama"][0], "bedrock_invoke"), headers)
    assert stated is not None
    assert stated.tokens == INVOKED["llama"][1]
    assert read_headers("openai_chat", None, headers) is None


@pytest.mark.parametrize("stated", ["", "-1", "1e3", "٣", "9" * 40])
def test_a_header_that_is_no_count_says_nothing(stated: str) -> None:
    assert read_headers("bedrock_invoke", None, {"x-amzn-bedrock-input-token-count": stated}) is None


COHERE: dict[str, tuple[dict[str, Any], Tokens, Tokens | None]] = {
    "serves more than it bills": (
        {
            "usage": {
                "billed_units": {"input_tokens": 15.0, "output_tokens": 17.0},
                "tokens": {"input_tokens": 92.0, "output_tokens": 17.0},
                "cached_tokens": 64,
            }
        },
        Tokens(input_uncached=28, cache_read=64, output=17),
        Tokens(input_uncached=15, output=17),
    ),
    "bills what it serves": (
        {
            "usage": {
                "billed_units": {"input_tokens": 15, "output_tokens": 17},
                "tokens": {"input_tokens": 15, "output_tokens": 17},
            }
        },
        Tokens(input_uncached=15, output=17),
        None,
    ),
    "an embedding of the first generation": (
        {"meta": {"billed_units": {"input_tokens": 6}}},
        Tokens(input_uncached=6, output=0),
        None,
    ),
    "an embedding of an image": (
        {"meta": {"billed_units": {"input_tokens": 6, "image_tokens": 1000}}},
        Tokens(input_uncached=1006, image_input=1000, output=0),
        None,
    ),
}


@pytest.mark.parametrize(("answer", "served", "billed"), COHERE.values(), ids=COHERE.keys())
def test_cohere_usage(answer: dict[str, Any], served: Tokens, billed: Tokens | None) -> None:
    found = read(answer, "cohere")
    assert (found.tokens, found.billed) == (served, billed)


def test_reranking_bills_searches() -> None:
    found = read({"id": "r", "results": [], "meta": {"billed_units": {"search_units": 2}}}, "cohere")
    assert (found.quantity, found.unit, found.response_id) == (Decimal(2), "searches", "r")


def test_ollama_leaves_out_what_is_zero() -> None:
    assert read({"model": "llama3", "done": True, "eval_count": 38}, "ollama").tokens == Tokens(
        input_uncached=0, output=38
    )
    answer = {"done": True, "prompt_eval_count": 30, "prompt_eval_cached_count": 20, "eval_count": 5}
    assert read(answer, "ollama").tokens == Tokens(input_uncached=10, cache_read=20, output=5)
    assert not read({"model": "llama3", "done": False, "response": "a"}, "ollama").states_usage
