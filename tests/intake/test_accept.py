from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.intake.accept import Intake
from outlay.intake.outcome import DUPLICATE, STORED
from outlay.kit.period import parse_zone
from outlay.ledger.duckdb import DuckLedger
from outlay.usage import Cost, CostLine, PricedEvent, UsageEvent
from tests.intake.making import LIMITS, NOW, OneDollarEach, RememberedNames, event


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[DuckLedger]:
    opened = DuckLedger(tmp_path / "ledger.duckdb", lambda _: parse_zone("UTC"), memory_mb=512)
    yield opened
    opened.close()


def stored_rows(ledger: DuckLedger, columns: str) -> list[tuple[Any, ...]]:
    with ledger.snapshot() as snapshot:
        return snapshot.rows(f"SELECT {columns} FROM events ORDER BY id")


def test_events_are_named_priced_registered_and_stored(ledger: DuckLedger) -> None:
    names = RememberedNames()
    intake = Intake(ledger, OneDollarEach(), names, LIMITS)
    outcomes = intake.accept("acme", [event("a", model="alias", user="ann", tags=("env:prod", "x:y"))])
    assert outcomes == [STORED]
    assert stored_rows(ledger, "model, model_raw, cost") == [("gpt-4o", "gpt-4o", Decimal(1))]
    assert names.found["user"] == {"ann"}
    assert names.found["tag"] == {"env:prod", "x:y"}
    assert names.found["team"] == set()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"user": "u" * 65}, "user has 65 characters; the limit is 64"),
        ({"tags": ("a:1", "b:2", "c:3", "d:4")}, "tags are 4"),
        ({"tags": ("a:" + "x" * 99,)}, "has 101 characters"),
        ({"tags": ("a:b\x1fc:d",)}, "control character"),
        ({"tags": ("a:b\0c",)}, "NUL, which can't be kept"),
        ({"agent": "bot\0"}, "agent holds the character NUL"),
        ({"metadata": {"a": "x" * 200}}, "metadata is 208 bytes"),
        ({"metadata": {"a": object()}}, "can't be written as JSON"),
        ({"time": NOW + timedelta(hours=25)}, "more than a day after it was received"),
        ({"time": NOW.replace(year=1999)}, "before the year 2000"),
        ({"quantity": Decimal(10**7), "unit": "pages"}, "too large for one event"),
        ({"quantity": Decimal("1e999999999"), "unit": "pages"}, "too large for one event"),
        ({"quantity": Decimal(f"1{'0' * 70}.0000001"), "unit": "pages"}, "too large for one event"),
        ({"quantity": Decimal(-1), "unit": "pages"}, "only an adjustment"),
        ({"organisation": "other"}, "another organisation"),
    ],
)
def test_an_event_beyond_a_limit_is_rejected_and_its_neighbours_stored(
    ledger: DuckLedger, fields: dict[str, Any], said: str
) -> None:
    intake = Intake(ledger, OneDollarEach(), RememberedNames(), LIMITS)
    first, bad, last = intake.accept("acme", [event("a"), event("b", **fields), event("c")])
    assert (first, last) == (STORED, STORED)
    assert (bad.result, bad.code) == ("rejected", "field_invalid")
    assert said in str(bad.message)
    assert stored_rows(ledger, "id") == [("a",), ("c",)]


@pytest.mark.parametrize(
    ("kind", "fields"), [("user", {"user": "new"}), ("tag", {"tags": ("new:tag",)}), ("model", {"model": "new"})]
)
def test_one_name_too_many_rejects_only_the_events_that_bring_it(
    ledger: DuckLedger, kind: str, fields: dict[str, Any]
) -> None:
    names = RememberedNames(kind)
    names.found = {"model": {"gpt-4o"}}
    outcomes = Intake(ledger, OneDollarEach(), names, LIMITS).accept("acme", [event("a"), event("b", **fields)])
    assert [outcome.code for outcome in outcomes] == [None, "too_many_distinct"]
    assert stored_rows(ledger, "id") == [("a",)]
    assert "new" not in names.found.get(kind, set())


@pytest.mark.parametrize(("sent", "kept"), [("1.23456789", "1.234568"), ("1e-999999", "0"), ("1e3", "1000")])
def test_a_quantity_is_priced_as_it_is_kept(ledger: DuckLedger, sent: str, kept: str) -> None:
    intake = Intake(ledger, OneDollarEach(), RememberedNames(), LIMITS)
    intake.accept("acme", [event("a", quantity=Decimal(sent), unit="pages")])
    assert stored_rows(ledger, "quantity, cost") == [(Decimal(kept), Decimal(kept))]


def test_an_adjustment_whose_huge_lines_cancel_out_is_refused(ledger: DuckLedger) -> None:
    class TwoLines(OneDollarEach):
        def cost_of(self, event: UsageEvent) -> Cost:
            del event
            lines = (CostLine("input", "i", 1, Decimal(1), 10**19), CostLine("output", "o", 1, Decimal(1), -(10**19)))
            return Cost("priced", 0, lines, "test")

    (outcome,) = Intake(ledger, TwoLines(), RememberedNames(), LIMITS).accept("acme", [event("a", adjusts="b")])
    assert (outcome.code, stored_rows(ledger, "id")) == ("field_invalid", [])


def test_an_adjustment_may_take_back_a_quantity(ledger: DuckLedger) -> None:
    taken_back = event("a", adjusts="b", quantity=Decimal("-1.5"), unit="pages")
    assert Intake(ledger, OneDollarEach(), RememberedNames(), LIMITS).accept("acme", [taken_back]) == [STORED]
    assert stored_rows(ledger, "quantity") == [(Decimal("-1.5"),)]


def test_several_requests_share_a_commit_and_get_their_own_answers(ledger: DuckLedger) -> None:
    intake = Intake(ledger, OneDollarEach(), RememberedNames(), LIMITS)
    first = intake.prepare("acme", [event("a"), event("b", user="u" * 99)])
    second = intake.prepare("acme", [event("a"), event("c")])
    empty = intake.prepare("acme", [])
    answers = intake.commit([first, second, empty])
    assert [[outcome.result for outcome in answer] for answer in answers] == [
        ["stored", "rejected"],
        ["duplicate", "stored"],
        [],
    ]


def test_listeners_hear_of_what_was_stored_and_of_nothing_else(ledger: DuckLedger) -> None:
    heard: list[UsageEvent] = []

    def listener(events: Sequence[PricedEvent]) -> None:
        heard.extend(priced.event for priced in events)

    intake = Intake(ledger, OneDollarEach(), RememberedNames(), LIMITS)
    intake.listen(listener)
    intake.accept("acme", [event("a"), event("a"), event("b", user="u" * 99)])
    assert intake.accept("acme", [event("a")]) == [DUPLICATE]
    assert [each.id for each in heard] == ["a"]
