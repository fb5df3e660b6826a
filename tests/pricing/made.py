"""Events for the price tests, with only what a price depends on, and the one book that all of them may share."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from outlay.kit.money import as_usd, plain
from outlay.pricing.book import PriceBook
from outlay.pricing.catalogue import Catalogue, load_catalogue
from outlay.pricing.rules import parse_rules
from outlay.usage import Tokens, UsageEvent

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
THOUSAND = Tokens(input_uncached=1000, output=500)


@cache
def catalogue() -> Catalogue:
    return load_catalogue()


@cache
def book(rules: str = "") -> PriceBook:
    return PriceBook(catalogue(), parse_rules(rules))


def event(provider: str | None = None, model: str | None = None, **fields: Any) -> UsageEvent:
    return UsageEvent(
        organisation="acme",
        source="test",
        id="1",
        received_at=NOON,
        provider=provider,
        model=model,
        **{"time": NOON, **fields},
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(pico: int | None) -> str | None:
    """Return an amount as a page or an export shows it in full."""
    return None if pico is None else plain(as_usd(pico))
