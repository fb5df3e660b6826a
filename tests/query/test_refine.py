from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.errors import QueryInvalid
from outlay.kit.period import parse_zone
from outlay.query.ask import Filter, Order, Query, Scope
from outlay.query.plan import MOST_RUNS_WAITING, Plan, plan_for
from outlay.query.refine import (
    DEFAULT_MEASURES,
    Moment,
    default_measures,
    default_order,
    in_zone,
    limit_needs_groups,
    refine,
    within_scope,
    without_repeats,
)
from outlay.query.timerange import LastDays, LastHours, OneMonth
from tests.query.drawn import ADMIN, LEAD, MEMBER, NAMELESS, Waiting

BERLIN = parse_zone("Europe/Berlin")
NOW = datetime(2026, 10, 15, 10, tzinfo=UTC)
QUERY = Query(ADMIN, ("cost", "requests"), ("team",))


@pytest.mark.parametrize(
    ("viewer", "scope"),
    [
        pytest.param(ADMIN, Scope("acme", everything=True), id="an admin sees all"),
        pytest.param(LEAD, Scope("acme", everything=False, user="ann", teams=("core",)), id="a lead: own and teams"),
        pytest.param(MEMBER, Scope("acme", everything=False, user="bob"), id="a member's teams give no sight"),
        pytest.param(NAMELESS, Scope("acme", everything=False), id="no user and no team: nothing"),
    ],
)
def test_the_scope_is_the_viewers(viewer: Viewer, scope: Scope) -> None:
    forged = Query(viewer, scope=Scope("rival", everything=True))
    assert within_scope(forged).scope == scope


def test_nothing_asked_is_the_usual() -> None:
    assert default_measures(Query(ADMIN)).measures == DEFAULT_MEASURES
    assert default_measures(QUERY) == QUERY


def test_repeats_are_asked_once() -> None:
    again = Filter("team", "is", ("b", "a", "b"))
    query = replace(QUERY, measures=("cost", "cost"), dimensions=("team", "team"), filters=(again, again))
    assert without_repeats(query) == replace(
        QUERY, measures=("cost",), dimensions=("team",), filters=(Filter("team", "is", ("a", "b")),)
    )


def test_the_zone_is_the_organisations_unless_asked_for() -> None:
    assert in_zone(QUERY, BERLIN).zone == "Europe/Berlin"
    assert in_zone(replace(QUERY, zone="UTC"), BERLIN).zone == "UTC"


@pytest.mark.parametrize(
    ("query", "order"),
    [
        pytest.param(QUERY, Order("cost", descending=True), id="biggest first"),
        pytest.param(replace(QUERY, order=Order("team")), Order("team"), id="as asked"),
        pytest.param(replace(QUERY, dimensions=()), None, id="nothing to sort"),
    ],
)
def test_the_default_order(query: Query, order: Order | None) -> None:
    assert default_order(query).order == order


def test_groups_over_time_keep_their_own_order_unless_limited() -> None:
    moment = Moment(BERLIN, NOW)
    assert refine(replace(QUERY, grain="day"), moment).order is None
    assert refine(replace(QUERY, grain="day", limit=3), moment).order == Order("cost", descending=True)


def test_a_limit_counts_groups() -> None:
    assert limit_needs_groups(replace(QUERY, dimensions=(), limit=3)).limit is None
    assert limit_needs_groups(replace(QUERY, limit=3)).limit == 3


def test_refining_again_changes_nothing() -> None:
    moment = Moment(BERLIN, NOW)
    once = refine(replace(QUERY, grain="day", comparison="prev", limit=3), moment)
    assert refine(once, moment) == once


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"measures": ("cots",)}, "no measure"),
        ({"dimensions": ("user; DROP TABLE events",)}, "no dimension"),
        ({"dimensions": ("tag:\ud800",)}, "no dimension"),
        ({"dimensions": ("team", "user", "pod", "task", "model", "agent", "tag")}, "at most 6 dimensions"),
        ({"order": Order("tokens")}, "can't sort by"),
        ({"limit": 10**9}, "between 1 and"),
    ],
)
def test_a_question_that_makes_no_sense_cannot_be_built(change: dict[str, object], message: str) -> None:
    with pytest.raises(QueryInvalid, match=message):
        replace(QUERY, **change)


