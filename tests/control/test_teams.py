"""Teams: names and colours of their own, a tree without circles, and leads; none of it crosses organisations."""

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from outlay.control.database import Control, open_control
from outlay.control.entities import Registry
from outlay.control.members import Member, NewMember, create_member, member_of_id
from outlay.control.memberships import memberships_of
from outlay.control.organisations import create_organisation
from outlay.control.team_rows import id_from_name
from outlay.control.team_tree import family_of
from outlay.control.teams import (
    Team,
    TeamSearch,
    TeamSettings,
    archive_team,
    change_team,
    create_team,
    find_teams,
    leads_in,
    path_of,
    restore_team,
    set_leads,
    team_of_id,
)
from outlay.control.trail import SYSTEM
from outlay.control.trail_tables import audit_entries
from outlay.errors import Conflict, InputError, NotFound
from outlay.testing import FrozenClock


def made(control: Control, clock: FrozenClock, name: str, parent: str | None = None) -> Team:
    return create_team(control, "acme", TeamSettings(name=name, parent=parent), SYSTEM, clock.now())


def person(control: Control, clock: FrozenClock, email: str, organisation: str = "acme", **wanted: object) -> Member:
    new = NewMember(email=email, role="member", **wanted)  # type: ignore[arg-type]
    return create_member(control, organisation, new, SYSTEM, clock.now())


def test_a_team_has_an_id_from_its_name_and_a_colour(control: Control, clock: FrozenClock) -> None:
    growth = made(control, clock, "Growth & Sales")
    core = made(control, clock, "Core")
    assert (growth.id, growth.colour_slot, core.colour_slot) == ("growth-sales", 0, 1)
    assert Registry(control, clock, 100).labels("acme", "team", [growth.id])[growth.id].name == "Growth & Sales"
    with pytest.raises(Conflict, match="growth-sales"):
        made(control, clock, "growth sales")
    wanted = TeamSettings(name="Growth", cost_centre="4711", colour_slot=6)
    changed = change_team(control, "acme", growth.id, wanted, SYSTEM, clock.now())
    assert (changed.id, changed.name, changed.cost_centre, changed.colour_slot) == (growth.id, "Growth", "4711", 6)


@pytest.mark.parametrize(
    ("name", "team"),
    [("Growth", "growth"), ("Über Mäuse", "uber-mause"), ("  a--b ", "a-b"), ("営業", "営業")],
)
def test_an_id_is_made_of_a_name(name: str, team: str) -> None:
    assert id_from_name(name) == team


@pytest.mark.parametrize(
    "wanted",
    [
        TeamSettings(name=""),
        TeamSettings(name="a\x00"),
        TeamSettings(name="x" * 201),
        TeamSettings(name="a", colour_slot=7),
    ],
    ids=["no name", "a zero character", "too long", "no colour"],
)
def test_what_is_no_team_is_refused(control: Control, clock: FrozenClock, wanted: TeamSettings) -> None:
    with pytest.raises(InputError):
        create_team(control, "acme", wanted, SYSTEM, clock.now())


def test_a_team_that_events_named_is_a_team_like_the_others(control: Control, clock: FrozenClock) -> None:
    Registry(control, clock, 100).register("acme", {"team": ["seen"]})
    assert team_of_id(control, "acme", "seen").name == "seen"
    changed = change_team(control, "acme", "seen", TeamSettings(name="Seen"), SYSTEM, clock.now())
    assert changed.name == "Seen"
    assert [each.id for each in find_teams(control, "acme", TeamSearch()).teams] == ["seen"]


def test_a_parent_leads_to_its_children_and_no_team_is_above_itself(control: Control, clock: FrozenClock) -> None:
    top, mid, low = (made(control, clock, name) for name in ("Top", "Mid", "Low"))
    for child, above in ((mid, top), (low, mid)):
        change_team(control, "acme", child.id, TeamSettings(name=child.name, parent=above.id), SYSTEM, clock.now())
    assert family_of(control, "acme", "top") == ("low", "mid", "top")
    assert [each.id for each in path_of(control, "acme", "low")] == ["top", "mid"]
    assert [each.id for each in find_teams(control, "acme", TeamSearch(below="top")).teams] == ["mid"]
    for parent in ("low", "top"):
        with pytest.raises(InputError, match="below itself"):
            change_team(control, "acme", "top", TeamSettings(name="Top", parent=parent), SYSTEM, clock.now())
    with pytest.raises(NotFound):
        change_team(control, "acme", "top", TeamSettings(name="Top", parent="nowhere"), SYSTEM, clock.now())
    assert family_of(control, "other", "top") == ("top",)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=20))
