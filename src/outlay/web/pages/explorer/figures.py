"""The questions of the explorer, asked from one snapshot: few statements for many figures.

One question gives all groups of a view with their totals; a second the largest of them over time. Runs are counted in
the events themselves, so they are asked only for the rows that are shown. Page and files come from the same answers.
"""

from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.errors import QueryInvalid
from outlay.query.ask import MOST_LIMIT, Filter, Order, Query
from outlay.query.buckets import Grain
from outlay.query.catalogue import MEASURES as CATALOGUE
from outlay.query.catalogue import is_tag
from outlay.query.questions import Asking
from outlay.query.result import Result, Row
from outlay.query.sql import Value
from outlay.web.pages.explorer.place import MEASURES, ExplorerPlace
from outlay.web.view.bar import fitting_grain
from outlay.web.view.groups import Figures, Group, groups_of, summed

DRAWN: Final = 5  # series of the chart and slices of the ring, beside the rest
INSIDE: Final = ("cost", "requests", "unpriced_requests")
RUNS: Final = "runs"
DEAREST: Final = Order("cost", descending=True)
Thing = Group[str | None]
Steps = dict[int, Value]


class Groups(Struct, frozen=True):
    """All groups of a view, the dearest first, with what they are together. `rest` are those beyond MOST_LIMIT, which
    nobody lists; None: there are none.
    """

    result: Result
    things: tuple[Thing, ...]
    rest: Thing | None
    total: Thing

    @property
    def valued(self) -> tuple[Thing, ...]:
        """Return the groups that have a value of the dimension."""
        return tuple(each for each in self.things if each.key is not None)

    @property
    def missing(self) -> Thing | None:
        """Return the group of what has no value; None: everything has one."""
        return next((each for each in self.things if each.key is None), None)

    @property
    def unallocated(self) -> Thing:
        """Return the group of what has no value, also where there is nothing of it."""
        if self.missing is not None:
            return self.missing
        nothing = _nothing(self.result)
        return Group(None, nothing, None if self.result.compared is None else nothing)

    @property
    def drawn(self) -> tuple[Thing, ...]:
        """Return the groups that are drawn one by one."""
        return tuple(each for each in self.valued if each.now["cost"] is not None)[:DRAWN]

    @property
    def repeated(self) -> Decimal:
        """Return what the rows make more than the total, where usage with several tags counts with each."""
        everything = (*self.things, *([self.rest] if self.rest else []))
        parts = summed(each.now["cost"] for each in everything)
        return Decimal(parts or 0) - Decimal(self.total.now["cost"] or 0)


def groups_in(asking: Asking, place: ExplorerPlace) -> Groups:
    """Ask for all groups of the view."""
    if is_tag(place.by):
        with suppress(QueryInvalid):  # more values than can be had over time
            return _tags_in(asking, place)
    result = asking.run(
        replace(
            place.query,
            measures=MEASURES[place.view],
            grain="none",
            order=DEAREST,
            limit=MOST_LIMIT,
        )
    )
    things = tuple(_thing(result, row) for row in result.rows if not row.other)
    rest = next((_thing(result, row) for row in result.rows if row.other), None)
    before = None if result.compared is None else result.numbers(result.compared.totals)
    return Groups(result, things, rest, Group(None, result.numbers(result.totals), before))


def _tags_in(asking: Asking, place: ExplorerPlace) -> Groups:
    """Ask for tags over time, and add them up: telling the tags of all events apart costs more than all else here, so
    it is done once.
    """
    asked = replace(place.query, measures=MEASURES[place.view], grain=grain_of(asking, place), order=None)
    result = asking.run(asked)
    before = None if result.compared is None else result.numbers(result.compared.totals)
    things = [each for each in groups_of(result, lambda row: row.key[0], "cost") if not each.gone]
    return Groups(result, tuple(things), None, Group(None, result.numbers(result.totals), before))


def days_in(asking: Asking, place: ExplorerPlace, groups: Groups) -> Result:
    """Ask for the groups that are drawn over time, all others as one."""
    if groups.result.buckets:
        return groups.result
    query = place.query
    return asking.run(
        replace(
            query,
            measures=("cost",),
            grain=grain_of(asking, place),
            order=None,
            keys=tuple((each.key,) for each in groups.drawn),
            rest="other",
            comparison="none",
            totals=False,
        )
    )


