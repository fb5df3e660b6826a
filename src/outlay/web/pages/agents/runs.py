"""The sessions or runs of an agent, page by page: which stand on it, their figures, and those of all others together.

What has no session (or run) stands beside them, so that the parts make the whole. The page is found by one figure, and
all figures are asked of those on it alone: of a million runs the ledger reads one column, not all.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.query.ask import Filter, Order, Query
from outlay.query.questions import Asking
from outlay.query.result import Result, Row
from outlay.web.pages.agents.paging import GroupPage, page_of
from outlay.web.pages.agents.place import DIMENSION, AgentsPlace, By, by_of
from outlay.web.pages.agents.told import question
from outlay.web.view.groups import Figures

NUMBERS: Final = ("requests", "tokens", "cost", "unpriced_requests", "errors", "latency_p95")
MOMENTS: Final = ("first_time", "last_time")


class RunLine(Struct, frozen=True):
    """One session or run, as far as the range and the agent go; `id` is None of what has none, and of all others."""

    id: str | None
    figures: Figures
    begun: datetime | None = None
    last: datetime | None = None
    users: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


class RunFigures(Struct, frozen=True):
    by: By
    shown: GroupPage
    lines: tuple[RunLine, ...]
    rest: RunLine | None
    nobody: RunLine | None


def run_figures(asking: Asking, place: AgentsPlace, times: Result) -> RunFigures:
    """Ask for one page; `times` says whether there are any sessions, where the URL doesn't say what to show."""
    by = by_shown(place, times)
    shown = page_of(asking, ranking(place, by), place.page)
    return figures_of(asking, place, by, shown)


def by_shown(place: AgentsPlace, times: Result) -> By:
    return by_of(place) or ("session" if times.total("sessions") else "run")


def nobody_of(asking: Asking, place: AgentsPlace, by: By) -> RunLine | None:
    """Return what is of no session (or run); None when there is no such event."""
    return figures_of(asking, place, by, GroupPage((), 0, 1)).nobody


def ranking(place: AgentsPlace, by: By) -> Query:
    """Return the question for all sessions or runs in the order of the table."""
    asked = question(place, (place.sorted_by,), DIMENSION[by])
    order = Order(place.sorted_by, descending=place.descending)
    return replace(asked, filters=(*asked.filters, Filter(DIMENSION[by], "has")), order=order)


def figures_of(asking: Asking, place: AgentsPlace, by: By, shown: GroupPage) -> RunFigures:
    """Ask for the figures of those on a page, of all others, and of what is none."""
    keys: tuple[tuple[str | None, ...], ...] = (*((each,) for each in shown.keys), (None,))
    asked = replace(question(place, (*NUMBERS, *MOMENTS), DIMENSION[by]), keys=keys)
    result = asking.run(replace(asked, rest="other" if shown.others else "cut"))
    users, models = beside(asking, place, by, shown.keys)
    lines: list[RunLine] = []
    for row in result.rows:
        key = row.key[0]
        if key is not None and not row.other:
            lines.append(replace(line_of(result, row), users=users.get(key, ()), models=models.get(key, ())))
    rest, nobody = (
        next((line_of(result, row) for row in result.rows if row.key[0] is None and row.other is other), None)
        for other in (True, False)
    )
    return RunFigures(by, shown, tuple(lines), rest, nobody)


def line_of(result: Result, row: Row) -> RunLine:
    figures = {each: result.figure(row, each) for each in NUMBERS}
    begun, last = (result.moment(row, each) for each in MOMENTS)
    return RunLine(row.key[0], figures, begun, last)


def beside(
    asking: Asking, place: AgentsPlace, by: By, keys: tuple[str, ...]
) -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    """Ask who and what was in each: users and models, those with most requests first."""
    if not keys:
        return {}, {}
    asked = question(place, ("requests",), DIMENSION[by], "user", "model")
    found = asking.run(replace(asked, filters=(*asked.filters, Filter(DIMENSION[by], "is", keys))))
    named: tuple[dict[str, dict[str, None]], dict[str, dict[str, None]]] = ({}, {})
    for row in found.rows:
        key, *values = row.key
        for of_key, value in zip(named, values, strict=True):
            if key is not None and value is not None:
                of_key.setdefault(key, {})[value] = None
    users, models = ({key: tuple(each) for key, each in of_key.items()} for of_key in named)
    return users, models
