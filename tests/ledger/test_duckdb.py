import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.errors import LedgerBusy, LedgerFailed
from outlay.kit.period import parse_zone
from outlay.ledger.duckdb import DuckLedger
from outlay.ledger.store import Snapshot
from outlay.ledger.verify import findings
from outlay.usage import Tokens
from tests.ledger.making import NOON, priced


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[DuckLedger]:
    opened = DuckLedger(tmp_path / "ledger.duckdb", lambda _: parse_zone("Asia/Kathmandu"), memory_mb=512)
    yield opened
    opened.close()


def rows(ledger: DuckLedger, sql: str) -> list[tuple[Any, ...]]:
    with ledger.snapshot() as snapshot:
        return snapshot.rows(sql)


def broken_rules(ledger: DuckLedger) -> list[str]:
    with ledger.snapshot() as snapshot:
        return [finding.rule for finding in findings(snapshot, ledger._zone_of) if finding.wrong]


def test_what_goes_in_comes_out_exactly(ledger: DuckLedger) -> None:
    event = priced(
        "a",
        "0.000000000001",
        user="ann",
        tags=("env:prod", "x:ü,;'\""),
        quantity=Decimal("12.345678"),
        unit="pages",
        metadata={"k": [1, "two"]},
        tokens=Tokens(input_uncached=7, cache_read=0, output=None),
    )
    ledger.append([event])
    stored = rows(
        ledger,
        "SELECT cost, tags, quantity, metadata, input_uncached, cache_read, output, time, day, cost_input FROM events",
    )
    assert stored == [
        (
            Decimal("0.000000000001"),
            ["env:prod", "x:ü,;'\""],
            Decimal("12.345678"),
            '{"k":[1,"two"]}',
            7,
            0,
            None,
            datetime(2026, 10, 15, 12),  # noqa: DTZ001 - the engine's TIMESTAMP carries no zone; it is UTC
            date(2026, 10, 15),
            None,
        )
    ]


def test_the_largest_cost_is_kept_to_the_last_digit(ledger: DuckLedger) -> None:
    ledger.append([priced("a", "999999.999999999999"), priced("b", "-999999.999999999999", adjusts="a")])
    assert rows(ledger, "SELECT cost FROM events ORDER BY id") == [
        (Decimal("999999.999999999999"),),
        (Decimal("-999999.999999999999"),),
    ]


def test_an_event_is_stored_once_however_often_it_is_sent(ledger: DuckLedger) -> None:
    first = ledger.append([priced("a"), priced("b"), priced("a")])
    again = ledger.append([priced("b"), priced("c")])
    assert first.stored == (True, True, False)
    assert again.stored == (False, True)
    assert rows(ledger, "SELECT id FROM events ORDER BY id") == [("a",), ("b",), ("c",)]
    assert broken_rules(ledger) == []


@pytest.mark.parametrize(
    "other",
    [{"organisation": "other"}, {"source": "api:other"}, {"time": NOON + timedelta(microseconds=1)}],
    ids=["organisation", "source", "time"],
)
def test_identity_is_organisation_source_id_and_time(ledger: DuckLedger, other: dict[str, Any]) -> None:
    assert ledger.append([priced("a")]).stored == (True,)
    assert ledger.append([priced("a", **other)]).stored == (True,)


def test_an_event_without_time_of_its_own_is_known_again_at_any_later_time(ledger: DuckLedger) -> None:
    later = NOON + timedelta(days=3)
    assert ledger.append([priced("a", time_stated=False)]).stored == (True,)
    assert ledger.append([priced("a", time_stated=False, time=later)]).stored == (False,)


def test_a_batch_of_nothing_new_moves_no_watermark(ledger: DuckLedger) -> None:
    before = ledger.append([priced("a")]).watermark
    assert ledger.append([priced("a")]).watermark == before


