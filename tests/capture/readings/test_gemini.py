"""Gemini and Vertex: thoughts and tools beside the totals, modalities, grounding, arrays of chunks."""

import json
from decimal import Decimal
from typing import Any

import pytest

from outlay.capture.readings.reading import Fee
from outlay.capture.readings.stream import stream_reading
from outlay.usage import Tokens
from tests.capture.readings.answers import read, streamed

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
