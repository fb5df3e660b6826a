"""Anthropic: parts of the input beside each other, running totals, iterations."""

from typing import Any

import pytest

from outlay.capture.readings.reading import CONTRADICTS, PARTIAL
from outlay.usage import Tokens
from tests.capture.readings.answers import read, streamed


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