def test_local_days_follow_the_zone_of_the_organisation(ledger: DuckLedger) -> None:
    midnight = datetime(2026, 10, 14, 18, 15, tzinfo=UTC)  # 15 October, 00:00 in Kathmandu
    ledger.append([priced("a", time=midnight - timedelta(microseconds=1)), priced("b", time=midnight)])
    assert rows(ledger, "SELECT day FROM events ORDER BY id") == [(date(2026, 10, 14),), (date(2026, 10, 15),)]


def test_day_sums_equal_the_events_before_and_after_folding(ledger: DuckLedger) -> None:
    for batch in range(4):
        ledger.append(
            [
                priced(
                    f"{batch}-{index}",
                    None if index % 7 == 0 else "0.003",
                    time=NOON + timedelta(hours=9 * batch + index),
                    user=f"user-{index % 3}" if index % 5 else None,
                    adjusts="x" if index % 11 == 0 else None,
                )
                for index in range(60)
            ]
        )
        if batch == 2:
            ledger.fold()
    assert broken_rules(ledger) == []
    assert rows(ledger, "SELECT count(*) FROM usage_day_recent")[0][0] > 0
    ledger.fold()
    assert broken_rules(ledger) == []
    assert rows(ledger, "SELECT count(*) FROM usage_day_recent") == [(0,)]
    assert rows(ledger, "SELECT sum(requests) FROM usage_day") == rows(ledger, "SELECT sum(requests) FROM events")


def test_verify_finds_a_changed_cost_a_lost_day_sum_and_a_double(ledger: DuckLedger) -> None:
    ledger.append([priced("a"), priced("b")])
    ledger.fold()
    ledger._writer.execute("UPDATE events SET cost = cost + 1 WHERE id = 'a'")
    ledger._writer.execute("INSERT INTO events SELECT * FROM events WHERE id = 'b'")
    assert broken_rules(ledger) == [
        "every event is there once",
        "every event has a number of its own",
        "a cost is the sum of its lines",
        "the day sums hold nothing the events don't",
        "the events hold nothing the day sums don't",
        "the day sums by tags hold nothing the events don't",
        "the events hold nothing the day sums by tags don't",
    ]


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        ("UPDATE events SET time = time + INTERVAL 1 DAY", "every event is counted in the local day of its time"),
        ("UPDATE events SET time = NULL", "every event is counted in the local day of its time"),
        ("UPDATE events SET requests = NULL", "an adjustment counts as no request, and nothing else as less"),
        ("UPDATE events SET requests = -1", "an adjustment counts as no request, and nothing else as less"),
        ("UPDATE events SET cost_status = NULL", "exactly the unpriced have no cost"),
        ("UPDATE events SET cost = NULL", "exactly the unpriced have no cost"),
        ("UPDATE events SET audio_output = -1", "no count is negative but in an adjustment"),
        ("UPDATE events SET quantity = -1", "no count is negative but in an adjustment"),
        ("UPDATE events SET cost_output = cost_output + 1", "a cost is the sum of its lines"),
        ("UPDATE events SET \"user\" = 'other'", "the day sums hold nothing the events don't"),
        ("UPDATE events SET output = output + 1", "the events hold nothing the day sums don't"),
        ("UPDATE usage_day_sums SET reasoning = 1", "the day sums hold nothing the events don't"),
        ("DELETE FROM events WHERE id = 'b'", "the day sums hold nothing the events don't"),
        ("DELETE FROM usage_day_sums", "the events hold nothing the day sums don't"),
        (
            "INSERT INTO usage_day_sums SELECT * FROM usage_day_sums LIMIT 1",
            "the day sums hold nothing the events don't",
        ),
        ("UPDATE usage_day_tags_sums SET tags = ['x:y']", "the day sums by tags hold nothing the events don't"),
        ("DELETE FROM usage_day_tags_sums", "the events hold nothing the day sums by tags don't"),
        ("UPDATE events SET seq = 1", "every event has a number of its own"),
        ("UPDATE events SET id = 'a'", "every event is there once"),
    ],
)
def test_verify_finds_damage_of_every_kind(ledger: DuckLedger, damage: str, rule: str) -> None:
    ledger.append([priced("a", user="ann"), priced("b", user="ben")])
    ledger.fold()
    assert broken_rules(ledger) == []
    ledger._writer.execute(damage)
    assert rule in broken_rules(ledger)


