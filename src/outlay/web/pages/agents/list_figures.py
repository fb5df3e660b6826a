"""The questions of the list of agents. Sums come from sums per day; runs, sessions and percentiles are read from the
events, so they are asked only for the agents that stand on the page (and once for all together).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.query.ask import Filter, Order, Query
from outlay.query.questions import Asking
from outlay.query.result import Result
from outlay.web.pages.agents.paging import GroupPage, page_in, page_of
from outlay.web.pages.agents.place import CHANGE, NAME, AgentsPlace
from outlay.web.pages.agents.told import compared, question
from outlay.web.view.groups import Figures
from outlay.web.view.names import Names

SUMS: Final = (
    "requests",
    "tokens",
    "cost",
    "unpriced_requests",
    "estimated_requests",
    "errors",
    "error_rate",
    "active_users",
    "active_agents",
)
TIMES: Final = ("runs", "sessions", "latency_p50", "latency_p95", "latency_p99", "first_token_p95")
CHART_AGENTS: Final = 6


class Line(Struct, frozen=True):
    """One row: the figures of an agent, of all on other pages, or of what has no agent (`key` None). `before` is its
    cost in the baseline, None where nothing is compared or known.
    """

    key: str | None
    figures: Figures
    before: Figures | None
    types: tuple[str, ...] = ()


class ListFigures(Struct, frozen=True):
    """`head` and `times`: of everything in sight, agents or not; `total`: what the rows make together, figured apart.
    With a search, rows and total are of those found.
    """

    head: Result
    times: Result
    days: Result
    shown: GroupPage
    matched: tuple[str, ...] | None
    lines: tuple[Line, ...]
    rest: Line | None
    nobody: Line | None
    total: Line


def list_figures(asking: Asking, place: AgentsPlace, names: Names) -> ListFigures:
    """Ask all that the page shows."""
    times = asking.start(lambda: asking.run(question(place, TIMES)))
    days = asking.start(lambda: days_of(asking, place))
    head = asking.run(compared(place, question(place, SUMS)))
    matched = names.search("agent", place.place.search) if place.place.search else None
    shown = page_shown(asking, place, names, matched)
    lines, rest, nobody = _rows(asking, place, shown, matched)
    found = times()  # first: the total is often the same statement
    total = total_of(asking, place, matched)
    return ListFigures(head, found, days(), shown, matched, lines, rest, nobody, total)


def page_shown(asking: Asking, place: AgentsPlace, names: Names, matched: tuple[str, ...] | None) -> GroupPage:
    """Return which agents stand on the page. Names and changes the ledger can't sort by: by those all are read."""
    if matched == ():
        return GroupPage((), 0, 1)
    if place.sorted_by in {NAME, CHANGE}:
        return page_in(all_agents(asking, place, names, matched), place.page)
    asked = replace(
        question(place, (place.sorted_by,), "agent"), order=Order(place.sorted_by, descending=place.descending)
    )
    return page_of(asking, replace(asked, filters=(*asked.filters, _wanted(matched))), place.page)


def all_agents(asking: Asking, place: AgentsPlace, names: Names, matched: tuple[str, ...] | None) -> list[str]:
    """Return all agents in the order of the table."""
    measure = place.sorted_by if place.sorted_by not in {NAME, CHANGE} else "cost"
    asked = compared(place, question(place, (measure,), "agent"))
    order = Order(measure, descending=place.descending or measure != place.sorted_by)
    found = asking.run(replace(asked, order=order, filters=(*asked.filters, _wanted(matched))))
    keys = [key for row in found.rows if (key := row.key[0]) is not None]
    if place.sorted_by == NAME:
        labels = names.of("agent", keys)
        keys.sort(key=lambda each: (labels[each].name.casefold(), each), reverse=place.descending)
    if place.sorted_by == CHANGE:
        moved = {
            row.key[0]: _moved(found.figure(row, measure), found.figure_before(row, measure)) for row in found.rows
        }
        keys.sort(key=lambda each: moved[each], reverse=place.descending)
    return keys


def lines_of(asking: Asking, place: AgentsPlace, keys: tuple[str, ...]) -> tuple[Line, ...]:
    """Return the rows of some agents, in their order."""
    return _rows(asking, place, GroupPage(keys, len(keys), 1), keys)[0] if keys else ()


