"""Memberships: from when until when somebody is in a team; what was is kept, and only one's own organisation counts."""

from datetime import timedelta

import pytest

from outlay.control.database import Control
from outlay.control.entities import Registry
from outlay.control.member_changes import MemberChange, change_member
from outlay.control.member_search import MemberSearch, counted_by_state, find
from outlay.control.members import Member, NewMember, create_member
from outlay.control.memberships import (
    Period,
    attribution_mark,
    attributions_of,
    change_period,
    memberships_of,
    set_memberships,
    teams_at,
)
from outlay.control.trail import SYSTEM
from outlay.errors import Conflict, InputError, NotFound
from outlay.testing import FrozenClock

DAY = timedelta(days=1)


@pytest.fixture
def ada(control: Control, clock: FrozenClock) -> Member:
    wanted = NewMember(email="ada@example.com", role="member", user="ada")
    return create_member(control, "acme", wanted, SYSTEM, clock.now())


def put(control: Control, member: Member, clock: FrozenClock, *teams: str) -> bool:
    with control.begin() as connection:
        return set_memberships(connection, member.organisation, member.id, teams, SYSTEM, clock.now())


def told(control: Control, member: Member) -> list[tuple[str, bool, object, object]]:
    found = memberships_of(control, member.organisation, member.id)
    return [(each.team, each.primary, each.starts_at, each.ends_at) for each in found]


def test_the_first_memberships_hold_ever_since(control: Control, clock: FrozenClock, ada: Member) -> None:
    assert put(control, ada, clock, "growth", "core")
    assert told(control, ada) == [("growth", True, None, None), ("core", False, None, None)]
    assert not put(control, ada, clock, "growth", "core")


def test_a_change_holds_from_now_on_and_keeps_what_was(control: Control, clock: FrozenClock, ada: Member) -> None:
    put(control, ada, clock, "growth")
    first = clock.now()
    clock.move(DAY)
    put(control, ada, clock, "core", "growth")
    moved = clock.now()
    assert told(control, ada) == [
        ("core", True, moved, None),
        ("growth", False, moved, None),
        ("growth", True, None, moved),
    ]
    with control.read() as connection:
        assert teams_at(connection, "acme", ada.id, first) == ["growth"]
        assert teams_at(connection, "acme", ada.id, moved) == ["core", "growth"]
    clock.move(DAY)
    put(control, ada, clock)
    with control.read() as connection:
        assert teams_at(connection, "acme", ada.id, clock.now()) == []


def test_what_was_taken_back_at_once_leaves_no_trace(control: Control, clock: FrozenClock, ada: Member) -> None:
    put(control, ada, clock, "growth")
    clock.move(DAY)
    put(control, ada, clock, "core")
    put(control, ada, clock, "growth")
    at = clock.now()
    assert told(control, ada) == [("growth", True, at, None), ("growth", True, None, at)]


def test_who_leaves_all_teams_is_in_none_whatever_dates_were_corrected(
    control: Control, clock: FrozenClock, ada: Member
) -> None:
    put(control, ada, clock, "growth")
    clock.move(DAY)
    put(control, ada, clock)
    put(control, ada, clock, "growth")
    now = clock.now()
    later, first = memberships_of(control, "acme", ada.id)
    change_period(control, "acme", later.id, Period(now, now + DAY), SYSTEM, now)
    change_period(control, "acme", first.id, Period(now + 2 * DAY, None), SYSTEM, now)
    assert put(control, ada, clock, "growth"), "from now on, for good"
    with control.read() as connection:
        for at in (now, now + DAY, now + 2 * DAY):
            assert teams_at(connection, "acme", ada.id, at) == ["growth"]
    put(control, ada, clock)
    with control.read() as connection:
        for at in (now, now + DAY, now + 2 * DAY):
            assert teams_at(connection, "acme", ada.id, at) == []


