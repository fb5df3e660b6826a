"""From the question as it was asked to one that can be answered: a list of small steps, each `Query -> Query`.

The order matters where a step says so. Nothing here reads the ledger.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.errors import QueryInvalid
from outlay.kit.period import parse_zone
from outlay.query.ask import Filter, Order, Query, Scope
from outlay.query.baseline import baseline_of
from outlay.query.buckets import buckets_of
from outlay.query.catalogue import is_tag
from outlay.query.timerange import Span, span_of

DEFAULT_MEASURES: Final = ("requests", "tokens", "cost")


class Moment(Struct, frozen=True):
    """Where and when a question is asked: the organisation's zone and the current instant (UTC). Before `kept_from`
    the organisation keeps nothing any more.
    """

    zone: ZoneInfo
    now: datetime
    kept_from: datetime | None = None


def refine(query: Query, moment: Moment) -> Query:
    """Return the question ready to be answered. Refining a refined question again changes nothing."""
    for step in _steps(moment):
        query = step(query)
    return query


def _steps(moment: Moment) -> tuple[Callable[[Query], Query], ...]:
    return (
        within_scope,
        default_measures,
        without_repeats,
        partial(in_zone, zone=moment.zone),
        partial(with_span, now=moment.now),
        partial(with_buckets, now=moment.now),
        partial(with_fair_baseline, now=moment.now, kept_from=moment.kept_from),
        keys_say_which,
        default_order,
        limit_needs_groups,
        split_needs_tags,
    )


def within_scope(query: Query) -> Query:
    """Set what the viewer may see, whatever was there before."""
    return replace(query, scope=scope_of(query.viewer))


def scope_of(viewer: Viewer) -> Scope:
    """Return what a viewer may see: admins and billing all, a lead their teams and own calls, a member own calls."""
    teams = tuple(sorted(set(viewer.teams))) if viewer.role == "lead" else ()
    if viewer.sees_all:
        return Scope(viewer.organisation, everything=True)
    return Scope(viewer.organisation, everything=False, user=viewer.user, teams=teams)


def default_measures(query: Query) -> Query:
    return query if query.measures else replace(query, measures=DEFAULT_MEASURES)


def without_repeats(query: Query) -> Query:
    """Name every measure, dimension, filter and filter value once; filters in a fixed order."""
    return replace(
        query,
        measures=tuple(dict.fromkeys(query.measures)),
        dimensions=tuple(dict.fromkeys(query.dimensions)),
        filters=sorted_filters(query.filters),
    )


def sorted_filters(filters: tuple[Filter, ...]) -> tuple[Filter, ...]:
    """Return the filters without repeats in their canonical order."""
    ordered = {
        each if len(each.values) < 2 else replace(each, values=tuple(sorted(set(each.values)))) for each in filters
    }
    return tuple(sorted(ordered))


def in_zone(query: Query, zone: ZoneInfo) -> Query:
    return query if query.zone is not None else replace(query, zone=zone.key)


def with_span(query: Query, now: datetime) -> Query:
    """Fix the instants that the range stands for. Needs the zone."""
    return replace(query, span=span_of(query.range, zone_of(query), now))


def with_buckets(query: Query, now: datetime) -> Query:
    """Cut the span at the grain's boundaries; the running, cut and future buckets are marked. Needs the span."""
    return replace(query, buckets=buckets_of(query.grain, asked_span(query), zone_of(query), now))


def with_fair_baseline(query: Query, now: datetime, kept_from: datetime | None = None) -> Query:
    """Fix what the span is compared with: never a part of a period with a whole one, nor with what was removed in part.
    Needs the zone.
    """
    found = baseline_of(query.range, query.comparison, zone_of(query), now)
    is_kept = found is None or kept_from is None or found.span.start >= kept_from
    return replace(query, baseline=found if is_kept else None)


def keys_say_which(query: Query) -> Query:
    """Named groups come in their own order, all of them."""
    return query if query.keys is None else replace(query, order=None, limit=None, offset=0, after=None)


def default_order(query: Query) -> Query:
    """Biggest first, by the first measure; over time without a limit, the groups of a bucket in their own order."""
    in_own_order = query.keys is not None or (query.buckets and query.limit is None)
    if query.order is not None or not query.dimensions or in_own_order:
        return query
    return replace(query, order=Order(query.measures[0], descending=True))


def limit_needs_groups(query: Query) -> Query:
    """A limit counts groups; a question without dimensions has only one."""
    return query if query.dimensions else replace(query, limit=None, order=None)


def split_needs_tags(query: Query) -> Query:
    """Without a tag to group by there is nothing to divide."""
    return replace(query, tags="repeat") if partitions(query) else query


def zone_of(query: Query) -> ZoneInfo:
    if query.zone is None:
        raise QueryInvalid("the question has no zone yet; it must be refined first")
    return parse_zone(query.zone)


def asked_span(query: Query) -> Span:
    if query.span is None:
        raise QueryInvalid("the question has no span yet; it must be refined first")
    return query.span


def partitions(query: Query) -> bool:
    """Whether every event falls into exactly one group of the question."""
    return not any(is_tag(dimension) for dimension in query.dimensions)
