"""Days are counted in another zone step by step, while anything else happens to the ledger between the steps.

Readers see every figure in one zone or the other, whole, after each step; and in the end it is as if the events had
been counted in the new zone from the start.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from outlay.kit.period import local_day, parse_zone
from outlay.ledger.duckdb import DuckLedger
from outlay.ledger.store import Snapshot
from outlay.ledger.verify import findings
from outlay.usage import PricedEvent, Tokens
from tests.ledger.making import priced

BERLIN = parse_zone("Europe/Berlin")
# UTC+14, UTC-11, half hours, quarters, and a zone that skipped the whole of 30 December 2011.
ZONES: Final = ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia")
FIRST: Final = datetime(2011, 12, 27, tzinfo=UTC)
DAYS: Final = 8
SMALL: Final = {
    "recounting.EVENTS_IN_A_STRETCH": 25,
    "recounting.MANY_ROWS": 20,
    "recounting.FEW_ROWS": 7,
    "recounting.ROWS_IN_A_SWEEP": 30,
    "duckdb.RUNS_IN_A_STEP": 15,
    "duckdb.RUNS_WORTH_A_STEP": 4,
}
Figures = dict[date, tuple[int, int]]


@contextmanager
def small_steps() -> Iterator[None]:
    """Let few events take many steps."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SMALL.items():
            patch.setattr(f"outlay.ledger.{name}", value)
        yield


