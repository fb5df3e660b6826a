"""Groups over SCIM: who is in them, and what that makes of people where a rule says so."""

from typing import Any

import pytest

from outlay.access.group_mapping import map_group, unmap_group
from outlay.control.group_rules import GroupRule
from outlay.control.members import member_of_id
from outlay.control.memberships import set_memberships, teams_at
from tests.web.api.scim.provider import ACME, BY, Provider, Service


def rule(service: Service, group: str, role: str | None = None, *teams: str) -> None:
    map_group(service.control, ACME, GroupRule(group=group, role=role, teams=teams), BY, service.clock.now())


def standing(service: Service, user: str) -> tuple[str, list[str]]:
    with service.control.read() as connection:
        teams = teams_at(connection, ACME, user, service.clock.now())
    return member_of_id(service.control, ACME, user).role, sorted(teams)


def inside(provider: Provider, group: str) -> set[str]:
    return {each["value"] for each in provider.asks("GET", f"/Groups/{group}").json().get("members", [])}


@pytest.mark.parametrize(
    ("adds", "removes"),
    [
        pytest.param(
            lambda ids: {"op": "add", "path": "members", "value": [{"value": each} for each in ids]},
            lambda ids: {"op": "remove", "path": f'members[value eq "{ids[0]}"]'},
            id="Okta",
        ),
        pytest.param(
            lambda ids: {"op": "Add", "path": "members", "value": [{"value": each} for each in ids]},
            lambda ids: {"op": "Remove", "path": "members", "value": [{"value": ids[0]}]},
            id="Entra",
        ),
        pytest.param(
            lambda ids: {"op": "add", "value": {"members": [{"value": each} for each in ids]}},
            lambda ids: {"op": "replace", "path": "members", "value": [{"value": ids[1]}]},
            id="all at once",
        ),
    ],
)
def test_people_come_and_go(service: Service, adds: Any, removes: Any) -> None:
    grace, ada = (service.acme.makes_user(name)["id"] for name in ("grace", "ada"))
    group = service.acme.makes_group("engineers")["id"]
    assert service.acme.patches(f"/Groups/{group}", adds([grace, ada])).status_code in {200, 204}
    assert inside(service.acme, group) == {grace, ada}
    assert service.acme.patches(f"/Groups/{group}", adds([grace, ada])).status_code in {200, 204}
    assert service.acme.patches(f"/Groups/{group}", removes([grace, ada])).status_code in {200, 204}
    assert inside(service.acme, group) == {ada}
    user = service.acme.asks("GET", f"/Users/{ada}").json()
    assert [(each["value"], each["display"]) for each in user["groups"]] == [(group, "engineers")]
    service.acme.patches(f"/Groups/{group}", {"op": "remove", "path": "members"})
    assert inside(service.acme, group) == set()


def test_a_group_gives_what_its_rule_says_and_takes_it_back(service: Service) -> None:
    rule(service, "finance", "billing", "finance")
    rule(service, "core-leads", "lead", "core", "growth")
    grace = service.acme.makes_user("grace")["id"]
    assert standing(service, grace) == ("member", [])
    finance = service.acme.makes_group("finance", grace)["id"]
    assert standing(service, grace) == ("billing", ["finance"])
    leads = service.acme.makes_group("core-leads", grace)["id"]
    assert standing(service, grace) == ("billing", ["core", "finance", "growth"])
    service.acme.asks("DELETE", f"/Groups/{finance}")
    assert standing(service, grace) == ("lead", ["core", "growth"])
    assert member_of_id(service.control, ACME, grace).teams_led == ("core", "growth")
    service.acme.patches(f"/Groups/{leads}", {"op": "remove", "path": "members", "value": [{"value": grace}]})
    assert standing(service, grace) == ("member", [])


def test_a_rule_counts_for_those_who_are_in_the_group_already(service: Service) -> None:
    grace = service.acme.makes_user("grace")["id"]
    service.acme.makes_group("Everyone", grace, externalId="f3a1")
    rule(service, "f3a1", "billing", "everyone")
    assert standing(service, grace) == ("billing", ["everyone"])
    rule(service, "f3a1", None, "others")
    assert standing(service, grace) == ("member", ["others"])
    unmap_group(service.control, ACME, "f3a1", BY, service.clock.now())
    assert standing(service, grace) == ("member", [])


def test_renaming_a_group_changes_what_it_gives(service: Service) -> None:
    rule(service, "admins", "admin")
    grace = service.acme.makes_user("grace")["id"]
    group = service.acme.makes_group("people", grace)["id"]
    service.acme.patches(f"/Groups/{group}", {"op": "replace", "path": "displayName", "value": "admins"})
    assert standing(service, grace)[0] == "admin"
    service.acme.patches(f"/Groups/{group}", {"op": "replace", "value": {"id": group, "displayName": "people"}})
    assert standing(service, grace)[0] == "member"


def test_the_last_admin_keeps_the_role(service: Service) -> None:
    rule(service, "people", "member", "people")
    service.acme.makes_group("people", service.admin)
    assert standing(service, service.admin) == ("admin", ["people"])


def test_teams_that_no_rule_names_are_left_alone(service: Service) -> None:
    grace = service.acme.makes_user("grace")["id"]
    rule(service, "a", None, "alpha")
    group = service.acme.makes_group("a", grace)["id"]
    with service.control.begin() as connection:
        set_memberships(connection, ACME, grace, ["hand-made", "alpha"], BY, service.clock.now())
    service.acme.asks("DELETE", f"/Groups/{group}")
    assert standing(service, grace) == ("member", ["hand-made"])


def test_a_deleted_user_is_in_no_group(service: Service) -> None:
    rule(service, "admins", "admin")
    grace = service.acme.makes_user("grace")["id"]
    group = service.acme.makes_group("admins", grace)["id"]
    service.acme.asks("DELETE", f"/Users/{grace}")
    assert inside(service.acme, group) == set()
    assert service.acme.makes_user("grace")["id"] == grace
    assert standing(service, grace)[0] == "member"


def test_groups_hold_users_of_the_organisation_alone(service: Service) -> None:
    stranger = service.others.makes_user("eve")["id"]
    answer = service.acme.asks("POST", "/Groups", {"displayName": "x", "members": [{"value": stranger}]})
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")
    assert service.acme.asks("GET", "/Groups").json()["totalResults"] == 0


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ('displayName eq "ENGINEERS"', 1),
        ('displayName sw "e" or externalId eq "x1"', 2),
        ('externalId eq "X1"', 0),
        ("displayName pr", 2),
    ],
)
def test_filters(service: Service, asked: str, number: int) -> None:
    service.acme.makes_group("Engineers")
    service.acme.makes_group("Finance", externalId="x1")
    assert service.acme.asks("GET", "/Groups", filter=asked).json()["totalResults"] == number


def test_groups_of_a_user_are_found_and_lists_need_not_name_everybody(service: Service) -> None:
    grace = service.acme.makes_user("grace")["id"]
    group = service.acme.makes_group("a", grace)["id"]
    service.acme.makes_group("b")
    found = service.acme.asks(
        "GET", "/Groups", filter=f'members.value eq "{grace}"', excludedAttributes="members"
    ).json()
    assert [each["id"] for each in found["Resources"]] == [group]
    assert "members" not in found["Resources"][0]
    assert service.acme.asks("POST", "/Groups", {"displayName": "A"}).status_code == 409