def test_a_snapshot_does_not_see_what_comes_after_it(ledger: DuckLedger) -> None:
    ledger.append([priced("a")])
    with ledger.snapshot() as snapshot:
        assert snapshot.watermark == 1
        ledger.append([priced("b")])
        assert snapshot.rows("SELECT count(*) FROM events") == [(1,)]
    with ledger.snapshot() as snapshot:
        assert (snapshot.watermark, snapshot.rows("SELECT count(*) FROM events")) == (2, [(2,)])


def test_all_lanes_of_a_snapshot_see_the_same_while_commits_come(ledger: DuckLedger) -> None:
    stop = threading.Event()

    def commit() -> None:
        for number in itertools.takewhile(lambda _: not stop.is_set(), itertools.count()):
            ledger.append([priced(f"e{number}")])

    seen: list[tuple[int, ...]] = []
    with ThreadPoolExecutor(3) as pool:
        committing = pool.submit(commit)
        for _ in range(60):
            with ledger.snapshot(lanes=2) as snapshot:
                both = threading.Barrier(2)
                counts = pool.map(_counted_at, [both] * 2, [snapshot] * 2)
                seen.append((snapshot.watermark, *counts))
        stop.set()
        committing.result()
    assert all(len(set(each)) == 1 for each in seen), seen
    assert len({each[0] for each in seen}) > 1


def _counted_at(both: threading.Barrier, snapshot: Snapshot) -> int:
    both.wait()
    time.sleep(0.002)  # for a commit to come between
    count: int = snapshot.rows("SELECT max(seq) FROM events")[0][0] or 0
    return count


def test_a_snapshot_can_only_read(ledger: DuckLedger) -> None:
    with pytest.raises(Exception, match="read-only"), ledger.snapshot() as snapshot:
        snapshot.rows("DELETE FROM events")


def test_a_failed_commit_stores_nothing_and_the_next_one_works(ledger: DuckLedger) -> None:
    too_large = priced("big", quantity=Decimal(10) ** 12, unit="pages")
    with pytest.raises((LedgerFailed, OverflowError)):
        ledger.append([priced("a"), too_large])
    assert ledger.append([priced("a")]).stored == (True,)
    assert broken_rules(ledger) == []


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "ledger.duckdb"
    first = DuckLedger(path, lambda _: parse_zone("UTC"))
    first.append([priced("a")])
    first.close()
    second = DuckLedger(path, lambda _: parse_zone("UTC"))
    assert second.append([priced("a"), priced("b")]).stored == (False, True)
    assert rows(second, "SELECT seq FROM events ORDER BY seq") == [(1,), (3,)]
    second.close()


@pytest.mark.parametrize(
    "older",
    [
        "ALTER TABLE usage_day_sums DROP COLUMN quantity",
        "DROP VIEW usage_day_tags_recent; DROP VIEW usage_day_tags; DROP TABLE usage_day_tags_sums",
        (
            "CREATE TABLE kept AS FROM usage_day_recent; DROP VIEW usage_day_recent; "
            "ALTER TABLE kept RENAME TO usage_day_recent"
        ),
    ],
    ids=["other columns", "no sums by tags", "a table of partial sums"],
)
def test_day_sums_of_another_shape_are_made_anew_from_the_events(tmp_path: Path, older: str) -> None:
    path = tmp_path / "ledger.duckdb"
    first = DuckLedger(path, lambda _: parse_zone("UTC"))
    first.append([priced("a"), priced("b", quantity=Decimal("1.5"), unit="pages")])
    first.fold()
    first.append([priced("c")])
    first._writer.execute(older)
    first.close()
    second = DuckLedger(path, lambda _: parse_zone("UTC"))
    assert broken_rules(second) == []
    assert rows(second, "SELECT sum(requests), sum(quantity) FROM usage_day") == [(3, Decimal("1.5"))]
    second.close()


