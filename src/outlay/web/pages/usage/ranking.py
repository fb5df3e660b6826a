"""Which users (or teams) stand on the page of the table, in which order: by a figure, by name, by spike, or found.

What has no user is no competitor: it stands beside them. By a figure the ledger sorts and cuts. Names are known to the
registry alone and spikes to nobody but their finder, so by those all are read, which costs milliseconds for thousands.
"""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from outlay.query.ask import Filter, Order, Query
from outlay.query.questions import Asking
from outlay.web.pages.usage.columns import COLUMNS, NAME, TREND
from outlay.web.pages.usage.place import PAGE_ROWS, UsagePlace
from outlay.web.view.names import Names

Peaks = Mapping[str, Decimal]  # what somebody's spike had above the usual


class Ranked(Struct, frozen=True):
    """Those on the page, best first. `count` is how many there are on all pages, `matched` whom a search found (None:
    nothing is searched), `filters` what lets through all of `count` and nothing else.
    """

    keys: tuple[str, ...]
    count: int
    page: int
    filters: tuple[Filter, ...]
    matched: tuple[str, ...] | None = None

    @property
    def pages(self) -> int:
        return pages_of(self.count)

    @property
    def first(self) -> int:
        """Return the number of the first on the page, from 1 on."""
        return (self.page - 1) * PAGE_ROWS + 1


def pages_of(count: int) -> int:
    return max(1, -(-count // PAGE_ROWS))


def ranked(asking: Asking, place: UsagePlace, names: Names, peaks: Peaks) -> Ranked:
    """Return who stands on the page; beyond the last page, those on the last."""
    matched = matched_by(place, names)
    if matched == ():
        return Ranked((), 0, 1, (), matched)
    filters = filters_of(place, matched)
    if place.sorted_by in {NAME, TREND}:
        keys = all_keys(asking, place, names, filters, peaks)
        page = min(place.page, pages_of(len(keys)))
        start = (page - 1) * PAGE_ROWS
        return Ranked(keys[start : start + PAGE_ROWS], len(keys), page, filters, matched)
    return _page_of(asking, place, Ranked((), 0, place.page, filters, matched))


def matched_by(place: UsagePlace, names: Names) -> tuple[str, ...] | None:
    """Return whom the search finds; None when nothing is searched."""
    return names.search(place.subject, place.search) if place.search else None


def filters_of(place: UsagePlace, matched: tuple[str, ...] | None) -> tuple[Filter, ...]:
    """Return the filters of the page and, of users (or teams), those that are known, or found."""
    wanted = Filter(place.subject, "has") if matched is None else Filter(place.subject, "is", matched)
    return (*place.query.filters, wanted)


def all_keys(
    asking: Asking, place: UsagePlace, names: Names, filters: tuple[Filter, ...], peaks: Peaks
) -> tuple[str, ...]:
    """Return all there are, on every page, in the order of the table."""
    result = asking.run(_question(place, filters))
    keys = [row.key[0] for row in result.rows if row.key[0] is not None]
    if place.sorted_by == NAME:
        keys = names.in_order(place.subject, keys, descending=place.descending)
    elif place.sorted_by == TREND:
        keys.sort(key=lambda each: peaks.get(each, Decimal(0)), reverse=place.descending)
    return tuple(keys)


def _page_of(asking: Asking, place: UsagePlace, wanted: Ranked) -> Ranked:
    asked = _question(place, wanted.filters)
    offset = wanted.first - 1
    result = asking.run(replace(asked, limit=PAGE_ROWS, offset=offset, rest="cut", count_groups=True))
    count = result.groups or 0
    if wanted.page > pages_of(count):
        return _page_of(asking, place, replace(wanted, page=pages_of(count)))
    keys = tuple(row.key[0] for row in result.rows if row.key[0] is not None)
    return replace(wanted, keys=keys, count=count)


def _question(place: UsagePlace, filters: tuple[Filter, ...]) -> Query:
    """Return the question for all groups, by the figure of the column, or by cost where it has none."""
    measure = {each.id: each.order for each in COLUMNS}.get(place.sorted_by) or "cost"
    descending = place.descending or place.sorted_by in {NAME, TREND}
    return Query(
        place.viewer,
        (measure,),
        (place.subject,),
        range=place.query.range,
        filters=filters,
        order=Order(measure, descending=descending),
        totals=False,
    )
