"""A call without a team is of the team its user was in when it was made."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.control.database import Control, open_control
from outlay.control.members import Member, NewMember, create_member
from outlay.control.memberships import Attribution, in_order, set_memberships
from outlay.control.organisations import create_organisation
from outlay.control.trail import SYSTEM
from outlay.intake.accept import Intake
from outlay.intake.whose import RECHECK_SECONDS, PeoplesTeams, team_at, with_team
from outlay.kit.period import parse_zone
from outlay.ledger.duckdb import DuckLedger
from tests.intake.making import LIMITS, NOW, OneDollarEach, RememberedNames, event
from tests.intake.test_accept import stored_rows

DAY = timedelta(days=1)


class Watch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[DuckLedger]:
    opened = DuckLedger(tmp_path / "ledger.duckdb", lambda _: parse_zone("UTC"), memory_mb=512)
    yield opened
    opened.close()


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    control = open_control(tmp_path / "control.sqlite")
    for organisation in ("acme", "other"):
        create_organisation(control, organisation, organisation, "UTC", SYSTEM, NOW)
    yield control
    control.close()


def person(control: Control, user: str, *teams: str, organisation: str = "acme") -> Member:
    wanted = NewMember(email=f"{user}@example.com", role="member", user=user, teams=teams)
    return create_member(control, organisation, wanted, SYSTEM, NOW)


def move(control: Control, member: Member, at: datetime, *teams: str) -> None:
    with control.begin() as connection:
        set_memberships(connection, member.organisation, member.id, teams, SYSTEM, at)


def test_calls_are_of_the_team_of_their_own_time(control: Control, ledger: DuckLedger) -> None:
    ann = person(control, "ann", "growth")
    person(control, "ann", "theirs", organisation="other")
    move(control, ann, NOW - DAY, "core", "growth")
    names = RememberedNames()
    intake = Intake(ledger, OneDollarEach(), names, LIMITS, PeoplesTeams(control))
    intake.accept(
        "acme",
        [
            event("a", user="ann", time=NOW),
            event("b", user="ann", time=NOW - DAY - timedelta(microseconds=1)),
            event("c", user="ann", team="named"),
            event("d", user="bob"),
            event("e"),
        ],
    )
    found = stored_rows(ledger, "id, team")
    assert found == [("a", "core"), ("b", "growth"), ("c", "named"), ("d", None), ("e", None)]
    assert names.found["team"] == {"core", "growth", "named"}


def test_what_another_process_changed_holds_after_a_second(control: Control) -> None:
    watch = Watch()
    teams = PeoplesTeams(control, watch)
    sent = event("a", user="ann")
    assert with_team(sent, teams.teams_of("acme")).team is None
    ann = person(control, "ann", "growth")
    assert with_team(sent, teams.teams_of("acme")).team is None
    watch.seconds = RECHECK_SECONDS
    assert with_team(sent, teams.teams_of("acme")).team == "growth"
    assert with_team(sent, teams.teams_of("other")).team is None
    move(control, ann, NOW - DAY)
    watch.seconds *= 2
    assert with_team(sent, teams.teams_of("acme")).team is None


def test_what_nobody_changed_is_read_once(control: Control) -> None:
    watch = Watch()
    teams = PeoplesTeams(control, watch)
    person(control, "ann", "growth")
    first = teams.teams_of("acme")
    watch.seconds = 100 * RECHECK_SECONDS
    assert teams.teams_of("acme") is first


_TIMES = st.none() | st.integers(0, 20).map(lambda hour: datetime(2026, 10, 1, hour, tzinfo=UTC))


@given(
    st.lists(st.builds(Attribution, st.just("ann"), st.sampled_from("abc"), st.booleans(), _TIMES, _TIMES), max_size=6),
    st.integers(0, 20),
)
def test_the_primary_team_counts_then_the_one_that_came_first(several: Sequence[Attribution], hour: int) -> None:
    time = datetime(2026, 10, 1, hour, tzinfo=UTC)
    holding = [
        each
        for each in several
        if (each.starts_at is None or each.starts_at <= time) and (each.ends_at is None or each.ends_at > time)
    ]
    never = datetime(1, 1, 1, tzinfo=UTC)
    best = min(holding, key=lambda each: (not each.primary, each.starts_at or never, each.team), default=None)
    assert team_at(sorted(several, key=in_order), time) == (None if best is None else best.team)