def drawn_over(days: Result, groups: Groups) -> tuple[dict[str | None, Steps], Steps]:
    """Return spend by step of time of each group that is drawn, and of all others together."""
    drawn: dict[str | None, Steps] = {each.key: {} for each in groups.drawn}
    others: Steps = {}
    for row in days.rows:
        steps = others if row.other else drawn.get(row.key[0], others)
        if row.bucket is not None:
            steps[row.bucket] = summed((steps.get(row.bucket), days.figure(row, "cost")))
    return drawn, others


def grain_of(asking: Asking, place: ExplorerPlace) -> Grain:
    chosen = place.query.grain
    return fitting_grain(place.query.range, asking) if chosen == "none" else chosen


class Counted(Struct, frozen=True):
    """Runs by group, and those of all groups together: one run may be of several. Users likewise, of a search."""

    runs: dict[str | None, Value]
    total: Value
    users: Value


def runs_in(
    asking: Asking, place: ExplorerPlace, keys: Sequence[str | None] | None, found: Sequence[str] | None = None
) -> Counted:
    """Count the runs of these groups (None: of all). With `found`, all together are only those that a search found."""
    if found is not None and not found:
        return Counted({}, 0, 0)
    query = place.query
    among = () if found is None else (Filter(place.by, "is", tuple(found)),)
    counted = asking.run(
        replace(
            query,
            measures=(RUNS, "active_users") if found is not None else (RUNS,),
            grain="none",
            filters=(*query.filters, *among),
            comparison="none",
            order=None,
            keys=None if keys is None else tuple((each,) for each in keys),
            rest="cut",
        )
    )
    runs = {row.key[0]: counted.figure(row, RUNS) for row in counted.rows}
    users = counted.total("active_users") if found is not None else None
    return Counted(runs, counted.total(RUNS), users)


def inside_of(asking: Asking, place: ExplorerPlace, filters: Sequence[Filter], by: str, most: int) -> Groups:
    """Ask what is inside an open row, told apart by another dimension."""
    result = asking.run(_within(place, filters, Order("cost", descending=True), (by,), most))
    things = tuple(_thing(result, row) for row in result.rows if not row.other)
    rest = next((_thing(result, row) for row in result.rows if row.other), None)
    return Groups(result, things, rest, Group(None, result.numbers(result.totals)))


def days_inside(asking: Asking, place: ExplorerPlace, filters: Sequence[Filter]) -> Result:
    """Ask what is inside an open row, step by step of time."""
    return asking.run(replace(_within(place, filters, None, (), None), grain=grain_of(asking, place)))


def _within(
    place: ExplorerPlace, filters: Sequence[Filter], order: Order | None, by: tuple[str, ...], most: int | None
) -> Query:
    query = place.query
    return Query(
        query.viewer,
        INSIDE,
        by,
        range=query.range,
        filters=(*query.filters, *filters),
        order=order,
        limit=most,
    )


def together(result: Result, several: Sequence[Thing]) -> Thing:
    """Return what some groups of a result make together, of the measures that add up; of no group at all, nothing."""
    nothing: Thing = Group(None, _nothing(result), None if result.compared is None else _nothing(result))
    parts = [nothing, *several]
    measures = [each for each in result.query.measures if CATALOGUE[each].additive]
    now = {measure: summed(each.now[measure] for each in parts) for measure in measures}
    befores = [each.before for each in parts if each.before is not None]
    before = {measure: summed(each[measure] for each in befores) for measure in measures}
    return Group(None, now, before if befores else None)


def _thing(result: Result, row: Row) -> Thing:
    before = None
    if result.compared is not None:
        before = result.numbers(row.before) if row.before else _nothing(result)
    return Group(row.key[0], result.numbers(row.figures), before)


def _nothing(result: Result) -> Figures:
    return {each: Decimal(0) if CATALOGUE[each].kind == "money" else 0 for each in result.query.measures}
