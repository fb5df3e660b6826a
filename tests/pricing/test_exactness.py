"""What must hold for every count and every instant: lines add up, counts add up, prices change only at boundaries."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.pricing.book import PriceBook
from outlay.pricing.rates import make_rate
from outlay.usage import Tokens
from tests.pricing.made import book, catalogue, event

COUNTS = st.integers(0, 10**6)
MODELS = st.sampled_from(
    [
        ("openai", "gpt-4o"),
        ("openai", "gpt-realtime"),
        ("anthropic", "claude-sonnet-4-5"),
        ("google", "gemini-2.5-flash"),
        ("deepseek", "deepseek-chat"),
        ("aws", "regional.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("openrouter", "google/gemini-2.5-flash-image"),
    ]
)
PARTS = ("input_uncached", "cache_read", "cache_write_5m", "cache_write_1h", "cache_write_other", "output")
SUBSETS = ("reasoning", "audio_input", "audio_output", "image_input", "image_output", "audio_cache_read")
MOMENTS = st.datetimes(datetime(2023, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zoned by timezones


@st.composite
def any_tokens(draw: st.DrawFn) -> Tokens:
    """Counts, known or not; subsets may even be larger than what they are part of."""
    return Tokens(**{name: draw(st.none() | COUNTS) for name in (*PARTS, *SUBSETS)})


@settings(deadline=None)  # the first question about a model reads the catalogue
@given(model=MODELS, tokens=any_tokens(), at=MOMENTS, variant=st.sampled_from([None, "batch", "flex", "auto"]))
def test_lines_sum_to_the_cost_and_cover_every_token_once(
    model: tuple[str, str], tokens: Tokens, at: datetime, variant: str | None
) -> None:
    cost = book().cost_of(event(*model, tokens=tokens, time=at, variant=variant))
    assert (cost.pico is None) == (cost.status == "unpriced")
    assert sum(line.pico for line in cost.lines) == (cost.pico or 0)
    assert all(line.pico >= 0 and line.quantity > 0 for line in cost.lines)
    if cost.status == "priced":
        for component, counts in (
            ("input", (tokens.input_uncached,)),
            ("cache_read", (tokens.cache_read,)),
            ("cache_write", (tokens.cache_write,)),
            ("output", (tokens.output,)),
        ):
            charged = sum(line.quantity for line in cost.lines if line.component == component)
            assert charged == sum(count or 0 for count in counts)


@settings(deadline=None)  # the first question about a model reads the catalogue
@given(first=st.lists(COUNTS, min_size=6, max_size=6), second=st.lists(COUNTS, min_size=6, max_size=6))
def test_two_calls_cost_what_one_of_both_sizes_costs(first: list[int], second: list[int]) -> None:
    costs = [
        book().cost_of(event("openai", "gpt-4o", tokens=Tokens(**dict(zip(PARTS, counts, strict=True))))).pico or 0
        for counts in (first, second, [one + other for one, other in zip(first, second, strict=True)])
    ]
    assert costs[0] + costs[1] == costs[2]


@settings(deadline=None)  # the first question about a model reads the catalogue
@given(model=MODELS, counts=st.lists(COUNTS, min_size=6, max_size=6), at=MOMENTS)
def test_taking_back_a_call_takes_back_its_cost(model: tuple[str, str], counts: list[int], at: datetime) -> None:
    tokens = Tokens(**dict(zip(PARTS, counts, strict=True)))
    back = Tokens(**{name: -count for name, count in tokens.stated()})
    cost = book().cost_of(event(*model, tokens=tokens, time=at))
    undone = book().cost_of(event(*model, tokens=back, time=at, adjusts="1"))
    assert (cost.pico or 0) + (undone.pico or 0) == 0


@settings(deadline=None)  # the first question about a model reads the catalogue
@given(at=MOMENTS)
def test_a_dated_price_changes_at_its_instant_only(at: datetime) -> None:
    cost = book().cost_of(event("openai", "o3", tokens=Tokens(input_uncached=1), time=at))
    assert cost.pico == (10_000_000 if at < datetime(2025, 6, 10, tzinfo=UTC) else 2_000_000)


@settings(deadline=None)  # the first question about a model reads the catalogue
@given(at=MOMENTS, asked_first=MOMENTS)
def test_the_order_of_questions_changes_nothing(at: datetime, asked_first: datetime) -> None:
    fresh = PriceBook(catalogue())
    million = Tokens(input_uncached=10**6)
    fresh.cost_of(event("deepseek", "deepseek-chat", tokens=million, time=asked_first))
    cost = fresh.cost_of(event("deepseek", "deepseek-chat", tokens=million, time=at))
    peak = timedelta(minutes=30) <= timedelta(hours=at.hour, minutes=at.minute) < timedelta(hours=16, minutes=30)
    assert cost.pico == (270_000_000_000 if peak else 135_000_000_000)


@settings(deadline=None)  # the first question about a model reads the catalogue
@given(
    usd=st.decimals(0, 10**5, places=12),
    per=st.sampled_from([1, 60, 1000, 3600, 10**6]),
    count=st.integers(-(10**9), 10**9),
)
def test_a_rate_is_rounded_once_and_half_even(usd: Decimal, per: int, count: int) -> None:
    rate = make_rate("other", "x", usd, per)
    exact = Fraction(usd) * count * 10**12 / per
    assert rate.amount(count) == round(exact)  # Fraction rounds half to even
    assert rate.amount_of(Decimal(count)) == round(exact)


@pytest.mark.parametrize(("count", "pico"), [(1, 0), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2), (-5, -2)])
def test_a_tie_goes_to_the_even_picodollar(count: int, pico: int) -> None:
    half = make_rate("other", "x", Decimal("0.000000000001"), 2)
    assert (half.amount(count), half.amount_of(Decimal(count))) == (pico, pico)
