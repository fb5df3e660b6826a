"""Imports: every row once, whatever was imported before, wherever an earlier run was stopped."""

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.capture.mapping import Mapping
from outlay.capture.rowmap import FileOrigin
from outlay.capture.sources import rows_of_stream
from outlay.capture.tabular import ReadRow
from outlay.errors import ImportFailed, LedgerFailed
from outlay.intake.import_report import ImportReport, Rejection, summed
from outlay.intake.importing import (
    BATCH_EVENTS,
    Checkpoint,
    Importer,
    ImportFile,
    NoProgress,
    ProgressStore,
    Sink,
    TrialSink,
    Watcher,
)
from outlay.intake.outcome import DUPLICATE, STORED, Outcome
from outlay.usage import UsageEvent
from tests.intake.making import OneDollarEach

NOW = datetime(2026, 10, 15, 12, tzinfo=UTC)
CALLS = Mapping(
    columns={"time": "at", "model": "model", "cost": "usd", "tokens.input": "n"}, optional=("model", "usd", "n")
)
HEAD = "at,model,usd,n\n"


class Stopped(BaseException):
    """The process is killed."""


class FakeLedger:
    """Keeps events by their identity; refuses users' models named `refused`; stops before or after a given batch."""

    def __init__(self) -> None:
        self.events: dict[tuple[str, str, datetime], UsageEvent] = {}
        self.batches: list[int] = []
        self.stop_before: int | None = None
        self.stop_after: int | None = None

    def accept(self, organisation: str, events: Sequence[UsageEvent]) -> list[Outcome]:
        assert {event.organisation for event in events} == {organisation}
        if self.stop_before == len(self.batches):
            raise Stopped
        self.batches.append(len(events))
        outcomes = [self._outcome(event) for event in events]
        if self.stop_after == len(self.batches):
            raise Stopped
        return outcomes

    def _outcome(self, event: UsageEvent) -> Outcome:
        if event.model == "refused":
            return Outcome("rejected", "field_invalid", "model is refused")
        key = (event.source, event.id, event.time)
        if key in self.events:
            return DUPLICATE
        self.events[key] = event
        return STORED


class MemoryProgress:
    def __init__(self) -> None:
        self.kept: dict[str, Checkpoint] = {}

    def get(self, import_id: str) -> Checkpoint | None:
        return self.kept.get(import_id)

    def put(self, import_id: str, checkpoint: Checkpoint) -> None:
        self.kept[import_id] = checkpoint

    def forget(self, import_id: str) -> None:
        self.kept.pop(import_id, None)


class Listener(Watcher):
    def __init__(self) -> None:
        self.seen: list[Rejection] = []
        self.rows = 0

    def rows_read(self, rows: int) -> None:
        self.rows = rows

    def rejected(self, rejection: Rejection) -> None:
        self.seen.append(rejection)


def file_of(text: str, import_id: str | None = "one") -> ImportFile:
    origin = FileOrigin("acme", "import:test", NOW)
    return ImportFile(
        "calls.csv",
        import_id,
        lambda: rows_of_stream(io.BytesIO(text.encode()), "csv", CALLS, origin, lambda _: None),
    )


def importer(sink: Sink, progress: ProgressStore | None = None, watcher: Watcher | None = None) -> Importer:
    return Importer("acme", sink, OneDollarEach(), progress or NoProgress(), watcher)


def rows(count: int, first: int = 0) -> str:
    return "".join(f"2026-10-01T00:00:00Z,gpt-4o,0.5,{number}\n" for number in range(first, first + count))


def test_an_import_stores_every_row_and_counts_it() -> None:
    ledger, watcher = FakeLedger(), Listener()
    report = importer(ledger, watcher=watcher).run_import(file_of(HEAD + rows(BATCH_EVENTS + 10)))
    assert (report.rows, report.stored, report.duplicates, report.rejected) == (BATCH_EVENTS + 10, 5010, 0, {})
    assert ledger.batches == [BATCH_EVENTS, 10]
    assert watcher.rows == BATCH_EVENTS + 10


def test_a_second_import_stores_nothing() -> None:
    ledger = FakeLedger()
    file = file_of(HEAD + rows(30))
    first, second = (importer(ledger).run_import(file) for _ in range(2))
    assert (second.stored, second.duplicates) == (0, first.stored)
    assert second.models == first.models


@given(
    st.lists(st.sampled_from(["2026-10-01T00:00:00Z,a,1,1\n", "2026-10-02T00:00:00Z,b,,2\n", "bad\n"]), max_size=20),
    st.integers(0, 20),
)
def test_a_grown_file_adds_only_what_is_new(lines: list[str], cut: int) -> None:
    ledger = FakeLedger()
    first = importer(ledger).run_import(file_of(HEAD + "".join(lines[:cut])))
    second = importer(ledger).run_import(file_of(HEAD + "".join(lines), "another name"))
    assert len(ledger.events) == sum(line != "bad\n" for line in lines)
    assert (second.duplicates, second.stored) == (first.stored, len(ledger.events) - first.stored)


