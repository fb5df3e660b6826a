"""What is on its way outlives the process; what is in the ledger leaves nothing behind; a full disk stops no call."""

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from outlay.errors import LedgerFailed
from outlay.gateway import journal as journal_module
from outlay.gateway import recording as recording_module
from outlay.gateway.counters import GatewayCounters
from outlay.gateway.journal import Journal, Pending, Settled, records_of, segments_in
from outlay.gateway.recording import NOT_REGISTERED, Recorder, with_less
from outlay.intake.outcome import DUPLICATE, STORED, Outcome
from outlay.intake.prepare import Prepared
from outlay.usage import ESTIMATED, PricedEvent, UsageEvent
from tests.intake.making import OneDollarEach, event

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def call(name: str, **fields: Any) -> UsageEvent:
    return event(name, source="gateway", time=AT, received_at=AT, **fields)


class Stored:
    """A funnel and a queue in one, that remember what was committed; `failures` are still to come."""

    def __init__(self, failures: int = 0) -> None:
        self.statuses: dict[str, str] = {}
        self.failures = failures

    def prepare(self, organisation: str, events: Sequence[UsageEvent]) -> Prepared:
        assert organisation == "acme"
        prices = OneDollarEach()
        return Prepared([PricedEvent(each, prices.cost_of(each)) for each in events], [], [])

    async def submit(self, body_bytes: int, prepare: Callable[[], Prepared]) -> list[Outcome]:
        del body_bytes
        if self.failures:
            self.failures -= 1
            raise LedgerFailed("not now")
        outcomes = []
        for priced in prepare().events:
            outcomes.append(DUPLICATE if priced.event.id in self.statuses else STORED)
            self.statuses.setdefault(priced.event.id, priced.event.status)
        return outcomes


def recorder_in(folder: Path, stored: Stored, counters: GatewayCounters) -> Recorder:
    return Recorder(stored, stored, Journal(folder, counters.journal_failed), counters, lambda *_: None)


def recorded(folder: Path, stored: Stored, work: Callable[[Recorder], None]) -> GatewayCounters:
    """Run a recorder from its start to its end; `work` is done in between."""
    counters = GatewayCounters()

    async def run() -> None:
        recorder = recorder_in(folder, stored, counters)
        recorder.start()
        work(recorder)
        await recorder.close()

    asyncio.run(run())
    return counters


def test_calls_are_recorded_and_the_journal_is_gone(tmp_path: Path) -> None:
    def work(recorder: Recorder) -> None:
        for number in range(5):
            name = f"c{number}"
            recorder.ended(recorder.begun(call(name, status="pending")), (call(name), call(f"{name}#fee")))

    stored = Stored()
    recorded(tmp_path / "gateway", stored, work)
    assert len(stored.statuses) == 10
    assert not (tmp_path / "gateway").exists()


def test_a_process_that_died_is_made_good_by_the_next(tmp_path: Path) -> None:
    before = Journal(tmp_path, lambda: None)
    before.pending(call("ended", status="pending"))
    before.pending(call("open", status="pending"))
    before.settled((call("ended"), call("ended#fee")))
    stored = Stored()
    counters = recorded(tmp_path, stored, lambda _: None)
    assert stored.statuses == {"ended": "ok", "ended#fee": "ok", "open": "pending"}
    assert counters.replayed_calls == 2
    assert not tmp_path.exists()


def test_an_end_in_a_later_segment_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 1)  # a segment for each record
    before = Journal(tmp_path, lambda: None)
    before.pending(call("a", status="pending"))
    before.settled((call("a"),))
    assert len(segments_in(tmp_path)) == 2
    stored = Stored()
    recorded(tmp_path, stored, lambda _: None)
    assert stored.statuses == {"a": "ok"}


@pytest.mark.parametrize("cut", [2, 7, 40, 200])
def test_torn_and_damaged_lines_are_passed_over(tmp_path: Path, cut: int) -> None:
    before = Journal(tmp_path, lambda: None)
    for name in ("a", "b", "c"):
        before.pending(call(name, status="pending"))
    (path,) = segments_in(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    assert [record.event.id for record in records_of(path) if isinstance(record, Pending)] == ["a", "b"]
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + b"\x00" + whole[middle + 1 :])
    assert [record.event.id for record in records_of(path) if isinstance(record, Pending)] == ["a", "c"]


def test_a_full_disk_is_counted_and_the_call_is_recorded_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    def work(recorder: Recorder) -> None:
        recorder.ended(recorder.begun(call("a", status="pending")), (call("a"),))

    monkeypatch.setattr(os, "write", full)
    stored = Stored()
    assert recorded(tmp_path / "gateway", stored, work).journal_failures == 2
    assert stored.statuses == {"a": "ok"}


def test_the_name_of_a_new_segment_survives_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: set[str] = set()
    fsync = os.fsync

    def seen(descriptor: int) -> None:
        synced.add(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", seen)
    journal, done = Journal(tmp_path / "gateway", lambda: None), threading.Event()
    journal.pending(call("a", status="pending"))
    journal.synced(done.set)
    assert done.wait(5)
    assert {str(tmp_path), str(tmp_path / "gateway")} <= synced
    journal.close()


def test_a_record_written_in_part_spoils_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, failures = os.write, [0]
    journal = Journal(tmp_path, lambda: failures.append(failures.pop() + 1))
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:20]))
    assert journal.pending(call("torn", status="pending")) is None
    monkeypatch.setattr(os, "write", write)
    assert journal.settled((call("whole"),)) is not None
    (path,) = segments_in(tmp_path)
    assert [record.events[0].id for record in records_of(path) if isinstance(record, Settled)] == ["whole"]
    assert failures == [1]


MANY = call(
    "a",
    user="u",
    tags=("x:1", "y:1"),
    model="m",
    model_raw="m",
    response_id="r",
    metadata={ESTIMATED: True, "request_id": "q"},
)


@pytest.mark.parametrize(
    ("kind", "names", "gone"),
    [
        ("tag", ("y:1",), {"tags": ("x:1",)}),
        ("user", ("u",), {"user": None}),
        ("model", ("m",), {"model": None, "model_raw": None}),
    ],
)
def test_only_what_is_one_too_many_goes(kind: str, names: tuple[str, ...], gone: dict[str, Any]) -> None:
    less = with_less(MANY, Outcome("rejected", kind=kind, names=names))
    assert less == replace(MANY, **gone, metadata={**(MANY.metadata or {}), NOT_REGISTERED: True})


def test_what_is_refused_for_another_reason_keeps_its_tokens_and_what_they_are_worth() -> None:
    refused = Outcome("rejected", "field_invalid", "response_id has 300 characters")
    less = with_less(MANY, refused)
    assert less is not None
    assert (less.id, less.tokens, less.metadata) == ("a", MANY.tokens, {ESTIMATED: True, NOT_REGISTERED: True})
    assert (less.response_id, less.model_raw, less.tags) == (None, None, ())
    assert with_less(less, refused) is None


def test_a_ledger_that_fails_for_a_while_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording_module, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(recording_module, "MOST_WAITING", 3)

    def work(recorder: Recorder) -> None:
        for number in range(20):
            name = f"c{number}"
            recorder.ended(recorder.begun(call(name, status="pending")), (call(name),))

    stored = Stored(failures=4)
    recorded(tmp_path / "gateway", stored, work)
    assert set(stored.statuses.values()) == {"ok"}
    assert len(stored.statuses) == 20, "what memory gave up is read from the journal again"
    assert not (tmp_path / "gateway").exists()
