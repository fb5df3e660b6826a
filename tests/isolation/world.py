"""Two organisations whose every name betrays whose it is, and the people who look at them.

Acme's owner, team mate, lead and billing look at what is Acme's; a stranger administers the other organisation. All
that is the owner's carries the word QUOKKA, all that is the mate's NUMBAT, what everybody at Acme may see BILBY, and
all of the other organisation WOMBAT: a page that shows a word to somebody whose it is not has leaked.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Column, Table, select, update

from outlay.access.keys import SCOPES, NewKey, Scope
from outlay.access.proof import FRESH
from outlay.access.sessions import Sessions
from outlay.control.currencies import Rate, put_rates
from outlay.control.members import Member, NewMember, create_member
from outlay.control.operators import add_operator
from outlay.control.organisations import OPERATORS, create_organisation
from outlay.control.schema import SCHEMA
from outlay.control.sign_in_tables import sessions
from outlay.control.trail import SYSTEM
from outlay.kit.ids import new_id
from outlay.usage import Tokens, UsageEvent
from tests.keys import issued
from tests.web.pages.people import Visitor
from tests.web.site import NOW, Site, open_site
from tests.web.test_multipart import BOUNDARY, body_of

QUOKKA: Final = "quokka"
NUMBAT: Final = "numbat"
BILBY: Final = "bilby"
WOMBAT: Final = "wombat"
OTHERS: Final = f"{WOMBAT}-org"
PEOPLE: Final = ("owner", "billing", "lead", "mate", "stranger")
NOBODY: Final = "nobody"
OPERATOR: Final = "operator"
_WAIT_SECONDS: Final = 20
# What a look at a page may change: when somebody was last there.
_PASSING: Final = frozenset({"sessions", "sign_in_failures", "import_progress", "entities"})
# A thread notes from time to time which keys were used: on a busy machine, what an earlier test did with them.
_NOTED_LATER: Final = frozenset({"last_used_at", "last_used_from"})


class World(Struct, frozen=True):
    """`ids` is what stands for each `{name}` of a path: the owner's own of that kind."""

    site: Site
    members: dict[str, Member]
    ids: dict[str, str]
    keys: dict[str, dict[str, str]]

    def browser_of(self, person: str) -> Visitor:
        """Return a browser in which the person is signed in and has a page with a form open."""
        visitor = Visitor(self.site)
        if person == NOBODY:
            return visitor
        opened = Sessions(self.site.outlay.control, timedelta(hours=8))
        visitor.cookies["outlay_session"], _ = opened.open(self.members[person], self.site.clock.now())
        visitor.get("/views/new?page=/calls")
        return visitor

    def forget_proofs(self) -> None:
        """Have everybody shown who they are so long ago that what matters asks anew."""
        with self.site.outlay.control.begin() as connection:
            connection.execute(update(sessions).values(proved_at=self.site.clock.now() - FRESH))

    def address(self, path: str, query: str = "") -> str:
        """Return the address of a route with the owner's own ids in it."""
        filled = re.sub(r"{(\w+)(:path)?}", lambda found: self.ids[_name_in(path, found[1])], path)
        return f"{filled}?{query}" if query else filled

    def kept(self) -> dict[str, list[Any]]:
        """Return every row of the control database that a refused request must leave as it is."""
        with self.site.outlay.control.read() as connection:
            return {
                table.name: sorted(map(repr, connection.execute(select(*_told_at_once(table))).all()))
                for table in SCHEMA.sorted_tables
                if table.name not in _PASSING
            }


def _told_at_once(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if column.name not in _NOTED_LATER]


def _name_in(path: str, name: str) -> str:
    """Return under which name of `World.ids` a part of a path stands: `name` alone says too little."""
    return path.split("/")[1] if name == "name" else name


