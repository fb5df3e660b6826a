"""Upstreams as they are kept: sealed, each organisation's own, and never sent elsewhere by a change of address."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from outlay.access.secrets import SecretKeys
from outlay.control.database import Control
from outlay.control.trail_tables import audit_entries
from outlay.control.upstream import Timeouts
from outlay.control.upstream_checks import UpstreamSettings
from outlay.control.upstreams import MOST_UPSTREAMS, UpstreamBook
from outlay.errors import Conflict, InputError, NotFound, SecretUnreadable, UpstreamInvalid
from outlay.testing import FrozenClock
from tests.actors import ADA, TESTER
from tests.control_engine import everything_in

CREDENTIAL = "sk-proj-0123456789abcdefWXYZ"
OURS = UpstreamSettings(name="ours", provider="openai", base_url="https://api.example.com")


@pytest.fixture
def book(control: Control, clock: FrozenClock, tmp_path: Path) -> UpstreamBook:
    return UpstreamBook(control, SecretKeys(tmp_path), clock)


def test_everything_that_is_said_is_kept(book: UpstreamBook, clock: FrozenClock) -> None:
    wanted = UpstreamSettings(
        name="azure-eu",
        provider="azure",
        base_url="https://x.openai.azure.com",
        auth="api-key",
        reading="openai_chat",
        region="eu-west-1",
        headers=(("x-a", "1"), ("x-b", "2")),
        timeouts=Timeouts(connect_seconds=3, first_byte_seconds=None, idle_seconds=7.5, total_seconds=90),
        enabled=False,
        allow_pass_through=False,
    )
    made = book.add("acme", wanted, CREDENTIAL, by=ADA)
    assert (made.settings, made.credential_hint, made.created_by) == (wanted, "WXYZ", "mem_ada")
    assert made.created_at == made.changed_at == clock.now()
    assert book.named("acme", "azure-eu") == made
    assert book.credential_of(made) == CREDENTIAL


def test_the_database_never_holds_a_credential_as_it_is(book: UpstreamBook, control: Control) -> None:
    made = book.add("acme", OURS, CREDENTIAL, by=TESTER)
    stored = everything_in(control)
    assert OURS.base_url.encode() in stored
    assert CREDENTIAL.encode() not in stored
    assert CREDENTIAL not in repr(made)


@pytest.mark.parametrize(
    ("auth", "credential", "hint"),
    [
        ("bearer", "short-key", ""),
        ("bearer", "exactly-16-chars", "hars"),
        ("aws-sigv4", "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY", "MPLE"),
        ("aws-sigv4", "AKID:wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY", ""),
    ],
)
def test_the_hint_tells_little(book: UpstreamBook, auth: Any, credential: str, hint: str) -> None:
    assert book.add("acme", replace(OURS, auth=auth), credential, by=TESTER).credential_hint == hint


def test_a_credential_moved_to_another_row_can_not_be_read(book: UpstreamBook) -> None:
    theirs = book.add("other", OURS, CREDENTIAL, by=TESTER)
    ours = book.add("acme", OURS, by=TESTER)
    with pytest.raises(SecretUnreadable, match="altered"):
        book.credential_of(replace(ours, credential=theirs.credential))


def test_an_organisation_sees_and_changes_its_own_alone(book: UpstreamBook) -> None:
    ours, theirs = book.add("acme", OURS, by=TESTER), book.add("other", OURS, by=TESTER)
    assert book.all_of("acme") == [ours]
    for attempt in (
        lambda: book.named("acme", "nothing"),
        lambda: book.change("acme", theirs.id, OURS, by=TESTER),
        lambda: book.remove("acme", theirs.id, by=TESTER),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert book.all_of("other") == [theirs]


def test_a_name_is_there_once(book: UpstreamBook) -> None:
    book.add("acme", OURS, by=TESTER)
    with pytest.raises(Conflict, match="there is an upstream 'ours' already"):
        book.add("acme", OURS, by=TESTER)


def test_what_can_not_be_is_neither_kept_nor_sealed(book: UpstreamBook, tmp_path: Path) -> None:
    with pytest.raises(UpstreamInvalid):
        book.add("acme", OURS, "not a key", by=TESTER)
    with pytest.raises(UpstreamInvalid):
        book.add("acme", replace(OURS, base_url="http://169.254.169.254"), CREDENTIAL, by=TESTER)
    assert book.all_of("acme") == []
    assert not (tmp_path / "secret.key").exists()


def test_a_change_keeps_name_and_credential(book: UpstreamBook, clock: FrozenClock) -> None:
    made = book.add("acme", OURS, CREDENTIAL, by=TESTER)
    clock.move(timedelta(hours=1))
    wanted = replace(OURS, name="theirs", base_url="https://api.example.com/v1", enabled=False)
    changed = book.change("acme", made.id, wanted, by=TESTER)
    assert changed.settings == replace(wanted, name="ours")
    assert (changed.created_at, changed.changed_at) == (made.created_at, clock.now())
    assert book.credential_of(changed) == CREDENTIAL


def test_a_credential_is_replaced_or_forgotten(book: UpstreamBook) -> None:
    made = book.add("acme", OURS, CREDENTIAL, by=TESTER)
    changed = book.change("acme", made.id, OURS, CREDENTIAL + "2", by=TESTER)
    assert (book.credential_of(changed), changed.credential_hint) == (CREDENTIAL + "2", "XYZ2")
    forgotten = book.change("acme", made.id, OURS, "", by=TESTER)
    assert (forgotten.credential, forgotten.credential_hint) == (None, "")
    book.change("acme", made.id, OURS, CREDENTIAL, by=TESTER)
    assert book.change("acme", made.id, replace(OURS, auth="none"), by=TESTER).credential is None


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"base_url": "https://evil.example"},
        {"base_url": "https://api.example.com:8443"},
        {"base_url": "http://api.example.com", "allow_private": True},
        {"auth": "aws-sigv4"},
    ],
    ids=lambda change: ",".join(change.values() if "auth" in change else [change["base_url"]]),
)
def test_a_kept_credential_is_never_sent_to_another_host(book: UpstreamBook, elsewhere: dict[str, Any]) -> None:
    made = book.add("acme", OURS, CREDENTIAL, by=TESTER)
    with pytest.raises(UpstreamInvalid, match="enter") as raised:
        book.change("acme", made.id, replace(OURS, **elsewhere), by=TESTER)
    assert raised.value.field == "credential"
    assert book.named("acme", "ours") == made


def test_without_a_credential_an_address_may_change(book: UpstreamBook) -> None:
    made = book.add("acme", OURS, by=TESTER)
    changed = book.change("acme", made.id, replace(OURS, base_url="https://other.example"), by=TESTER)
    assert changed.settings.base_url == "https://other.example"


def test_a_removed_one_is_gone_and_frees_its_name(book: UpstreamBook) -> None:
    made = book.add("acme", OURS, CREDENTIAL, by=TESTER)
    book.remove("acme", made.id, by=TESTER)
    assert book.all_of("acme") == []
    with pytest.raises(NotFound):
        book.remove("acme", made.id, by=TESTER)
    book.add("acme", OURS, by=TESTER)


def test_there_is_an_end_to_how_many(book: UpstreamBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outlay.control.upstreams.MOST_UPSTREAMS", 2)
    assert MOST_UPSTREAMS > 2
    for name in ("a", "b"):
        book.add("acme", replace(OURS, name=name), by=TESTER)
    with pytest.raises(InputError, match="2 upstreams already"):
        book.add("acme", replace(OURS, name="c"), by=TESTER)
    book.add("other", OURS, by=TESTER)


def test_callers_own_keys_pass_where_somebody_said_so(book: UpstreamBook) -> None:
    assert not book.allows_pass_through("acme")
    book.allow_pass_through("acme", allowed=True, by=TESTER)
    assert book.allows_pass_through("acme")
    assert not book.allows_pass_through("other")
    book.allow_pass_through("acme", allowed=False, by=TESTER)
    assert not book.allows_pass_through("acme")


def test_the_trail_tells_of_a_header_and_a_credential_that_look_the_same(book: UpstreamBook, control: Control) -> None:
    made = book.add("acme", replace(OURS, headers=(("x-project", "one"),)), CREDENTIAL, by=TESTER)
    other = replace(OURS, headers=(("x-project", "secret-two"),))
    book.change("acme", made.id, other, by=TESTER)
    book.change("acme", made.id, other, f"another-{CREDENTIAL}", by=TESTER)
    book.change("acme", made.id, other, by=TESTER)
    with control.read() as connection:
        entries = audit_entries.c
        asked = (
            select(entries.before, entries.after).where(entries.action == "upstream.change").order_by(entries.number)
        )
        told = [(json.loads(before), json.loads(after)) for before, after in connection.execute(asked)]
    assert told == [({"headers": ["x-project"]},) * 2, ({"credential": "••••WXYZ"},) * 2]
