"""Nobody comes into a suspended organisation, and whoever does not belong to it can't tell that it is."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from outlay.access.links import create_invitation, create_link
from outlay.control.credentials import set_password_hash
from outlay.control.database import Control
from outlay.control.members import NewMember, create_member
from outlay.control.organisations import create_organisation
from outlay.control.outgoing_mail import Outbox
from outlay.control.sign_in_tables import outgoing_mail
from outlay.control.tenancy import resume_organisation, suspend_organisation
from outlay.control.trail import SYSTEM
from outlay.errors import OrganisationSuspended
from tests.mail_server import HOST
from tests.web.pages.people import OTHERS, PASSWORD, PASSWORD_HASH, People, people_at

THIRD = "third"
ADA = "ada@acme.example"
NOBODY_LISTENS = 9


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    """Ada with the same password in three organisations; mail is written and goes nowhere."""
    url = f"smtp://{HOST}:{NOBODY_LISTENS}?tls=none"
    with people_at(tmp_path / "data", smtp_url=url, mail_from="outlay@example.com") as found:
        control, now = found.site.outlay.control, found.site.clock.now()
        create_organisation(control, THIRD, "Third", "UTC", SYSTEM, now)
        for organisation in (OTHERS, THIRD):
            again = create_member(control, organisation, NewMember(email=ADA, role="member"), SYSTEM, now)
            set_password_hash(control, organisation, again.id, PASSWORD_HASH, SYSTEM, now)
        yield found


def suspend(people: People, *organisations: str) -> None:
    for each in organisations:
        suspend_organisation(people.site.outlay.control, each, SYSTEM, people.site.clock.now())
    people.site.clock.move(timedelta(seconds=1))


def waiting(control: Control) -> list[str]:
    with control.read() as connection:
        return list(connection.execute(select(outgoing_mail.c.organisation)).scalars())


def test_it_is_not_offered_at_sign_in(people: People) -> None:
    suspend(people, OTHERS)
    visitor = people.nobody()
    assert visitor.post("/sign-in", email=ADA, password=PASSWORD).headers["location"] == "/sign-in/organisation"
    page = visitor.get("/sign-in/organisation").text
    assert "Acme" in page
    assert "Third" in page
    assert "Others" not in page
    assert visitor.post("/sign-in/organisation", organisation=OTHERS).headers["location"] == "/sign-in/organisation"
    assert visitor.post("/sign-in/organisation", organisation=THIRD).headers["location"] == "/"
    assert "Others" not in visitor.get("/account").text


def test_one_that_is_suspended_during_the_sign_in_is_offered_no_more(people: People) -> None:
    visitor = people.nobody()
    visitor.post("/sign-in", email=ADA, password=PASSWORD)
    assert "Others" in visitor.get("/sign-in/organisation").text
    suspend(people, OTHERS)
    assert "Others" not in visitor.get("/sign-in/organisation").text


def test_who_is_in_no_other_is_told_once_they_showed_who_they_are(people: People) -> None:
    suspend(people, OTHERS)
    eve = people.nobody().post("/sign-in", email=people.eve.email, password=PASSWORD)
    assert eve.status_code == 401
    assert "is suspended" in eve.text
    wrong = people.nobody().post("/sign-in", email=people.eve.email, password="quite wrong")
    nobody = people.nobody().post("/sign-in", email="nobody@acme.example", password="quite wrong")
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.text.replace(people.eve.email, "…") == nobody.text.replace("nobody@acme.example", "…")


@pytest.mark.parametrize("kind", ["sign-in", "password"])
def test_nobody_in_it_gets_mail_and_the_answer_is_the_same(people: People, kind: str) -> None:
    suspend(people, OTHERS)
    pages = []
    for email in (people.eve.email, "nobody@acme.example", ADA):
        answer = people.nobody().post("/sign-in/mail", **{"email": email, "for": kind})
        pages.append((answer.status_code, answer.text.replace(email, "…")))
    assert len(set(pages)) == 1
    assert sorted(waiting(people.site.outlay.control)) == ["default", THIRD]


def test_mail_that_waits_is_held_back_until_it_is_served_again(people: People) -> None:
    outlay, now = people.site.outlay, people.site.clock.now()
    outbox = Outbox(outlay.control, outlay.secrets)
    outbox.put(OTHERS, "invitation", "{}", now, timedelta(days=7))
    suspend(people, OTHERS)
    assert outbox.take(people.site.clock.now()) is None
    resume_organisation(outlay.control, OTHERS, SYSTEM, people.site.clock.now())
    assert outbox.take(people.site.clock.now()) is not None


def test_no_link_is_made_and_none_opens_anything(people: People) -> None:
    control, now = people.site.outlay.control, people.site.clock.now()
    new = create_member(control, OTHERS, NewMember(email="new@others.example", role="member"), SYSTEM, now)
    paths = {
        "/sign-in/link": people.link_for(people.eve),
        "/sign-in/new-password": people.link_for(people.eve, "password_reset"),
        "/sign-in/invitation": create_invitation(control, new, now),
    }
    suspend(people, OTHERS)
    fields = {"new": "quite another battery", "again": "quite another battery"}
    for path, token in paths.items():
        assert people.nobody().get(f"{path}?token={token}").status_code == 401
        assert people.nobody().post(path, token=token, **fields).status_code == 401
    with pytest.raises(OrganisationSuspended):
        create_link(control, people.eve, SYSTEM, now)
    with pytest.raises(OrganisationSuspended):
        create_invitation(control, new, now)
