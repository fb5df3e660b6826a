"""Charges: what each combination of who and what used of each meter on each local day, and what that cost, exactly.

A question has few dimensions and gives groups; a bill has all of them and gives lines. The lines of a day make the cost
of its events to the last digit: what no other meter explains is on the line of the meter `other`.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Final, Literal

from msgspec import Struct

from outlay.errors import QueryInvalid
from outlay.kit.period import day_start, each_day, local_day
from outlay.ledger.schema import EVENTS
from outlay.ledger.store import Snapshot
from outlay.query.ask import Query
from outlay.query.conditions import counted, visible, within
from outlay.query.dialect import DIALECTS
from outlay.query.refine import Moment, asked_span, refine, zone_of
from outlay.query.statement import Sql, joined, known_sum
from outlay.query.timerange import Span

MOST_A_DAY: Final = 500_000
COUNTED_AT_ONCE: Final = 62  # days
READ_AT_ONCE: Final = 20_000  # lines

Meter = Literal["input", "cache_read", "cache_write", "output", "other"]

# meter -> its token columns
_TOKENS: Final[dict[Meter, tuple[str, ...]]] = {
    "input": ("input_uncached",),
    "cache_read": ("cache_read",),
    "cache_write": ("cache_write_5m", "cache_write_1h", "cache_write_other"),
    "output": ("output",),
}
_WHO_AND_WHAT: Final = (
    "provider",
    "model",
    "service",
    "variant",
    "unit",
    "cost_status",
    "team",
    "user",
    "agent",
    "agent_type",
    "api_key",
    "pod",
    "tags",
)


class Charge(Struct, frozen=True):
    """One line. `cost` is None where no price is known. `tokens` are those of the meter; of `other`, all tokens where
    the cost came as one figure. `quantity` is in `unit`s. `requests` stand behind all lines of the combination.
    """

    provider: str | None
    model: str | None
    service: str
    variant: str | None
    unit: str | None
    cost_status: str
    team: str | None
    user: str | None
    agent: str | None
    agent_type: str | None
    api_key: str | None
    pod: str | None
    tags: list[str] | None
    meter: Meter
    tokens: int | None
    requests: int
    quantity: Decimal | None
    cost: Decimal | None


class Day(Struct, frozen=True):
    """A local day, or as much of it as was asked for."""

    day: date
    span: Span


class Counted(Struct, frozen=True):
    """How many lines each day has (days without any are left out), and what those make whose price is known."""

    days: tuple[tuple[Day, int], ...]
    cost: Decimal

    @property
    def count(self) -> int:
        return sum(count for _, count in self.days)


def count_charges(query: Query, snapshot: Snapshot, moment: Moment) -> Counted:
    """Return how many lines there are. Raises QueryInvalid where one day has more than can be read at once."""
    counted: list[tuple[Day, int]] = []
    total = Decimal(0)
    for days in _chunks([(day, 1) for day in _days_of(query, moment)], COUNTED_AT_ONCE):
        lines = _lines(query, moment, days)
        counting = f'SELECT "charge_day", count(*), sum("cost") FROM ({lines.text}) AS lines GROUP BY "charge_day"'
        for at, count, cost in sorted(snapshot.rows(counting, lines.parameters)):
            if count > MOST_A_DAY:
                raise QueryInvalid(
                    f"{days[at].day} has {count:,} charges, more than {MOST_A_DAY:,}; filter by team or provider"
                )
            counted.append((days[at], count))
            total += cost or 0
    return Counted(tuple(counted), total)


def list_charges(
    query: Query, snapshot: Snapshot, moment: Moment, counted: Counted
) -> Iterator[tuple[Day, list[Charge]]]:
    """Yield the lines of each day that has any, days in order. `counted` is what `count_charges` says of the same."""
    order = ", ".join(f'"{name}" NULLS FIRST' for name in ("charge_day", *_WHO_AND_WHAT, "meter"))
    for days in _chunks(counted.days, READ_AT_ONCE):
        lines = _lines(query, moment, days)
        found = snapshot.rows(f"{lines.text} ORDER BY {order}", lines.parameters)
        for at, of_day in groupby(found, itemgetter(0)):
            yield days[at], [Charge(*columns) for _, *columns in of_day]


def _days_of(query: Query, moment: Moment) -> Iterator[Day]:
    asked = refine(query, moment)
    span, zone = asked_span(asked), zone_of(asked)
    first, last = local_day(span.start, zone), local_day(span.end - timedelta(microseconds=1), zone)
    for day in each_day(first, last + timedelta(days=1)):
        start, end = day_start(day, zone), day_start(day + timedelta(days=1), zone)
        yield Day(day, Span(max(start, span.start), min(end, span.end)))


def _chunks(days: Sequence[tuple[Day, int]], most: int) -> Iterator[list[Day]]:
    """Yield stretches of days whose numbers make no more than `most` together; each has one day at least."""
    chunk: list[Day] = []
    size = 0
    for day, number in days:
        if chunk and size + number > most:
            yield chunk
            chunk, size = [], 0
        chunk.append(day)
        size += number
    if chunk:
        yield chunk


def _lines(query: Query, moment: Moment, days: Sequence[Day]) -> Sql:
    """Return the lines of some days, each with the number of its day: one of each meter that something was used of, and
    one at least of each combination.
    """
    asked = refine(query, moment)
    keys = ", ".join(f'"{name}"' for name in _WHO_AND_WHAT)
    whole = Span(days[0].span.start, days[-1].span.end)
    summed = joined(
        [
            Sql("SELECT"),
            _day_number(days),
            Sql(f", {keys}, {_SUMS} FROM {EVENTS} WHERE"),
            joined([visible(asked, DIALECTS["duckdb"]), within(whole), counted()], " AND "),
            Sql(f'GROUP BY "charge_day", {keys}'),
        ],
        " ",
    )
    all_keys = f'"charge_day", {keys}'
    lines = [_token_line(all_keys, meter) for meter in _TOKENS] + [_other_line(all_keys)]
    return Sql(f"WITH used AS ({summed.text}) {' UNION ALL '.join(lines)}", summed.parameters)


def _day_number(days: Sequence[Day]) -> Sql:
    """Return which of the days an event lies in; there is none between those that are left out."""
    whens = "".join(f' WHEN "time" < ? THEN {at}' for at in range(len(days)))
    return Sql(f'CASE{whens} END AS "charge_day"', tuple(day.span.end.replace(tzinfo=None) for day in days))


def _token_line(keys: str, meter: Meter) -> str:
    return (
        f'SELECT {keys}, \'{meter}\' AS "meter", "{meter}" AS "tokens", "requests", NULL AS "quantity", '
        f'CASE WHEN "cost" IS NOT NULL THEN coalesce("cost_{meter}", 0) END AS "cost" '
        f"FROM used WHERE {_SPLIT} AND {_was_used(meter)}"
    )


def _other_line(keys: str) -> str:
    """What no token explains: fees, quantities of services, and costs that came as one figure."""
    anything = " OR ".join(_was_used(meter) for meter in _TOKENS)
    all_tokens = " + ".join(f'coalesce("{meter}", 0)' for meter in _TOKENS)
    return (
        f'SELECT {keys}, \'other\', CASE WHEN NOT {_SPLIT} THEN {all_tokens} END, "requests", "quantity", {_REST} '
        f'FROM used WHERE NOT {_SPLIT} OR coalesce({_REST}, 0) <> 0 OR coalesce("quantity", 0) <> 0 OR NOT ({anything})'
    )


def _was_used(meter: Meter) -> str:
    return f'(coalesce("{meter}", 0) <> 0 OR coalesce("cost_{meter}", 0) <> 0)'


def _sum_of_tokens(columns: tuple[str, ...]) -> str:
    return known_sum([f'sum("{column}")' for column in columns])


_SUMS: Final = ", ".join(
    (
        'sum("requests") AS "requests"',
        'sum("quantity") AS "quantity"',
        *(f'{_sum_of_tokens(columns)} AS "{meter}"' for meter, columns in _TOKENS.items()),
        'sum("cost") AS "cost"',
        *(f'sum("cost_{meter}") AS "cost_{meter}"' for meter in _TOKENS),
    )
)
_PARTS: Final = tuple(f'"cost_{meter}"' for meter in _TOKENS)
# A source that states its cost states one figure; tokens beside it would read as if they had cost nothing.
_SPLIT: Final = f'("cost" IS NULL OR "cost" = 0 OR coalesce({", ".join(_PARTS)}) IS NOT NULL)'
_REST: Final = f'("cost" - {" - ".join(f"coalesce({part}, 0)" for part in _PARTS)})'
