"""Who is in the demo organisation: plausible, without repeats, the same for the same spec."""

from datetime import UTC, datetime

import pytest
from msgspec import structs

from outlay.demo.agents import AGENTS, PODS, TEAM_SIZES, TEAMS
from outlay.demo.organisation import DemoSpec, build_directory, people_count
from outlay.usage import AGENT_TYPES

SPEC = DemoSpec(
    events=1_000_000, months=6, seed=7, end=datetime(2026, 11, 20, 10, 30, tzinfo=UTC), zone="Europe/Berlin"
)


@pytest.mark.parametrize(
    ("events", "people"), [(1, 12), (10_000, 60), (1_000_000, 301), (10**9, 800)], ids=["one", "small", "large", "most"]
)
def test_people_grow_with_the_events(events: int, people: int) -> None:
    assert people_count(events) == people
    assert len(build_directory(structs.replace(SPEC, events=events)).people) == people


def test_the_same_spec_gives_the_same_directory() -> None:
    assert build_directory(SPEC) == build_directory(SPEC)
    assert build_directory(SPEC) != build_directory(structs.replace(SPEC, seed=8))


def test_people_have_one_address_each_that_nobody_else_has() -> None:
    people = build_directory(structs.replace(SPEC, events=10**9)).people
    assert len({person.id for person in people}) == len(people)
    assert len({person.email for person in people}) == len(people)
    assert all(person.email.isascii() and person.email.endswith("@acme.example") for person in people)
    assert any(not person.name.isascii() for person in people)


def test_all_ids_that_refer_to_something_exist() -> None:
    directory = build_directory(SPEC)
    teams = {team.id for team in directory.teams}
    people = {person.id for person in directory.people}
    agents = {agent.id for agent in directory.agents}
    assert len(teams) == 12
    assert {person.team for person in directory.people} == teams | {None}
    assert {pod.team for pod in directory.pods} <= teams
    assert all(pod.tasks for pod in directory.pods)
    for key in directory.api_keys:
        assert key.team is None or key.team in teams
        assert key.user is None or key.user in people
        assert key.agent is None or key.agent in agents
    assert len({key.id for key in directory.api_keys}) == len(directory.api_keys)
    for agent in directory.agents:
        assert agent.team is None or agent.team in teams
        assert agent.parent is None or agent.parent in agents
        assert agent.models
        assert agent.services[0] == "llm"
    assert {agent.agent_type for agent in directory.agents} == set(AGENT_TYPES)


def test_the_declarations_fit_together() -> None:
    assert sum(TEAM_SIZES.values()) == 100
    assert TEAM_SIZES.keys() == TEAMS.keys()
    assert sum(plan.share for plan in AGENTS) == pytest.approx(1, abs=0.05)
    for plan in AGENTS:
        assert plan.pod is None or plan.pod in PODS
        assert sum(share for _, share in plan.models) == pytest.approx(1)
        assert set(plan.teams) <= set(TEAMS)
        assert plan.sub_agent is None or any(other.id == plan.sub_agent for other in AGENTS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"events": 0}, "events is 0"),
        ({"months": 0}, "months is 0"),
        ({"months": 121}, "months is 121"),
        ({"end": datetime(2026, 11, 20)}, "without a zone"),  # noqa: DTZ001 -- the very mistake
        ({"zone": "Mars/Olympus"}, "no IANA time zone"),
    ],
    ids=["no events", "no months", "too many months", "naive end", "unknown zone"],
)
def test_a_spec_that_cannot_be_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        structs.replace(SPEC, **change)


def test_events_of_different_specs_have_different_ids() -> None:
    others = [structs.replace(SPEC, seed=8), structs.replace(SPEC, events=5), structs.replace(SPEC, zone="UTC")]
    assert len({SPEC.digest, *(other.digest for other in others)}) == 4
