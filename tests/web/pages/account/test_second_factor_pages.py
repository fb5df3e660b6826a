"""Setting up a second factor, signing in with it, losing it, and being asked for one by the organisation."""

import re
from datetime import timedelta
from html import unescape

import pytest

from outlay.access.proof import FRESH
from outlay.access.second_factor import remove_second_factor
from outlay.access.sessions import Opening, Sessions
from outlay.access.totp import STEP_SECONDS, code_at, step_at
from outlay.control.trail import SYSTEM
from tests.web.pages.people import PASSWORD, People, Visitor


def set_up(people: People, visitor: Visitor) -> tuple[str, list[str]]:
    """Set one up by the pages; return its secret and the recovery codes."""
    visitor.get("/account/second-factor")
    assert visitor.post("/account/second-factor/begin").headers["location"] == "/account/second-factor/set-up"
    page = visitor.get("/account/second-factor/set-up").text
    assert 'src="data:image/svg+xml' in page
    found = re.search(r'class="typed">([A-Z2-7 ]+)<', page)
    assert found is not None
    secret = found[1].replace(" ", "")
    answer = visitor.post("/account/second-factor/set-up", code=code(people, secret))
    assert answer.status_code == 201
    return secret, re.findall(r"\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b", unescape(answer.text))


def code(people: People, secret: str) -> str:
    return code_at(secret, step_at(people.site.clock.now()))


def next_step(people: People) -> None:
    people.site.clock.move(timedelta(seconds=STEP_SECONDS))


@pytest.fixture
def ada(people: People) -> Visitor:
    visitor = people.nobody()
    assert visitor.post("/sign-in", email="ada@acme.example", password=PASSWORD).status_code == 303
    return visitor


def test_setting_it_up_shows_the_codes_once_and_signs_the_other_browsers_out(people: People, ada: Visitor) -> None:
    other, before = people.browser_of(people.ada), ada.session
    secret, codes = set_up(people, ada)
    assert len(codes) == 10
    assert ada.session != before
    assert other.get("/account").status_code == 303
    for path in ("/account", "/account/second-factor", "/account/second-factor/set-up"):
        page = ada.get(path).text
        assert secret not in page.replace(" ", "")
        assert not any(each in page for each in codes)
    assert "10 recovery codes left" in ada.get("/account").text


def test_the_page_with_the_codes_has_forms_that_work(people: People, ada: Visitor) -> None:
    set_up(people, ada)
    assert ada.post("/account/name", name="Ada L").status_code == 303  # with the token of the page of the codes


def test_a_wrong_code_changes_nothing(ada: Visitor) -> None:
    ada.get("/account/second-factor")
    ada.post("/account/second-factor/begin")
    first = ada.get("/account/second-factor/set-up").text
    page = ada.post("/account/second-factor/set-up", code="000000")
    assert page.status_code == 401
    assert "This code is wrong" in page.text
    found = re.search(r'class="typed">([A-Z2-7 ]+)<', first)
    assert found is not None
    assert found[1] in page.text  # the same secret: what was scanned still counts


def test_signing_in_asks_for_the_code_and_gives_no_session_before(people: People, ada: Visitor) -> None:
    secret, _ = set_up(people, ada)
    next_step(people)
    visitor = people.nobody()
    answer = visitor.post("/sign-in", email="ada@acme.example", password=PASSWORD, next="/keys")
    assert (answer.headers["location"], visitor.session) == ("/sign-in/code", "")
    assert visitor.get("/keys").status_code == 303
    step = visitor.cookies["outlay_sign_in"]
    wrong = visitor.post("/sign-in/code", code="000000")
    assert (wrong.status_code, visitor.session) == (401, "")
    shown = code(people, secret)
    answer = visitor.post("/sign-in/code", code=shown)
    assert (answer.status_code, answer.headers["location"]) == (303, "/keys")
    assert visitor.session
    again = people.nobody()
    again.cookies["outlay_sign_in"] = step
    next_step(people)
    assert again.post("/sign-in/code", code=code(people, secret)).status_code == 401
    assert again.session == ""


def test_a_link_and_a_new_password_ask_for_the_code_too(people: People, ada: Visitor) -> None:
    set_up(people, ada)
    by_link = people.nobody()
    assert by_link.post("/sign-in/link", token=people.link_for(people.ada)).headers["location"] == "/sign-in/code"
    new = people.nobody()
    token = people.link_for(people.ada, "password_reset")
    answer = new.post("/sign-in/new-password", token=token, new="quite another battery", again="quite another battery")
    assert answer.headers["location"] == "/sign-in/code"
    assert (by_link.session, new.session) == ("", "")