@contextmanager
def open_world(data: Path) -> Iterator[World]:
    with open_site(data, organisation="Acme") as site:
        control, acme = site.outlay.control, site.outlay.organisation
        create_organisation(control, OTHERS, f"{WOMBAT} Ltd", "UTC", SYSTEM, NOW)
        members = {
            # Who is refused is told which admin to ask: their name and e-mail are for everybody.
            "owner": _member(site, acme, "admin", f"{QUOKKA}-owner", f"{BILBY}-admin"),
            "billing": _member(site, acme, "billing", "clerk"),
            "lead": _member(site, acme, "lead", "leader", teams_led=(f"{NUMBAT}-team",)),
            "mate": _member(site, acme, "member", f"{NUMBAT}-mate"),
            "stranger": _member(site, OTHERS, "admin", f"{WOMBAT}-owner"),
        }
        for organisation, word, user in (
            (acme, QUOKKA, f"{QUOKKA}-owner"),
            (acme, NUMBAT, f"{NUMBAT}-mate"),
            (OTHERS, WOMBAT, f"{WOMBAT}-owner"),
        ):
            site.outlay.intake.accept(organisation, list(_events(organisation, word, user)))
        put_rates(control, acme, [Rate("EUR", NOW.date(), Decimal("0.9"))], "", SYSTEM, NOW)
        operator = add_operator(control, NewMember(email="op@example.com", role="member"), SYSTEM, NOW)
        administers = NewKey(name="of the operators", scopes=frozenset({"admin"}), user=operator.email)
        keys = {person: _key(site, members[person], person) for person in PEOPLE}
        keys[OPERATOR] = _headers(issued(control, OPERATORS, administers, NOW)[1])
        mate = members["mate"].id
        ids = {"member": mate, "membership": "none", "organisation": acme, "id": mate, "path": "nothing"}
        ids |= {"team": f"{NUMBAT}-team", "currency": "EUR", "day": str(NOW.date())}
        world = World(site, members, ids, keys)
        for person, word in (("owner", QUOKKA), ("mate", NUMBAT), ("stranger", WOMBAT)):
            made = _things_of(world, person, word)
            if person == "owner":
                world.ids.update(made)
        yield world


def _member(site: Site, organisation: str, role: str, user: str, name: str = "", **more: Any) -> Member:
    name = name or user
    wanted = NewMember(email=f"{name}@example.com", role=role, name=name, user=user, **more)
    return create_member(site.outlay.control, organisation, wanted, SYSTEM, NOW)


def _key(site: Site, member: Member, person: str) -> dict[str, str]:
    """Return the headers of a program with a key of this person: a mate's is bound to them."""
    bound = None if member.role in {"admin", "billing"} else member.user
    scopes: frozenset[Scope] = frozenset(SCOPES) if member.role == "admin" else frozenset({"read"})
    word = {"owner": QUOKKA, "stranger": WOMBAT}.get(person, "key")
    wanted = NewKey(name=f"{word}-key-of-{person}", scopes=scopes, user=bound)
    return _headers(issued(site.outlay.control, member.organisation, wanted, NOW)[1])


def _headers(plaintext: str) -> dict[str, str]:
    return {"authorization": f"Bearer {plaintext}"}


def _events(organisation: str, word: str, user: str) -> Iterator[UsageEvent]:
    for number in range(12):
        moment = NOW - timedelta(days=number, minutes=5)
        yield UsageEvent(
            organisation=organisation,
            source="api:test",
            id=f"{word}-{number}",
            time=moment,
            received_at=moment,
            user=user,
            team=f"{word}-team",
            agent=f"{word}-agent",
            agent_type="api",
            pod=f"{word}-pod",
            task=f"{word}-task",
            run_id=f"{word}-run",
            session_id=f"{word}-session",
            tags=(f"project:{word}",),
            provider="openai",
            model="gpt-4o" if number % 2 else f"{word}-model",
            response_id=f"{word}-response-{number}",
            tokens=Tokens(input_uncached=100, output=10),
        )


