"""Hands the rows of a file to the funnel in batches, and finds its place again after an interruption.

1. Read rows; those that are no events are reported and passed over.
2. Hand every 5,000 events to the funnel, which answers after they are on disk.
3. Note how far the file is done.
4. On a later run, leave out the part that is done, if it is still the same and really in the ledger.

Correctness rests on the ledger's deduplication alone: a crash between 2 and 3 repeats a batch, and a note that is wrong
(another ledger, a changed file) is found out and not followed. An import that came to its end leaves no note.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Final, Protocol

from msgspec import Struct

from outlay.capture.rowmap import RowRejected
from outlay.capture.tabular import ReadRow
from outlay.control.database import Control
from outlay.control.progress import Progress, forget_progress, progress_of, save_progress
from outlay.errors import ImportFailed
from outlay.intake.import_report import ImportReport, Rejection
from outlay.intake.outcome import STORED, Outcome
from outlay.intake.prepare import cost_by_own_prices
from outlay.intake.price_books import Prices
from outlay.kit.clock import Clock
from outlay.usage import Cost, UsageEvent

BATCH_EVENTS: Final = 5_000


class Sink(Protocol):
    """Where events go: the funnel, or in a trial run nowhere."""

    def accept(self, organisation: str, events: Sequence[UsageEvent]) -> list[Outcome]: ...


class TrialSink:
    """Stores nothing and calls everything stored: what a trial run reads, checks and prices."""

    def accept(self, organisation: str, events: Sequence[UsageEvent]) -> list[Outcome]:
        del organisation
        return [STORED] * len(events)


class Checkpoint(Struct, frozen=True):
    """The first `rows` rows of a file are done; `digest` stands for the ids of the events in them."""

    rows: int
    digest: int


class ProgressStore(Protocol):
    """Keeps the checkpoint of each unfinished import."""

    def get(self, import_id: str) -> Checkpoint | None: ...

    def put(self, import_id: str, checkpoint: Checkpoint) -> None: ...

    def forget(self, import_id: str) -> None: ...


class ControlProgress:
    """Checkpoints in the control database."""

    def __init__(self, control: Control, organisation: str, clock: Clock) -> None:
        self._control = control
        self._organisation = organisation
        self._clock = clock

    def get(self, import_id: str) -> Checkpoint | None:
        found = progress_of(self._control, self._organisation, import_id)
        return None if found is None else Checkpoint(found.position, found.counts.get("digest", -1))

    def put(self, import_id: str, checkpoint: Checkpoint) -> None:
        progress = Progress(checkpoint.rows, {"digest": checkpoint.digest})
        save_progress(self._control, self._organisation, import_id, progress, self._clock.now())

    def forget(self, import_id: str) -> None:
        forget_progress(self._control, self._organisation, import_id)


class NoProgress:
    """Keeps no checkpoint: every import begins at the start."""

    def get(self, import_id: str) -> Checkpoint | None:
        del import_id
        return None

    def put(self, import_id: str, checkpoint: Checkpoint) -> None:
        """Forget it at once."""

    def forget(self, import_id: str) -> None:
        """Have nothing to forget."""


class ImportFile(Struct, frozen=True):
    """One file: what people call it, what its checkpoint is kept under (None: it can't be read twice), and its rows.

    `rows` begins at the start at each call.
    """

    name: str
    import_id: str | None
    rows: Callable[[], Iterator[ReadRow]]


class Watcher:
    """Is told what goes on during an import. This one keeps it to itself."""

    def rows_read(self, rows: int) -> None:
        """Hear that so many rows of the file are done, or passed over."""

    def rejected(self, rejection: Rejection) -> None:
        """Hear of a row that was not stored; each is told once."""


class Importer:
    """Imports files into one organisation."""

    def __init__(
        self, organisation: str, sink: Sink, prices: Prices, progress: ProgressStore, watcher: Watcher | None = None
    ) -> None:
        self.organisation = organisation
        self.sink = sink
        self.progress = progress
        self.watcher = watcher or Watcher()
        self._prices = prices

    def run_import(self, file: ImportFile) -> ImportReport:
        """Import one file and return its figures.

        Where it can't be read (further), `failed` says why and what was read before is kept. Raises what the sink does.
        """
        run = _Run(self, file)
        rows = file.rows()
        try:
            done = self.progress.get(file.import_id) if file.import_id else None
            if done is not None and not run.pass_over(rows, done):
                run = _Run(self, file, told_rows=done.rows)
                rows = file.rows()
            run.take(rows)
        except ImportFailed as error:
            run.finish()
            message = error.message if file.name in error.message else f"{file.name}: {error.message}"
            run.report.failed.append(message)
            return run.report
        run.finish()
        if file.import_id:
            self.progress.forget(file.import_id)
        return run.report

    def own_cost(self, event: UsageEvent) -> Cost:
        return cost_by_own_prices(self._prices, event)


class _Run:
    """One way through a file. The rejections among its first `told_rows` rows are known to the watcher already."""

    def __init__(self, importer: Importer, file: ImportFile, told_rows: int = 0) -> None:
        self.report = ImportReport()
        self._importer = importer
        self._file = file
        self._told_rows = told_rows
        self._digest = blake2b(digest_size=7)
        self._batch: list[tuple[int, UsageEvent]] = []
        self._all_kept = True

    def take(self, rows: Iterator[ReadRow]) -> None:
        """Import the rows, batch by batch."""
        for row in rows:
            event = self._read(row)
            if event is not None:
                self._batch.append((row[0], event))
                if len(self._batch) >= BATCH_EVENTS:
                    self._commit()

    def finish(self) -> None:
        """Import what is left of the last batch."""
        if self._batch:
            self._commit()
        self._importer.watcher.rows_read(self.report.rows)

    def pass_over(self, rows: Iterator[ReadRow], done: Checkpoint) -> bool:
        """Count the rows that an earlier run has done as duplicates; False unless they prove to be in the ledger.

        The proof: their events have the same ids as then, and the ledger knows the last batch of them. A ledger
        that was put back to an earlier state lacks the end of what it was given, not the beginning.
        """
        last: deque[UsageEvent] = deque(maxlen=BATCH_EVENTS)
        for row in islice(rows, done.rows):
            event = self._read(row)
            if event is not None:
                last.append(event)
                self.report.duplicates += 1
                self.report.keep(event, self._importer.own_cost(event))
            if self.report.rows % BATCH_EVENTS == 0:
                self._importer.watcher.rows_read(self.report.rows)
        if self._checkpoint() != done or not last:
            return False
        outcomes = self._importer.sink.accept(self._importer.organisation, list(last))
        return all(outcome.result == "duplicate" for outcome in outcomes)

    def _read(self, row: ReadRow) -> UsageEvent | None:
        line, found = row
        self.report.rows += 1
        if isinstance(found, RowRejected):
            rejection = Rejection(self._file.name, line, found.code, found.message, found.excerpt)
            self._reject(rejection, told=self.report.rows <= self._told_rows)
            return None
        self._digest.update(found.id.encode())
        return found

    def _commit(self) -> None:
        outcomes = self._importer.sink.accept(self._importer.organisation, [event for _, event in self._batch])
        for (line, event), outcome in zip(self._batch, outcomes, strict=True):
            self._count(line, event, outcome)
        self._batch = []
        # Events that the funnel refuses are not in the ledger; a later run must meet them again to report them.
        if self._file.import_id and self._all_kept:
            self._importer.progress.put(self._file.import_id, self._checkpoint())
        self._importer.watcher.rows_read(self.report.rows)

    def _count(self, line: int, event: UsageEvent, outcome: Outcome) -> None:
        if outcome.result == "rejected":
            self._all_kept = False
            rejection = Rejection(self._file.name, line, outcome.code or "rejected", outcome.message or "")
            self._reject(rejection, told=False)
            return
        if outcome.result == "stored":
            self.report.stored += 1
        else:
            self.report.duplicates += 1
        self.report.keep(event, self._importer.own_cost(event))

    def _reject(self, rejection: Rejection, *, told: bool) -> None:
        self.report.reject(rejection)
        if not told:
            self._importer.watcher.rejected(rejection)

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(self.report.rows, int.from_bytes(self._digest.digest(), "big"))
