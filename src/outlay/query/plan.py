"""Where an answer is read from: the day rollup for the whole local days it can serve, the events for all else.

Exact by construction: the parts of a plan are disjoint, together they are the asked span, and the rollup is used only
for days of the zone it is kept in.
"""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.kit.period import day_start, local_day
from outlay.query.ask import Query
from outlay.query.catalogue import DIMENSIONS, MEASURES
from outlay.query.refine import zone_of
from outlay.query.timerange import Span

_DAY = timedelta(days=1)


class Plan(Struct, frozen=True):
    """`days` (first, end) are read from the rollup, `edges` from the events."""

    edges: tuple[Span, ...]
    days: tuple[date, date] | None = None


def plan_for(query: Query, span: Span, organisation_zone: ZoneInfo) -> Plan:
    """Return how to read one span of a refined question."""
    zone = zone_of(query)
    if zone.key != organisation_zone.key or not rollup_serves(query):
        return Plan(_unless_empty(span))
    first, end = _whole_days(span, zone)
    if first >= end:
        return Plan(_unless_empty(span))
    before, after = Span(span.start, day_start(first, zone)), Span(day_start(end, zone), span.end)
    return Plan(_unless_empty(before) + _unless_empty(after), (first, end))


def rollup_serves(query: Query) -> bool:
    """Whether the rollup has every column that the question groups by, filters on and sums up."""
    named = {*query.dimensions, *(each.dimension for each in query.filters)}
    return (
        query.grain not in {"15m", "hour"}
        and all(name in DIMENSIONS and DIMENSIONS[name].in_rollup for name in named)
        and all(MEASURES[measure].in_rollup for measure in query.measures)
    )


def _whole_days(span: Span, zone: ZoneInfo) -> tuple[date, date]:
    """Return the first local day that lies in the span as a whole, and the day after the last."""
    first, end = local_day(span.start, zone), local_day(span.end, zone)
    return (first if day_start(first, zone) == span.start else first + _DAY), end


def _unless_empty(span: Span) -> tuple[Span, ...]:
    return (span,) if span.start < span.end else ()