def test_however_teams_are_moved_none_is_below_itself(moves: list[tuple[int, int]]) -> None:
    clock = FrozenClock()
    control = open_control("sqlite://")
    create_organisation(control, "acme", "Acme", "UTC", SYSTEM, clock.now())
    parent_of: dict[str, str] = {}
    names = [made(control, clock, f"t{number}").id for number in range(6)]
    for child, parent in moves:
        above, steps = names[parent], 0
        while above != names[child] and above in parent_of and steps < 6:
            above, steps = parent_of[above], steps + 1
        wanted = TeamSettings(name=names[child], parent=names[parent])
        if above == names[child]:
            with pytest.raises(InputError):
                change_team(control, "acme", names[child], wanted, SYSTEM, clock.now())
        else:
            change_team(control, "acme", names[child], wanted, SYSTEM, clock.now())
            parent_of[names[child]] = names[parent]
    control.close()


def test_who_leads_a_team_leads_those_below_it(control: Control, clock: FrozenClock) -> None:
    made(control, clock, "Top")
    made(control, clock, "Low", parent="top")
    ada = person(control, clock, "ada@example.com")
    set_leads(control, "acme", "top", [ada.id], SYSTEM, clock.now())
    found = member_of_id(control, "acme", ada.id)
    assert (found.role, found.teams_led, found.teams_seen) == ("lead", ("top",), ("low", "top"))
    with control.read() as connection:
        assert leads_in(connection, "acme", "top") == ["ada@example.com"]
    with control.read() as connection:
        newest = select(audit_entries.c.after).order_by(audit_entries.c.number.desc()).limit(1)
        after = connection.execute(newest).scalar_one()
    assert json.loads(after) == {"leads": ["ada@example.com"], "role lead": ["ada@example.com"]}
    set_leads(control, "acme", "top", [], SYSTEM, clock.now())
    assert member_of_id(control, "acme", ada.id).teams_seen == ()


def test_a_stranger_leads_and_changes_nothing_here(control: Control, clock: FrozenClock) -> None:
    made(control, clock, "Top")
    eve = person(control, clock, "eve@example.com", "other")
    with pytest.raises(NotFound):
        set_leads(control, "acme", "top", [eve.id], SYSTEM, clock.now())
    with pytest.raises(NotFound):
        team_of_id(control, "other", "top")
    for act in (archive_team, restore_team):
        with pytest.raises(NotFound):
            act(control, "other", "top", SYSTEM, clock.now())
    assert find_teams(control, "other", TeamSearch()).count == 0


def test_an_archived_team_has_no_members_and_can_come_back(control: Control, clock: FrozenClock) -> None:
    made(control, clock, "Top")
    made(control, clock, "Low", parent="top")
    ada = person(control, clock, "ada@example.com", teams=("low",))
    with pytest.raises(Conflict, match="below it"):
        archive_team(control, "acme", "top", SYSTEM, clock.now())
    clock.move(timedelta(days=1))
    archive_team(control, "acme", "low", SYSTEM, clock.now())
    (ended,) = memberships_of(control, "acme", ada.id)
    assert ended.ends_at == clock.now()
    assert [each.id for each in find_teams(control, "acme", TeamSearch()).teams] == ["top"]
    assert [each.id for each in find_teams(control, "acme", TeamSearch(archived=True)).teams] == ["low"]
    restore_team(control, "acme", "low", SYSTEM, clock.now())
    assert team_of_id(control, "acme", "low").archived_at is None
    assert team_of_id(control, "acme", "low").members == 0


def test_teams_are_searched_and_paged_by_name(control: Control, clock: FrozenClock) -> None:
    for name in ("Écurie", "Beta", "alpha", "Gamma"):
        made(control, clock, name)
    assert find_teams(control, "acme", TeamSearch(text="ÉCU")).count == 1
    assert find_teams(control, "acme", TeamSearch(text="100%")).count == 0
    pages = [find_teams(control, "acme", TeamSearch(offset=at, limit=2)) for at in (0, 2)]
    assert [page.count for page in pages] == [4, 4]
    assert len({each.id for page in pages for each in page.teams}) == 4