@pytest.mark.parametrize("moment", ["stop_before", "stop_after"])
@pytest.mark.parametrize("batch", [0, 1, 2, 3])
def test_an_import_that_was_killed_goes_on(moment: str, batch: int) -> None:
    ledger, progress, watcher = FakeLedger(), MemoryProgress(), Listener()
    file = file_of(HEAD + "bad\n" + rows(3 * BATCH_EVENTS + 5))
    setattr(ledger, moment, batch)
    if not (moment == "stop_after" and batch == 0):
        with pytest.raises(Stopped):
            importer(ledger, progress).run_import(file)
    already = len(ledger.events)
    ledger.stop_before = ledger.stop_after = None
    report = importer(ledger, progress, watcher).run_import(file)
    assert len(ledger.events) == 3 * BATCH_EVENTS + 5
    assert (report.stored, report.duplicates) == (3 * BATCH_EVENTS + 5 - already, already)
    assert report.total.calls == 3 * BATCH_EVENTS + 5
    assert len(watcher.seen) == report.rejected_rows == 1
    assert not progress.kept


def stopped_after_two(progress: MemoryProgress, text: str) -> FakeLedger:
    ledger = FakeLedger()
    ledger.stop_before = 2
    with pytest.raises(Stopped):
        importer(ledger, progress).run_import(file_of(text))
    ledger.stop_before = None
    ledger.batches.clear()
    return ledger


def test_going_on_leaves_out_what_is_done() -> None:
    progress, text = MemoryProgress(), HEAD + rows(3 * BATCH_EVENTS)
    ledger = stopped_after_two(progress, text)
    importer(ledger, progress).run_import(file_of(text))
    assert ledger.batches == [BATCH_EVENTS, BATCH_EVENTS], "one batch to prove it, one that was missing"


@pytest.mark.parametrize("lost", ["everything", "the last batch"])
def test_a_checkpoint_of_another_ledger_is_not_believed(lost: str) -> None:
    progress, watcher, text = MemoryProgress(), Listener(), HEAD + "bad\n" + rows(3 * BATCH_EVENTS)
    ledger = stopped_after_two(progress, text)
    for key in list(ledger.events)[0 if lost == "everything" else BATCH_EVENTS :]:
        del ledger.events[key]
    report = importer(ledger, progress, watcher).run_import(file_of(text))
    assert len(ledger.events) == 3 * BATCH_EVENTS
    assert report.events == report.total.calls == 3 * BATCH_EVENTS
    assert len(watcher.seen) == 1


def test_a_file_that_changed_before_the_checkpoint_is_read_from_the_start() -> None:
    progress = MemoryProgress()
    ledger = stopped_after_two(progress, HEAD + rows(3 * BATCH_EVENTS))
    importer(ledger, progress).run_import(file_of(HEAD + rows(3 * BATCH_EVENTS, first=1)))
    assert len(ledger.events) == 3 * BATCH_EVENTS + 1


def test_what_the_funnel_refuses_is_reported_with_its_line_also_after_a_stop() -> None:
    progress, watcher = MemoryProgress(), Listener()
    text = HEAD + "2026-10-01T00:00:00Z,refused,,1\n" + rows(3 * BATCH_EVENTS)
    ledger = stopped_after_two(progress, text)
    report = importer(ledger, progress, watcher).run_import(file_of(text))
    assert watcher.seen == [Rejection("calls.csv", 2, "field_invalid", "model is refused")]
    assert (report.rows, report.events, report.rejected) == (15_001, 15_000, {"field_invalid": 1})


def test_a_file_that_breaks_off_keeps_what_was_read() -> None:
    ledger, progress = FakeLedger(), MemoryProgress()

    def half() -> Iterator[ReadRow]:
        yield from file_of(HEAD + rows(7)).rows()
        raise ImportFailed("calls.csv is cut off")

    report = importer(ledger, progress).run_import(ImportFile("calls.csv", "one", half))
    assert (report.stored, report.failed) == (7, ["calls.csv is cut off"])


def test_what_the_ledger_raises_ends_the_import() -> None:
    class Full:
        def accept(self, organisation: str, events: Sequence[UsageEvent]) -> list[Outcome]:
            raise LedgerFailed(f"no room for {len(events)} events of {organisation}")

    with pytest.raises(LedgerFailed):
        importer(Full()).run_import(file_of(HEAD + rows(1)))


def test_costs_are_compared_where_both_are_known() -> None:
    text = HEAD + "2026-10-01T00:00:00Z,a,0.5,1\n2026-10-03T00:00:00Z,a,,1\n2026-10-02T00:00:00Z,b,2,1\n"
    report = importer(TrialSink()).run_import(file_of(text))
    total = report.total
    assert (total.calls, total.stated, total.both) == (3, 2, 2)
    assert (total.cost, total.both_cost, total.both_stated_cost) == (3 * 10**12, 2 * 10**12, 25 * 10**11)
    assert report.models["a"].both_stated_cost == 5 * 10**11
    assert (report.first, report.last) == (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC))
    assert report.unpriced_models() == {}


def test_reports_of_several_files_add_up() -> None:
    reports = [importer(TrialSink()).run_import(file_of(HEAD + "bad\n" * 2 + rows(3))) for _ in range(4)]
    total = summed(reports)
    assert (total.rows, total.stored, total.rejected) == (20, 12, {"row_ragged": 8})
    assert [each.line for each in total.examples["row_ragged"]] == [2, 3, 2]
    assert total.total.calls == 12
    assert total.first == reports[0].first
    assert summed([]) == ImportReport()
