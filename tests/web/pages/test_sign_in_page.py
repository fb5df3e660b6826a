"""Sign-in by e-mail and password, the way back, signing out, and the home page."""

import re
from datetime import timedelta

import pytest

from outlay.access.attempts import WINDOW
from outlay.access.sign_in import FAILURES_PER_ACCOUNT
from outlay.control.member_changes import MemberChange, change_member, disable_member, enable_member
from outlay.control.trail import SYSTEM
from tests.web.pages.people import PASSWORD, People, Visitor


def signed_in(people: People, **fields: str) -> Visitor:
    visitor = people.nobody()
    answer = visitor.post("/sign-in", email="ada@acme.example", password=PASSWORD, **fields)
    assert answer.status_code == 303
    return visitor


def test_the_form_asks_for_email_and_password(people: People) -> None:
    page = people.nobody().get("/sign-in")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert 'autocomplete="username"' in page.text
    assert 'autocomplete="current-password"' in page.text
    assert "<script" not in page.text


def test_email_and_password_open_a_session(people: People) -> None:
    visitor = people.nobody()
    answer = visitor.post("/sign-in", email=" Ada@ACME.example ", password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=lax", "Path=/;", "Max-Age=1209600"):
        assert part in f"{cookie};"
    assert "Secure" not in cookie
    assert visitor.get("/keys").status_code == 200


def test_the_session_ends_when_the_cookie_does(people: People) -> None:
    visitor = signed_in(people)
    people.site.clock.move(timedelta(hours=336))
    assert visitor.get("/keys").headers["location"] == "/sign-in?next=/keys"


def test_a_member_of_any_organisation_signs_in_into_theirs(people: People) -> None:
    visitor = people.nobody()
    assert visitor.post("/sign-in", email="eve@others.example", password=PASSWORD).status_code == 303
    assert "Others" in visitor.get("/account").text


@pytest.mark.parametrize(
    ("email", "password"),
    [
        pytest.param("ada@acme.example", "wrong password", id="wrong password"),
        pytest.param("nobody@acme.example", PASSWORD, id="unknown e-mail"),
        pytest.param("lin@acme.example", "", id="without a password"),
        pytest.param('"><script>alert(1)</script>', PASSWORD, id="markup"),
    ],
)
def test_a_failed_sign_in_keeps_the_email_and_not_the_password(people: People, email: str, password: str) -> None:
    visitor = people.nobody()
    page = visitor.post("/sign-in", email=email, password=password, next="/keys")
    assert page.status_code == 401
    assert "E-mail and password don&#39;t match." in page.text
    assert 'name="next" value="/keys"' in page.text
    assert "<script" not in page.text
    kept = re.search(r'id="email" name="email" type="email" value="([^"]*)"', page.text)
    assert kept
    assert kept[1] == email.replace('"', "&#34;").replace("<", "&lt;").replace(">", "&gt;")
    assert password not in page.text or not password
    assert not visitor.cookies


def test_too_many_attempts_say_how_long_to_wait(people: People) -> None:
    visitor = people.nobody()
    for _ in range(FAILURES_PER_ACCOUNT):
        assert visitor.post("/sign-in", email="ada@acme.example", password="wrong").status_code == 401
    page = visitor.post("/sign-in", email="ada@acme.example", password=PASSWORD)
    assert page.status_code == 429
    assert "try again in 15 minutes." in page.text
    assert 'value="ada@acme.example"' in page.text
    people.site.clock.move(WINDOW)
    assert visitor.post("/sign-in", email="ada@acme.example", password=PASSWORD).status_code == 303


def test_a_planted_session_token_is_worth_nothing_after_the_sign_in(people: People) -> None:
    planted = people.browser_of(people.eve)
    victim = people.nobody()
    victim.cookies["outlay_session"] = planted.session
    victim.post("/sign-in", email="ada@acme.example", password=PASSWORD)
    assert victim.session not in {"", planted.session}
    assert planted.get("/password").status_code == 303  # the token that was there has ended
    assert "ada@acme.example" in victim.get("/password").text


def test_a_made_up_token_opens_nothing(people: People) -> None:
    visitor = people.nobody()
    visitor.cookies["outlay_session"] = "a" * 43
    assert visitor.get("/keys").headers["location"] == "/sign-in?next=/keys"
    visitor.post("/sign-in", email="ada@acme.example", password=PASSWORD)
    assert visitor.session != "a" * 43


def test_who_is_sent_to_sign_in_comes_back(people: People) -> None:
    visitor = people.nobody()
    sent = visitor.get("/keys?show=ended").headers["location"]
    assert sent == "/sign-in?next=/keys%3Fshow%3Dended"
    assert 'name="next" value="/keys?show=ended"' in visitor.get(sent).text
    answer = visitor.post("/sign-in", email="ada@acme.example", password=PASSWORD, next="/keys?show=ended")
    assert answer.headers["location"] == "/keys?show=ended"


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example"])
def test_no_way_leads_to_another_site(people: People, target: str) -> None:
    visitor = people.nobody()
    page = visitor.get("/sign-in?next=" + target.replace("\t", "%09").replace("\\", "%5C"))
    assert "evil" not in page.text
    answer = visitor.post("/sign-in", email="ada@acme.example", password=PASSWORD, next=target)
    assert answer.headers["location"] == "/"
    again = visitor.get("/sign-in?next=" + target.replace("\t", "%09").replace("\\", "%5C"))
    assert (again.status_code, again.headers["location"]) == (303, "/")
    theme = people.browser_of(people.ada).post("/theme", theme="dark", next=target)
    assert theme.headers["location"] == "/"


def test_a_disabled_member_is_out_at_once(people: People) -> None:
    control = people.site.outlay.control
    visitor = signed_in(people)
    change_member(control, "default", people.lin.id, MemberChange(role="admin"), SYSTEM, people.site.clock.now())
    disable_member(control, "default", people.ada.id, SYSTEM, people.site.clock.now())
    assert visitor.get("/keys").status_code == 303
    assert visitor.post("/keys/new", name="too-late").status_code == 401
    assert visitor.post("/sign-in", email="ada@acme.example", password=PASSWORD).status_code == 401
    enable_member(control, "default", people.ada.id, SYSTEM, people.site.clock.now())
    assert "too-late" not in visitor.get("/keys").text


def test_sign_out_ends_the_session_itself(people: People) -> None:
    visitor = signed_in(people)
    visitor.get("/keys")
    stolen, token = people.nobody(), visitor.session
    stolen.cookies["outlay_session"] = token
    answer = visitor.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert not visitor.cookies
    assert stolen.get("/keys").headers["location"] == "/sign-in?next=/keys"


def test_signing_out_twice_is_no_error(people: People) -> None:
    visitor = signed_in(people)
    visitor.get("/keys")
    token = visitor.session
    visitor.post("/sign-out")
    visitor.cookies["outlay_session"] = token
    assert visitor.post("/sign-out").headers["location"] == "/sign-in"


def test_home_leads_to_what_one_may_see(people: People) -> None:
    assert people.nobody().get("/").headers["location"] == "/sign-in"
    assert people.browser_of(people.ada).get("/").headers["location"] == "/welcome"
    assert people.browser_of(people.lin).get("/").headers["location"] == "/usage"
    assert people.browser_of(people.eve).get("/").headers["location"] == "/welcome"  # an organisation without an event
