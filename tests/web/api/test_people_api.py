"""Members and teams over the API: what an admin's key may do, and that no other key or organisation does it."""

from pathlib import Path
from typing import Any

import pytest

from outlay.access.key_changes import create_key
from outlay.access.keys import NewKey
from outlay.control.member_search import MemberSearch, find
from outlay.control.members import NewMember, create_member
from outlay.control.organisations import create_organisation
from outlay.control.teams import TeamSettings, create_team
from outlay.control.trail import SYSTEM
from tests.web.site import NOW, Site, open_site

MEMBERS, TEAMS = "/api/v1/members", "/api/v1/teams"


@pytest.fixture
def site(tmp_path: Path) -> Any:
    with open_site(tmp_path) as opened:
        boss = NewMember(email="boss@example.com", role="admin")
        create_member(opened.outlay.control, "default", boss, SYSTEM, NOW)
        yield opened


def admin(site: Site) -> dict[str, str]:
    return site.key(f"admin {id(object())}", scopes=frozenset({"admin"}))


def test_teams_and_members_are_made_and_changed(site: Site) -> None:
    key = admin(site)
    made = site.client.post(TEAMS, json={"name": "Growth", "cost_centre": "4711"}, headers=key)
    assert (made.status_code, made.json()["id"]) == (201, "growth")
    site.client.post(TEAMS, json={"name": "Low", "parent": "growth"}, headers=key)
    body = {"email": "bo@example.com", "role": "lead", "teams": ["low"], "teams_led": ["growth"]}
    bo = site.client.post(MEMBERS, json=body, headers=key)
    assert bo.status_code == 201
    told = bo.json()
    assert (told["user"], told["teams"], told["state"]) == ("bo@example.com", ["low"], "invited")
    changed = site.client.patch(f"{MEMBERS}/{told['id']}", json={"teams": [], "disabled": True}, headers=key).json()
    assert (changed["teams"], changed["state"], changed["teams_led"]) == ([], "disabled", ["growth"])
    again = site.client.patch(f"{TEAMS}/low", json={"leads": ["bo@example.com"], "colour": 3}, headers=key).json()
    assert (again["leads"], again["colour"], again["parent"]) == (["bo@example.com"], 3, "growth")
    assert site.client.patch(f"{TEAMS}/low", json={"archived": True}, headers=key).json()["archived"]
    assert [each["id"] for each in site.client.get(f"{TEAMS}?archived=true", headers=key).json()["teams"]] == ["low"]
    assert not site.client.patch(f"{TEAMS}/low", json={"archived": False}, headers=key).json()["archived"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", MEMBERS, {"email": "nonsense"}, 422),
        ("POST", MEMBERS, {"email": "boss@example.com"}, 409),
        ("POST", MEMBERS, {"email": "a@b.example", "role": "king"}, 422),
        ("POST", MEMBERS, {"email": "a@b.example", "teams": ["nowhere"]}, 422),
        ("POST", MEMBERS, {"email": "a@b.example", "colour": 1}, 422),
        ("GET", f"{MEMBERS}/mem_none", None, 404),
        ("PATCH", f"{MEMBERS}/mem_none", {"name": "x"}, 404),
        ("POST", TEAMS, {"name": ""}, 422),
        ("POST", TEAMS, {"name": "x", "parent": "nowhere"}, 404),
        ("POST", TEAMS, {"name": "x", "leads": ["nobody@example.com"]}, 422),
        ("PATCH", f"{TEAMS}/there", {"parent": "there"}, 422),
        ("PATCH", f"{TEAMS}/nowhere", {"name": "x"}, 404),
    ],
)
def test_what_can_not_be_is_refused(site: Site, method: str, path: str, body: Any, status: int) -> None:
    create_team(site.outlay.control, "default", TeamSettings(name="There"), SYSTEM, NOW)
    answer = site.client.request(method, path, json=body, headers=admin(site))
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_a_change_is_made_as_a_whole_or_not_at_all(site: Site) -> None:
    key = admin(site)
    boss = site.client.get(MEMBERS, headers=key).json()["members"][0]
    refused = site.client.patch(f"{MEMBERS}/{boss['id']}", json={"name": "Other", "disabled": True}, headers=key)
    assert refused.status_code == 409
    assert site.client.get(f"{MEMBERS}/{boss['id']}", headers=key).json() == boss
    site.client.post(TEAMS, json={"name": "Top"}, headers=key)
    site.client.post(TEAMS, json={"name": "Low", "parent": "top"}, headers=key)
    top = site.client.get(f"{TEAMS}/top", headers=key).json()
    asked = {"name": "Other", "leads": ["boss@example.com"], "archived": True}
    assert site.client.patch(f"{TEAMS}/top", json=asked, headers=key).status_code == 409
    assert site.client.get(f"{TEAMS}/top", headers=key).json() == top


def test_lists_are_paged_by_place(site: Site) -> None:
    control = site.outlay.control
    for number in range(25):
        create_member(control, "default", NewMember(email=f"p{number}@example.com", role="member"), SYSTEM, NOW)
        create_team(control, "default", TeamSettings(name=f"Team {number % 5}"), SYSTEM, NOW, team=f"t{number}")
    key = admin(site)
    for path, field, count in ((MEMBERS, "members", 26), (TEAMS, "teams", 25)):
        seen: list[str] = []
        after = ""
        while True:
            page = site.client.get(f"{path}?n=10{after}", headers=key).json()
            seen += [each["id"] for each in page[field]]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        assert len(seen) == len(set(seen)) == count


@pytest.mark.parametrize("path", [MEMBERS, TEAMS])
def test_only_a_key_that_administers_opens_it(site: Site, path: str) -> None:
    assert site.client.get(path).status_code == 401
    assert site.client.get(path, headers=site.key("reads", scopes=frozenset({"read"}))).status_code == 403


def test_another_organisation_is_out_of_reach(site: Site) -> None:
    control = site.outlay.control
    create_organisation(control, "others", "Others", "UTC", SYSTEM, NOW)
    create_team(control, "default", TeamSettings(name="Growth"), SYSTEM, NOW)
    (boss,) = find(control, "default", MemberSearch(at=NOW)).members
    new = NewKey(name="theirs", scopes=frozenset({"admin"}))
    _, plaintext = create_key(control, "others", new, SYSTEM, NOW)
    key = {"authorization": f"Bearer {plaintext}"}
    assert site.client.get(MEMBERS, headers=key).json() == {"members": [], "next": None}
    assert site.client.get(TEAMS, headers=key).json() == {"teams": [], "next": None}
    for path in (f"{MEMBERS}/{boss.member.id}", f"{TEAMS}/growth"):
        assert site.client.get(path, headers=key).status_code == 404
        assert site.client.patch(path, json={"name": "Taken"}, headers=key).status_code == 404