def test_the_label_of_the_user_carries_the_team(control: Control, clock: FrozenClock, ada: Member) -> None:
    registry = Registry(control, clock, 100)
    put(control, ada, clock, "growth")
    assert registry.labels("acme", "user", ["ada"])["ada"].team == "growth"
    clock.move(DAY)
    put(control, ada, clock, "core", "growth")
    assert registry.labels("acme", "user", ["ada"])["ada"].team == "core"


def test_every_change_moves_the_mark(control: Control, clock: FrozenClock, ada: Member) -> None:
    marks = [attribution_mark(control, "acme")]
    put(control, ada, clock, "growth")
    marks.append(attribution_mark(control, "acme"))
    change_member(control, "acme", ada.id, MemberChange(user="ada2"), SYSTEM, clock.now())
    marks.append(attribution_mark(control, "acme"))
    (membership,) = memberships_of(control, "acme", ada.id)
    change_period(control, "acme", membership.id, Period(clock.now(), None), SYSTEM, clock.now())
    marks.append(attribution_mark(control, "acme"))
    assert marks == sorted(set(marks))
    assert [(each.user, each.team) for each in attributions_of(control, "acme")] == [("ada2", "growth")]
    assert (attribution_mark(control, "other"), attributions_of(control, "other")) == (0, [])


def test_dates_can_be_corrected_but_not_crossed(control: Control, clock: FrozenClock, ada: Member) -> None:
    put(control, ada, clock, "growth")
    clock.move(10 * DAY)
    put(control, ada, clock)
    clock.move(10 * DAY)
    put(control, ada, clock, "growth")
    now = clock.now()
    again, first = memberships_of(control, "acme", ada.id)
    with pytest.raises(InputError):
        change_period(control, "acme", again.id, Period(now, now - DAY), SYSTEM, now)
    with pytest.raises(Conflict):
        change_period(control, "acme", again.id, Period(now - 15 * DAY, None), SYSTEM, now)
    with pytest.raises(NotFound):
        change_period(control, "other", again.id, Period(None, None), SYSTEM, now)
    change_period(control, "acme", again.id, Period(first.ends_at, None), SYSTEM, now)
    assert told(control, ada)[0] == ("growth", True, first.ends_at, None)


def test_a_stranger_is_in_no_team_of_ours(control: Control, clock: FrozenClock, ada: Member) -> None:
    with pytest.raises(NotFound), control.begin() as connection:
        set_memberships(connection, "other", ada.id, ["growth"], SYSTEM, clock.now())
    assert told(control, ada) == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["ada", "bo", "cy"]),
        ({"text": "BO@"}, ["bo"]),
        ({"text": "straße"}, ["cy"]),
        ({"text": "%"}, []),
        ({"role": "lead"}, ["cy"]),
        ({"team": "growth"}, ["ada"]),
        ({"leads": "growth"}, ["cy"]),
        ({"state": "disabled"}, []),
        ({"state": "invited", "role": "billing"}, ["bo"]),
        ({"offset": 1, "limit": 1}, ["bo"]),
    ],
    ids=lambda each: " ".join(map(str, each)) or "all",
)
def test_members_are_found(
    control: Control, clock: FrozenClock, ada: Member, wanted: dict[str, object], found: list[str]
) -> None:
    now = clock.now()
    create_member(control, "acme", NewMember(email="bo@example.com", role="billing"), SYSTEM, now)
    lead = NewMember(email="cy@example.com", role="lead", name="Cy von STRASSE", teams_led=("growth",))
    create_member(control, "acme", lead, SYSTEM, now)
    create_member(control, "other", NewMember(email="eve@example.com", role="admin"), SYSTEM, now)
    put(control, ada, clock, "growth")
    page = find(control, "acme", MemberSearch(at=now, **wanted))  # type: ignore[arg-type]
    assert [each.member.email.partition("@")[0] for each in page.members] == found
    assert page.count == (3 if "limit" in wanted else len(found))
    assert counted_by_state(control, "acme") == {"active": 0, "invited": 3, "disabled": 0}
