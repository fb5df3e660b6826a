"""Bedrock, Cohere and Ollama: each in its own terms."""

from decimal import Decimal
from typing import Any

import pytest

from outlay.capture.readings.headers import read_headers
from outlay.usage import Tokens
from tests.capture.readings.answers import read

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