def _things_of(world: World, person: str, word: str) -> dict[str, str]:
    """Have somebody keep one of everything that a person can keep, by the forms they would use; return the ids."""
    browser = world.browser_of(person)
    browser.post("/views/new", name=f"{word} view", page="/calls", state="r=7d")
    browser.post("/annotations/new", text=f"{word} note", day="2026-10-19", clock="", seen="me")
    found = {
        "view": _first(browser, "/views", r'/views/([^"/?]+)/edit'),
        "note": _first(browser, "/annotations", r'/annotations/([^"/?]+)/edit'),
    }
    if world.members[person].role != "admin":
        return found
    upstream = f"{BILBY if word == QUOKKA else word}-up"  # who may call through the gateway may know what there is
    where = {"name": upstream, "provider": "openai", "base_url": "https://up.example.com", "auth": "bearer"}
    added = browser.post(
        "/gateway/new", **where, of="other", credential=f"sk-{word}-secret", enabled="1", connect_seconds="10"
    )
    assert added.status_code == 303
    browser.post("/keys/new", name=f"{word} machine")
    login = {"name": f"{word} login", "issuer": f"https://{word}.example.com", "domains": f"{word}.example"}
    browser.get("/settings/sign-on")
    browser.post(
        "/settings/sign-on/new", **login, id=new_id("idp"), client_id=word, scopes="openid", default_role="member"
    )
    browser.post("/settings/sign-on/groups", group=f"{word} group", role="billing", teams=f"{word}-team")
    browser.post("/settings/sign-on/scim")
    found["provider"] = _first(browser, "/settings/sign-on", r'/settings/sign-on/(idp_[^"/?]+)/edit')
    found["token"] = _first(browser, "/settings/sign-on", r'/settings/sign-on/scim/([^"/?]+)/revoke')
    found["gateway"] = upstream
    found["session"] = _first(browser, "/account", r'/account/sessions/([^"/?]+)/end"')
    found["static"] = "app.css"
    found["ending"] = "csv"
    found["key"] = _first(browser, f"/keys?q={word}+machine", r'href="/keys/(key_[^"/?]+)"')
    found["prefix"] = "aaaaaaaa"
    found["upload"] = _uploaded(browser, word)
    found["repricing"] = _repriced(browser, word)
    found["move"] = _moved(browser, world.members[person].id, f"{word}-team")
    found["rule"] = _first(browser, "/prices?show=own", r'/prices/rules/([^"/?]+)"')
    return found


def _first(browser: Visitor, page: str, pattern: str) -> str:
    text = browser.get(page).text
    found = re.search(pattern, text)
    assert found, f"{page} shows no {pattern}"
    return found[1]


def _uploaded(browser: Visitor, word: str) -> str:
    browser.get("/imports")
    file = f'{{"id":"{word}-import","time":"2026-10-01T00:00:00Z","user":"{word}-owner","model":"gpt-4o"}}\n'
    body = body_of([("csrf", browser.csrf)], file.encode(), f"{word}.jsonl")
    answer = browser.post_body(
        "/imports", body, **{"content-type": f"multipart/form-data; boundary={BOUNDARY.decode()}"}
    )
    assert answer.status_code == 303
    path = str(answer.headers["location"])
    _until(lambda: "<progress" not in browser.get(path).text)
    return path.rpartition("/")[2]


def _repriced(browser: Visitor, word: str) -> str:
    """Set a price for new calls only, and return the repricing it was previewed as."""
    browser.get("/prices/new")
    price = {"kind": "price", "provider": "openai", "model": f"{word}-model", "input": "1", "output": "2"}
    shown = browser.post("/prices/new", **price, starts="2026-10-01")
    assert shown.status_code == 303
    path = str(shown.headers["location"])
    _until(lambda: 'value="keep"' in browser.get(path).text)
    browser.post(path, choice="keep")
    _until(lambda: 'value="keep"' not in browser.get(path).text)
    return path.rpartition("/")[2]


def _moved(browser: Visitor, member: str, team: str) -> str:
    """Look at what moving past calls of no team to this one would do, decide against it, and return that move."""
    browser.get(f"/settings/members/{member}")
    shown = browser.post(f"/settings/members/{member}/move", old="", new=team, first="", last="")
    assert shown.status_code == 303
    path = str(shown.headers["location"])
    _until(lambda: 'value="drop"' in browser.get(path).text)
    browser.post(path, choice="drop")
    return path.rpartition("/")[2]


def _until(holds: Any) -> None:
    end = monotonic() + _WAIT_SECONDS
    while not holds():
        assert monotonic() < end, "it never came"
        sleep(0.05)
