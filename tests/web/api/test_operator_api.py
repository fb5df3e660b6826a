"""Whole organisations over the API: an operator's key makes, suspends and deletes them, and sees nothing in them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from outlay.access.key_changes import change_key, create_key
from outlay.access.keys import NewKey
from outlay.access.sessions import Sessions
from outlay.control.members import NewMember, members_of
from outlay.control.operators import add_operator, remove_operator
from outlay.control.organisations import DEFAULT_ORGANISATION, OPERATORS, create_organisation, organisation_of
from outlay.control.trail import INSTALLATION, SYSTEM
from outlay.control.trail_tables import audit_entries
from outlay.errors import InputError
from tests.keys import issued
from tests.web.site import NOW, Site, open_site

PATH = "/api/v1/operator/organisations"
GLOBEX = {"id": "globex", "name": "Globex", "zone": "Europe/Berlin", "email": "hank@globex.example"}
EVENT = {"id": "1", "time": "2026-10-20T11:00:00Z", "model": "gpt-4o", "tokens": {"input": 1_000_000, "output": 0}}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path, organisation="Acme", allowed_hosts="testserver") as opened:
        add_operator(opened.outlay.control, NewMember(email="op@host.example", role="member"), SYSTEM, NOW)
        yield opened


def key_of(site: Site, organisation: str = OPERATORS, user: str | None = None, scope: str = "admin") -> dict[str, str]:
    wanted = NewKey(name=f"key {id(object())}", scopes=frozenset({scope}), user=user)  # type: ignore[arg-type] # a scope
    return {"authorization": f"Bearer {issued(site.outlay.control, organisation, wanted, site.clock.now())[1]}"}


def actions(site: Site, organisation: str) -> list[tuple[str, str]]:
    columns = audit_entries.c
    asked = select(columns.action, columns.actor_kind).where(columns.organisation == organisation)
    with site.outlay.control.read() as connection:
        return [(row.action, row.actor_kind) for row in connection.execute(asked.order_by(columns.number))]


def test_an_organisation_is_made_with_its_first_admin_who_gets_in(site: Site) -> None:
    key = key_of(site)
    made = site.client.post(PATH, json=GLOBEX, headers=key)
    assert made.status_code == 201
    nothing = {"requests": 0, "cost": None}
    told = {"id": "globex", "name": "Globex", "state": "served", "members": 1, "whole": nothing, "month": nothing}
    assert made.json()["organisation"] == told
    assert made.json()["invitation"].startswith("http://testserver/sign-in/invitation?token=")
    assert site.client.get(made.json()["invitation"]).status_code == 200
    assert organisation_of(site.outlay.control, "globex").zone == "Europe/Berlin"
    assert [(each.email, each.role) for each in members_of(site.outlay.control, "globex")] == [
        (GLOBEX["email"], "admin")
    ]
    assert site.client.get(f"{PATH}/globex", headers=key).json() == told
    assert actions(site, INSTALLATION)[-1] == ("organisation.create", "key")


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"id": "Not an id"}, 422),
        ({"id": OPERATORS}, 409),
        ({"id": "default"}, 409),
        ({"name": ""}, 422),
        ({"zone": "Mars/Olympus"}, 422),
        ({"email": "nobody"}, 422),
        ({"role": "admin"}, 422),
    ],
)
def test_what_can_not_be_made_leaves_nothing_behind(site: Site, wrong: dict[str, str], status: int) -> None:
    key = key_of(site)
    before = site.client.get(PATH, headers=key).json()
    answer = site.client.post(PATH, json=GLOBEX | wrong, headers=key)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert site.client.get(PATH, headers=key).json() == before
    assert site.client.post(PATH, json=GLOBEX, headers=key).status_code == 201


def test_volume_is_told_and_a_suspended_organisation_is_refused(site: Site) -> None:
    key = key_of(site)
    site.client.post(PATH, json=GLOBEX, headers=key)
    sender = key_of(site, "globex", scope="send")
    assert site.client.post("/v1/events", json=EVENT, headers=sender).status_code == 200
    one = site.client.get(f"{PATH}/globex", headers=key).json()
    assert (one["whole"], one["month"]) == ({"requests": 1, "cost": "2.5"},) * 2
    for _ in range(2):  # what holds already is no fault
        told = site.client.patch(f"{PATH}/globex", json={"suspended": True}, headers=key).json()
        assert told["state"] == "suspended"
    site.clock.move(timedelta(seconds=1))
    refused = site.client.post("/v1/events", json=EVENT, headers=sender)
    assert (refused.status_code, "organisation_suspended" in refused.text) == (403, True)
    assert site.client.patch(f"{PATH}/globex", json={"suspended": False}, headers=key).json()["state"] == "served"
    site.clock.move(timedelta(seconds=1))
    assert site.client.post("/v1/events", json=EVENT, headers=sender).status_code == 200
    assert actions(site, "globex")[-2:] == [("organisation.suspend", "key"), ("organisation.resume", "key")]


def test_deleting_needs_the_name_and_ends_everything_at_once(site: Site) -> None:
    key = key_of(site)
    site.client.post(PATH, json=GLOBEX, headers=key)
    sender = key_of(site, "globex", scope="send")
    assert site.client.delete(f"{PATH}/globex", headers=key).status_code == 422
    assert site.client.delete(f"{PATH}/globex?name=globex", headers=key).status_code == 409
    assert site.client.post("/v1/events", json=EVENT, headers=sender).status_code == 200
    gone = site.client.delete(f"{PATH}/globex?name=Globex", headers=key)
    assert (gone.status_code, gone.content) == (204, b"")
    site.clock.move(timedelta(seconds=1))
    assert site.client.post("/v1/events", json=EVENT, headers=sender).status_code == 401
    assert site.client.delete(f"{PATH}/globex?name=Globex", headers=key).status_code == 404
    assert site.client.patch(f"{PATH}/globex", json={"suspended": True}, headers=key).status_code == 404
    assert site.client.post(PATH, json=GLOBEX, headers=key).status_code == 409
    assert ("organisation.delete", "key") in actions(site, INSTALLATION)


@pytest.mark.parametrize("organisation", [OPERATORS, "nowhere"])
def test_the_operators_themselves_are_no_organisation(site: Site, organisation: str) -> None:
    key, one = key_of(site), f"{PATH}/{organisation}"
    assert site.client.get(one, headers=key).status_code == 404
    assert site.client.patch(one, json={"suspended": True}, headers=key).status_code == 404
    assert site.client.delete(f"{one}?name=Operators", headers=key).status_code == 404


def test_the_organisation_of_the_installation_stays(site: Site) -> None:
    refused = site.client.delete(f"{PATH}/{DEFAULT_ORGANISATION}?name=Acme", headers=key_of(site))
    assert (refused.status_code, "belongs to the installation" in refused.text) == (409, True)


def test_organisations_are_searched_and_paged_by_id(site: Site) -> None:
    key = key_of(site)
    for number in range(24):
        create_organisation(site.outlay.control, f"o{number:02}", f"Name {number}", "UTC", SYSTEM, NOW)
    seen: list[str] = []
    after = ""
    while True:
        page = site.client.get(f"{PATH}?n=10{after}", headers=key).json()
        seen += [each["id"] for each in page["organisations"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == ["default", *(f"o{number:02}" for number in range(24))]
    found = site.client.get(f"{PATH}?q=name+7", headers=key).json()
    assert [each["id"] for each in found["organisations"]] == ["o07"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", PATH, None),
        ("POST", PATH, GLOBEX),
        ("GET", f"{PATH}/default", None),
        ("PATCH", f"{PATH}/default", {"suspended": True}),
        ("DELETE", f"{PATH}/default?name=Acme", None),
    ],
)
def test_no_key_of_an_organisation_opens_it(site: Site, method: str, path: str, body: Any) -> None:
    refused = site.client.request(method, path, json=body, headers=key_of(site, DEFAULT_ORGANISATION))
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "outlay operators add" in refused.json()["detail"]
    assert organisation_of(site.outlay.control, DEFAULT_ORGANISATION).suspended_at is None


def test_nobody_becomes_an_operator_over_the_api(site: Site) -> None:
    key = key_of(site)
    body = {"email": "eve@example.com", "role": "admin"}
    for refused in (
        site.client.post("/api/v1/members", json=body, headers=key),
        site.client.get("/api/v1/members", headers=key),
        site.client.post("/api/v1/keys", json={"name": "more"}, headers=key),
        site.client.get("/api/v1/audit", headers=key),
        site.client.get("/api/v1/usage?r=30d", headers=key),
        site.client.post("/v1/events", json=EVENT, headers=key),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert [each.email for each in members_of(site.outlay.control, OPERATORS)] == ["op@host.example"]


def test_a_key_of_an_operator_counts_while_they_are_one(site: Site) -> None:
    control = site.outlay.control
    (operator,) = members_of(control, OPERATORS)
    bound, other = key_of(site, user="OP@host.example"), key_of(site, user="eve@host.example")
    assert site.client.get(PATH, headers=bound).status_code == 200
    assert site.client.get(PATH, headers=other).status_code == 403
    remove_operator(control, operator, SYSTEM, NOW)
    assert site.client.get(PATH, headers=bound).status_code == 403


@pytest.mark.parametrize("scopes", [{"admin", "read"}, {"send"}, {"gateway"}, {"read"}])
def test_a_key_of_the_operators_administers_and_does_nothing_else(site: Site, scopes: set[Any]) -> None:
    control = site.outlay.control
    with pytest.raises(InputError, match="no other"):
        create_key(control, OPERATORS, NewKey(name="x", scopes=frozenset(scopes)), SYSTEM, NOW)
    key, _ = create_key(control, OPERATORS, NewKey(name="x", scopes=frozenset({"admin"})), SYSTEM, NOW)
    with pytest.raises(InputError, match="no other"):
        change_key(control, OPERATORS, key.id, {"scopes": frozenset(scopes)}, SYSTEM, NOW)


def test_a_cookie_of_an_operator_opens_nothing(site: Site) -> None:
    (operator,) = members_of(site.outlay.control, OPERATORS)
    token, _ = Sessions(site.outlay.control, timedelta(hours=1)).open(operator, site.clock.now())
    assert site.client.get(PATH, headers={"cookie": f"outlay_session={token}"}).status_code == 401
