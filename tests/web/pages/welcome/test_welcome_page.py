"""The way to the first event: who sees what of it, the key that is made in place, what arrives and what is refused."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any, Final

import pytest

from outlay.access.key_changes import revoke_key
from outlay.control.members import Member, NewMember, create_member
from outlay.control.trail import SYSTEM
from outlay.kit.ids import new_id
from tests.actors import TESTER
from tests.keys import every_key
from tests.web.pages.people import People, Visitor, people_at
from tests.web.site import NOW, open_site

PLAINTEXT: Final = re.compile(r"outlay_[0-9a-z]{8}_[0-9A-Za-z]{43}")
JSON: Final = {"content-type": "application/json"}


def member(people: People, role: str) -> Member:
    wanted = NewMember(email=f"{role}@acme.example", role=role, name=role.capitalize(), user=role)
    return create_member(people.site.outlay.control, people.site.outlay.organisation, wanted, SYSTEM, NOW)


def send(people: People, body: str, key: str | None = None) -> Any:
    headers = JSON | ({"authorization": f"Bearer {key}"} if key else people.site.key(new_id("sends")))
    return people.site.client.post("/v1/events", content=body, headers=headers)


def polled(visitor: Visitor, page: str) -> Any:
    """Ask for what the page asks for every second."""
    found = re.search(r'hx-get="(/welcome/arrival[^"]*)"', page)
    assert found
    return visitor.get(unescape(found[1]), **{"hx-request": "true"})


def test_an_admin_of_an_empty_organisation_is_led_there(people: People) -> None:
    ada = people.browser_of(people.ada)
    assert ada.get("/").headers["location"] == "/welcome"
    send(people, '{"id": "e1", "model": "gpt-4o"}')
    assert ada.get("/").headers["location"] == "/consumption"


@pytest.mark.parametrize(("role", "first"), [("billing", "/consumption"), ("lead", "/usage"), ("member", "/me")])
def test_the_others_are_led_to_their_first_page(people: People, role: str, first: str) -> None:
    assert people.browser_of(member(people, role)).get("/").headers["location"] == first


def test_another_organisations_events_are_nobodys_first(people: People) -> None:
    send(people, '{"id": "e1", "model": "gpt-4o"}')
    eve = people.browser_of(people.eve)
    assert eve.get("/").headers["location"] == "/welcome"
    assert "Send your first event" in eve.get("/welcome").text


def test_a_key_is_made_in_place_and_shown_once(people: People) -> None:
    ada = people.browser_of(people.ada, page="/welcome")
    made = ada.post("/welcome/key", way="python", since="0")
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    (plaintext,) = set(PLAINTEXT.findall(made.text))
    assert re.search(r'id="way-python"[^>]* checked', made.text)
    (key,) = every_key(people.site.outlay.control, people.site.outlay.organisation)
    assert (key.name, key.scopes, key.created_by) == ("first-steps", frozenset({"send", "gateway"}), people.ada.id)
    assert "YOUR_KEY" not in made.text
    assert plaintext not in ada.get("/welcome").text
    assert send(people, '{"id": "e1", "model": "gpt-4o"}', plaintext).json()["stored"] == 1


def test_each_key_gets_the_first_name_that_is_free(people: People) -> None:
    control, organisation = people.site.outlay.control, people.site.outlay.organisation
    ada = people.browser_of(people.ada, page="/welcome")
    for _ in range(3):
        assert ada.post("/welcome/key").status_code == 201
    names = {each.name: each.id for each in every_key(control, organisation)}
    assert set(names) == {"first-steps", "first-steps-2", "first-steps-3"}
    revoke_key(control, organisation, names["first-steps-2"], TESTER, NOW)
    ada.post("/welcome/key")
    in_force = [each.name for each in every_key(control, organisation) if each.revoked_at is None]
    assert sorted(in_force) == ["first-steps", "first-steps-2", "first-steps-3"]


def test_who_can_not_make_keys_sees_who_can(people: People) -> None:
    lin = people.browser_of(people.lin, page="/welcome")
    page = lin.get("/welcome").text
    assert "ada@acme.example" in page
    assert "YOUR_KEY" in page
    assert "Make a key" not in page
    assert str(people.site.outlay.settings.data_dir) not in page  # where the server keeps its data
    assert lin.post("/welcome/key").status_code == 403
    assert every_key(people.site.outlay.control, people.site.outlay.organisation) == []


def test_nobody_signed_in_is_sent_to_sign_in(people: People) -> None:
    for path in ("/welcome", "/welcome/arrival?since=0"):
        assert people.nobody().get(path).headers["location"].startswith("/sign-in?next=")


def test_the_address_is_the_one_people_use(tmp_path: Path) -> None:
    with people_at(tmp_path / "data", public_url="https://outlay.example.com", root_path="/t") as people:
        page = people.browser_of(people.ada, page="/t/welcome").get("/t/welcome").text
        assert "curl https://outlay.example.com/t/v1/events" in page
        assert 'hx-post="/t/welcome/key"' in page
        assert 'hx-get="/t/welcome/arrival?' in page


def test_the_wait_ends_with_what_arrived(people: People) -> None:
    ada = people.browser_of(people.ada)
    page = ada.get("/welcome").text
    assert "Waiting for your event" in page
    assert polled(ada, page).status_code == 204
    send(people, '{"id": "e1", "user": "ada", "model": "gpt-4o-mini", "tokens": {"input": 1200, "output": 300}}')
    arrived = polled(ada, page)
    assert arrived.status_code == 200
    assert "hx-trigger" not in arrived.text  # it stops asking
    for shown in ("Your event is here", "gpt-4o-mini", "1,200 in, 300 out", "$0.00036", ">ada<"):
        assert shown in arrived.text
    assert 'href="/consumption?r=2026-10"' in arrived.text
    assert 'href="/calls?r=2026-10"' in arrived.text
    assert "<nav" not in arrived.text


def test_an_event_of_long_ago_leads_to_its_own_month(people: People) -> None:
    ada = people.browser_of(people.ada)
    page = ada.get("/welcome").text
    send(people, '[{"id": "e1", "time": "2025-02-03T00:00:00Z", "model": "gpt-4o"}, {"id": "e2", "time": 1738540800}]')
    arrived = polled(ada, page).text
    assert "2 events are here" in arrived
    assert 'href="/calls?r=2025-02"' in arrived


def test_what_has_no_price_says_what_to_do(people: People) -> None:
    ada = people.browser_of(people.ada)
    page = ada.get("/welcome").text
    send(people, '{"id": "e1", "model": "our-own-7b", "tokens": {"input": 5}}')
    arrived = polled(ada, page).text
    assert "No price is known for our-own-7b" in arrived
    assert "prices.toml" in arrived
    assert "$0" not in arrived


def test_a_service_is_shown_by_what_was_used(people: People) -> None:
    ada = people.browser_of(people.ada)
    page = ada.get("/welcome").text
    send(people, '{"id": "e1", "service": "ocr", "quantity": "12", "unit": "pages"}')
    arrived = polled(ada, page).text
    assert "<dt>Service</dt><dd>ocr</dd>" in arrived
    assert "12 pages" in arrived


def test_only_what_came_after_the_page_was_opened_ends_the_wait(people: People) -> None:
    send(people, '{"id": "e1", "model": "gpt-4o"}')
    ada = people.browser_of(people.ada)
    page = ada.get("/welcome").text
    assert "Waiting for your event" in page
    assert "Send your first event" not in page
    assert polled(ada, page).status_code == 204


def test_without_script_a_link_looks_again(people: People) -> None:
    ada = people.browser_of(people.ada)
    found = re.search(r'href="([^"]*)">(?:(?!</a>).)*Check now', ada.get("/welcome?way=python").text)
    assert found
    send(people, '{"id": "e1", "model": "gpt-4o"}')
    page = ada.get(unescape(found[1])).text
    assert "Your event is here" in page
    assert re.search(r'id="way-python"[^>]* checked', page)


def test_a_member_waits_for_their_own_alone(people: People) -> None:
    dan = people.browser_of(member(people, "member"))
    page = dan.get("/welcome").text
    send(people, '{"id": "e1", "user": "somebody", "model": "gpt-4o"}')
    assert polled(dan, page).status_code == 204
    send(people, '[{"id": "e2", "user": "member", "model": "gpt-4o"}, {"id": "e3", "user": "somebody", "model": "x"}]')
    arrived = polled(dan, page).text
    assert "Your event is here" in arrived
    assert "somebody" not in arrived
    assert "/consumption" not in arrived


def test_another_organisations_events_do_not_arrive_here(people: People) -> None:
    eve = people.browser_of(people.eve)
    page = eve.get("/welcome").text
    send(people, '{"id": "e1", "model": "gpt-4o"}')
    assert polled(eve, page).status_code == 204


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"id": "e1", "tokens": {"input": 1, "cache_read": 9}}', "tokens.input is 1 but its parts"),
        ("nonsense", "valid JSON"),
        ('[{"model": "gpt-4o"}, {"model": "gpt-4o"}]', "(and 1 more were rejected)"),
    ],
)
def test_what_was_refused_is_said_to_who_makes_keys(people: People, body: str, said: str) -> None:
    ada, lin = people.browser_of(people.ada), people.browser_of(people.lin)
    pages = [each.get("/welcome").text for each in (ada, lin)]
    assert send(people, body).status_code in {400, 422}
    told = polled(ada, pages[0]).text
    assert said in unescape(told)
    assert "sends" in told  # the name of the key
    assert polled(ada, told).status_code == 204
    assert polled(lin, pages[1]).status_code == 204


def test_what_was_refused_long_ago_is_not(people: People) -> None:
    send(people, "nonsense")
    people.site.clock.move(timedelta(minutes=11))
    assert "it was refused" not in people.browser_of(people.ada).get("/welcome").text


def test_an_unknown_key_is_nobodys_where_there_are_several_organisations(people: People) -> None:
    pages = [people.browser_of(each) for each in (people.ada, people.eve)]
    send(people, "{}", key="outlay_00000000_" + "x" * 43)
    assert not any("it was refused" in each.get("/welcome").text for each in pages)


def test_an_unknown_key_is_told_where_there_is_one_organisation(tmp_path: Path) -> None:
    with open_site(tmp_path / "data") as site:
        ada = create_member(
            site.outlay.control, site.outlay.organisation, NewMember(email="a@b.example", role="admin"), SYSTEM, NOW
        )
        people = People(site, ada, ada, ada)
        send(people, "{}", key="outlay_00000000_" + "x" * 43)
        assert "This API key is unknown, revoked or expired" in people.browser_of(ada).get("/welcome").text


def test_what_others_sent_is_text(people: People) -> None:
    ada = people.browser_of(people.ada)
    page = ada.get("/welcome").text
    send(people, '{"id": "e1", "user": "<b>x", "model": "<img src=x onerror=alert(1)>"}')
    arrived = polled(ada, page).text
    assert "<img" not in arrived
    assert "<b>x" not in arrived


@pytest.mark.parametrize("since", ["", "-1", "nonsense", "9" * 30, "٣"])
def test_any_place_to_wait_from_can_be_named(people: People, since: str) -> None:
    ada = people.browser_of(people.ada)
    assert ada.get(f"/welcome?since={since}").status_code == 200
    assert ada.get(f"/welcome/arrival?since={since}").status_code in {200, 204}