class Happening:
    """A ledger that things happen to, drawn at random, and beside it the events that should be in it."""

    def __init__(self, ledger: DuckLedger, random: Random) -> None:
        self.ledger = ledger
        self.random = random
        self.stored: dict[str, list[PricedEvent]] = {"acme": [], "other": []}
        self._number = 0
        self._steps: Generator[float, None, None] | None = None
        self._sweep: Generator[None, None, None] | None = None

    def commit(self) -> None:
        """Store some events, late ones among them, and two that are there already."""
        whose = self.random.choice(("acme", "acme", "other"))
        fresh = [self._event(whose) for _ in range(self.random.randrange(1, 40))]
        known = self.stored[whose][:2]
        assert self.ledger.append([*fresh, *known]).stored == (True,) * len(fresh) + (False,) * len(known)
        self.stored[whose] += fresh

    def reprice(self) -> None:
        """Correct the cost of some events there are, whenever they were."""
        some = self.random.sample(self.stored["acme"], min(5, len(self.stored["acme"])))
        fresh = [self._correction(each) for each in some if each.event.adjusts is None]
        self.ledger.append(fresh)
        self.stored["acme"] += fresh

    def take_out(self) -> None:
        """Take some events out of their team, each only once, and put them into another; their days are others'."""
        there = [each for each in self.stored["acme"] if each.event.adjusts is None and each.event.team is None]
        for each in self.random.sample(there, min(3, len(there))):
            event = each.event
            named: dict[str, Any] = {
                "organisation": "acme",
                "time": event.time,
                "user": event.user,
                "tags": event.tags,
                "run_id": event.run_id,
                "adjusts": event.id,
                "repricing": "move",
            }
            out = Tokens(input_uncached=-100, output=-10)
            self._number += 2
            self.ledger.append(
                [
                    priced(f"{self._number}-out", "-0.01", moves=-1, takes_out=True, tokens=out, **named),
                    priced(f"{self._number}-in", moves=1, team="new", **named),
                ]
            )
            self.stored["acme"].remove(each)
            self.stored["acme"].append(PricedEvent(replace(event, team="new"), each.cost))

    def move(self) -> None:
        """Begin to count in some zone, whatever was going on; what was staged before is committed during it."""
        self.leave()
        self._steps = self.ledger.count_in_zone("acme", parse_zone(self.random.choice(ZONES)))
        staged = self.ledger.stage(fresh := [self._event("acme")])
        self.step()
        self.ledger.commit([staged])
        self.stored["acme"] += fresh

    def step(self) -> None:
        for _ in range(self.random.randrange(1, 4)):
            next(self._steps or iter(()), None)

    def leave(self) -> None:
        if self._steps is not None:
            self._steps.close()
        self._steps = None

    def sweep(self) -> None:
        self._sweep = self._sweep or self.ledger.sweep()
        with suppress(StopIteration):
            next(self._sweep)
            return
        self._sweep = None

    def fold(self) -> None:
        self.ledger.fold()

    def fold_runs(self) -> None:
        self.ledger.fold_runs()

    def checkpoint(self) -> None:
        self.ledger.checkpoint()

    def expire(self) -> None:
        whose = self.random.choice(("acme", "other"))
        with self.ledger.snapshot() as snapshot:
            zone = snapshot.zone_of(whose)
        border = local_day(FIRST + timedelta(days=self.random.randrange(-1, DAYS // 2)), zone)
        stays = [each for each in self.stored[whose] if local_day(each.event.time, zone) >= border]
        gone = self.ledger.events_before(whose, border)
        assert gone >= len(self.stored[whose]) - len(stays)  # three rows are of an event that was moved
        assert self.ledger.remove_before(whose, border) == gone
        self.stored[whose] = stays

    def delete(self) -> None:
        whose = self.random.choice(("acme", "other", "other"))
        self.ledger.remove_all(whose)
        self.stored[whose] = []

    def finish(self) -> None:
        """Go to the end of what is going on, and remove what nobody reads any more."""
        for _ in self._steps or ():
            pass
        for _ in self.ledger.sweep():
            pass

    def _event(self, whose: str) -> PricedEvent:
        self._number += 1
        drawn = self.random
        return priced(
            str(self._number),
            organisation=whose,
            time=FIRST + timedelta(seconds=drawn.randrange(DAYS * 86_400)),
            user=drawn.choice(("ann", "bob")),
            run_id=drawn.choice((None, f"run-{drawn.randrange(60)}")),
            tags=tuple(drawn.sample(("env:prod", "env:test"), drawn.randrange(3))),
        )

    def _correction(self, of: PricedEvent) -> PricedEvent:
        self._number += 1
        return priced(
            str(self._number),
            "-0.003",
            organisation="acme",
            time=of.event.time,
            user=of.event.user,
            adjusts=of.event.id,
        )


HAPPENINGS: Final[tuple[Callable[[Happening], None], ...]] = (
    *(Happening.commit, Happening.commit, Happening.reprice, Happening.take_out),
    *(Happening.move, Happening.step, Happening.step, Happening.step, Happening.step, Happening.leave),
    *(Happening.sweep, Happening.fold, Happening.fold_runs, Happening.checkpoint, Happening.expire, Happening.delete),
)


def expected(stored: list[PricedEvent], zone: str) -> tuple[Figures, dict[date, int]]:
    """Return requests and picodollars of each local day, and how many runs it had."""
    figures: dict[date, Counter[str]] = defaultdict(Counter)
    runs: dict[date, set[str]] = defaultdict(set)
    for each in stored:
        day = local_day(each.event.time, parse_zone(zone))
        figures[day]["requests"] += each.event.adjusts is None
        figures[day]["pico"] += each.cost.pico or 0
        if each.event.run_id is not None and each.event.adjusts is None:
            runs[day].add(each.event.run_id)
    counted = {day: (found["requests"], found["pico"]) for day, found in figures.items()}
    return counted, {day: len(found) for day, found in runs.items()}


def read(snapshot: Snapshot, whose: str) -> tuple[Figures, dict[date, int]]:
    """Return the same as readers get it: from the sums and the runs."""
    sums = snapshot.rows(
        """SELECT day, sum(requests), CAST(sum(cost) * 1000000000000 AS HUGEINT) FROM
        (SELECT * FROM usage_day UNION ALL SELECT * FROM usage_day_recent) WHERE organisation = ? GROUP BY day""",
        (whose,),
    )
    runs = snapshot.rows(
        """SELECT day, coalesce(sum(lone_runs), 0) + count(DISTINCT run_id) FROM run_day WHERE organisation = ?
        GROUP BY day""",
        (whose,),
    )
    return {day: (requests, pico) for day, requests, pico in sums}, {day: count for day, count in runs if count}


def hold(happening: Happening) -> None:
    """Compare all figures with the events, in the zone that a reader is told."""
    with happening.ledger.snapshot() as snapshot:
        for whose, stored in happening.stored.items():
            assert read(snapshot, whose) == expected(stored, snapshot.zone_of(whose).key)


def broken(ledger: DuckLedger) -> list[str]:
    with ledger.snapshot() as snapshot:
        return [each.rule for each in findings(snapshot, snapshot.zone_of) if each.wrong]


def hidden(ledger: DuckLedger) -> list[tuple[str, int]]:
    tables = ("usage_day_sums", "usage_day_tags_sums", "run_lone", "run_shared")
    rows = " UNION ALL ".join(f"SELECT organisation, edition FROM {table}" for table in tables)
    with ledger.snapshot() as snapshot:
        return snapshot.rows(f"""SELECT organisation, edition FROM hidden_editions UNION ALL
            SELECT DISTINCT organisation, r.edition FROM ({rows}) r LEFT JOIN day_zones z USING (organisation)
            WHERE r.edition <> coalesce(z.edition, 0)""")


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32), number=st.integers(5, 40))
def test_whatever_happens_between_the_steps_readers_get_what_the_events_make(seed: int, number: int) -> None:
    random = Random(seed)
    ledger = DuckLedger(None, lambda _: BERLIN, memory_mb=256, threads=1)
    happening = Happening(ledger, random)
    with small_steps():
        for happen in (Happening.commit, Happening.commit, *random.choices(HAPPENINGS, k=number)):
            happen(happening)
            hold(happening)
        assert broken(ledger) == []
        happening.finish()
        hold(happening)
        assert (broken(ledger), hidden(ledger)) == ([], [])
        happening.fold()
        hold(happening)
        assert broken(ledger) == []
    ledger.close()


@pytest.mark.parametrize("then", [happen for happen in HAPPENINGS[2:] if happen is not Happening.move])
def test_each_that_may_happen_at_every_single_step(then: Callable[[Happening], None]) -> None:
    ledger = DuckLedger(None, lambda _: BERLIN, memory_mb=256, threads=1)
    happening = Happening(ledger, Random(5))
    with small_steps():
        for _ in range(5):
            happening.commit()
        happening.fold()
        happening.commit()
        before, steps = 0, 1
        while before < steps:
            happening.move()
            for _ in range(before):
                happening.step()
            then(happening)
            hold(happening)
            happening.finish()
            hold(happening)
            before, steps = before + 5, 20
        assert (broken(ledger), hidden(ledger)) == ([], [])
    ledger.close()


def test_what_was_left_is_begun_anew_after_a_restart_and_swept_out(tmp_path: Path) -> None:
    path = tmp_path / "ledger.duckdb"
    happening = Happening(DuckLedger(path, lambda _: BERLIN, memory_mb=256), Random(1))
    with small_steps():
        for _ in range(6):
            happening.commit()
        happening.fold()
        happening.move()
        happening.step()
        happening.leave()
        happening.ledger.close()
        happening.ledger = DuckLedger(path, lambda _: BERLIN, memory_mb=256)
        hold(happening)
        assert (broken(happening.ledger), bool(hidden(happening.ledger))) == ([], True)
        happening.move()
        happening.finish()
        hold(happening)
        assert (broken(happening.ledger), hidden(happening.ledger)) == ([], [])
    happening.ledger.close()


@pytest.mark.parametrize("moved", [False, True], ids=["before any change", "after one"])
def test_tables_of_another_shape_are_made_anew_in_the_zone_of_now(tmp_path: Path, *, moved: bool) -> None:
    path = tmp_path / "ledger.duckdb"
    happening = Happening(DuckLedger(path, lambda _: BERLIN, memory_mb=256), Random(2))
    for _ in range(6):
        happening.commit()
    happening.fold()
    if moved:
        happening.move()
        happening.finish()
    happening.ledger._writer.execute("ALTER TABLE usage_day_sums DROP COLUMN quantity; DROP VIEW run_day")
    happening.ledger.close()
    happening.ledger = DuckLedger(path, lambda _: BERLIN, memory_mb=256)
    hold(happening)
    assert broken(happening.ledger) == []
    happening.ledger.close()


def test_a_ledger_without_editions_is_taken_over_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ledger.duckdb"
    happening = Happening(DuckLedger(path, lambda _: BERLIN, memory_mb=256), Random(3))
    for _ in range(6):
        happening.commit()
    happening.fold()
    for table in ("usage_day", "usage_day_tags"):
        happening.ledger._writer.execute(f"""DROP VIEW {table}; ALTER TABLE {table}_sums DROP COLUMN edition;
            ALTER TABLE {table}_sums RENAME TO {table}""")
    for table in ("run_lone", "run_shared", "day_zones"):
        happening.ledger._writer.execute(f"ALTER TABLE {table} DROP COLUMN edition")
    happening.ledger._writer.execute("DROP TABLE hidden_editions; UPDATE usage_day SET errors = 7")
    happening.ledger.close()
    happening.ledger = DuckLedger(path, lambda _: BERLIN, memory_mb=256)
    with happening.ledger.snapshot() as snapshot:
        assert snapshot.rows("SELECT DISTINCT errors FROM usage_day") == [(7,)]  # not made anew
    hold(happening)
    happening.move()
    happening.finish()
    hold(happening)
    assert (broken(happening.ledger), hidden(happening.ledger)) == ([], [])
    happening.ledger.close()
