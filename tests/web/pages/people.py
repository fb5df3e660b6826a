"""Two organisations with people in them, and browsers that keep cookies and fill in forms as theirs do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from outlay.access.links import Purpose, create_link
from outlay.access.passwords import Passwords
from outlay.access.sessions import Sessions
from outlay.control.credentials import set_password_hash
from outlay.control.members import Member, NewMember, create_member
from outlay.control.organisations import create_organisation
from outlay.control.trail import SYSTEM
from tests.web.site import Site, open_site

PASSWORD: Final = "correct horse battery"
OTHERS: Final = "others"
PASSWORD_HASH: Final = Passwords().hash(PASSWORD)


class Visitor:
    """One browser: keeps the cookies it is given, and finds the CSRF token in the last page it saw."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.cookies: dict[str, str] = {}
        self.csrf = ""
        self.says: dict[str, str] = {}  # headers of every form

    @property
    def session(self) -> str:
        return self.cookies.get("outlay_session", "")

    def sign_in(self, member: Member) -> None:
        """Have the member be signed in, as who has just shown who they are."""
        sessions = Sessions(self._site.outlay.control, timedelta(hours=8))
        self.cookies["outlay_session"], _ = sessions.open(member, self._site.clock.now())

    def get(self, path: str, **headers: str) -> Any:
        return self._seen(self._site.client.get(path, headers=self._headers(headers)))

    def post(self, path: str, **fields: str) -> Any:
        """Post a form with the token this browser knows; a field `csrf` of its own stands instead."""
        data = {"csrf": self.csrf} | fields
        return self._seen(self._site.client.post(path, data=data, headers=self._headers(self.says)))

    def post_body(self, path: str, body: bytes, **headers: str) -> Any:
        return self._seen(self._site.client.post(path, content=body, headers=self._headers(headers)))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        self._site.client.cookies.clear()  # the client is shared by all browsers of a test
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"accept": "text/html"} | ({"cookie": cookie} if cookie else {}) | more

    def _seen(self, answer: Any) -> Any:
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if "max-age=0" in line.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        found = re.search(r'name="csrf" value="([^"]+)"', answer.text)
        if found:
            self.csrf = unescape(found[1])
        return answer


class People(Struct, frozen=True):
    """Ada administers, Lin leads a team; Eve administers another organisation. Ada and Eve have a password."""

    site: Site
    ada: Member
    lin: Member
    eve: Member

    def nobody(self) -> Visitor:
        return Visitor(self.site)

    def browser_of(self, member: Member, *, page: str = "/password") -> Visitor:
        """Return a browser in which the member is signed in and has a page open."""
        visitor = Visitor(self.site)
        visitor.sign_in(member)
        assert visitor.get(page).status_code == 200
        return visitor

    def link_for(self, member: Member, purpose: Purpose = "sign_in") -> str:
        return create_link(self.site.outlay.control, member, SYSTEM, self.site.clock.now(), purpose)


@contextmanager
def people_at(data: Path, **settings: Any) -> Iterator[People]:
    with open_site(data, organisation="Acme", allowed_hosts="testserver", **settings) as site:
        control, now, acme = site.outlay.control, site.clock.now(), site.outlay.organisation
        create_organisation(control, OTHERS, "Others", "UTC", SYSTEM, now)
        ada = create_member(control, acme, NewMember(email="ada@acme.example", role="admin", name="Ada"), SYSTEM, now)
        lin = create_member(control, acme, NewMember(email="lin@acme.example", role="lead", name="Lin"), SYSTEM, now)
        eve = create_member(
            control, OTHERS, NewMember(email="eve@others.example", role="admin", name="Eve"), SYSTEM, now
        )
        for member in (ada, eve):
            set_password_hash(control, member.organisation, member.id, PASSWORD_HASH, SYSTEM, now)
        yield People(site, ada, lin, eve)
