"""OpenAI's usage object, in the dialects of everybody who answers in its shape.

The input includes what was cached, and the output what was reasoned, with one exception: xAI's chat counts reasoning
beside its completion tokens. The stated total tells, whoever the provider is.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from outlay.capture.readings.counting import CacheUse, from_total
from outlay.capture.readings.reading import Fee
from outlay.capture.readings.values import (
    Value,
    billed,
    count,
    dollars,
    first_count,
    first_table,
    table,
)
from outlay.usage import ReportedCost, Tokens

_XAI: Final = frozenset({"xai", "x-ai", "x_ai"})
_TICKS_PER_USD: Final = 10**10
_SEARCHES: Final = "web_searches"
# Who counts a tool's uses, and where: key of the usage object -> its keys -> service, unit.
_TOOL_COUNTS: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("server_tool_use_details", "web_search_requests", "web_search", _SEARCHES),
    ("server_tool_use", "web_search_requests", "web_search", _SEARCHES),
    ("server_side_tool_usage_details", "web_search_calls", "web_search", _SEARCHES),
    ("server_side_tool_usage_details", "x_search_calls", "x_search", "social_searches"),
    ("server_side_tool_usage_details", "code_interpreter_calls", "code_execution", "code_executions"),
)


def read_tokens(usage: Value, provider: str, *, reasoning_beside: bool = False) -> tuple[Tokens, bool]:
    """Return the tokens of a usage object, and whether its counts contradict each other.

    `reasoning_beside` says that this API of xAI's leaves reasoning out of its output.
    """
    given = first_table(usage, "prompt_tokens_details", "input_tokens_details", "prompt_token_details")
    given = given or table(usage.get("input_token_details"))
    made = first_table(usage, "completion_tokens_details", "output_tokens_details", "completion_token_details")
    prompt = first_count(usage, "prompt_tokens", "input_tokens")
    output = first_count(usage, "completion_tokens", "output_tokens")
    total = count(usage.get("total_tokens"))
    reasoning = first_count(made, "reasoning_tokens")
    if reasoning is None:
        reasoning = count(usage.get("reasoning_tokens"))
    known = None if prompt is None or output is None else prompt + output
    if output is not None and reasoning and known is not None:
        beside = total == known + reasoning if total is not None else reasoning_beside and provider in _XAI
        if beside:
            output, known = output + reasoning, known + reasoning
    tokens, contradicts = from_total(
        prompt,
        _cache(usage, given),
        Tokens(
            output=output,
            reasoning=reasoning,
            audio_input=count(given.get("audio_tokens")) or None,
            audio_output=count(made.get("audio_tokens")) or None,
            image_input=count(given.get("image_tokens")) or None,
            image_output=count(made.get("image_tokens")) or None,
            audio_cache_read=count(table(given.get("cached_tokens_details")).get("audio_tokens")) or None,
        ),
    )
    return tokens, contradicts or (None not in {total, known} and total != known)


def _cache(usage: Value, given: Value) -> CacheUse:
    read = count(given.get("cached_tokens"))
    if read is None:
        read = first_count(usage, "prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens")
    return CacheUse(read=read, write_other=first_count(given, "cache_write_tokens", "cache_creation_tokens"))


def read_cost(usage: Value) -> ReportedCost | None:
    """Return what the provider says that it bills: OpenRouter and Perplexity in dollars, xAI in ticks."""
    ticks = count(usage.get("cost_in_usd_ticks"))
    if ticks is not None:
        return billed(Decimal(ticks) / _TICKS_PER_USD)
    stated = usage.get("cost")
    cost = dollars(table(stated).get("total_cost") if isinstance(stated, dict) else stated)
    if cost is not None and usage.get("is_byok") is True:
        # With one's own key, `cost` is only OpenRouter's fee; the provider behind it bills its part to that key.
        cost += dollars(table(usage.get("cost_details")).get("upstream_inference_cost")) or 0
    return billed(cost)


def read_fees(usage: Value) -> Iterator[Fee]:
    """Yield the uses of tools that a usage object counts."""
    seen = set[str]()
    for group, key, service, unit in _TOOL_COUNTS:
        uses = count(table(usage.get(group)).get(key))
        if uses and service not in seen:
            seen.add(service)
            yield Fee(service, Decimal(uses), unit)
    sources = count(usage.get("num_sources_used"))
    if sources:
        yield Fee("live_search", Decimal(sources), "sources")
