"""From priced events to columns: the Arrow table one commit hands to the engine.

Decimals travel as whole numbers of their last place and lists as one joined string, because building those is several
times faster than building Arrow decimals and lists; `STORED_AS` turns them back, exactly, inside the engine.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

from arro3.core import Array, ChunkedArray, DataType, Table
from msgspec import Struct

from outlay.kit.money import MAX_PICO
from outlay.kit.period import as_micros
from outlay.ledger.reports import Report, reports_of
from outlay.ledger.schema import EVENT_COLUMNS
from outlay.usage import MAX_QUANTITY, QUANTITY_PLACES, Component, Cost, PricedEvent, Tokens, UsageEvent

TAG_SEPARATOR: Final = "\x1f"

_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_TEXT: Final = DataType.utf8()
_INT: Final = DataType.int64()

_OF_COST: Final = ("cost_status", "price_id", "reported_by")
_OF_ITS_OWN: Final = ("metadata",)  # written as JSON text
_EVENT_TEXT: Final = tuple(
    name for name, kind in EVENT_COLUMNS.items() if kind == "VARCHAR" and name not in (*_OF_COST, *_OF_ITS_OWN)
)
_EVENT_INTS: Final = ("latency_ms", "first_token_ms", "requests")
_TOKENS: Final = Tokens.__struct_fields__
# Time first: where times differ, which is nearly always, nothing else is compared.
Key = tuple[datetime, str, str, str, bool]

_key_of: Final = attrgetter("time", "id", "source", "organisation", "time_stated")
_texts_of = attrgetter(*_EVENT_TEXT)
_ints_of = attrgetter(*_EVENT_INTS)
_counts_of = attrgetter(*(f"tokens.{name}" for name in _TOKENS))
_COMPONENT_COLUMNS: Final[dict[Component, str]] = {
    "input": "cost_input",
    "cache_read": "cost_cache_read",
    "cache_write": "cost_cache_write",
    "output": "cost_output",
    "other": "cost_other",
}


def _stored_as(name: str) -> str:
    """Return the SQL that reads column `name` of the Arrow table as its stored type."""
    kind = EVENT_COLUMNS[name]
    if kind == "TIMESTAMP":
        return f'make_timestamp("{name}")'
    if kind == "DATE":
        return f"DATE '1970-01-01' + \"{name}\"::INTEGER"
    if kind == "VARCHAR[]":
        return f'CASE WHEN "{name}" = \'\' THEN []::VARCHAR[] ELSE string_split("{name}", chr(31)) END'
    if kind.startswith("DECIMAL"):
        places = int(kind.rstrip(")").split(",")[1])
        return f'("{name}"::DECIMAL(18,0) * {Decimal(1).scaleb(-places):f}::DECIMAL({places},{places}))::{kind}'
    return f'"{name}"'


STORED_AS: Final[dict[str, str]] = {name: _stored_as(name) for name in EVENT_COLUMNS}


class Staged(Struct, frozen=True):
    """Events turned into columns, ready to commit: all but the ledger's own number (`seq`).

    `keys` are the identities in order, `timeless` whether some of the events have no time of their own. `reports` are
    what must be compared with reports of other sources.
    """

    columns: Mapping[str, Array]
    keys: tuple[Key, ...]
    timeless: bool
    first_micros: int
    last_micros: int
    reports: tuple[Report, ...] = ()


def stage(
    events: Sequence[PricedEvent], day_of: Callable[[str, int], date], encode: Callable[[object], bytes]
) -> Staged:
    """Return one row per event, plus the column `time_stated`.

    `day_of(organisation, micros)` gives the local day; `encode` writes metadata as JSON bytes.
    """
    if not events:
        return Staged({}, (), timeless=False, first_micros=0, last_micros=0)
    plain = [priced.event for priced in events]
    times = [as_micros(event.time) for event in plain]
    columns: dict[str, Array] = {
        "time": _ints(times),
        "received_at": _ints(_receipts(plain)),
        "day": _ints([_day_number(day_of(event.organisation, at)) for event, at in zip(plain, times, strict=True)]),
        "time_stated": _ints([int(event.time_stated) for event in plain]),
        "tags": _texts([TAG_SEPARATOR.join(dict.fromkeys(event.tags)) for event in plain]),
        "quantity": _ints([_scaled(event.quantity) for event in plain]),
        "metadata": _texts([encode(event.metadata).decode() if event.metadata else None for event in plain]),
    }
    # Reading many fields of an event at once and turning rows into columns is faster than reading field by field.
    texts = zip(*map(_texts_of, plain), strict=True)
    columns |= {name: _texts(column) for name, column in zip(_EVENT_TEXT, texts, strict=True)}
    ints = zip(*map(_ints_of, plain), strict=True)
    columns |= {name: _ints(column) for name, column in zip(_EVENT_INTS, ints, strict=True)}
    counts = zip(*map(_counts_of, plain), strict=True)
    columns |= {name: _ints(column) for name, column in zip(_TOKENS, counts, strict=True)}
    columns |= _cost_columns(plain, [priced.cost for priced in events])
    keys = tuple(map(_key_of, plain))
    timeless = not all(event.time_stated for event in plain)
    return Staged(columns, keys, timeless, min(times), max(times), reports_of(events))


def as_table(several: Sequence[Staged], first_seq: int) -> Table:
    """Return the rows of all in one table, numbered from `first_seq` on; nothing is copied."""
    numbers = []
    for staged in several:
        numbers.append(_ints(range(first_seq, first_seq + len(staged.keys))))
        first_seq += len(staged.keys)
    columns: dict[str, Any] = {"seq": ChunkedArray(numbers)}
    for name in several[0].columns:
        columns[name] = ChunkedArray([staged.columns[name] for staged in several])
    return Table.from_pydict(columns)


def repeated_in(several: Sequence[Staged]) -> set[int]:
    """Return the numbers (from 0) of the rows that repeat an earlier one of these, as if each came in alone."""
    timeless = any(staged.timeless for staged in several)
    distinct = set().union(*(staged.keys for staged in several))
    if not timeless and len(distinct) == sum(len(staged.keys) for staged in several):
        return set()
    repeated: set[int] = set()
    seen: set[tuple[Any, ...]] = set()
    for number, (*identity, time_stated) in enumerate(key for staged in several for key in staged.keys):
        at_any_time = tuple(identity[1:])
        if tuple(identity) in seen or (not time_stated and at_any_time in seen):
            repeated.add(number)
            continue
        seen.add(tuple(identity))
        if timeless:
            seen.add(at_any_time)
    return repeated


def _receipts(events: Sequence[UsageEvent]) -> list[int]:
    """Return the receipt times; events of one request share theirs."""
    micros = {moment: as_micros(moment) for moment in {event.received_at for event in events}}
    return [micros[event.received_at] for event in events]


def _day_number(day: date) -> int:
    return day.toordinal() - _EPOCH_ORDINAL


def _cost_columns(events: Sequence[UsageEvent], costs: Sequence[Cost]) -> dict[str, Array]:
    columns = {
        "cost": _ints([cost.pico for cost in costs]),
        "cost_status": _texts([cost.status for cost in costs]),
        "price_id": _texts([cost.price_id for cost in costs]),
        "reported_cost": _ints([event.reported_cost.pico if event.reported_cost else None for event in events]),
        "reported_by": _texts([event.reported_cost.by if event.reported_cost else None for event in events]),
    }
    parts: dict[str, list[int | None]] = {name: [None] * len(costs) for name in _COMPONENT_COLUMNS.values()}
    for position, cost in enumerate(costs):
        for line in cost.lines:
            part = parts[_COMPONENT_COLUMNS[line.component]]
            part[position] = (part[position] or 0) + line.pico
    return columns | {name: _ints(part) for name, part in parts.items()}


def fits(priced: PricedEvent) -> bool:
    """Say whether cost, its parts and quantity are within what the ledger's columns hold."""
    quantity, reported = priced.event.quantity, priced.event.reported_cost
    return (
        abs(priced.cost.pico or 0) <= MAX_PICO
        and (reported is None or abs(reported.pico) <= MAX_PICO)
        and (quantity is None or abs(quantity) < MAX_QUANTITY)
        # Only the lines of an adjustment can cancel out, and each be larger than what they make together.
        and (priced.event.adjusts is None or sum(abs(line.pico) for line in priced.cost.lines) <= MAX_PICO)
    )


def _scaled(quantity: Decimal | None) -> int | None:
    return None if quantity is None else round(quantity.scaleb(QUANTITY_PLACES))


def _ints(values: Sequence[int | None]) -> Array:
    return Array(values, _INT)


def _texts(values: Sequence[str | None]) -> Array:
    return Array(values, _TEXT)
