"""From priced events to columns: the Arrow table one commit hands to the engine.

`rows_of` makes plain lists, which another process may send, and `staged_from` Arrow of them. Decimals travel as whole
numbers of their last place and lists as one joined string, because building those is several times faster than
building Arrow decimals and lists; `STORED_AS` turns them back, exactly, inside the engine.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from arro3.core import Array, ChunkedArray, DataType, Table
from msgspec import Struct
from msgspec.structs import astuple, replace

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
_TAKES_OUT: Final = "moved_by"  # until the row has a number: whether it takes others out
_EVENT_TEXT: Final = tuple(
    name for name, kind in EVENT_COLUMNS.items() if kind == "VARCHAR" and name not in (*_OF_COST, *_OF_ITS_OWN)
)
_EVENT_INTS: Final = ("latency_ms", "first_token_ms", "requests")
_TOKENS: Final = Tokens.__struct_fields__
# Time first: where times differ, which is nearly always, nothing else is compared.
Key = tuple[int, str, str, str, int]
Column = Sequence[Any]  # a value per event; in `Rows.constants` one for all of them

_KEY: Final = ("time", "id", "source", "organisation", "time_stated")
_AS_IT_IS: Final = (*_EVENT_TEXT, *(name for name in _EVENT_INTS if name in UsageEvent.__struct_fields__))
_RECKONED: Final = tuple(name for name in _EVENT_INTS if name not in UsageEvent.__struct_fields__)
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
    if name == _TAKES_OUT:
        return f'CASE WHEN "{name}" = 1 THEN "seq" END'
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
_TYPES: Final = {name: _TEXT if kind.startswith("VARCHAR") else _INT for name, kind in EVENT_COLUMNS.items()} | {
    "time_stated": _INT
}


class Rows(Struct, frozen=True):
    """Events turned into columns of plain values, but for the ledger's own number (`seq`).

    `constants` are the columns that say the same of every event, once `packed` told them apart. `reports` are what must
    be compared with reports of other sources.
    """

    count: int
    columns: dict[str, Column]
    reports: tuple[Report, ...] = ()
    constants: dict[str, Any] = {}

    def packed(self) -> "Rows":
        """Return the same rows, short to send: most columns of the events of one source are constant."""
        constants = {name: column[0] for name, column in self.columns.items() if _is_constant(column)}
        columns = {name: column for name, column in self.columns.items() if name not in constants}
        return Rows(self.count, columns, self.reports, constants)

    def unpacked(self) -> dict[str, Column]:
        return self.columns | {name: [value] * self.count for name, value in self.constants.items()}


class Staged(Struct, frozen=True):
    """Rows ready to commit. `keys` are the identities in order, `timeless` whether some have no time of their own.

    `zones` is the state of the ledger's zones that days were counted in; 0 for whoever does not know it. `moving` says
    whether some of the rows take others out.
    """

    columns: Mapping[str, Array]
    keys: tuple[Key, ...]
    timeless: bool
    first_micros: int
    last_micros: int
    reports: tuple[Report, ...] = ()
    zones: int = 0
    moving: bool = False


def stage(
    events: Sequence[PricedEvent], day_of: Callable[[str, int], date], encode: Callable[[object], bytes]
) -> Staged:
    """Return the events ready to commit; see `rows_of`."""
    return staged_from(rows_of(events, day_of, encode))


def rows_of(
    events: Sequence[PricedEvent], day_of: Callable[[str, int], date], encode: Callable[[object], bytes]
) -> Rows:
    """Return one row per event, plus the column `time_stated`.

    `day_of(organisation, micros)` gives the local day; `encode` writes metadata as JSON bytes.
    """
    if not events:
        return Rows(0, {})
    plain = [priced.event for priced in events]
    # Reading all fields of an event at once and turning rows into columns is faster than reading field by field.
    given = dict(zip(UsageEvent.__struct_fields__, zip(*map(astuple, plain), strict=True), strict=True))
    times = [as_micros(moment) for moment in given["time"]]
    no_row = [None] * len(events)
    columns: dict[str, Column] = {
        "time": times,
        "received_at": _receipts(given["received_at"]),
        "day": [_day_number(day_of(*at)) for at in zip(given["organisation"], times, strict=True)],
        "time_stated": [int(stated) for stated in given["time_stated"]],
        "tags": [TAG_SEPARATOR.join(dict.fromkeys(tags)) for tags in given["tags"]],
        "quantity": [_scaled(quantity) for quantity in given["quantity"]],
        "metadata": [encode(metadata).decode() if metadata else None for metadata in given["metadata"]],
        _TAKES_OUT: [1 if each else None for each in given["takes_out"]] if any(given["takes_out"]) else no_row,
    }
    columns |= {name: given[name] for name in _AS_IT_IS}
    columns |= {name: [getattr(event, name) for event in plain] for name in _RECKONED}
    columns |= zip(_TOKENS, zip(*map(astuple, given["tokens"]), strict=True), strict=True)
    columns |= _cost_columns(plain, [priced.cost for priced in events])
    return Rows(len(events), columns, reports_of(events))


def staged_from(rows: Rows) -> Staged:
    """Return rows ready to commit. Raises ValueError, TypeError or OverflowError for a value that no column holds."""
    if not rows.count:
        return Staged({}, (), timeless=False, first_micros=0, last_micros=0)
    columns = rows.unpacked()
    arrays = {name: Array(column, _TYPES[name]) for name, column in columns.items()}
    keys = tuple(zip(*(columns[name] for name in _KEY), strict=True))
    times = columns["time"]
    moving = arrays[_TAKES_OUT].null_count < rows.count
    return Staged(arrays, keys, 0 in columns["time_stated"], min(times), max(times), rows.reports, moving=moving)


def recounted(staged: Staged, day_of: Callable[[str, int], date], zones: int) -> Staged:
    """Return the same events in the local days of other zones."""
    days = [_day_number(day_of(organisation, time)) for time, _, _, organisation, _ in staged.keys]
    return replace(staged, columns={**staged.columns, "day": Array(days, _TYPES["day"])}, zones=zones)


def as_table(several: Sequence[Staged], first_seq: int) -> Table:
    """Return the rows of all in one table, numbered from `first_seq` on; nothing is copied."""
    numbers = []
    for staged in several:
        numbers.append(Array(range(first_seq, first_seq + len(staged.keys)), _INT))
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


def _receipts(moments: Sequence[datetime]) -> list[int]:
    """Return the receipt times; events of one request share theirs."""
    micros = {moment: as_micros(moment) for moment in set(moments)}
    return [micros[moment] for moment in moments]


def _day_number(day: date) -> int:
    return day.toordinal() - _EPOCH_ORDINAL


def _cost_columns(events: Sequence[UsageEvent], costs: Sequence[Cost]) -> dict[str, Column]:
    parts: dict[str, list[int | None]] = {name: [None] * len(costs) for name in _COMPONENT_COLUMNS.values()}
    for position, cost in enumerate(costs):
        for line in cost.lines:
            part = parts[_COMPONENT_COLUMNS[line.component]]
            part[position] = (part[position] or 0) + line.pico
    return {
        "cost": [cost.pico for cost in costs],
        "cost_status": [cost.status for cost in costs],
        "price_id": [cost.price_id for cost in costs],
        "reported_cost": [event.reported_cost.pico if event.reported_cost else None for event in events],
        "reported_by": [event.reported_cost.by if event.reported_cost else None for event in events],
        **parts,
    }


def _is_constant(column: Column) -> bool:
    return bool(column[0] == column[-1] and column.count(column[0]) == len(column))


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
