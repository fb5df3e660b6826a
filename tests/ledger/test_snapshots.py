"""What a state of the ledger says of itself, and that parsed statements are kept but no answers."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import duckdb
import pytest

from outlay.kit.period import parse_zone
from outlay.ledger.duckdb import DuckLedger
from outlay.ledger.statements import LONGEST_KEPT, MOST_KEPT, Statements
from tests.ledger.making import priced

UTC_ZONE = parse_zone("UTC")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[DuckLedger]:
    opened = DuckLedger(tmp_path / "ledger.duckdb", lambda _: UTC_ZONE, memory_mb=512)
    yield opened
    opened.close()


def waiting(ledger: DuckLedger) -> int:
    with ledger.snapshot() as snapshot:
        return snapshot.days_waiting


def test_a_snapshot_says_how_many_events_are_not_in_the_day_sums(tmp_path: Path) -> None:
    ledger = DuckLedger(tmp_path / "ledger.duckdb", lambda _: UTC_ZONE, memory_mb=256)
    assert waiting(ledger) == 0
    ledger.append([priced("a"), priced("b")])
    assert waiting(ledger) == 2
    with ledger.snapshot() as before:
        ledger.fold()
        assert (before.days_waiting, waiting(ledger)) == (2, 0)
        assert before.rows("SELECT count(*) FROM usage_day") == [(0,)]
    ledger.append([priced("a")])
    assert waiting(ledger) == 0
    ledger.append([priced("c")])
    assert waiting(ledger) == 1
    ledger.close()
    reopened = DuckLedger(tmp_path / "ledger.duckdb", lambda _: UTC_ZONE, memory_mb=256)
    assert waiting(reopened) > 0
    reopened.fold()
    assert waiting(reopened) == 0
    reopened.close()
    folded = DuckLedger(tmp_path / "ledger.duckdb", lambda _: UTC_ZONE, memory_mb=256)
    assert waiting(folded) == 0
    folded.close()


def test_where_nothing_waits_the_day_sums_have_every_event_whatever_comes_and_is_folded_meanwhile(
    ledger: DuckLedger,
) -> None:
    over = Event()

    def ask() -> int:
        found_folded = 0
        while not over.is_set():
            with ledger.snapshot(2) as snapshot:
                events = snapshot.rows("SELECT coalesce(sum(requests), 0) FROM events")
                days = snapshot.rows("SELECT coalesce(sum(requests), 0) FROM usage_day")
                if snapshot.days_waiting == 0:
                    found_folded += 1
                    assert days == events
        return found_folded

    with ThreadPoolExecutor(3) as readers:
        asked = [readers.submit(ask) for _ in range(3)]
        try:
            for number in range(40):
                ledger.append([priced(str(number))])
                if number % 2:
                    ledger.fold()
        finally:
            over.set()
        assert sum(each.result() for each in asked) > 0


def test_the_same_text_is_parsed_once_and_answers_what_is_so_now(ledger: DuckLedger) -> None:
    statements = Statements(ledger._connection.cursor())
    text = "SELECT count(*) FROM events WHERE id <> ?"
    assert statements.of(text) is statements.of(text)
    for count in range(3):
        with ledger.snapshot() as snapshot:
            assert snapshot.rows(text, ["x"]) == [(count,)]
            assert snapshot.rows(text, [str(count - 1)]) == [(count - 1 if count else 0,)]
        ledger.append([priced(str(count))])


def test_a_kept_statement_follows_when_its_tables_are_folded(ledger: DuckLedger) -> None:
    text = "SELECT (SELECT count(*) FROM usage_day), (SELECT count(*) FROM usage_day_recent)"
    found: list[tuple[int, int]] = []
    for _ in range(2):
        ledger.append([priced(str(len(found)))])
        for _ in range(2):
            with ledger.snapshot() as snapshot:
                found += snapshot.rows(text)
            ledger.fold()
    assert found == [(0, 1), (1, 0), (1, 1), (1, 0)]


def test_few_statements_are_kept_and_no_long_one(ledger: DuckLedger) -> None:
    statements = Statements(ledger._connection.cursor())
    first = statements.of("SELECT -1")
    for number in range(MOST_KEPT):
        statements.of(f"SELECT {number}")
    assert statements.of("SELECT -1") is not first
    long = f"SELECT '{'x' * LONGEST_KEPT}'"
    assert statements.of(long) == long


def test_one_kept_statement_is_executed_by_many_threads_at_a_time(ledger: DuckLedger) -> None:
    ledger.append([priced(str(number)) for number in range(50)])
    text = "SELECT count(*), ? FROM (SELECT * FROM events UNION ALL SELECT * FROM events) WHERE id <> ?"

    def ask(number: int) -> list[tuple[object, ...]]:
        with ledger.snapshot() as snapshot:
            return snapshot.rows(text, [number, str(number)])

    with ThreadPoolExecutor(4) as readers:
        assert list(readers.map(ask, range(50))) == [[(98, number)] for number in range(50)]


def test_what_is_no_statement_is_told_each_time(ledger: DuckLedger) -> None:
    for _ in range(2):
        with ledger.snapshot() as snapshot, pytest.raises(duckdb.ParserException):
            snapshot.rows("SELEC 1")
