"""The pages of teams: an admin who changes them, a lead who sees theirs, a member and a stranger who see none."""

from typing import Final

import pytest

from outlay.access.proof import FRESH
from outlay.control.members import NewMember, create_member, member_of_id
from outlay.control.teams import TeamSettings, create_team, leads_of, set_leads, team_of_id
from outlay.control.trail import SYSTEM
from tests.web.pages.people import People
from tests.web.site import NOW

TEAMS: Final = "/settings/teams"


def team(people: People, name: str, parent: str | None = None, organisation: str = "default") -> str:
    control = people.site.outlay.control
    return create_team(control, organisation, TeamSettings(name=name, parent=parent), SYSTEM, NOW).id


def test_a_team_is_made_changed_archived_and_brought_back(people: People) -> None:
    control = people.site.outlay.control
    ada = people.browser_of(people.ada, page=TEAMS)
    assert "Create the first team" in ada.get(TEAMS).text
    made = ada.post("/settings/new-team", name="Growth", cost_centre="4711", colour="4", leads="lin@acme.example")
    assert made.headers["location"] == f"{TEAMS}/growth?done=made"
    found = team_of_id(control, "default", "growth")
    assert (found.name, found.cost_centre, found.colour_slot) == ("Growth", "4711", 4)
    assert member_of_id(control, "default", people.lin.id).teams_led == ("growth",)
    page = ada.get(f"{TEAMS}/growth").text
    assert "4711" in page
    assert "lin@acme.example" in page
    team(people, "Low", parent="growth")
    ada.post("/settings/team-change", id="growth", name="Growing", colour="4", leads="")
    assert team_of_id(control, "default", "growth").name == "Growing"
    assert leads_of(control, "default", "growth") == []
    below = ada.post("/settings/team-change", id="growth", name="Growing", parent="low")
    assert (below.status_code, "below itself" in below.text) == (422, True)
    assert ada.post("/settings/team-archive", id="growth").status_code == 409
    ada.post("/settings/team-archive", id="low")
    assert "Low" not in ada.get(TEAMS).text
    assert "Low" in ada.get(f"{TEAMS}?show=archived").text
    ada.post("/settings/team-restore", id="low")
    assert "Low" in ada.get(TEAMS).text


@pytest.mark.parametrize(
    ("path", "fields", "asks"),
    [
        ("/settings/team-change", {"name": "Growing", "leads": "lin@acme.example"}, False),
        ("/settings/team-change", {"leads": ""}, False),
        ("/settings/team-change", {"leads": "lin@acme.example\nada@acme.example"}, True),
        ("/settings/team-change", {"leads": "lin@acme.example", "parent": "core"}, True),
        ("/settings/new-team", {"id": "seen-in-events", "leads": "lin@acme.example"}, True),
        ("/settings/new-team", {"id": "new"}, False),
    ],
    ids=["name", "a lead less", "a lead more", "below another's", "a team of events", "without leads"],
)
def test_what_lets_somebody_see_more_asks_who_is_there(
    people: People, path: str, fields: dict[str, str], *, asks: bool
) -> None:
    control = people.site.outlay.control
    team(people, "Growth")
    team(people, "Core")
    set_leads(control, "default", "growth", [people.lin.id], SYSTEM, NOW)
    ada = people.browser_of(people.ada, page=TEAMS)
    people.site.clock.move(FRESH)
    answer = ada.post(path, **({"id": "growth", "name": "Growth"} | fields))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/account/proof") == asks
    kept = team_of_id(control, "default", "growth")
    assert not asks or (kept.parent, leads_of(control, "default", "growth")) == (None, ["lin@acme.example"])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "A team&#39;s name has 1 to 200"),
        ({"name": "Growth"}, "There is a team &#39;growth&#39; already"),
        ({"name": "New", "parent": "nowhere"}, "There is no team “nowhere”"),
        ({"name": "New", "leads": "eve@others.example"}, "There is no member “eve@others.example”"),
        ({"name": "New", "parent": "theirs"}, "There is no team “theirs”"),
    ],
)
def test_what_can_not_be_is_said(people: People, fields: dict[str, str], said: str) -> None:
    team(people, "Growth")
    team(people, "Theirs", organisation="others")
    page = people.browser_of(people.ada, page=TEAMS).post("/settings/new-team", **fields)
    assert page.status_code in {409, 422}
    assert said in page.text


def test_a_lead_sees_their_teams_and_those_below_alone(people: People) -> None:
    control = people.site.outlay.control
    for name, parent in (("Top", None), ("Mid", "top"), ("Low", "mid"), ("Else", None)):
        team(people, name, parent)
    ada = people.browser_of(people.ada, page=TEAMS)
    ada.post("/settings/team-change", id="mid", name="Mid", parent="top", leads="lin@acme.example")
    wanted = NewMember(email="bo@acme.example", role="member", teams=("low",))
    create_member(control, "default", wanted, SYSTEM, NOW)
    lin = people.browser_of(people.lin)
    listed = lin.get(TEAMS).text
    assert [name in listed for name in ("Top", "Mid", "Low", "Else")] == [False, True, True, False]
    low = lin.get(f"{TEAMS}/low").text
    assert "bo@acme.example" in low
    assert "Top" not in low
    assert "/settings/team-change" not in low
    assert lin.get(f"{TEAMS}/else").status_code == lin.get(f"{TEAMS}/top").status_code == 404


@pytest.mark.parametrize("act", ["new-team", "team-change", "team-archive", "team-restore"])
def test_nobody_else_changes_a_team(people: People, act: str) -> None:
    team(people, "Growth")
    before = team_of_id(people.site.outlay.control, "default", "growth")
    fields = {"id": "growth", "name": "Taken"}
    assert people.browser_of(people.lin).post(f"/settings/{act}", **fields).status_code == 403
    answer = people.browser_of(people.eve).post(f"/settings/{act}", **fields)
    assert answer.status_code == (303 if act == "new-team" else 404)
    assert team_of_id(people.site.outlay.control, "default", "growth") == before


def test_a_member_and_a_stranger_see_no_team_of_ours(people: People) -> None:
    team(people, "Growth")
    control = people.site.outlay.control
    bo = create_member(control, "default", NewMember(email="bo@acme.example", role="member"), SYSTEM, NOW)
    assert people.browser_of(bo).get(TEAMS).status_code == 403
    eve = people.browser_of(people.eve)
    assert "Growth" not in eve.get(TEAMS).text
    assert eve.get(f"{TEAMS}/growth").status_code == 404


@pytest.mark.parametrize("name", ["a/b", "ü ß", "100%", "?x=1#y", "a/../b", "new"])
def test_a_team_of_any_id_has_a_page(people: People, name: str) -> None:
    ada = people.browser_of(people.ada, page=TEAMS)
    made = ada.post("/settings/new-team", name="Odd", id=name)
    assert made.status_code == 303
    page = ada.get(made.headers["location"])
    assert page.status_code == 200
    assert f'value="{name}"' in page.text
