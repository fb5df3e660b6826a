"""What serving does when nothing comes in: runs first, a piece at a time, then the log."""

import pytest

from outlay.errors import LedgerFailed
from outlay.usage import Cost, PricedEvent
from outlay.wiring.idle import CHECKPOINT_AFTER_EVENTS, CHECKPOINT_EVERY_SECONDS, IdleWork
from tests.intake.making import event

MANY = [PricedEvent(event("a"), Cost("free", 0))] * CHECKPOINT_AFTER_EVENTS


class Ledger:
    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.done: list[str] = []
        self.may_write = True

    def fold_runs(self) -> bool:
        self.done.append("runs")
        self.steps -= 1
        return self.steps > 0

    def checkpoint(self) -> bool:
        self.done.append("checkpoint" if self.may_write else "refused")
        return self.may_write


def work_until_done(idle: IdleWork) -> None:
    while idle.when_idle():
        pass


def test_the_log_is_written_into_the_file_once_all_runs_are_folded() -> None:
    ledger = Ledger(3)
    idle = IdleWork(ledger.fold_runs, ledger.checkpoint)
    idle.stored(MANY)
    work_until_done(idle)
    assert ledger.done == ["runs", "runs", "runs", "checkpoint"]
    work_until_done(idle)
    assert ledger.done[4:] == ["runs"]


def test_few_events_need_no_checkpoint() -> None:
    ledger = Ledger(1)
    idle = IdleWork(ledger.fold_runs, ledger.checkpoint)
    idle.stored(MANY[:-1])
    work_until_done(idle)
    assert ledger.done == ["runs"]


def test_runs_that_cant_be_folded_are_told_of_and_stop_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    def failing() -> bool:
        raise LedgerFailed("no memory")

    ledger = Ledger(1)
    idle = IdleWork(failing, ledger.checkpoint)
    idle.stored(MANY)
    assert not idle.when_idle()
    assert ledger.done == ["checkpoint"]
    assert "can't fold the runs" in caplog.text


def test_steady_traffic_gets_its_checkpoints_in_lulls_and_not_too_often() -> None:
    ledger, now = Ledger(0), [100.0]
    idle = IdleWork(ledger.fold_runs, ledger.checkpoint, lambda: now[0])
    idle.stored(MANY)
    idle.in_a_lull()
    assert ledger.done == []  # the last one is not long ago
    now[0] += CHECKPOINT_EVERY_SECONDS
    idle.in_a_lull()
    idle.in_a_lull()
    assert ledger.done == ["checkpoint"]
    idle.stored(MANY)
    idle.in_a_lull()
    assert ledger.done == ["checkpoint"]
    now[0] += CHECKPOINT_EVERY_SECONDS
    idle.in_a_lull()
    assert ledger.done == ["checkpoint", "checkpoint"]


def test_a_checkpoint_that_could_not_be_is_made_up_for_in_the_next_lull() -> None:
    ledger, now = Ledger(0), [100.0]
    idle = IdleWork(ledger.fold_runs, ledger.checkpoint, lambda: now[0])
    idle.stored(MANY)
    for ledger.may_write in (False, True, True):
        now[0] += CHECKPOINT_EVERY_SECONDS
        idle.in_a_lull()
    assert ledger.done == ["refused", "checkpoint"]


def test_few_events_need_no_checkpoint_in_a_lull() -> None:
    ledger, now = Ledger(0), [100.0]
    idle = IdleWork(ledger.fold_runs, ledger.checkpoint, lambda: now[0])
    idle.stored(MANY[:-1])
    now[0] += 10 * CHECKPOINT_EVERY_SECONDS
    idle.in_a_lull()
    assert ledger.done == []
