"""Whoever lost access is out at every door within a second: a person who was disabled, everybody of a suspended
organisation; and what was handed to them before opens nothing when they are let in again.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from outlay.access.keys import NewKey
from outlay.access.links import create_link
from outlay.access.scim.tokens import create_token
from outlay.control.credentials import set_password_hash
from outlay.control.member_changes import MemberChange, change_member, disable_member, enable_member
from outlay.control.tenancy import suspend_organisation
from outlay.control.trail import SYSTEM
from tests.keys import issued
from tests.web.pages.people import PASSWORD, PASSWORD_HASH, Visitor
from tests.web.pages.sso.signing_on import Office, office_at

ACME: Final = "default"
LIN: Final = "lin@acme.example"
EVENT: Final = b'{"id":"1","time":"2026-10-20T11:00:00Z","model":"gpt-4o","tokens":{"input":1,"output":1}}'


class Doors:
    """Every way in that Lin has, tried by `open_now`: the name of each with whether it let somebody in."""

    def __init__(self, office: Office) -> None:
        people = self.people = office.people
        self.office, self.site, self.control = office, people.site, people.site.outlay.control
        now = self.site.clock.now()
        change_member(self.control, ACME, people.lin.id, MemberChange(user="lin"), SYSTEM, now)
        set_password_hash(self.control, ACME, people.lin.id, PASSWORD_HASH, SYSTEM, now)
        office.provider.has("ada", email=people.ada.email, email_verified=True)
        office.provider.has("diana", email=LIN, email_verified=True)
        assert office.signs_in(people.nobody()).status_code == 303
        self.browser = people.browser_of(people.lin, page="/account")
        self.links = [create_link(self.control, people.lin, SYSTEM, now) for _ in range(3)]
        wanted = NewKey(name="lin's", user="lin", scopes=frozenset({"send", "read", "gateway"}))
        self.key = {"authorization": f"Bearer {issued(self.control, ACME, wanted, now)[1]}"}
        self.scim = {"authorization": f"Bearer {create_token(self.control, ACME, SYSTEM, now)[1]}"}

    def open_now(self) -> dict[str, bool]:
        ask, nobody = self.site.client, self.people.nobody
        ask.cookies.clear()
        by_link = nobody()
        by_link.post("/sign-in/link", token=self.links.pop())
        by_password = nobody()
        by_password.post("/sign-in", email=LIN, password=PASSWORD)
        by_provider = nobody()
        self._signs_on(by_provider)
        ask.cookies.clear()
        return {
            "session": self.browser.get("/account").status_code == 200,
            "link": bool(by_link.session),
            "password": bool(by_password.session),
            "provider": bool(by_provider.session),
            "key reads": ask.get("/api/v1/usage", headers=self.key).status_code == 200,
            "key sends": ask.post("/v1/events", content=EVENT, headers=self.key).status_code == 200,
            # There is no upstream: a key that counts gets as far as hearing so.
            "key calls": "no credential" in ask.post("/openai/v1/chat/completions", json={}, headers=self.key).text,
        }

    def _signs_on(self, visitor: Visitor) -> None:
        answer = visitor.get(self.office.start)
        if answer.status_code == 303:
            visitor.get(self.office.returns(str(answer.headers["location"])))

    def scim_answers(self) -> bool:
        return bool(self.site.client.get("/scim/v2/Users", headers=self.scim).status_code == 200)


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    with office_at(tmp_path / "data") as office:
        yield Doors(office)


def by_an_admin(doors: Doors) -> None:
    disable_member(doors.control, ACME, doors.people.lin.id, SYSTEM, doors.site.clock.now())


def by_scim(doors: Doors) -> None:
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": False}],
    }
    path = f"/scim/v2/Users/{doors.people.lin.id}"
    assert doors.site.client.patch(path, json=body, headers=doors.scim).status_code == 200


def by_suspension(doors: Doors) -> None:
    suspend_organisation(doors.control, ACME, SYSTEM, doors.site.clock.now())


@pytest.mark.parametrize("shut_out", [by_an_admin, by_scim, by_suspension])
def test_whoever_loses_access_is_out_at_every_door_within_a_second(
    doors: Doors, shut_out: Callable[[Doors], None]
) -> None:
    assert {door for door, is_open in doors.open_now().items() if not is_open} == set()
    shut_out(doors)
    doors.site.clock.move(timedelta(seconds=1))
    assert {door for door, is_open in doors.open_now().items() if is_open} == set()
    assert doors.scim_answers() is (shut_out is not by_suspension)


def test_what_was_there_before_opens_nothing_when_access_is_given_again(doors: Doors) -> None:
    by_an_admin(doors)
    enable_member(doors.control, ACME, doors.people.lin.id, SYSTEM, doors.site.clock.now())
    doors.site.clock.move(timedelta(seconds=1))
    shut = {door for door, is_open in doors.open_now().items() if not is_open}
    assert shut == {"session", "link"}
