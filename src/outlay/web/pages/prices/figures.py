"""What the Prices page asks: which models and services were used, what has no price, and what each costs by now."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from msgspec import Struct

from outlay.pricing.book import PriceBook, PriceShown
from outlay.query.ask import Filter, Order, Query
from outlay.query.firsts import first_days
from outlay.query.parse import Asked, write
from outlay.query.questions import Asking
from outlay.query.result import Row
from outlay.query.timerange import LastDays
from outlay.usage import LLM

DAYS: Final = 90
MISSING_DAYS: Final = 365
MOST_MODELS: Final = 500
_MEASURES: Final = ("requests", "tokens", "cost", "unpriced_requests")


class Used(Struct, frozen=True):
    """A model that was used, its figures, and the price in force for it."""

    provider: str | None
    model: str | None
    row: Row
    shown: PriceShown | None


class Missing(Struct, frozen=True):
    """Something that was used without a price; `first` is the day of its first use."""

    service: str
    provider: str | None
    model: str | None
    unit: str | None
    requests: int
    unpriced: int
    tokens: int | None
    first: date | None
    calls: str

    @property
    def is_service(self) -> bool:
        return self.service != LLM


def prices_used(asking: Asking, book: PriceBook) -> tuple[Used, ...]:
    """Return the models of the last DAYS days, the dearest first, each with the price of now."""
    asked = Query(
        asking.viewer,
        _MEASURES,
        ("provider", "model"),
        range=LastDays(DAYS),
        filters=(Filter("service", "is", (LLM,)),),
        order=Order("cost", descending=True),
        limit=MOST_MODELS,
        rest="cut",
    )
    rows = asking.run(asked).rows
    return tuple(Used(row.key[0], row.key[1], row, _price(book, row, asking)) for row in rows)


def without_price(asking: Asking) -> tuple[Missing, ...]:
    """Return what was used in the last MISSING_DAYS days and has no price, the most used first."""
    asked = Query(
        asking.viewer,
        ("requests", "unpriced_requests", "tokens"),
        ("service", "provider", "model", "unit"),
        range=LastDays(MISSING_DAYS),
        order=Order("unpriced_requests", descending=True),
        limit=MOST_MODELS,
        rest="cut",
    )
    rows = [row for row in asking.run(asked).rows if row.figures[1]]
    firsts = first_days(asking.viewer, asking.snapshot) if rows else {}
    return tuple(_missing(asking, row, firsts) for row in rows)


def _missing(asking: Asking, row: Row, firsts: Mapping[str, date]) -> Missing:
    service, provider, model, unit = row.key
    requests, unpriced, tokens = row.figures
    return Missing(
        service or LLM,
        provider,
        model,
        unit,
        int(str(requests)),
        int(str(unpriced)),
        None if tokens is None else int(str(tokens)),
        firsts.get(model) if model is not None else None,
        _calls(asking, row),
    )


def _calls(asking: Asking, row: Row) -> str:
    """Return the query string of the calls behind a row."""
    named = zip(("service", "provider", "model", "unit"), row.key, strict=True)
    filters = [Filter(name, "is", (value,)) if value is not None else Filter(name, "none") for name, value in named]
    filters.append(Filter("cost_status", "is", ("unpriced",)))
    asked = Query(asking.viewer, range=LastDays(MISSING_DAYS), filters=tuple(filters))
    return write(Asked(asked), Query(asking.viewer))


def _price(book: PriceBook, row: Row, asking: Asking) -> PriceShown | None:
    name = book.identify(row.key[0], row.key[1], asking.now)
    return book.price_on(name.provider, name.model, asking.now)