def nobody_of(asking: Asking, place: AgentsPlace) -> Line | None:
    """Return what has no agent; None when there is no such event."""
    return _rows(asking, place, GroupPage((), 0, 1), None)[2]


def _rows(
    asking: Asking, place: AgentsPlace, shown: GroupPage, matched: tuple[str, ...] | None
) -> tuple[tuple[Line, ...], Line | None, Line | None]:
    """Return the agents on the page, those on other pages as one, and what has no agent."""
    if not shown.keys and matched is not None:
        return (), None, None
    keys: tuple[tuple[str | None, ...], ...] = tuple((each,) for each in shown.keys)
    base = question(place, SUMS, "agent")
    if matched is None:
        keys = (*keys, (None,))
    else:
        base = replace(base, filters=(*base.filters, _wanted(matched)))
    base = replace(base, keys=keys, rest="other" if shown.others else "cut")
    counted = asking.start(lambda: asking.run(replace(base, measures=TIMES)))
    sums, types = asking.run(compared(place, base)), _types(asking, place, shown.keys)
    times = counted()
    found = {(row.key[0], row.other): _both(sums, times, at) for at, row in enumerate(sums.rows)}
    lines = tuple(replace(found[key, False], types=types.get(key, ())) for key in shown.keys if (key, False) in found)
    return lines, found.get((None, True)), found.get((None, False))


def _both(sums: Result, times: Result, at: int) -> Line:
    row = sums.rows[at]
    beside = next((each for each in times.rows if (each.key, each.other) == (row.key, row.other)), None)
    later = dict.fromkeys(TIMES) if beside is None else times.numbers(beside.figures)
    before = None if row.before is None else sums.numbers(row.before)
    return Line(row.key[0], {**sums.numbers(row.figures), **later}, _known_before(sums, before))


def _known_before(sums: Result, before: Figures | None) -> Figures | None:
    """Return the figures of the baseline: nothing of it is zero, where something is compared."""
    if sums.compared is None:
        return None
    return before or {"cost": Decimal(0), "requests": 0}


def _line(asked: tuple[Result, Result]) -> Line:
    sums, times = asked
    before = None if sums.compared is None else sums.numbers(sums.compared.totals)
    return Line(None, {**sums.numbers(sums.totals), **times.numbers(times.totals)}, before)


def total_of(asking: Asking, place: AgentsPlace, matched: tuple[str, ...] | None) -> Line:
    """Return what all rows make together, figured apart from them; with a search, of those found."""
    if matched == ():
        return Line(None, dict.fromkeys((*SUMS, *TIMES)), None)
    asked = question(place, SUMS)
    if matched is not None:
        asked = replace(asked, filters=(*asked.filters, _wanted(matched)))
    return _line((asking.run(compared(place, asked)), asking.run(replace(asked, measures=TIMES))))


def _types(asking: Asking, place: AgentsPlace, keys: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Return the agent types of each, the one with most requests first."""
    if not keys:
        return {}
    asked = question(place, ("requests",), "agent", "agent_type")
    filters = (*asked.filters, Filter("agent", "is", keys), Filter("agent_type", "has"))
    found: dict[str, list[str]] = {}
    for row in asking.run(replace(asked, filters=filters)).rows:
        agent, kind = row.key
        if agent is not None and kind is not None:
            found.setdefault(agent, []).append(kind)
    return {agent: tuple(kinds) for agent, kinds in found.items()}


def days_of(asking: Asking, place: AgentsPlace) -> Result:
    """Ask for cost over time, of the agents with the highest and all others together."""
    asked: Query = question(place, ("cost", "unpriced_requests"), "agent")
    order = Order("cost", descending=True)
    return asking.run(replace(asked, grain=place.grain, order=order, limit=CHART_AGENTS, totals=True))


def _wanted(matched: tuple[str, ...] | None) -> Filter:
    return Filter("agent", "has") if matched is None else Filter("agent", "is", matched)


def _moved(now: object, before: object) -> Decimal:
    first, last = (Decimal(each) if isinstance(each, int | Decimal) else Decimal(0) for each in (before, now))
    return last - first