def test_a_question_needs_a_viewer() -> None:
    with pytest.raises(TypeError, match="Viewer"):
        Query(None)  # type: ignore[arg-type] # what is tested


# -- where an answer is read from -------------------------------------------------------------------------------------


def planned(query: Query, zone: str = "Europe/Berlin", runs_waiting: int = 0, days_waiting: int = 0) -> Plan:
    refined = refine(query, Moment(BERLIN, NOW))
    assert refined.span is not None
    return plan_for(refined, refined.span, parse_zone(zone), Waiting(days_waiting, runs_waiting))


def test_whole_days_come_from_the_rollup_alone() -> None:
    plan = planned(replace(QUERY, range=OneMonth(2026, 9), grain="day"))
    assert plan.edges == ()
    assert [str(day) for day in plan.days or ()] == ["2026-09-01", "2026-10-01"]


@pytest.mark.parametrize("measures", [("runs",), ("runs", "cost")])
def test_runs_of_whole_days_come_from_the_runs_per_day(measures: tuple[str, ...]) -> None:
    plan = planned(replace(QUERY, range=OneMonth(2026, 9), measures=measures), runs_waiting=MOST_RUNS_WAITING)
    assert (plan.runs, plan.edges, plan.days is None) == (True, (), False)
    assert not planned(replace(QUERY, range=OneMonth(2026, 9))).runs


def test_runs_of_part_days_and_while_many_wait_come_from_the_events_alone() -> None:
    """A run that is in a part of a day and in a whole one would count twice."""
    part = planned(replace(QUERY, range=LastHours(48), measures=("runs",)))
    many = planned(replace(QUERY, range=OneMonth(2026, 9), measures=("runs",)), runs_waiting=MOST_RUNS_WAITING + 1)
    for plan in (part, many):
        assert (plan.runs, plan.days, len(plan.edges)) == (False, None, 1)


def test_part_days_come_from_the_events() -> None:
    plan = planned(replace(QUERY, range=LastHours(48)))
    assert [str(day) for day in plan.days or ()] == ["2026-10-14", "2026-10-15"]
    assert [(edge.start.isoformat()[:13], edge.end.isoformat()[:13]) for edge in plan.edges] == [
        ("2026-10-13T10", "2026-10-13T22"),
        ("2026-10-14T22", "2026-10-15T10"),
    ]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(replace(QUERY, range=LastHours(2)), id="no whole day"),
        pytest.param(replace(QUERY, grain="hour"), id="hours"),
        pytest.param(replace(QUERY, measures=("latency_p95",)), id="a measure it has not"),
        pytest.param(replace(QUERY, dimensions=("task",)), id="a dimension it has not"),
        pytest.param(replace(QUERY, dimensions=("tag:env",), tags="split"), id="tags to divide among"),
        pytest.param(replace(QUERY, measures=("runs",), dimensions=("tag:env",)), id="runs by tag"),
        pytest.param(replace(QUERY, filters=(Filter("status", "is", ("ok",)),)), id="a filter it has not"),
        pytest.param(replace(QUERY, zone="UTC"), id="another zone's days"),
    ],
)
def test_what_the_rollup_cannot_serve_comes_from_the_events(query: Query) -> None:
    plan = planned(query)
    assert plan.days is None
    assert len(plan.edges) == 1


@pytest.mark.parametrize(
    "query",
    [replace(QUERY, dimensions=("tag:env",)), replace(QUERY, filters=(Filter("tag", "is", ("env:prod",)),))],
    ids=["grouped", "filtered"],
)
def test_whole_days_of_tags_come_from_the_sums_by_tags(query: Query) -> None:
    plan = planned(query)
    assert plan.tags
    assert plan.days == planned(QUERY).days
    assert not planned(QUERY).tags


def test_days_of_an_organisation_elsewhere_are_not_these_days() -> None:
    assert planned(replace(QUERY, range=LastDays(7)), "Asia/Kathmandu").days is None
