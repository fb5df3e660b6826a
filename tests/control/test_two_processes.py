"""Several processes on one control database: what one changes holds in the others, and of many at once one wins."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from time import sleep, time
from typing import Final

import pytest
from sqlalchemy import select

from outlay.access.key_changes import create_key
from outlay.access.key_ring import KeyRing
from outlay.access.keys import NewKey
from outlay.access.links import create_link, member_of_link, use_link
from outlay.access.scim.tokens import create_token, token_in_force
from outlay.access.secrets import SecretKeys
from outlay.access.sessions import Sessions
from outlay.access.standing import Standing
from outlay.access.upstreams import OpenUpstreams
from outlay.control.database import open_control
from outlay.control.entities import COLOUR_SLOTS
from outlay.control.members import Member, NewMember, create_member
from outlay.control.organisation_settings import setting_of
from outlay.control.organisations import create_organisation
from outlay.control.tables import entities
from outlay.control.trail import NO_HASH, SYSTEM
from outlay.control.trail_tables import audit_entries, audit_heads
from outlay.control.upstreams import UpstreamBook
from outlay.errors import KeyInvalid, NotSignedIn, OrganisationSuspended, SignInFailed
from outlay.intake.check import EARLIEST, NEVER
from outlay.intake.horizon import Horizon
from outlay.intake.price_books import PriceBooks
from outlay.kit.clock import SystemClock
from outlay.pricing.catalogue import load_catalogue
from outlay.pricing.rules import NO_RULES
from tests.control.beside import Beside, change_everything, delete, register, suspend, use_links, write_entries
from tests.control_engine import control_target
from tests.intake.making import event

MANY: Final = 4
CLOCK: Final = SystemClock()
WITHIN_SECONDS: Final = 1.0


@pytest.fixture(scope="module")
def beside() -> Iterator[Beside]:
    found = Beside(MANY)
    yield found
    found.end()


@pytest.fixture
def target(tmp_path: Path) -> str:
    """Return the control database as other processes find it, with an organisation."""
    found = str(control_target(tmp_path))
    with closing(open_control(found)) as control:
        create_organisation(control, "acme", "Acme", "Europe/Berlin", SYSTEM, CLOCK.now())
    return found


def _people(target: str) -> tuple[Member, Member]:
    with closing(open_control(target)) as control:
        admin = create_member(control, "acme", NewMember(email="a@example.com", role="admin"), SYSTEM, CLOCK.now())
        ada = create_member(control, "acme", NewMember(email="ada@example.com", role="member"), SYSTEM, CLOCK.now())
    return admin, ada


def test_what_another_process_changes_holds_here_within_a_second(beside: Beside, target: str, tmp_path: Path) -> None:
    _, ada = _people(target)
    with closing(open_control(target)) as control:
        ring, books = KeyRing(control), PriceBooks(load_catalogue(), NO_RULES, control)
        upstreams = OpenUpstreams(UpstreamBook(control, SecretKeys(tmp_path), CLOCK), Standing(control), CLOCK)
        sessions = Sessions(control, timedelta(days=1))
        key, plaintext = create_key(control, "acme", NewKey(name="ci"), SYSTEM, CLOCK.now())
        token, _ = sessions.open(ada, CLOCK.now())
        call = event("call", provider="acme", model="own-7b", model_raw="own-7b", time=CLOCK.now())
        # Everything is read and remembered here before the other process changes it.
        assert ring.resolve(plaintext, CLOCK.now()).id == key.id
        assert sessions.member_of(token, CLOCK.now())[0].id == ada.id
        assert books.book_of("acme").cost_of(call).status == "unpriced"
        assert upstreams.find("acme", "theirs") is None

        changed_at = beside.run(change_everything, target, str(tmp_path), key.id, ada.id)

        with pytest.raises(NotSignedIn):
            sessions.member_of(token, CLOCK.now())
        assert setting_of(control, "acme", "greeting") == "hello"
        sleep(max(0.0, changed_at + WITHIN_SECONDS - time()))
        with pytest.raises(KeyInvalid):
            ring.resolve(plaintext, CLOCK.now())
        assert books.book_of("acme").cost_of(call).status == "priced"
        found = upstreams.find("acme", "theirs")
        assert found is not None
        assert found.base_url == "https://api.example.com"


def test_what_another_process_suspends_or_deletes_is_refused_here_within_a_second(
    beside: Beside, target: str, tmp_path: Path
) -> None:
    admin, ada = _people(target)
    with closing(open_control(target)) as control:
        standing, ring, horizon = Standing(control), KeyRing(control), Horizon(control, CLOCK)
        upstreams = OpenUpstreams(UpstreamBook(control, SecretKeys(tmp_path), CLOCK), Standing(control), CLOCK)
        sessions = Sessions(control, timedelta(days=1))
        _, key = create_key(control, "acme", NewKey(name="ci"), SYSTEM, CLOCK.now())
        _, scim = create_token(control, "acme", SYSTEM, CLOCK.now())
        session, _ = sessions.open(ada, CLOCK.now())
        link = create_link(control, admin, SYSTEM, CLOCK.now())
        # Everything is read and remembered here before the other process changes it.
        assert (standing.serves("acme", CLOCK.now()), horizon.earliest("acme")) == (True, EARLIEST)
        assert upstreams.find("acme", "theirs") is None
        assert ring.resolve(key, CLOCK.now()).organisation == "acme"

        suspended_at = beside.run(suspend, target)

        for opened_by in (member_of_link, use_link):
            with pytest.raises(SignInFailed, match="suspended"):
                opened_by(control, link, CLOCK.now())
        sleep(max(0.0, suspended_at + WITHIN_SECONDS - time()))
        assert not standing.serves("acme", CLOCK.now())
        with pytest.raises(OrganisationSuspended):
            upstreams.find("acme", "theirs")
        with pytest.raises(OrganisationSuspended):
            create_link(control, ada, SYSTEM, CLOCK.now())
        assert horizon.earliest("acme") == EARLIEST, "calls that went out before are recorded"

        deleted_at = beside.run(delete, target)

        with pytest.raises(NotSignedIn):
            sessions.member_of(session, CLOCK.now())
        with pytest.raises(KeyInvalid):
            token_in_force(control, scim, CLOCK.now())
        sleep(max(0.0, deleted_at + WITHIN_SECONDS - time()))
        with pytest.raises(KeyInvalid):
            ring.resolve(key, CLOCK.now())
        assert horizon.earliest("acme") == NEVER


def test_of_many_that_use_a_link_at_once_one_signs_in(beside: Beside, target: str) -> None:
    _, ada = _people(target)
    with closing(open_control(target)) as control:
        tokens = [create_link(control, ada, SYSTEM, CLOCK.now()) for _ in range(8)]
    told = beside.race(use_links, target, tokens)
    assert [sum(used) for used in zip(*told, strict=True)] == [1] * len(tokens)


def test_entities_that_many_register_at_once_are_there_once_with_even_colours(beside: Beside, target: str) -> None:
    ids = [f"user-{number}" for number in range(42)]
    beside.race(register, target, ids)
    with closing(open_control(target)) as control, control.read() as connection:
        rows = connection.execute(select(entities.c.id, entities.c.number, entities.c.colour_slot)).all()
    assert sorted(row.id for row in rows) == sorted(ids)
    assert sorted(row.number for row in rows) == list(range(len(ids)))
    assert all(row.colour_slot == row.number % COLOUR_SLOTS for row in rows)


def test_entries_that_many_write_at_once_are_one_chain_without_gaps(beside: Beside, target: str) -> None:
    each = 25
    beside.race(write_entries, target, each)
    with closing(open_control(target)) as control, control.read() as connection:
        mine = audit_entries.c.organisation == "acme"
        rows = connection.execute(select(audit_entries).where(mine).order_by(audit_entries.c.number)).all()
        head = connection.execute(select(audit_heads).where(audit_heads.c.organisation == "acme")).one()
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert [row.previous for row in rows] == [NO_HASH, *(row.hash for row in rows[:-1])]
    assert (head.number, head.hash) == (rows[-1].number, rows[-1].hash)
    assert len({row.subject for row in rows if row.action == "member.disable"}) == MANY * each
