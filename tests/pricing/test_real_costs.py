"""Two years of one user's real calls: our price beside the cost the user's tool worked out at that time."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from outlay.kit.money import as_pico
from outlay.usage import Tokens, UsageEvent
from tests.pricing.made import book, event
from tests.real_data import shared_data

# Why a model's calls may cost another amount than the tool reckoned.
REASONS = {
    "claude-3-5-haiku-latest": "began at $1/$5 in November 2024; the catalogue dates no cut and has $0.80/$4",
    "claude-3-5-sonnet": "the tool added cache writes and reads, which are not in its token columns",
    "claude-3-7-sonnet-latest": "as claude-3-5-sonnet",
    "anthropic/claude-3.5-haiku": "as claude-3-5-haiku-latest",
    "regional.anthropic.claude-3-5-haiku-20241022-v1:0": "as claude-3-5-haiku-latest",
    "deepseek-chat": "cache hits are not in the token columns; the catalogue has the off-peak price of 2025 for 2024",
    "deepseek-reasoner": "as deepseek-chat",
    "gemini-1.5-pro": "the price was cut in October 2024; the catalogue has the later one only",
    "gemini-pro": "the tool had $0.35/$1.05; the catalogue has a later $0.125/$0.375",
    "deepseek/deepseek-chat": "the router's price moved with the hosts it chose from",
    "mistralai/mistral-large": "the catalogue has the later price only",
    "qwen/qwen-2.5-coder-32b-instruct": "the router's price moved with the hosts it chose from",
    "codestral": "the catalogue has the later price only",
}


def calls() -> Iterator[tuple[UsageEvent, int]]:
    with gzip.open(shared_data("traces/aider_calls.csv.gz"), "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            name = book().identify(None, row["main_model"])
            tokens = Tokens(input_uncached=int(row["prompt_tokens"]), output=int(row["completion_tokens"]))
            time = datetime.fromtimestamp(int(row["time"]), UTC)
            yield event(name.provider, name.model, tokens=tokens, time=time), as_pico(Decimal(row["cost"]))


def test_costs_agree_with_those_a_tool_reckoned() -> None:
    found: Counter[str] = Counter()
    different: set[str | None] = set()
    for call, theirs in calls():
        ours = book().cost_of(call).pico
        if ours is None or theirs == 0:
            continue
        exact = abs(ours - theirs) <= 10  # the tool's figure went through a float
        close = abs(ours - theirs) * 100 <= theirs
        found["exact" if exact else "within 1 %" if close else "other"] += 1
        if not exact:
            different.add(call.model)
    assert different == set(REASONS)
    total = sum(found.values())
    assert total > 2_200
    assert found["exact"] / total > 0.77
    assert (found["exact"] + found["within 1 %"]) / total > 0.79


def test_where_nothing_is_hidden_every_call_agrees() -> None:
    """Models whose prices never changed and whose calls had no cache: each single one to the last digit."""
    compared = 0
    for call, theirs in calls():
        if theirs and call.provider == "openai" and call.model is not None:
            assert abs((book().cost_of(call).pico or 0) - theirs) <= 10, call
            compared += 1
    assert compared > 160
