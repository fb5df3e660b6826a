"""Token counts out of attributes: what is inside what, by name, by the stated total, and by what is known of a tool."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.capture.otlp import words
from outlay.capture.otlp.counts import as_tokens, stated_in
from outlay.capture.otlp.telemetry import Tool
from outlay.capture.otlp.tools import trait_of
from outlay.usage import NO_TOKENS, Tokens

SOME_TOOL = Tool("some.tool", "1.0")
BOTOCORE = Tool("opentelemetry.instrumentation.botocore.bedrock-runtime", "0.60b0")


def counted(attributes: dict[str, Any], tool: Tool = SOME_TOOL, provider: str = "") -> Tokens:
    return as_tokens(stated_in(attributes), trait_of(tool, provider))


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, NO_TOKENS),
        (
            {"gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 7},
            Tokens(input_uncached=100, output=7),
        ),
        (
            {"gen_ai.usage.prompt_tokens": "100", "gen_ai.usage.completion_tokens": 7.0},
            Tokens(input_uncached=100, output=7),
        ),
        (
            {
                "gen_ai.usage.input_tokens": 100,
                "gen_ai.usage.cache_read.input_tokens": 60,
                "gen_ai.usage.cache_creation.input_tokens": 30,
            },
            Tokens(input_uncached=10, cache_read=60, cache_write_other=30),
        ),
        (
            {
                "gen_ai.usage.input_tokens": 100,
                "gen_ai.usage.cache_write.input_tokens": 30,
                "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": 10,
                "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 15,
            },
            Tokens(input_uncached=70, cache_write_5m=10, cache_write_1h=15, cache_write_other=5),
        ),
        (
            {"llm.token_count.prompt": 9, "llm.token_count.prompt_details.cache_read": 600},
            Tokens(input_uncached=9, cache_read=600),
        ),
        (
            {
                "gen_ai.usage.input_tokens": 700,
                "gen_ai.usage.cache_read.input_tokens": 600,
                "gen_ai.usage.output_tokens": 5,
                "gen_ai.usage.total_tokens": 1305,
            },
            Tokens(input_uncached=700, cache_read=600, output=5),
        ),
        (
            {
                "gen_ai.usage.input_tokens": 10,
                "gen_ai.usage.output_tokens": 5,
                "gen_ai.usage.reasoning_tokens": 3,
                "gen_ai.usage.total_tokens": 18,
            },
            Tokens(input_uncached=10, output=8, reasoning=3),
        ),
        (
            {"gen_ai.usage.output_tokens": 5, "gen_ai.usage.reasoning.output_tokens": 9},
            Tokens(output=14, reasoning=9),
        ),
        (
            {
                "input_token_count": 12_000,
                "cached_content_token_count": 8_000,
                "output_token_count": 350,
                "thoughts_token_count": 420,
                "tool_token_count": 40,
                "total_token_count": 12_810,
            },
            Tokens(input_uncached=4_040, cache_read=8_000, output=770, reasoning=420),
        ),
        (
            {"llm.token_count.prompt": 100, "llm.token_count.prompt_details.audio": 300},
            Tokens(input_uncached=100),
        ),
        ({"gen_ai.usage.input_tokens": True, "gen_ai.usage.output_tokens": -4}, NO_TOKENS),
        ({"gen_ai.usage.input_tokens": float("nan"), "gen_ai.usage.output_tokens": 1e300}, NO_TOKENS),
        ({"gen_ai.usage.input_tokens": 10**13}, NO_TOKENS),
    ],
    ids=[
        "nothing",
        "conventions",
        "older names, as text",
        "cache inside",
        "cache writes by time",
        "more cached than input",
        "cache outside by the total",
        "reasoning outside by the total",
        "more reasoning than output",
        "gemini cli",
        "more audio than input",
        "no counts",
        "no numbers",
        "too many",
    ],
)
def test_what_is_inside_what(attributes: dict[str, Any], expected: Tokens) -> None:
    assert counted(attributes) == expected


@pytest.mark.parametrize(
    ("tool", "provider", "uncached"),
    [
        (SOME_TOOL, "anthropic", 40),
        (BOTOCORE, "aws.bedrock", 100),
        (Tool("ai", ""), "anthropic.messages", 100),
        (Tool("ai", "5.0.277"), "amazon-bedrock", 100),
        (Tool("ai", "5.0.277"), "openai.chat", 40),
        (Tool("ai", "6.0.1"), "anthropic.messages", 40),
    ],
    ids=["usual", "botocore", "ai sdk", "ai sdk 5", "ai sdk 5 with openai", "ai sdk 6"],
)
def test_tools_that_leave_the_cache_out(tool: Tool, provider: str, uncached: int) -> None:
    stated = {"gen_ai.usage.input_tokens": 100, "gen_ai.usage.cache_read.input_tokens": 60}
    assert counted(stated, tool, provider) == Tokens(input_uncached=uncached, cache_read=60)


_NAMES = [
    *words.INPUT,
    *words.OUTPUT,
    *words.TOTAL,
    *words.CACHE_READ,
    *words.CACHE_WRITE,
    *words.CACHE_WRITE_1H,
    *words.REASONING,
    *words.AUDIO_INPUT,
    *words.TOOL_USE,
]
_VALUES = st.one_of(st.integers(), st.floats(), st.booleans(), st.text(max_size=8), st.none(), st.lists(st.text()))


@given(st.dictionaries(st.sampled_from(_NAMES), _VALUES), st.sampled_from([SOME_TOOL, BOTOCORE, Tool("ai")]))
def test_counts_can_always_be_true(attributes: dict[str, Any], tool: Tool) -> None:
    counted(attributes, tool, "anthropic").check()
