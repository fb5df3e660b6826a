"""Where an answer is read from: the day rollup for the whole local days it can serve, the events for all else.

Exact by construction: the parts of a plan are disjoint, together they are the asked span, and the rollup is used only
for days of the zone it is kept in. A run may have requests in several parts, so runs are read from the runs per day
only where whole days are all of the span.
"""

from datetime import date, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.kit.period import day_start, local_day
from outlay.ledger.schema import DAY, DAY_RECENT, DAY_TAGS, DAY_TAGS_RECENT
from outlay.query.ask import Query
from outlay.query.catalogue import DIMENSIONS, MEASURES, is_tag
from outlay.query.refine import zone_of
from outlay.query.timerange import Span

_DAY = timedelta(days=1)
# With so many events that wait to be folded, half of what the runs per day save of a month of a million is lost.
MOST_RUNS_WAITING: Final = 50_000


class Waiting(Protocol):
    """What a snapshot says about events that are not yet in the tables made from them."""

    @property
    def days_waiting(self) -> int: ...

    @property
    def runs_waiting(self) -> int: ...


class Plan(Struct, frozen=True):
    """`days` (first, end) are read from the rollup (`tags`: the one by tags), with events that it lacks where there are
    any that are `recent`; `edges` from the events; `runs` from the runs of those days.
    """

    edges: tuple[Span, ...]
    days: tuple[date, date] | None = None
    runs: bool = False
    tags: bool = False
    recent: bool = True


def day_tables(*, tags: bool, recent: bool) -> tuple[str, ...]:
    """Return the tables of the day rollup to read. A branch that finds nothing still costs its planning, a quarter of a
    small statement.
    """
    folded, waiting = (DAY_TAGS, DAY_TAGS_RECENT) if tags else (DAY, DAY_RECENT)
    return (folded, waiting) if recent else (folded,)


def plan_for(query: Query, span: Span, organisation_zone: ZoneInfo, waiting: Waiting) -> Plan:
    """Return how to read one span of a refined question."""
    zone = zone_of(query)
    if zone.key != organisation_zone.key or not rollup_serves(query):
        return Plan(_unless_empty(span))
    runs = any(MEASURES[measure].of_runs for measure in query.measures)
    if runs and waiting.runs_waiting > MOST_RUNS_WAITING:
        return Plan(_unless_empty(span))
    first, end = _whole_days(span, zone)
    if first >= end:
        return Plan(_unless_empty(span))
    before, after = Span(span.start, day_start(first, zone)), Span(day_start(end, zone), span.end)
    edges = _unless_empty(before) + _unless_empty(after)
    if runs and edges:
        return Plan(_unless_empty(span))
    tags = any(is_tag(name) for name in _named(query))
    return Plan(edges, (first, end), runs, tags, recent=waiting.days_waiting > 0)


def rollup_serves(query: Query) -> bool:
    """Whether the rollup has every column that the question groups by, filters on and sums up."""
    about_tags = any(is_tag(name) for name in _named(query))
    measures = [MEASURES[measure] for measure in query.measures]
    if about_tags and (query.tags == "split" or any(each.of_runs for each in measures)):
        return False  # what is divided is divided event by event; runs are not told apart by tags
    return (
        query.grain not in {"15m", "hour"}
        and all(is_tag(name) or (name in DIMENSIONS and DIMENSIONS[name].in_rollup) for name in _named(query))
        and all(each.in_rollup or each.of_runs for each in measures)
    )


def _named(query: Query) -> set[str]:
    return {*query.dimensions, *(each.dimension for each in query.filters)}


def _whole_days(span: Span, zone: ZoneInfo) -> tuple[date, date]:
    """Return the first local day that lies in the span as a whole, and the day after the last."""
    first, end = local_day(span.start, zone), local_day(span.end, zone)
    return (first if day_start(first, zone) == span.start else first + _DAY), end


def _unless_empty(span: Span) -> tuple[Span, ...]:
    return (span,) if span.start < span.end else ()
