"""The currency that amounts are shown in, for as long as one answer is put into words.

Everything is reckoned in USD and converted where it becomes text (format.py, charts), by one rate for the whole answer:
so parts still add up, and no page can convert one figure and forget another. The rate travels with the context of the
answer and not through every function that writes an amount; outside of such a context amounts are dollars.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from msgspec import Struct

_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)


class Shown(Struct, frozen=True):
    """A currency with its sign, and how many units of it a dollar makes; `day` is from when that rate is."""

    code: str = "USD"
    sign: str = "$"
    per_usd: Decimal = Decimal(1)
    day: date | None = None

    def of(self, usd: Decimal) -> Decimal:
        """Return an amount of dollars in this currency, exactly."""
        return usd if self.day is None else _WIDE.multiply(usd, self.per_usd)


DOLLARS: Final = Shown()
_SHOWN: Final[ContextVar[Shown]] = ContextVar("outlay_currency", default=DOLLARS)


@contextmanager
def amounts_in(shown: Shown) -> Iterator[None]:
    """Write the amounts of the block in this currency."""
    before = _SHOWN.set(shown)
    try:
        yield
    finally:
        _SHOWN.reset(before)


@contextmanager
def as_they_are() -> Iterator[None]:
    """Write amounts that were converted already: with the sign, as they are."""
    shown = _SHOWN.get()
    with amounts_in(Shown(shown.code, shown.sign)):
        yield


def sign() -> str:
    return _SHOWN.get().sign


def converted(usd: Decimal) -> Decimal:
    """Return an amount of dollars in the currency of the answer, exactly."""
    return _SHOWN.get().of(usd)
