"""Days in another zone and the removal of events: exact, whole for readers, and sound by every rule afterwards."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.errors import LedgerFailed
from outlay.kit.period import local_day, parse_zone
from outlay.ledger.duckdb import DuckLedger
from outlay.ledger.verify import findings
from outlay.usage import PricedEvent
from tests.ledger.making import priced

BERLIN = parse_zone("Europe/Berlin")
# UTC+14, UTC-11, half hours, quarters, and a zone that skipped the whole of 30 December 2011.
ZONES = ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia")
FIRST = datetime(2011, 12, 27, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[DuckLedger]:
    opened = DuckLedger(tmp_path / "ledger.duckdb", lambda _: BERLIN, memory_mb=512)
    yield opened
    opened.close()


def events(number: int, seed: int = 1, organisation: str = "acme", days: int = 12) -> list[PricedEvent]:
    drawn = Random(seed)
    return [
        priced(
            f"{seed}-{at}",
            organisation=organisation,
            time=FIRST + timedelta(seconds=drawn.randrange(days * 86_400)),
            user=drawn.choice(("ann", "bob")),
            run_id=f"run-{drawn.randrange(number // 3)}",
            tags=tuple(drawn.sample(("env:prod", "env:test", "team:x"), drawn.randrange(3))),
        )
        for at in range(number)
    ]


def into(ledger: DuckLedger, zone: str) -> None:
    assert all(0 <= done <= 1 for done in ledger.count_in_zone("acme", parse_zone(zone)))


def broken(ledger: DuckLedger) -> list[str]:
    with ledger.snapshot() as snapshot:
        return [each.rule for each in findings(snapshot, snapshot.zone_of) if each.wrong]


def by_day(ledger: DuckLedger, organisation: str = "acme") -> dict[date, int]:
    asked = """SELECT day, sum(requests) FROM (SELECT * FROM usage_day UNION ALL SELECT * FROM usage_day_recent)
        WHERE organisation = ? GROUP BY day"""
    with ledger.snapshot() as snapshot:
        return dict(snapshot.rows(asked, (organisation,)))


def expected(made: list[PricedEvent], zone: str) -> dict[date, int]:
    found: dict[date, int] = {}
    for each in made:
        day = local_day(each.event.time, parse_zone(zone))
        found[day] = found.get(day, 0) + 1
    return found


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("folded", [True, False], ids=["folded", "waiting"])
def test_every_event_is_counted_in_its_day_of_the_new_zone(ledger: DuckLedger, zone: str, *, folded: bool) -> None:
    mine, others = events(300), events(50, 2, "other")
    ledger.append(mine + others)
    if folded:
        ledger.fold()
    ledger.append(more := events(40, 3))
    into(ledger, zone)
    assert by_day(ledger) == expected(mine + more, zone)
    assert by_day(ledger, "other") == expected(others, "Europe/Berlin")
    assert broken(ledger) == []
    ledger.fold()
    assert broken(ledger) == []


def test_what_was_staged_in_the_old_zone_is_committed_in_the_new_one(ledger: DuckLedger) -> None:
    late = events(60, 4)
    staged = ledger.stage(late)
    into(ledger, "Asia/Kathmandu")
    ledger.commit([staged])
    assert by_day(ledger) == expected(late, "Asia/Kathmandu")
    assert broken(ledger) == []


def test_a_snapshot_sees_zone_and_days_of_one_state(ledger: DuckLedger) -> None:
    made = events(200)
    ledger.append(made)
    with ledger.snapshot(2) as before:
        into(ledger, "Asia/Kathmandu")
        assert before.zone_of("acme") == BERLIN
        assert dict(before.rows("SELECT day, count(*) FROM events GROUP BY day")) == expected(made, "Europe/Berlin")
    with ledger.snapshot() as after:
        assert after.zone_of("acme").key == "Asia/Kathmandu"
        assert after.zone_of("other") == BERLIN


def test_the_zone_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "kept.duckdb"
    ledger = DuckLedger(path, lambda _: BERLIN, memory_mb=512)
    ledger.append(first := events(30))
    into(ledger, "Asia/Kathmandu")
    ledger.close()
    ledger = DuckLedger(path, lambda _: BERLIN, memory_mb=512)
    ledger.append(second := events(30, 5))
    assert by_day(ledger) == expected(first + second, "Asia/Kathmandu")
    ledger.close()


def test_a_failure_leaves_everything_as_it_was(ledger: DuckLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    made = events(50)
    ledger.append(made)
    ledger.fold()
    monkeypatch.setattr("outlay.ledger.recounting.runs_of", lambda *_: ("SELECT no_such_column FROM events",))
    with pytest.raises(LedgerFailed):
        into(ledger, "Asia/Kathmandu")
    with ledger.snapshot() as snapshot:
        assert snapshot.zone_of("acme") == BERLIN
    assert by_day(ledger) == expected(made, "Europe/Berlin")
    assert broken(ledger) == []


@settings(max_examples=15, deadline=None)
@given(cut=st.integers(0, 13), folded=st.booleans(), seed=st.integers(1, 1000))
def test_removal_leaves_the_figures_of_what_stays(*, cut: int, folded: bool, seed: int) -> None:
    ledger = DuckLedger(None, lambda _: BERLIN, memory_mb=512)
    day = local_day(FIRST, BERLIN) + timedelta(days=cut)
    mine, others = events(120, seed), events(30, seed + 1, "other")
    ledger.append(mine + others)
    if folded:
        ledger.fold()
    stays = [each for each in mine if local_day(each.event.time, BERLIN) >= day]
    assert ledger.remove_before("acme", day) == len(mine) - len(stays)
    assert by_day(ledger) == expected(stays, "Europe/Berlin")
    assert by_day(ledger, "other") == expected(others, "Europe/Berlin")
    assert broken(ledger) == []
    assert ledger.remove_before("acme", day) == 0
    ledger.append(events(20, seed + 2))
    ledger.fold()
    assert broken(ledger) == []
    ledger.close()


def test_numbers_of_what_was_removed_are_never_given_again(tmp_path: Path) -> None:
    path = tmp_path / "kept.duckdb"
    ledger = DuckLedger(path, lambda _: BERLIN, memory_mb=512)
    ledger.append(events(30, 1, "other"))
    ledger.append(events(30))  # the newest of all
    ledger.fold()
    assert ledger.remove_all("acme") == 30
    ledger.close()
    ledger = DuckLedger(path, lambda _: BERLIN, memory_mb=512)
    fresh = events(12, 7, "other")
    ledger.append(fresh)
    assert sum(by_day(ledger, "other").values()) == 42
    assert by_day(ledger) == {}
    assert broken(ledger) == []
    ledger.close()


def test_commits_go_on_beside_it(ledger: DuckLedger) -> None:
    made = [events(20, seed) for seed in range(10, 30)]
    ledger.append(events(2_000, 9))

    def commit() -> None:
        for batch in made:
            ledger.append(batch)

    thread = threading.Thread(target=commit)
    thread.start()
    for zone in ("Asia/Kathmandu", "Pacific/Apia", "America/St_Johns"):
        into(ledger, zone)
    thread.join()
    everything = events(2_000, 9) + [each for batch in made for each in batch]
    assert by_day(ledger) == expected(everything, "America/St_Johns")
    assert broken(ledger) == []
