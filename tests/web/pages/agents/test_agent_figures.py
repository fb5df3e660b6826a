"""The figures of the Agents pages, for random filters, ranges and orders, against a plain fold of the events."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.query.ask import Filter, Order, Query
from outlay.query.catalogue import MEASURES
from outlay.query.questions import Asking, Questions
from outlay.query.sql import Value
from outlay.web.pages.agents import list_figures, one_figures, runs
from outlay.web.pages.agents.list_figures import ListFigures
from outlay.web.pages.agents.one_figures import AgentFigures, agent_figures
from outlay.web.pages.agents.paging import PAGE_ROWS
from outlay.web.pages.agents.place import (
    CHANGE,
    DIMENSION,
    LIST_SORTS,
    NAME,
    RUN_SORTS,
    AgentsPlace,
    By,
    read_agent,
    read_agents,
)
from outlay.web.view.names import Names
from tests.web.pages.agents.crew import BUSY, LONG
from tests.web.pages.held import Held
from tests.web.pages.made import UNPRICED

Answer = TypeVar("Answer")

RANGES = ("30d", "7d", "24h", "2026-09", "2026-10-01..15", "60d")
FILTERS = (
    "f=team:is:growth",
    "f=team:none",
    f"f=model:is:{quote(UNPRICED)}",
    "f=status:is:error",
    "f=user:not:u2",
    "f=latency_ms:over:5000",
    "f=session_id:none",
)
VIEWERS: tuple[dict[str, Any], ...] = (
    {"role": "admin"},
    {"role": "billing"},
    {"role": "lead", "teams": ("growth",), "user": "u2"},
    {"role": "member", "user": "u3"},
    {"role": "member", "user": "stranger"},
)
ALL = (*list_figures.SUMS, *list_figures.TIMES)


def asked(agents: Held, viewer: Viewer, answer: Callable[[Asking], Answer]) -> Answer:
    outlay = agents.made.site.outlay
    return Questions(outlay.ledger, outlay.control, outlay.clock).ask(viewer, answer)


def listed(agents: Held, viewer: Viewer, url: str) -> tuple[AgentsPlace, ListFigures]:
    names = Names(agents.made.site.outlay.names, viewer.organisation)

    def answer(asking: Asking) -> tuple[AgentsPlace, ListFigures]:
        place = read_agents(asking, url)
        assert not place.place.notices
        return place, list_figures.list_figures(asking, place, names)

    return asked(agents, viewer, answer)


def opened(agents: Held, viewer: Viewer, url: str) -> tuple[AgentsPlace, AgentFigures]:
    def answer(asking: Asking) -> tuple[AgentsPlace, AgentFigures]:
        place = read_agent(asking, url)
        assert not place.place.notices
        return place, agent_figures(asking, place)

    return asked(agents, viewer, answer)


def whole(place: AgentsPlace, measures: tuple[str, ...], *more: Filter) -> Query:
    return Query(place.viewer, measures, range=place.query.range, filters=(*place.whose, *more))


def make_total(parts: Iterable[Mapping[str, Value]], total: Mapping[str, Value], measures: Iterable[str]) -> bool:
    parts = list(parts)
    return all(
        sum(value for each in parts if (value := each[measure]) is not None) == (total[measure] or 0)
        for measure in measures
        if MEASURES[measure].additive
    )


def url_of(asked_range: str, filters: list[str], *more: str) -> str:
    return "&".join([f"r={asked_range}", *filters, *more])


@given(
    st.sampled_from(RANGES),
    st.lists(st.sampled_from(FILTERS), max_size=2, unique_by=lambda each: each.split(":")[0]),
    st.sampled_from(VIEWERS),
    st.integers(1, 2),
)
@settings(max_examples=20, deadline=None)
def test_every_figure_of_the_list_is_what_the_events_make(
    agents: Held, asked_range: str, filters: list[str], who: dict[str, Any], page: int
) -> None:
    place, figures = listed(agents, agents.viewer(**who), url_of(asked_range, filters, f"page={page}"))
    total = agents.expected(whole(place, ALL)).totals
    assert (*figures.head.totals, *figures.times.totals) == total
    groups = agents.groups(replace(whole(place, ALL, Filter("agent", "has")), dimensions=("agent",)))
    assert figures.shown.count == len(groups)
    assert {line.key: dict(line.figures) for line in figures.lines} == {key: groups[key] for key in figures.shown.keys}
    others = tuple(key for key in groups if key is not None and key not in figures.shown.keys)
    if others:
        rest = agents.expected(whole(place, ALL, Filter("agent", "is", others)))
        assert figures.rest is not None
        assert figures.rest.figures == dict(zip(ALL, rest.totals, strict=True))
    else:
        assert figures.rest is None
    parts = [*figures.lines, *(each for each in (figures.rest, figures.nobody) if each is not None)]
    assert make_total([each.figures for each in parts], figures.total.figures, ALL)


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("column", [each for each in LIST_SORTS if each not in {NAME, CHANGE}])
def test_the_list_sorts_by_every_figure(agents: Held, column: str, sign: str) -> None:
    place, figures = listed(agents, agents.viewer("admin"), f"s={sign}{column}&r=60d")
    query = replace(whole(place, (column,), Filter("agent", "has")), dimensions=("agent",))
    wanted = agents.expected(replace(query, order=Order(column, descending=bool(sign))))
    assert [line.key for line in figures.lines] == [line.key[0] for line in wanted.lines][:PAGE_ROWS]


@pytest.mark.parametrize("sign", ["", "-"])
def test_the_list_sorts_by_name_and_by_change(agents: Held, sign: str) -> None:
    place, by_name = listed(agents, agents.viewer("admin"), f"s={sign}{NAME}")
    labels = Names(agents.made.site.outlay.names, agents.organisation).of("agent", by_name.shown.keys)
    names = [labels[key].name.casefold() for key in by_name.shown.keys]
    assert names == sorted(names, reverse=bool(sign))
    _, moved = listed(agents, agents.viewer("admin"), f"s={sign}{CHANGE}")
    changes = [
        Decimal(line.figures["cost"] or 0) - Decimal((line.before or {}).get("cost") or 0) for line in moved.lines
    ]
    assert changes == sorted(changes, reverse=bool(sign))
    assert (
        moved.shown.count
        == by_name.shown.count
        == len(agents.groups(replace(whole(place, ("requests",), Filter("agent", "has")), dimensions=("agent",))))
    )


@pytest.mark.parametrize(
    ("search", "found"), [("ÉLAN", {BUSY}), ("agent0", {f"agent0{at}" for at in range(10)}), ("%", set())]
)
def test_a_search_finds_agents_by_name(agents: Held, search: str, found: set[str]) -> None:
    place, figures = listed(agents, agents.viewer("admin"), f"q={quote(search)}")
    assert set(figures.shown.keys) == found
    assert figures.nobody is None
    assert figures.head.totals == agents.expected(whole(place, list_figures.SUMS)).totals  # the cards are of all
    if found:
        total = agents.expected(whole(place, ALL, Filter("agent", "is", tuple(sorted(found)))))
        assert figures.total.figures == dict(zip(ALL, total.totals, strict=True))
        assert make_total([line.figures for line in figures.lines], figures.total.figures, ALL)


@given(
    st.sampled_from(RANGES),
    st.lists(st.sampled_from(FILTERS), max_size=2, unique_by=lambda each: each.split(":")[0]),
    st.sampled_from(VIEWERS),
    st.tuples(st.sampled_from(["session", "run"]), st.sampled_from(RUN_SORTS), st.integers(1, 3)),
)
@settings(max_examples=25, deadline=None)
def test_every_figure_of_an_agent_is_what_the_events_make(
    agents: Held, asked_range: str, filters: list[str], who: dict[str, Any], table: tuple[By, str, int]
) -> None:
    by, sort, page = table
    words = (f"agent={BUSY}", f"by={by}", f"s=-{sort}", f"page={page}")
    place, figures = opened(agents, agents.viewer(**who), url_of(asked_range, filters, *words))
    assert figures.head.totals == agents.expected(whole(place, one_figures.SUMS)).totals
    assert figures.times.totals == agents.expected(whole(place, one_figures.TIMES)).totals
    for part in figures.parts:
        groups = agents.groups(replace(whole(place, one_figures.SUMS), dimensions=(part.dimension,)))
        for row in part.sums.rows:
            if not row.other:
                assert part.sums.numbers(row.figures) == groups[row.key[0]]
        assert part.sums.adds_up.holds
        paces = agents.groups(replace(whole(place, ("latency_p95",)), dimensions=(part.dimension,)))
        assert all(
            part.p95.figure(row, "latency_p95") == paces[row.key[0]]["latency_p95"]
            for row in part.p95.rows
            if not row.other
        )
    check_runs(agents, place, figures, by, sort)


def check_runs(agents: Held, place: AgentsPlace, figures: AgentFigures, by: By, sort: str) -> None:
    dimension, table = DIMENSION[by], figures.table
    measures = (*runs.NUMBERS, *runs.MOMENTS)
    query = replace(whole(place, measures, Filter(dimension, "has")), dimensions=(dimension,))
    wanted = agents.expected(replace(query, order=Order(sort, descending=True))).lines
    assert table.shown.count == len(wanted)
    start = (table.shown.page - 1) * PAGE_ROWS
    assert [line.id for line in table.lines] == [line.key[0] for line in wanted][start : start + PAGE_ROWS]
    for line, expected in zip(table.lines, wanted[start:], strict=False):
        assert (*line.figures.values(), line.begun, line.last) == expected.figures
    parts = [*table.lines, *(each for each in (table.rest, table.nobody) if each is not None)]
    assert make_total([each.figures for each in parts], figures.head_figures, runs.NUMBERS)


def test_who_and_what_was_in_each_session(agents: Held) -> None:
    _, figures = opened(agents, agents.viewer("admin"), f"agent={BUSY}&r=60d&by=session&s=-requests")
    found = {line.id: line for line in figures.table.lines}
    calls = [each.event for each in agents.events if each.event.session_id == LONG and each.event.agent == BUSY]
    assert found[LONG].figures["requests"] == len(calls)
    assert set(found[LONG].users) == {"u1"}
    assert set(found[LONG].models) == {each.model for each in calls}


def test_the_charts_are_what_the_events_make(agents: Held) -> None:
    place, figures = opened(agents, agents.viewer("admin"), f"agent={BUSY}&r=60d")
    assert figures.days.adds_up.holds
    paces = agents.expected(replace(whole(place, one_figures.LATENCIES), grain="day"))
    assert [row.figures for row in figures.paces.rows] == [line.figures for line in paces.lines]
    days = agents.expected(replace(whole(place, ("cost", "requests", "unpriced_requests")), grain="day"))
    assert [row.figures for row in figures.days.rows] == [line.figures for line in days.lines]


def test_without_sessions_runs_are_shown(agents: Held) -> None:
    _, figures = opened(agents, agents.viewer("admin"), "agent=agent07")
    assert figures.table.by == "run"
    assert [line.id for line in figures.table.lines] == ["r7"]
