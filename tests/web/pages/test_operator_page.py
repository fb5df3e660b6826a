"""The operator's console: whole organisations come, are suspended within a second, and go; nobody else gets there."""

from datetime import timedelta

import pytest

from outlay.access.keys import NewKey
from outlay.access.proof import FRESH
from outlay.control.members import Member, NewMember
from outlay.control.operators import add_operator, remove_operator
from outlay.control.organisations import organisation_of
from outlay.control.trail import SYSTEM
from tests.keys import issued
from tests.web.pages.people import OTHERS, People, Visitor

ONE = f"/operator/organisations/{OTHERS}"


@pytest.fixture
def operator(people: People) -> Member:
    wanted = NewMember(email="op@host.example", role="member", name="Op")
    return add_operator(people.site.outlay.control, wanted, SYSTEM, people.site.clock.now())


def key_of_others(people: People) -> dict[str, str]:
    site = people.site
    _, plaintext = issued(site.outlay.control, OTHERS, NewKey(name="ci"), site.clock.now())
    return {"authorization": f"Bearer {plaintext}"}


def console(people: People, operator: Member) -> Visitor:
    visitor = people.browser_of(operator, page="/operator")
    assert visitor.get("/operator").status_code == 200
    return visitor


def test_the_operator_lists_organisations_and_sees_nothing_of_theirs(people: People, operator: Member) -> None:
    visitor = console(people, operator)
    shown = visitor.get("/operator").text
    assert "Acme" in shown
    assert "Others" in shown
    for path in ("/usage", "/consumption", "/calls", "/keys", "/settings/organisation", "/explorer"):
        assert visitor.get(path).status_code == 403, path
    assert "No such organisation" in visitor.get("/operator?q=nobody").text


def test_a_browser_left_alone_makes_no_organisation(people: People, operator: Member) -> None:
    visitor = console(people, operator)
    people.site.clock.move(FRESH)
    asked = visitor.get("/operator/new"), visitor.post("/operator/new", id="new", name="New", email="me@evil.example")
    assert {each.headers["location"] for each in asked} == {"/account/proof?next=/operator/new"}
    assert "/operator/new" in visitor.get("/account/proof?next=/operator/new").text
    # Without a password the proof is to sign in again, which leads back.
    assert visitor.post("/sign-out", next="/operator/new").headers["location"] == "/sign-in?next=/operator/new"


@pytest.mark.parametrize("path", ["/operator", "/operator/new", f"{ONE}/delete"])
def test_an_admin_is_no_operator(people: People, path: str) -> None:
    answer = people.browser_of(people.ada).get(path)
    assert answer.status_code == 403
    assert "Others" not in answer.text


def test_a_form_that_is_wrong_takes_no_id(people: People, operator: Member) -> None:
    visitor = console(people, operator)
    wrong = visitor.post("/operator/new", id="globex", name="Globex", zone="UTC", email="hank at globex")
    assert wrong.status_code == 422
    made = visitor.post("/operator/new", id="globex", name="Globex", zone="UTC", email="hank@globex.example")
    assert made.status_code == 201


def test_an_organisation_is_made_with_its_first_admin(people: People, operator: Member) -> None:
    visitor = console(people, operator)
    made = visitor.post("/operator/new", id="globex", name="Globex", zone="UTC", email="hank@globex.example")
    assert made.status_code == 201
    assert "/sign-in/invitation?token=" in made.text
    again = visitor.post("/operator/new", id="globex", name="Globex", zone="UTC", email="hank@globex.example")
    assert again.status_code == 409
    wrong = visitor.post("/operator/new", id="Not an id", name="X", zone="UTC", email="a@b.example")
    assert wrong.status_code == 422


def test_suspension_holds_for_pages_keys_and_gateway_and_ends(people: People, operator: Member) -> None:
    visitor, client = console(people, operator), people.site.client
    eve, key = people.browser_of(people.eve), key_of_others(people)
    event = {"id": "1", "model": "gpt-4o", "tokens": {"input": 1, "output": 1}}
    assert client.post("/v1/events", json=event, headers=key).status_code == 200
    assert visitor.post(ONE, do="suspend").status_code == 303
    people.site.clock.move(timedelta(seconds=1))
    assert eve.get("/usage").status_code == 403
    for path in ("/v1/events", "/openai/v1/chat/completions"):
        refused = client.post(path, json=event, headers=key)
        assert refused.status_code == 403
        assert "organisation_suspended" in refused.text
    assert people.browser_of(people.ada).get("/usage").status_code == 200
    assert visitor.post(ONE, do="resume").status_code == 303
    people.site.clock.move(timedelta(seconds=1))
    assert eve.get("/usage").status_code == 200
    assert client.post("/v1/events", json=event, headers=key).status_code == 200


def test_deleting_needs_the_name_and_ends_everything_at_once(people: People, operator: Member) -> None:
    visitor, control = console(people, operator), people.site.outlay.control
    key, eve = key_of_others(people), people.browser_of(people.eve)
    assert visitor.post(f"{ONE}/delete", name="others").status_code == 422
    assert eve.get("/usage").status_code == 200
    assert visitor.post(f"{ONE}/delete", name="Others").status_code == 303
    people.site.clock.move(timedelta(seconds=1))
    assert eve.get("/usage").status_code == 303  # to the sign-in
    assert people.site.client.post("/v1/events", json={}, headers=key).status_code == 401
    assert organisation_of(control, OTHERS).deleted_at is not None
    assert visitor.get(f"{ONE}/delete").status_code == 404
    assert visitor.post("/operator/organisations/default/delete", name="Acme").status_code == 409


def test_an_operator_who_is_removed_is_out(people: People, operator: Member) -> None:
    visitor, control, now = console(people, operator), people.site.outlay.control, people.site.clock.now()
    remove_operator(control, operator, SYSTEM, now)
    assert visitor.get("/operator").status_code == 303
