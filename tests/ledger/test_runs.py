"""The tables of runs, held against plain Python over the same events, whatever was folded when."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.errors import LedgerFailed
from outlay.kit.period import parse_zone
from outlay.ledger.duckdb import DuckLedger
from outlay.ledger.schema import ROLLUP_KEYS
from outlay.ledger.verify import findings
from outlay.usage import PricedEvent
from tests.ledger.making import NOON, priced

HOSTILE = ("", " ", "run'; DROP TABLE events; --", '"', "NULL", "\x00", "ü\U0001f680", "a" * 500)
RUN_IDS = (*HOSTILE, None, *(f"run-{number}" for number in range(12)))
UTC_ZONE = parse_zone("UTC")


@pytest.fixture
def ledger() -> Iterator[DuckLedger]:
    opened = DuckLedger(None, lambda _: UTC_ZONE, memory_mb=256, threads=1)
    yield opened
    opened.close()


def drawn(random: Random, number: int) -> list[PricedEvent]:
    """Return events in random order: late ones, adjustments, runs without id, ids that two organisations share."""
    return [
        priced(
            str(index),
            organisation=random.choice(("acme", "other")),
            time=NOON + timedelta(hours=12 * random.randrange(4)),
            user=random.choice((None, "ann", "ben")),
            agent=random.choice((None, "writer")),
            model=random.choice(("gpt-5", "o3")),
            run_id=random.choice(RUN_IDS),
            adjusts="x" if random.randrange(5) == 0 else None,
        )
        for index in range(number)
    ]


def broken_rules(ledger: DuckLedger) -> list[str]:
    with ledger.snapshot() as snapshot:
        return [finding.rule for finding in findings(snapshot, ledger._zone_of) if finding.wrong]


def counted(ledger: DuckLedger, keys: Sequence[str]) -> dict[tuple[object, ...], int]:
    names = "".join(f'"{key}", ' for key in keys)
    with ledger.snapshot() as snapshot:
        found = snapshot.rows(f"""SELECT {names} coalesce(sum(lone_runs), 0) + count(DISTINCT (organisation, run_id))
            FILTER (WHERE run_id IS NOT NULL) FROM run_day GROUP BY ALL""")
    return {tuple(row[:-1]): row[-1] for row in found if row[-1]}


def expected(events: Sequence[PricedEvent], keys: Sequence[str]) -> dict[tuple[object, ...], int]:
    runs: dict[tuple[object, ...], set[tuple[str, str]]] = defaultdict(set)
    for event in (each.event for each in events):
        if event.run_id is not None and event.adjusts is None:
            key = tuple(event.time.date() if name == "day" else getattr(event, name) for name in keys)
            runs[key].add((event.organisation, event.run_id))
    return {key: len(found) for key, found in runs.items()}


@given(seed=st.integers(0, 2**32))
@settings(max_examples=12, deadline=None)
def test_runs_are_counted_like_plain_python_does_whatever_was_folded_when(seed: int) -> None:
    random = Random(seed)
    events = drawn(random, random.randrange(1, 60))
    ledger = DuckLedger(None, lambda _: UTC_ZONE, memory_mb=256, threads=1)
    stored: list[PricedEvent] = []
    while len(stored) < len(events):
        batch = events[len(stored) : len(stored) + random.randrange(1, 20)]
        ledger.append([*batch, *stored[:3]])
        stored += batch
        while ledger._runs_seq < ledger._seq and random.randrange(2):
            ledger._fold_runs(random.randrange(1, 15))
    assert broken_rules(ledger) == []
    grouped = ("organisation", "day", "user", "agent", "model")
    for width in range(len(grouped) + 1):
        for keys in combinations(grouped, width):
            assert counted(ledger, keys) == expected(events, keys)
    ledger.fold()
    assert broken_rules(ledger) == []
    assert counted(ledger, grouped) == expected(events, grouped)
    ledger.close()


def test_most_runs_are_alone_and_one_that_comes_again_elsewhere_is_not(ledger: DuckLedger) -> None:
    ledger.append([priced("a", run_id="1"), priced("b", run_id="2"), priced("c", run_id="1")])
    ledger.fold()
    assert tables(ledger) == (["1", "2"], [])
    ledger.append([priced("d", run_id="1", model="o3"), priced("e", run_id="2")])
    ledger.fold()
    assert tables(ledger) == (["2"], ["1", "1"])
    ledger.append([priced("f", run_id="1", model="o3"), priced("g", run_id="1", user="ann")])
    ledger.fold()
    assert tables(ledger) == (["2"], ["1", "1", "1"])


def tables(ledger: DuckLedger) -> tuple[list[str], list[str]]:
    with ledger.snapshot() as snapshot:
        lone, shared = (
            [run for (run,) in snapshot.rows(f"SELECT run_id FROM {table} ORDER BY run_id")]
            for table in ("run_lone", "run_shared")
        )
    return lone, shared


def test_runs_are_folded_in_steps_until_few_wait(ledger: DuckLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outlay.ledger.duckdb.RUNS_IN_A_STEP", 4)
    monkeypatch.setattr("outlay.ledger.duckdb.RUNS_WORTH_A_STEP", 3)
    ledger.append([priced(str(number), run_id=str(number)) for number in range(10)])
    steps = []
    for _ in range(4):
        more = ledger.fold_runs()
        with ledger.snapshot() as snapshot:
            steps.append((more, snapshot.runs_waiting))
    assert steps == [(True, 6), (False, 2), (False, 2), (False, 2)]
    assert broken_rules(ledger) == []


def test_a_step_that_fails_leaves_all_as_it_was(ledger: DuckLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outlay.ledger.duckdb.RUNS_WORTH_A_STEP", 1)
    events = [priced("a", run_id="1"), priced("b", run_id="1", model="o3")]
    ledger.append(events)
    statements = ("DELETE FROM run_lone", "INSERT INTO run_lone (run_id) VALUES ('x')", "SELECT error('no memory')")
    with monkeypatch.context() as failing:
        failing.setattr("outlay.ledger.duckdb.fold_runs_up_to", lambda _: statements)
        with pytest.raises(LedgerFailed):
            ledger.fold_runs()
    assert broken_rules(ledger) == []
    assert counted(ledger, ("model",)) == expected(events, ("model",))
    assert not ledger.fold_runs()
    assert tables(ledger) == ([], ["1", "1"])


@pytest.mark.parametrize(
    "older",
    [
        "DROP VIEW run_day; DROP VIEW run_recent; DROP TABLE run_lone; DROP TABLE run_shared",
        "ALTER TABLE run_lone DROP COLUMN run_number",
        "ALTER TABLE run_shared DROP COLUMN pod",
        "DROP VIEW run_day",
    ],
    ids=["none", "other columns", "other columns of the shared", "no view"],
)
def test_an_older_ledger_opens_at_once_and_catches_up(tmp_path: Path, older: str) -> None:
    path = tmp_path / "ledger.duckdb"
    events = drawn(Random(1), 50)
    first = DuckLedger(path, lambda _: UTC_ZONE, memory_mb=256)
    first.append(events)
    first.fold()
    first._writer.execute(older)
    first.close()
    second = DuckLedger(path, lambda _: UTC_ZONE, memory_mb=256)
    assert tables(second) == ([], [])
    assert (second._runs_seq < second._seq, broken_rules(second)) == (True, [])
    assert counted(second, ("agent",)) == expected(events, ("agent",))
    second.fold()
    assert (broken_rules(second), counted(second, ("agent",))) == ([], expected(events, ("agent",)))
    second.close()


def test_what_was_folded_stays_so_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "ledger.duckdb"
    first = DuckLedger(path, lambda _: UTC_ZONE, memory_mb=256)
    first.append([priced("a", run_id="1"), priced("b", run_id="2")])
    first.fold()
    first.append([priced("c", run_id="2", user="ann"), priced("d")])
    first.close()
    second = DuckLedger(path, lambda _: UTC_ZONE, memory_mb=256)
    with second.snapshot() as snapshot:
        assert snapshot.runs_waiting == 2
    assert counted(second, ()) == {(): 2}
    second.close()


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        ("DELETE FROM run_lone", "the events hold nothing the runs don't"),
        ("DELETE FROM run_shared WHERE model = 'o3'", "the events hold nothing the runs don't"),
        ("INSERT INTO run_shared SELECT * FROM run_shared", "the runs hold nothing the events don't"),
        ("INSERT INTO run_lone SELECT * FROM run_lone", "the runs hold nothing the events don't"),
        ("UPDATE run_lone SET run_id = 'other'", "the runs hold nothing the events don't"),
        ("UPDATE run_lone SET run_number = run_number + 1", "the runs hold nothing the events don't"),
        ("UPDATE run_shared SET \"user\" = 'ben'", "the events hold nothing the runs don't"),
        ("INSERT INTO run_lone SELECT * FROM run_shared; DELETE FROM run_shared", "a lone run is nowhere else"),
        ("UPDATE events SET run_id = 'new'", "the events hold nothing the runs don't"),
        ("UPDATE events SET requests = 0", "the runs hold nothing the events don't"),
    ],
)
def test_verify_finds_damaged_runs(ledger: DuckLedger, damage: str, rule: str) -> None:
    ledger.append([priced("a", run_id="1"), priced("b", run_id="2"), priced("c", run_id="2", model="o3"), priced("d")])
    ledger.fold()
    assert broken_rules(ledger) == []
    ledger._writer.execute(damage)
    assert rule in broken_rules(ledger)


def test_every_key_of_the_day_sums_tells_places_apart(ledger: DuckLedger) -> None:
    fields = [name for name in ROLLUP_KEYS if name not in ("organisation", "day")]
    events = [priced("plain", run_id="1"), priced("late", run_id="1", time=NOON + timedelta(days=1))]
    events += [priced(name, run_id="1", **{name: "x"}) for name in fields]
    ledger.append(events)
    ledger.fold()
    for name in fields:
        assert counted(ledger, (name,)) == expected(events, (name,))
