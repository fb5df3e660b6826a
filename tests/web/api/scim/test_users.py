"""Users over SCIM: members come, change, go and come back; in the ways Okta and Entra do it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outlay.access.key_changes import create_key
from outlay.access.key_ring import KeyRing
from outlay.access.keys import NewKey
from outlay.access.sessions import Sessions
from outlay.control.member_changes import MemberChange, change_member
from outlay.control.members import member_of_email, member_of_id
from outlay.control.trail_tables import audit_entries
from outlay.errors import KeyInvalid, NotSignedIn
from tests.web.api.scim.provider import ACME, BY, Service


def test_a_user_becomes_a_member_whom_scim_finds_again(service: Service) -> None:
    made = service.acme.makes_user("grace", name={"givenName": "Grace", "familyName": "Hopper"}, active=True)
    member = member_of_email(service.control, ACME, "grace@acme.example")
    assert (member.id, member.name, member.role, member.disabled_at) == (made["id"], "Grace Hopper", "member", None)
    assert made["meta"]["location"] == f"http://testserver/scim/v2/Users/{made['id']}"
    for asked in (
        'userName eq "GRACE@acme.example"',
        'externalId eq "00u-grace"',
        'emails.value eq "grace@acme.example"',
    ):
        found = service.acme.asks("GET", "/Users", filter=asked).json()
        assert [each["id"] for each in found["Resources"]] == [made["id"]], asked


def test_their_calls_are_those_of_their_address_unless_somebody_else_has_them(service: Service) -> None:
    made = service.acme.makes_user("grace")
    assert member_of_id(service.control, ACME, made["id"]).user == "grace@acme.example"
    taken = MemberChange(user="hopper@acme.example")
    change_member(service.control, ACME, made["id"], taken, BY, service.clock.now())
    other = service.acme.makes_user("hopper")
    assert member_of_id(service.control, ACME, other["id"]).user is None
    member = MemberChange(email="moved@acme.example")
    assert change_member(service.control, ACME, made["id"], member, BY, service.clock.now()).user == taken.user


def test_members_that_were_there_before_are_users_too(service: Service) -> None:
    found = service.acme.asks("GET", "/Users", filter='userName eq "root@acme.example"').json()
    assert [each["id"] for each in found["Resources"]] == [service.admin]
    changed = service.acme.asks(
        "PUT", f"/Users/{service.admin}", {"userName": "root@acme.example", "displayName": "The Root", "active": True}
    )
    assert changed.status_code == 200
    assert member_of_id(service.control, ACME, service.admin).name == "The Root"


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param({"op": "replace", "path": "active", "value": False}, id="by the book"),
        pytest.param({"op": "replace", "value": {"active": False}}, id="Okta"),
        pytest.param({"op": "Replace", "path": "active", "value": "False"}, id="Entra"),
        pytest.param({"op": "Add", "path": "active", "value": "False"}, id="Entra, adding"),
        pytest.param({"op": "replace", "path": "ACTIVE", "value": False}, id="in capitals"),
    ],
)
def test_who_is_deactivated_is_out_at_once(service: Service, operation: dict[str, Any]) -> None:
    user = service.acme.makes_user("grace")
    control, now = service.control, service.clock.now()
    member = change_member(control, ACME, user["id"], MemberChange(user="grace"), BY, now)
    sessions = Sessions(control, timedelta(days=1))
    browser = sessions.open(member, now)[0]
    _, plaintext = create_key(control, ACME, NewKey(name="hers", user="grace"), BY, now)
    assert KeyRing(control).resolve(plaintext, now).user == "grace"
    assert service.acme.patches(f"/Users/{user['id']}", operation).json()["active"] is False
    with pytest.raises(NotSignedIn):
        sessions.member_of(browser, now)
    with pytest.raises(KeyInvalid):
        KeyRing(control).resolve(plaintext, now)
    back = service.acme.patches(f"/Users/{user['id']}", {"op": "replace", "path": "active", "value": True})
    assert back.json()["active"] is True
    with pytest.raises(NotSignedIn):
        sessions.member_of(browser, now)


def test_a_deleted_user_is_gone_for_scim_and_the_same_member_when_created_again(service: Service) -> None:
    user = service.acme.makes_user("grace")
    assert service.acme.asks("DELETE", f"/Users/{user['id']}").status_code == 204
    assert service.acme.asks("GET", f"/Users/{user['id']}").status_code == 404
    assert service.acme.asks("DELETE", f"/Users/{user['id']}").status_code == 404
    assert service.acme.asks("GET", "/Users", filter='userName eq "grace@acme.example"').json()["totalResults"] == 0
    assert member_of_id(service.control, ACME, user["id"]).disabled_at is not None
    again = service.acme.makes_user("grace")
    assert again["id"] == user["id"]
    assert member_of_id(service.control, ACME, user["id"]).disabled_at is None


def test_two_users_have_neither_name_nor_address_in_common(service: Service) -> None:
    service.acme.makes_user("grace")
    for body in (
        {"userName": "Grace@ACME.example"},
        {"userName": "other", "emails": [{"value": "grace@acme.example"}]},
        {"userName": "root@acme.example"},
    ):
        answer = service.acme.asks("POST", "/Users", body)
        assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness")
    ada = service.acme.makes_user("ada")
    answer = service.acme.patches(
        f"/Users/{ada['id']}", {"op": "replace", "path": "userName", "value": "grace@acme.example"}
    )
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("operations", "email", "name"),
    [
        pytest.param(
            [{"op": "Replace", "path": 'emails[type eq "work"].value', "value": "new@acme.example"}],
            "new@acme.example",
            "grace",
            id="Entra changes an address that is not there yet",
        ),
        pytest.param(
            [{"op": "replace", "value": {"emails": [{"value": "new@acme.example", "primary": True}]}}],
            "new@acme.example",
            "grace",
            id="Okta",
        ),
        pytest.param(
            [{"op": "Add", "value": {"name.givenName": "Grace", "name.familyName": "H."}}],
            "grace@acme.example",
            "Grace H.",
            id="dotted names",
        ),
        pytest.param(
            [{"op": "Add", "path": "name.formatted", "value": "x"}, {"op": "Add", "path": "displayName", "value": "G"}],
            "grace@acme.example",
            "G",
            id="what is not kept is passed over",
        ),
        pytest.param(
            [
                {
                    "op": "Replace",
                    "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
                    "value": "x",
                }
            ],
            "grace@acme.example",
            "grace",
            id="an extension",
        ),
        pytest.param(
            [{"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:displayName", "value": "G"}],
            "grace@acme.example",
            "G",
            id="in full",
        ),
    ],
)
def test_ways_of_changing(service: Service, operations: list[dict[str, object]], email: str, name: str) -> None:
    user = service.acme.makes_user("grace")
    answer = service.acme.patches(f"/Users/{user['id']}", *operations)
    assert answer.status_code == 200, answer.text
    member = member_of_id(service.control, ACME, user["id"])
    assert (member.email, member.name) == (email, name)


@pytest.mark.parametrize(
    ("operation", "scim_type"),
    [
        ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
        ({"op": "replace", "path": "groups", "value": []}, "mutability"),
        ({"op": "replace", "path": "nothing", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "emails[", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "emails[type eq].value", "value": "x"}, "invalidFilter"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "move", "path": "active"}, "invalidSyntax"),
        ({"op": "replace", "path": "active"}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
        ({"op": "replace", "path": "userName", "value": {"a": 1}}, "invalidValue"),
        ({"op": "replace", "path": "emails", "value": [{"value": "no address"}]}, "invalidValue"),
        ({"op": "replace", "path": "userName", "value": "a\u0007b"}, "invalidValue"),
        ({"op": "replace", "value": "x"}, "invalidValue"),
    ],
)
def test_what_can_not_be_done_is_told_as_scim_tells_it(
    standing: Service, operation: dict[str, object], scim_type: str
) -> None:
    user = standing.acme.asks("GET", "/Users", filter='externalId eq "00u-user-0"').json()["Resources"][0]["id"]
    answer = standing.acme.patches(f"/Users/{user}", operation)
    assert (answer.status_code, answer.json()["scimType"]) == (400, scim_type)
    assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


def test_the_last_admin_stays(service: Service) -> None:
    answer = service.acme.patches(f"/Users/{service.admin}", {"op": "replace", "path": "active", "value": False})
    assert answer.status_code == 409
    assert "last admin" in answer.json()["detail"]
    assert service.acme.asks("DELETE", f"/Users/{service.admin}").status_code == 409
    assert member_of_id(service.control, ACME, service.admin).disabled_at is None


def test_pages_hold_everybody_once(service: Service) -> None:
    made = [service.acme.makes_user(f"user-{number}")["id"] for number in range(7)]
    seen: list[str] = []
    for start in range(1, 10, 3):
        page = service.acme.asks("GET", "/Users", startIndex=str(start), count="3").json()
        assert (page["totalResults"], page["startIndex"]) == (8, start)
        seen += [each["id"] for each in page["Resources"]]
    assert sorted(seen) == sorted([*made, service.admin])
    assert service.acme.asks("GET", "/Users", count="0").json()["itemsPerPage"] == 0
    assert service.acme.asks("GET", "/Users", startIndex="-5", count="-1").json()["totalResults"] == 8
    assert service.acme.asks("GET", "/Users", startIndex="soon").status_code == 400
    assert service.acme.asks("GET", "/Users", startIndex="9" * 30).json()["Resources"] == []


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ('userName sw "user-" and active eq true', 2),
        ('userName sw "user-" and not (active eq true)', 1),
        ('active eq false or userName eq "root@acme.example"', 2),
        ('userName co "R-1"', 1),
        ('userName ew "acme.example"', 4),
        ('userName ne "root@acme.example"', 3),
        ("externalId pr", 3),
        ("not (externalId pr)", 1),
        ('emails[value eq "user-1@acme.example"]', 1),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName eq "user-1@acme.example"', 1),
        ('meta.lastModified ge "2020-01-01T00:00:00Z"', 4),
        ('meta.created lt "2020-01-01T00:00:00Z"', 0),
        ('userName eq "%"', 0),
        ('userName co "_"', 0),
        (r'userName eq "a\u0000"', 0),
        (r'externalId co "\u0000"', 0),
        ('active eq "True" and userName sw "user-"', 2),
    ],
)
def test_filters(standing: Service, asked: str, number: int) -> None:
    answer = standing.acme.asks("GET", "/Users", filter=asked)
    assert answer.status_code == 200, answer.text
    assert answer.json()["totalResults"] == number


@pytest.mark.parametrize(
    "asked",
    [
        "userName",
        "userName is 1",
        'userName eq "open',
        'password eq "x"',
        "userName eq 1",
        "(userName pr",
        "userName pr)",
        "active gt true",
        "meta.created gt 1",
        'meta.created gt "2020-01-01"',
        "emails[",
        "(" * 100 + "userName pr" + ")" * 100,
        " and ".join(["userName pr"] * 200),
        "x" * 3000,
        'userName eq "x" drop table members',
    ],
)
def test_filters_that_can_not_be_asked(standing: Service, asked: str) -> None:
    answer = standing.acme.asks("GET", "/Users", filter=asked)
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidFilter")


def test_every_change_is_in_the_audit_trail_as_of_the_token(service: Service) -> None:
    user = service.acme.makes_user("grace")
    service.acme.patches(f"/Users/{user['id']}", {"op": "replace", "path": "active", "value": False})
    asked = select(audit_entries.c.action, audit_entries.c.actor_kind).order_by(audit_entries.c.number)
    with service.control.read() as connection:
        entries = connection.execute(asked.where(audit_entries.c.subject == user["id"])).all()
    assert [tuple(each) for each in entries] == [("member.add", "scim"), ("member.disable", "scim")]


def test_only_what_is_asked_for_is_told(service: Service) -> None:
    user = service.acme.makes_user("grace", name={"givenName": "Grace", "familyName": "H"})
    only = service.acme.asks("GET", f"/Users/{user['id']}", attributes="userName,name.givenName").json()
    assert {"schemas", "id", "userName", "name"} == only.keys()
    assert only["name"] == {"givenName": "Grace"}
    without = service.acme.asks("GET", f"/Users/{user['id']}", excludedAttributes="emails,id").json()
    assert "emails" not in without
    assert without["id"] == user["id"]