@pytest.mark.parametrize("folded", [True, False], ids=["folded", "waiting"])
def test_numbers_that_duplicates_had_are_not_given_again(tmp_path: Path, *, folded: bool) -> None:
    path = tmp_path / "ledger.duckdb"
    first = DuckLedger(path, lambda _: parse_zone("UTC"))
    first.append([priced("a")])
    first.append([priced("b", run_id="1"), priced("a"), priced("a")])
    if folded:
        first.fold()
    first.close()
    second = DuckLedger(path, lambda _: parse_zone("UTC"))
    second.append([priced("c", run_id="2")])
    assert broken_rules(second) == []
    second.fold()
    assert (broken_rules(second), rows(second, "SELECT sum(requests) FROM usage_day")) == ([], [(3,)])
    second.close()


def test_a_second_process_is_told_that_the_ledger_is_held(ledger: DuckLedger, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from outlay.ledger.duckdb import DuckLedger\n"
        "from outlay.errors import LedgerBusy\n"
        "try: DuckLedger(Path(sys.argv[1]), lambda _: None)\n"
        "except LedgerBusy as error: print(error)"
    )
    ledger.append([priced("a")])
    told = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "ledger.duckdb")], capture_output=True, text=True, check=True
    )
    assert "holds the ledger" in told.stdout
    assert LedgerBusy.status == 503


def test_ctrl_c_while_the_engine_works_ends_the_transaction_and_nothing_else(ledger: DuckLedger) -> None:
    def work() -> None:
        with ledger._transaction():
            ledger._writer.execute("DELETE FROM events")
            raise RuntimeError("Query interrupted")  # what the engine makes of it

    with pytest.raises(KeyboardInterrupt):
        work()
    assert ledger.append([priced("a")]).stored == (True,)


def test_a_batch_is_deduplicated_as_if_its_events_came_in_alone(ledger: DuckLedger) -> None:
    timed, timeless = priced("a"), priced("a", time_stated=False)
    assert ledger.append([timed, timeless, timed]).stored == (True, False, False)
    assert ledger.append([priced("b", time_stated=False), priced("b")]).stored == (True, False)
    later = NOON + timedelta(seconds=1)
    assert ledger.append([priced("c", time_stated=False), priced("c", time=later)]).stored == (True, True)
    assert broken_rules(ledger) == []


def test_what_no_column_can_hold_fails_like_any_commit(ledger: DuckLedger) -> None:
    with pytest.raises(LedgerFailed, match="nothing was stored; the log"):
        ledger.append([priced("a", latency_ms=2**64)])
    with pytest.raises(LedgerFailed):
        ledger.append([priced("a", user="\ud800")])
    assert ledger.append([priced("a")]).stored == (True,)


def test_what_was_committed_is_acknowledged_although_it_cant_be_folded(
    ledger: DuckLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outlay.ledger.duckdb.FOLD_ABOVE_EVENTS", 1)
    monkeypatch.setattr("outlay.ledger.duckdb.fold_up_to", lambda _: ("SELECT error('no memory left')",))
    ledger._fold_above = 1
    assert ledger.append([priced("a", user="x"), priced("b", user="y")]).stored == (True, True)
    monkeypatch.undo()
    ledger.append([priced(str(number), user=str(number)) for number in range(9)])
    assert rows(ledger, "SELECT count(*) FROM usage_day_recent") == [(0,)]
    assert broken_rules(ledger) == []


def test_no_checkpoint_is_tried_where_the_disk_may_be_too_small_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.duckdb"
    ledger = DuckLedger(path, lambda _: parse_zone("UTC"))
    ledger.append([priced("a")])
    monkeypatch.setattr("outlay.ledger.duckdb.CHECKPOINT_SPARE_BYTES", 2**62)
    ledger.checkpoint()
    assert path.with_name("ledger.duckdb.wal").stat().st_size > 0
    monkeypatch.undo()
    ledger.checkpoint()
    assert not path.with_name("ledger.duckdb.wal").exists()
    ledger.close()
