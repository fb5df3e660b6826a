"""The demo's teams and members: they fit what its calls name, and signing them up twice changes nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import structs

from outlay.cli.demo_people import ADMIN, examples_of, sign_up
from outlay.control.database import Control, open_control
from outlay.control.members import NewMember, create_member, member_of_email, members_of
from outlay.control.memberships import attributions_of
from outlay.control.organisations import create_organisation
from outlay.control.teams import TeamSearch, find_teams, leads_of
from outlay.control.trail import SYSTEM
from outlay.demo.organisation import Directory, build_directory
from outlay.demo.staff import DEPARTMENTS, colleagues, staffed_teams
from tests.demo.test_organisation import SPEC

NOW = SPEC.end
SMALLEST = build_directory(structs.replace(SPEC, events=1))
USUAL = build_directory(SPEC)


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    control = open_control(tmp_path / "control.sqlite")
    create_organisation(control, "acme", "Acme", "Europe/Berlin", SYSTEM, datetime(2026, 1, 1, tzinfo=UTC))
    yield control
    control.close()


@pytest.mark.parametrize("directory", [SMALLEST, USUAL], ids=["smallest", "usual"])
def test_every_team_of_the_calls_has_its_place(directory: Directory) -> None:
    teams = staffed_teams(directory)
    before: set[str] = set()
    for team in teams:
        assert team.parent is None or team.parent in before, "a team comes after the one above it"
        assert team.leads or team.parent is not None, "somebody leads it, or the team above it"
        before.add(team.id)
    assert before == {team.id for team in directory.teams} | DEPARTMENTS.keys()
    assert len({team.cost_centre for team in teams}) == len(teams)
    people = {person.id for person in directory.people}
    assert {lead for team in teams for lead in team.leads} <= people


@pytest.mark.parametrize("directory", [SMALLEST, USUAL], ids=["smallest", "usual"])
def test_everybody_is_in_the_team_that_their_calls_name(directory: Directory) -> None:
    found = colleagues(directory)
    assert [each.person for each in found] == list(directory.people)
    assert all(each.teams[:1] == (() if each.person.team is None else (each.person.team,)) for each in found)
    assert {each.role for each in found} == {"billing", "lead", "member"}
    assert any(len(each.teams) == 2 for each in found) == (directory is USUAL)


def test_signing_up_twice_leaves_what_is_there(control: Control) -> None:
    create_member(control, "acme", NewMember(email=ADMIN, role="admin", name="Renamed"), SYSTEM, NOW)
    sign_up(control, "acme", USUAL, NOW)
    sign_up(control, "acme", USUAL, NOW)
    members = members_of(control, "acme")
    assert len(members) == len(USUAL.people) + 1
    assert member_of_email(control, "acme", ADMIN).name == "Renamed"
    page = find_teams(control, "acme", TeamSearch(at=NOW))
    assert page.count == 15
    primary = {each.user: each.team for each in attributions_of(control, "acme") if each.primary}
    assert primary == {person.id: person.team for person in USUAL.people if person.team is not None}
    parents = {team.id: team.parent for team in page.teams}
    assert (parents["storefront"], parents["product-eng"], parents["engineering"]) == (
        "product-eng",
        "engineering",
        None,
    )


def test_a_lead_of_a_department_sees_the_teams_below(control: Control) -> None:
    sign_up(control, "acme", USUAL, NOW)
    (email,) = leads_of(control, "acme", "engineering")
    lead = member_of_email(control, "acme", email)
    assert set(lead.teams_seen) == {"engineering", "platform", "product-eng", "data", "research", "storefront"}
    assert (lead.role, lead.user in {person.id for person in USUAL.people}) == ("lead", True)


def test_one_of_every_role_is_named_to_look_with(control: Control) -> None:
    sign_up(control, "acme", SMALLEST, NOW)
    examples = examples_of(control, "acme")
    assert examples[0].email == ADMIN
    assert {each.role for each in examples} == {"admin", "billing", "lead", "member"}
