"""Links by mail: the same answer for everyone, a link for who is a member, and no more mails than anyone needs."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from sqlalchemy import func, select

from outlay.access.links import LASTS, create_invitation
from outlay.control.member_changes import disable_member
from outlay.control.sign_in_tables import outgoing_mail
from outlay.control.trail import SYSTEM
from tests.mail_server import HOST, MailTaker, mail_taker
from tests.web.pages.people import PASSWORD, People, people_at

NEW = "quite another battery"


@pytest.fixture
def taker() -> Iterator[MailTaker]:
    with mail_taker() as server:
        yield server


@pytest.fixture
def people(tmp_path: Path, taker: MailTaker) -> Iterator[People]:
    url = f"smtp://{HOST}:{taker.port}?tls=none"
    with people_at(tmp_path / "data", smtp_url=url, mail_from="outlay@example.com") as found:
        yield found


def link_in(taker: MailTaker, count: int = 1) -> str:
    """Return the path of the link in the last of so many mails."""
    until = monotonic() + 20
    while len(taker.taken) < count:
        assert monotonic() < until, "no mail came"
        sleep(0.02)
    body = taker.taken[count - 1].get_body(("plain",))
    assert body is not None
    found = re.search(r"http://127\.0\.0\.1:8400(/\S+)", body.get_content())
    assert found is not None
    return found[1]


def waiting(people: People) -> int:
    with people.site.outlay.control.read() as connection:
        return connection.execute(select(func.count()).select_from(outgoing_mail)).scalar_one()


def test_a_sign_in_link_comes_by_mail_and_works_once_within_an_hour(people: People, taker: MailTaker) -> None:
    visitor = people.nobody()
    page = visitor.post("/sign-in/mail", **{"email": " Ada@ACME.example", "for": "sign-in"})
    assert page.status_code == 200
    path = link_in(taker)
    assert taker.recipients == ["ada@acme.example"]
    token = path.partition("token=")[2]
    assert visitor.get(path).status_code == 200
    assert visitor.post("/sign-in/link", token=token).headers["location"] == "/"
    assert people.nobody().post("/sign-in/link", token=token).status_code == 401
    people.nobody().post("/sign-in/mail", **{"email": "ada@acme.example", "for": "sign-in"})
    late = link_in(taker, 2).partition("token=")[2]
    people.site.clock.move(LASTS["mailed"])
    assert people.nobody().post("/sign-in/link", token=late).status_code == 401


def test_a_new_password_is_set_by_mail_and_ends_all_sessions(people: People, taker: MailTaker) -> None:
    signed_in = people.browser_of(people.ada)
    visitor = people.nobody()
    visitor.post("/sign-in/mail", **{"email": "ada@acme.example", "for": "password"})
    path = link_in(taker)
    assert path.startswith("/sign-in/new-password?token=")
    token = path.partition("token=")[2]
    form = {"token": token, "new": NEW, "again": NEW}
    assert visitor.post("/sign-in/link", token=token).status_code == 401  # it is for a password alone
    assert visitor.post("/sign-in/new-password", **(form | {"again": "x"})).status_code == 422
    easy = form | {"new": "password1234", "again": "password1234"}
    assert "too easy to guess" in visitor.post("/sign-in/new-password", **easy).text
    assert visitor.post("/sign-in/new-password", **form).headers["location"] == "/"
    assert visitor.get("/account").status_code == 200
    assert signed_in.get("/account").status_code == 303
    assert people.nobody().post("/sign-in/new-password", **form).status_code == 401
    again = people.nobody()
    assert again.post("/sign-in", email="ada@acme.example", password=PASSWORD).status_code == 401
    assert again.post("/sign-in", email="ada@acme.example", password=NEW).status_code == 303


@pytest.mark.parametrize("kind", ["sign-in", "password"])
def test_the_answer_is_the_same_for_who_is_no_member(people: People, kind: str) -> None:
    control, now = people.site.outlay.control, people.site.clock.now()
    disable_member(control, "default", people.lin.id, SYSTEM, now)
    pages = []
    for email in ("ada@acme.example", "lin@acme.example", "nobody@acme.example"):
        answer = people.nobody().post("/sign-in/mail", **{"email": email, "for": kind})
        pages.append((answer.status_code, answer.text.replace(email, "…")))
    assert len(set(pages)) == 1
    assert waiting(people) == 1


def test_no_one_is_flooded_with_mail(people: People) -> None:
    for _ in range(3):
        assert people.nobody().post("/sign-in/mail", email="ada@acme.example").status_code == 200
    refused = people.nobody().post("/sign-in/mail", email="ADA@acme.example")
    assert refused.status_code == 429
    assert "too many mails asked for" in refused.text.lower()
    assert waiting(people) == 3
    assert people.nobody().post("/sign-in", email="ada@acme.example", password=PASSWORD).status_code == 303
    people.site.clock.move(timedelta(minutes=15))
    assert people.nobody().post("/sign-in/mail", email="ada@acme.example").status_code == 200


def test_what_is_no_address_is_told(people: People) -> None:
    for email in ("", "ada", "ada@acme.example\nBcc: eve@evil.example", '"><script>'):
        page = people.nobody().post("/sign-in/mail", email=email)
        assert page.status_code == 422
        assert "<script>" not in page.text
    assert waiting(people) == 0


def test_the_link_leads_to_the_own_address_whatever_the_request_says(people: People, taker: MailTaker) -> None:
    visitor = people.nobody()
    visitor.says["x-forwarded-host"] = "evil.example"
    visitor.post("/sign-in/mail", email="ada@acme.example")
    assert link_in(taker)
    assert "evil.example" not in str(taker.taken[0])


def test_a_changed_password_is_told_by_mail(people: People, taker: MailTaker) -> None:
    ada = people.browser_of(people.ada)
    assert ada.post("/password", current=PASSWORD, new=NEW, again=NEW).status_code == 303
    until = monotonic() + 20
    while not taker.taken:
        assert monotonic() < until
        sleep(0.02)
    assert taker.taken[0]["Subject"] == "Your password was changed in Outlay of Acme"


def test_an_invited_member_chooses_a_password_within_seven_days(people: People) -> None:
    control, now = people.site.outlay.control, people.site.clock.now()
    first, token = (create_invitation(control, people.lin, now) for _ in range(2))
    path = "/sign-in/invitation"
    assert people.nobody().get(f"{path}?token={first}").status_code == 401  # a later one takes its place
    visitor = people.nobody()
    page = visitor.get(f"{path}?token={token}")
    assert "Welcome to Acme" in page.text
    assert visitor.post(path, token=token, new="Lin Acme 2026", again="Lin Acme 2026").status_code in {303, 422}
    people.site.clock.move(timedelta(days=7))
    assert people.nobody().post(path, token=token, new=NEW, again=NEW).status_code == 401
    token = create_invitation(control, people.lin, people.site.clock.now())
    assert visitor.post(path, token=token, new=NEW, again=NEW).headers["location"] == "/"
    assert visitor.get("/account").status_code == 200


def test_without_a_mail_server_admins_hand_links_over(tmp_path: Path) -> None:
    with people_at(tmp_path / "without") as people:
        page = people.nobody().get("/sign-in").text
        assert "Ask an admin" in page
        assert "/sign-in/mail" not in page
        assert people.nobody().get("/sign-in/mail").status_code == 404
        assert people.nobody().post("/sign-in/mail", email="ada@acme.example").status_code == 404