def test_a_recovery_code_gets_in_once(people: People, ada: Visitor) -> None:
    _, codes = set_up(people, ada)
    for expected in (303, 401):
        visitor = people.nobody()
        visitor.post("/sign-in", email="ada@acme.example", password=PASSWORD)
        assert visitor.post("/sign-in/code", code=codes[0]).status_code == expected


def test_the_step_of_a_sign_in_opens_no_page_and_lasts_ten_minutes(people: People, ada: Visitor) -> None:
    secret, _ = set_up(people, ada)
    visitor = people.nobody()
    visitor.post("/sign-in", email="ada@acme.example", password=PASSWORD)
    visitor.cookies["outlay_session"] = visitor.cookies["outlay_sign_in"]
    assert visitor.get("/account").status_code == 303
    del visitor.cookies["outlay_session"]
    people.site.clock.move(timedelta(minutes=10))
    assert visitor.post("/sign-in/code", code=code(people, secret)).status_code == 401
    assert people.nobody().get("/sign-in/code").status_code == 401


def test_it_is_the_proof_that_is_asked_for_and_what_it_guards(people: People, ada: Visitor) -> None:
    secret, _ = set_up(people, ada)
    people.site.clock.move(FRESH)
    for path in ("codes", "remove", "begin"):
        ada.get("/account")
        answer = ada.post(f"/account/second-factor/{path}")
        assert answer.headers["location"] == "/account/proof?next=/account/second-factor"
    page = ada.get("/account/proof?next=/account/second-factor").text
    assert 'name="code"' in page
    assert 'type="password"' not in page
    assert ada.post("/account/proof", password=PASSWORD, code="000000").status_code == 401
    assert ada.post("/account/proof", code=code(people, secret)).status_code == 303
    ada.get("/account/second-factor")
    assert ada.post("/account/second-factor/codes").status_code == 201
    ada.get("/account/second-factor")
    assert ada.post("/account/second-factor/remove").headers["location"] == "/account?done=factor-removed"
    visitor = people.nobody()
    assert visitor.post("/sign-in", email="ada@acme.example", password=PASSWORD).headers["location"] == "/"


def test_an_organisation_that_asks_for_one_leads_everyone_there_first(people: People, ada: Visitor) -> None:
    ada.get("/settings/second-factor")
    assert ada.post("/settings/second-factor", rule="everyone").headers["location"] == "/settings/second-factor?saved=1"
    lin = people.nobody()
    sessions = Sessions(people.site.outlay.control, timedelta(hours=8))
    for visitor, member in ((lin, people.lin),):
        visitor.cookies["outlay_session"], _ = sessions.open(member, people.site.clock.now())
    for visitor in (ada, lin):
        for path in ("/account", "/calls", "/keys", "/calls/export.csv"):
            answer = visitor.get(path)
            assert (answer.status_code, answer.headers.get("location")) == (303, "/account/second-factor"), path
        assert visitor.get("/account/second-factor").status_code == 200
    assert lin.get("/api/v1/usage", accept="application/json").status_code == 403
    assert lin.post("/account/name", name="Lin").headers["location"] == "/account/second-factor"
    set_up(people, lin)
    assert lin.get("/account").status_code == 200
    by_provider = people.nobody()
    by_provider.cookies["outlay_session"], _ = sessions.open(people.ada, people.site.clock.now(), Opening(way="sso"))
    assert by_provider.get("/account").status_code == 200


def test_a_rule_for_admins_leaves_the_others_alone(people: People, ada: Visitor) -> None:
    lin = people.browser_of(people.lin)
    ada.get("/settings/second-factor")
    ada.post("/settings/second-factor", rule="admins")
    assert lin.get("/account").status_code == 200
    assert ada.get("/account").status_code == 303
    set_up(people, ada)
    ada.get("/settings/second-factor")
    assert ada.post("/settings/second-factor", rule="nobody else").status_code == 422
    eve = people.nobody()
    assert eve.post("/sign-in", email="eve@others.example", password=PASSWORD).status_code == 303
    assert eve.get("/account").status_code == 200


def test_one_that_an_admin_takes_away_is_asked_for_no_more(people: People, ada: Visitor) -> None:
    set_up(people, ada)
    remove_second_factor(people.site.outlay.control, people.ada, SYSTEM, people.site.clock.now())
    visitor = people.nobody()
    assert visitor.post("/sign-in", email="ada@acme.example", password=PASSWORD).headers["location"] == "/"
