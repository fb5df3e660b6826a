"""Pricing: microseconds an event takes with a warm price book, beside the catalogue package's own calculation.

Both price the same calls, and their money is compared before any time is taken: the speed of a wrong answer is nothing.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

from genai_prices import Usage, calc_price

from outlay.kit.money import as_usd
from outlay.pricing.book import PriceBook
from outlay.pricing.catalogue import load_catalogue
from outlay.usage import Tokens, UsageEvent
from tests.bench.report import Report, Stopwatch, Target

AT: Final = datetime(2026, 10, 15, 12, tzinfo=UTC)
ROUNDS: Final = 5
MODELS: Final = (
    ("openai", "gpt-4o"),
    ("openai", "gpt-4o-mini"),
    ("openai", "gpt-4.1"),
    ("anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-3-5-haiku-latest"),
    ("google", "gemini-2.5-flash"),
    ("google", "gemini-2.5-pro"),
    ("mistral", "mistral-small-latest"),
)
SHAPES: Final = ((1_200, 0, 350), (9_000, 24_000, 800), (180, 0, 12), (40_000, 150_000, 2_500))

T = TypeVar("T")
Call = tuple[str, str, int, int, int]


def run(report: Report) -> None:
    calls = [(provider, model, *shape) for provider, model in MODELS for shape in SHAPES]
    events = [_event(call) for call in calls]
    with Stopwatch() as loading:
        book = PriceBook(load_catalogue())
    with Stopwatch() as first:
        costs = [book.cost_of(event) for event in events]
    for call, cost in zip(calls, costs, strict=True):
        theirs = _calculated(call)
        if cost.pico is None or as_usd(cost.pico) != theirs:
            report.note(f"{call}: Outlay says {cost.pico} picodollars, genai-prices ${theirs}")
    ours = _microseconds_each(book.cost_of, events, loops=200)
    theirs_us = _microseconds_each(_calculated, calls, loops=4)
    report.figure("loading the catalogue", loading.seconds * 1e3, "ms")
    report.figure("an event of a model not seen before", first.seconds / len(MODELS) * 1e6, "µs")
    report.figure("an event of a warm model", ours, "µs", Target(at_most=2))
    report.figure("the same call by genai-prices' calc_price", theirs_us, "µs")
    report.ratio("Outlay's warm price book takes", ours, theirs_us)


def _event(call: Call) -> UsageEvent:
    provider, model, uncached, cached, output = call
    tokens = Tokens(input_uncached=uncached, cache_read=cached, output=output)
    return UsageEvent(
        organisation="org_1",
        source="bench",
        id=f"{model}-{uncached}",
        time=AT,
        received_at=AT,
        provider=provider,
        model=model,
        tokens=tokens,
    )


def _calculated(call: Call) -> object:
    provider, model, uncached, cached, output = call
    usage = Usage(input_tokens=uncached + cached, cache_read_tokens=cached, output_tokens=output)
    return calc_price(usage, model, provider_id=provider, genai_request_timestamp=AT).total_price


def _microseconds_each(function: Callable[[T], object], inputs: Sequence[T], *, loops: int) -> float:
    """Return the time of one call in the fastest of several rounds: the others were disturbed, not slower."""
    return min(_round(function, inputs, loops) for _ in range(ROUNDS)) / (loops * len(inputs)) * 1e6


def _round(function: Callable[[T], object], inputs: Sequence[T], loops: int) -> float:
    with Stopwatch() as watch:
        for _ in range(loops):
            for each in inputs:
                function(each)
    return watch.seconds
