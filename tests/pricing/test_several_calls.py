"""Events that stand for several calls: priced in the tier of one call, with the price of a request for each."""

from decimal import Decimal

import pytest

from outlay.kit.money import as_usd
from outlay.usage import Cost, Tokens
from tests.pricing.made import book, event

# gemini-2.5-pro: $1.25 and $10 a million; above 200,000 tokens of input in a call $2.50 and $15.
LARGE = Tokens(input_uncached=1_000_000, output=100_000)


def cost_of(**fields: object) -> Cost:
    return book().cost_of(event("google", "gemini-2.5-pro", **fields))


@pytest.mark.parametrize(
    ("calls", "variant", "usd", "status"),
    [
        (1, None, "4", "priced"),
        (4, None, "4", "estimated"),
        (5, None, "2.25", "estimated"),
        (1000, None, "2.25", "estimated"),
        (1, "short_context", "2.25", "priced"),
        (1, "long_context", "4", "priced"),
        (1000, "long_context+standard", "4", "priced"),
    ],
)
def test_the_tier_is_that_of_one_call(calls: int, variant: str | None, usd: str, status: str) -> None:
    cost = cost_of(tokens=LARGE, calls=calls, variant=variant)
    assert cost.pico is not None
    assert (as_usd(cost.pico), cost.status) == (Decimal(usd), status)


def test_without_tiers_it_is_no_estimate() -> None:
    cost = book().cost_of(event("openai", "gpt-4o", tokens=LARGE, calls=9))
    assert (cost.status, cost.pico) == ("priced", 3_500_000_000_000)


def test_a_context_beside_a_variant_leaves_its_price() -> None:
    batch = event("anthropic", "claude-opus-4-6", tokens=LARGE, variant="batch+long_context")
    assert book().cost_of(batch).pico == 3_750_000_000_000  # half of $5 and of $2.50


def test_each_call_pays_the_price_of_a_request() -> None:
    rules = '[[price]]\nprovider = "acme"\nmodel = "m"\nper_request = "0.01"\nfrom = 2026-01-01\n'
    cost = book(rules).cost_of(event("acme", "m", tokens=Tokens(input_uncached=0, output=0), calls=250))
    assert cost.pico == 2_500_000_000_000
