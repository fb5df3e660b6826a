"""The orders that events are listed in, and the place of an event in one of them, written as a cursor.

A cursor also says as of when the list is: the first page's watermark and instant. So a list is the same on all its
pages, whatever comes in meanwhile; ties are broken by the ledger's own number.
"""

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol

from msgspec import Struct

from outlay.errors import QueryInvalid
from outlay.kit.money import as_pico, as_usd
from outlay.kit.period import as_micros, from_micros
from outlay.query.amounts import AMOUNTS
from outlay.query.statement import Sql, known_sum

NEWEST_FIRST: Final = "-time"
OLDEST_FIRST: Final = "time"

_MOST_CHARS: Final = 160
_PLACE: Final = re.compile(r"(-?[a-z_]{1,20})/(-?[0-9]{1,18}|)/([0-9]{1,18})/([0-9]{1,18})/([0-9]{1,18})")


class Sorted(Protocol):
    """An event as far as it can be sorted by."""

    @property
    def time(self) -> datetime: ...

    @property
    def cost(self) -> Decimal | None: ...

    @property
    def latency_ms(self) -> int | None: ...

    @property
    def tokens(self) -> int | None: ...


class EventOrder(Struct, frozen=True):
    """One order. Its id has a minus in front where the largest come first; unknown comes last.

    `key_of` gives what an event is sorted by as a whole number, `as_parameter` such a number as SQL compares it.
    """

    id: str
    label: str
    sorted_by: str
    key_of: Callable[[Sorted], int | None]
    as_parameter: Callable[[int], object] = int
    always_known: bool = False

    @property
    def descending(self) -> bool:
        return self.id.startswith("-")

    def text(self) -> str:
        """Return the ORDER BY."""
        way = "DESC" if self.descending else "ASC"
        return f'ORDER BY {self.sorted_by} {way} NULLS LAST, "seq" {way}'

    def after(self, key: int | None, seq: int) -> Sql:
        """Return the condition that an event comes after the one with this key and number."""
        further = "<" if self.descending else ">"
        if key is None:
            return Sql(f'{self.sorted_by} IS NULL AND "seq" {further} ?', (seq,))
        bound = self.as_parameter(key)
        known = f'{self.sorted_by} {further}= ? AND ({self.sorted_by} {further} ? OR "seq" {further} ?)'
        return Sql(known if self.always_known else f"(({known}) OR {self.sorted_by} IS NULL)", (bound, bound, seq))


def _by_time(name: str, label: str) -> EventOrder:
    return EventOrder(name, label, '"time"', lambda event: as_micros(event.time), _stored_moment, always_known=True)


def _stored_moment(micros: int) -> datetime:
    return from_micros(micros).replace(tzinfo=None)


def _pico(event: Sorted) -> int | None:
    return None if event.cost is None else as_pico(event.cost)


_TOKENS: Final = known_sum([f'"{name}"' for name in AMOUNTS["tokens"].columns])

EVENT_ORDERS: Final[dict[str, EventOrder]] = {
    each.id: each
    for each in (
        _by_time(NEWEST_FIRST, "Newest first"),
        _by_time(OLDEST_FIRST, "Oldest first"),
        EventOrder("-cost", "Dearest first", '"cost"', _pico, as_usd),
        EventOrder("-latency_ms", "Slowest first", '"latency_ms"', lambda event: event.latency_ms),
        EventOrder("-tokens", "Most tokens first", _TOKENS, lambda event: event.tokens),
    )
}


class Place(Struct, frozen=True):
    """A place in a list: behind the event with this number, sorted by `key` (None: unknown); without a number, before
    the first. And as of when the list is.
    """

    order: str
    key: int | None
    seq: int | None
    watermark: int
    asked_at: datetime


def event_order(name: str) -> EventOrder:
    """Return an order by its id; QueryInvalid when there is none."""
    if name not in EVENT_ORDERS:
        raise QueryInvalid(f"events can't be listed by {name!r}; they can by {', '.join(EVENT_ORDERS)}")
    return EVENT_ORDERS[name]


def write_cursor(place: Place) -> str:
    """Return an opaque text for a place in a list. It opens nothing: what is listed is decided by the viewer."""
    key = "" if place.key is None else place.key
    text = f"{place.order}/{key}/{place.seq}/{place.watermark}/{as_micros(place.asked_at)}"
    return urlsafe_b64encode(text.encode("ascii")).rstrip(b"=").decode("ascii")


def read_cursor(text: str) -> Place:
    """Read what `write_cursor` wrote; QueryInvalid for anything else."""
    place = _read_place(text) if len(text) <= _MOST_CHARS else None
    if place is None or write_cursor(place) != text:
        raise QueryInvalid("this cursor was not made here; begin with the first page again")
    return place


def _read_place(text: str) -> Place | None:
    try:
        plain = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    found = _PLACE.fullmatch(plain)
    order = EVENT_ORDERS.get(found[1]) if found else None
    if found is None or order is None or (order.always_known and not found[2]):
        return None
    key = int(found[2]) if found[2] else None
    try:
        order.as_parameter(key or 0)
        return Place(order.id, key, int(found[3]), int(found[4]), from_micros(int(found[5])))
    except OverflowError:
        return None
