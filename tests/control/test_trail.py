"""What an entry of the audit trail holds, and what changes of prices, upstreams, views and imports leave there."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import select

from outlay.access.secrets import SecretKeys
from outlay.control.annotations import Written, annotate, change_annotation, delete_annotation
from outlay.control.database import Control
from outlay.control.import_runs import ImportRun, note_import
from outlay.control.price_rules import NewRule, RuleChange, change_rules
from outlay.control.saved_views import NewView, delete_view, save_view
from outlay.control.trail import (
    INSTALLATION,
    MOST_CHARS,
    Actor,
    Change,
    differing,
    entry_hash,
    masked,
    words_of,
    write_down,
)
from outlay.control.trail_actions import ACTIONS
from outlay.control.trail_tables import audit_entries
from outlay.control.upstream_checks import UpstreamSettings
from outlay.control.upstreams import UpstreamBook
from outlay.testing import FrozenClock
from tests.actors import ADA, TESTER
from tests.control.standing import standing_people

NOW = FrozenClock().now()
CREDENTIAL = "sk-proj-0123456789abcdefWXYZ"
OURS = UpstreamSettings(
    name="ours", provider="openai", base_url="https://api.example.com", headers=(("x-secret", "hush"),)
)

texts = st.text(max_size=40)
plain = st.none() | st.booleans() | st.integers() | texts
sides = st.none() | st.dictionaries(texts, plain | st.lists(plain, max_size=3), max_size=4)


def entries(control: Control, organisation: str = "acme", noun: str = "") -> list[dict[str, Any]]:
    mine = audit_entries.c.organisation == organisation
    wanted = select(audit_entries).where(mine, audit_entries.c.action.startswith(noun)).order_by(audit_entries.c.number)
    with control.read() as connection:
        return [dict(row) for row in connection.execute(wanted).mappings()]


@given(texts, texts, st.none() | texts, sides, sides)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_is_read_as_it_was_hashed(
    control: Control, actor: str, name: str, address: str | None, before: Any, after: Any
) -> None:
    change = Change("team.change", "team", name, name, before, after)
    with control.begin() as connection:
        write_down(connection, INSTALLATION, Actor("member", actor, actor, address), change, NOW)
    entry = entries(control, INSTALLATION)[-1]
    assert entry["hash"] == entry_hash(entry)
    assert entry["search_text"] == words_of(entry)


def test_half_characters_and_zeros_are_told_as_what_they_are_not(control: Control) -> None:
    change = Change("team.change", "team", "t\0", "\ud800", after={"x\0": "\udfff"})
    with control.begin() as connection:
        write_down(connection, "acme", ADA, change, NOW)
    entry = entries(control)[-1]
    assert (entry["subject"], entry["name"]) == ("t\N{REPLACEMENT CHARACTER}", "?")
    assert entry["hash"] == entry_hash(entry)


def test_what_is_too_long_is_kept_by_size_and_hash(control: Control) -> None:
    change = Change("team.change", "team", "t", "n" * 2 * MOST_CHARS, after={"text": "x" * 40_000})
    with control.begin() as connection:
        write_down(connection, "acme", ADA, change, NOW)
    entry = entries(control)[-1]
    assert len(entry["name"]) == MOST_CHARS
    assert entry["after"].startswith('{"too long to keep":{"characters":40011,"sha256":"')


def test_values_of_every_kind_become_json(control: Control) -> None:
    moment = datetime(2026, 10, 31, 12, tzinfo=UTC)
    after = {"at": moment, "day": date(2026, 10, 31), "sum": Decimal("0.10"), "who": ADA, "tags": frozenset("ba")}
    with control.begin() as connection:
        write_down(connection, "acme", ADA, Change("team.change", "team", "t", "T", after=after), NOW)
    assert entries(control)[-1]["after"] == (
        '{"at":"2026-10-31T12:00:00Z","day":"2026-10-31","sum":"0.10","tags":["a","b"],'
        '"who":{"address":"192.0.2.7","id":"mem_ada","kind":"member","name":"Ada"}}'
    )


def test_an_action_that_is_not_listed_is_refused_with_its_change(control: Control) -> None:
    with pytest.raises(ValueError, match="no action"), control.begin() as connection:
        write_down(connection, "acme", ADA, Change("team.fly", "team", "t", "T"), NOW)


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_is_a_noun_and_a_verb_with_a_sentence(action: str) -> None:
    noun, dot, verb = action.partition(".")
    assert dot
    assert noun.replace("_", "").isalpha()
    assert verb.replace("_", "").isalpha()
    assert ACTIONS[action].format(name="it")


def test_only_what_differs_is_told() -> None:
    assert differing({"a": 1, "b": None, "c": 3}, {"a": 1, "b": 2, "d": None}) == (
        {"b": None, "c": 3},
        {"b": 2, "d": None},
    )
    assert differing(None, {"a": 1}) == ({}, {"a": 1})
    assert masked("WXYZ") == "••••WXYZ"


def test_an_upstream_is_told_without_its_secrets(control: Control, tmp_path: Path) -> None:
    book = UpstreamBook(control, SecretKeys(tmp_path), FrozenClock())
    made = book.add("acme", OURS, CREDENTIAL, by=ADA)
    book.change("acme", made.id, OURS, by=ADA)  # nothing differs
    book.change("acme", made.id, replace(OURS, enabled=False), by=TESTER)
    book.change("acme", made.id, replace(OURS, enabled=False), "sk-another-secret-WXYZ", by=ADA)
    book.allow_pass_through("acme", allowed=True, by=ADA)
    book.allow_pass_through("acme", allowed=True, by=ADA)
    book.remove("acme", made.id, by=ADA)
    found = entries(control, noun="upstream") + entries(control, noun="gateway")
    assert [(each["action"], each["actor_name"]) for each in found] == [
        ("upstream.add", "Ada"),
        ("upstream.change", "tester"),
        ("upstream.change", "Ada"),
        ("upstream.remove", "Ada"),
        ("gateway.change", "Ada"),
    ]
    assert (found[1]["before"], found[1]["after"]) == ('{"enabled":true}', '{"enabled":false}')
    assert found[2]["before"] == found[2]["after"] == '{"credential":"\\u2022\\u2022\\u2022\\u2022WXYZ"}'
    for each in found:
        written = f"{each['before']}{each['after']}{each['search_text']}"
        assert "hush" not in written
        assert CREDENTIAL not in written


def test_prices_are_told_as_they_were_and_are(control: Control) -> None:
    body = {"provider": "acme", "model": "own-7b", "input": "0.05", "output": "0.20"}
    first = RuleChange(adds=NewRule(id="price_1", kind="price", body=body, starts_at=NOW))
    change_rules(control, "acme", first, NOW, ADA)
    change_rules(control, "acme", first, NOW, ADA)  # once made it changes nothing again
    change_rules(control, "acme", RuleChange(ends="price_1", ends_at=NOW), NOW, ADA)
    change_rules(control, "acme", RuleChange(removes="price_1"), NOW, TESTER)
    added, ended, removed = entries(control, noun="price")
    assert {each["name"] for each in (added, ended, removed)} == {"acme/own-7b"}
    assert (added["before"], removed["after"]) == (None, None)
    assert '"until":null' in ended["before"]
    assert '"until":"2026' in ended["after"]
    assert removed["actor_name"] == "tester"


@pytest.mark.parametrize("own", [True, False], ids=["one's own", "another's"])
def test_what_others_share_is_told_when_it_is_changed_and_deleted(
    control: Control, clock: FrozenClock, *, own: bool
) -> None:
    people = standing_people(control, clock)
    before = len(entries(control))
    doer = people.owner if own else people.admin
    view = save_view(control, people.owner, NewView(name="Mine", path="/calls", query="r=7d", shared=True), NOW)
    note = annotate(control, people.owner, Written(text="Launch", day=NOW.date()), NOW)
    change_annotation(control, doer, note.id, Written(text="Lunch", day=NOW.date()), ADA, NOW)
    deletes: tuple[Callable[[], None], ...] = (
        lambda: delete_view(control, doer, view.id, ADA, NOW),
        lambda: delete_annotation(control, doer, note.id, ADA, NOW),
    )
    for delete in deletes:
        delete()
    found = [(each["action"], each["name"]) for each in entries(control)[before:]]
    another = [("note.change", "Lunch"), ("view.delete", "Mine"), ("note.delete", "Lunch")]
    assert found == ([] if own else another)


def test_an_import_is_told(control: Control) -> None:
    note_import(control, "acme", ImportRun("import:aider", 12, NOW, NOW, NOW), TESTER)
    (found,) = entries(control, noun="import")
    assert (found["actor_name"], found["name"]) == ("tester", "import:aider")
    assert '"stored":12' in found["after"]
