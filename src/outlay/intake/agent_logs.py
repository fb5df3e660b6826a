"""Brings the logs of coding agents into the ledger: each call once, and only what is new of a file.

1. Look at the files; those that did not change are passed over.
2. Read what was on its way to the ledger when an earlier run ended, exactly that stretch.
3. Read what is new, file after file, until a batch is full.
4. Of each call: an unknown one is an event; a known one that tells more now is corrected; any other is a copy.
5. Note where the batch ends, hand it to the funnel, note that it is done.

Files tell of a call several times, so calls are remembered by their ids. That memory follows the ledger: when the event
that was stored last is not there any more, it is forgotten.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Protocol
from zlib import crc32

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from outlay.capture.agent_logs.events import LogOrigin, as_event, corrections
from outlay.capture.agent_logs.logged import LoggedCall
from outlay.capture.agent_logs.tools import Clash
from outlay.control.agent_logs import KnownCall, LogMark
from outlay.errors import EventRejected
from outlay.intake.import_report import ImportReport, Rejection
from outlay.intake.importing import Sink, Watcher, cost_by_own_prices
from outlay.intake.log_files import LogSource, Piece
from outlay.intake.log_pieces import new_pieces
from outlay.intake.outcome import Outcome
from outlay.intake.price_books import Prices
from outlay.kit.period import as_micros, from_micros
from outlay.usage import Tokens, UsageEvent

BATCH_CALLS: Final = 10_000

_encode: Final = msgspec.msgpack.Encoder().encode
_decode_counts: Final = msgspec.msgpack.Decoder(Tokens).decode
_decode_event: Final = msgspec.msgpack.Decoder(UsageEvent).decode


class Memory(Protocol):
    """What is remembered between runs; `LogMemory` keeps it in the control database."""

    def marks(self) -> dict[str, LogMark]: ...

    def last_event(self) -> bytes | None: ...

    def find(self, calls: Collection[str]) -> dict[str, KnownCall]: ...

    def intend(self, marks: Sequence[LogMark]) -> None: ...

    def keep(self, marks: Sequence[LogMark], calls: Mapping[str, KnownCall]) -> None: ...

    def forget(self) -> None: ...


class OneRunMemory:
    """Remembers the calls of one run and no files: what a trial run needs."""

    def __init__(self) -> None:
        self._known: dict[str, KnownCall] = {}

    def marks(self) -> dict[str, LogMark]:
        return {}

    def last_event(self) -> bytes | None:
        return None

    def find(self, calls: Collection[str]) -> dict[str, KnownCall]:
        return {call: self._known[call] for call in calls if call in self._known}

    def intend(self, marks: Sequence[LogMark]) -> None:
        """Never come back to it."""

    def keep(self, marks: Sequence[LogMark], calls: Mapping[str, KnownCall]) -> None:
        del marks
        self._known.update(calls)

    def forget(self) -> None:
        self._known.clear()


class LogImporter:
    """Imports the logs of one tool into one organisation."""

    def __init__(self, source: LogSource, sink: Sink, prices: Prices, memory: Memory, watcher: Watcher) -> None:
        self.source = source
        self.sink = sink
        self.prices = prices
        self.memory = memory
        self.watcher = watcher
        self._proven = False

    def run(self, *, settled: bool = True) -> ImportReport:
        """Import what is new and return its figures; see `LogSource.read` for `settled`.

        A file that can't be read is told in the figures. Raises what the sink does.
        """
        report = ImportReport()
        self._forget_what_is_gone()
        self._finish_last_batch(report)
        batch = _Batch(self, report)
        for piece in new_pieces(self.source, self.memory.marks(), batch.known, settled=settled):
            batch.add(piece)
            if batch.is_full:
                batch.commit()
        batch.commit()
        report.failed += self.source.failed
        return report

    def _forget_what_is_gone(self) -> None:
        last = None if self._proven else self.memory.last_event()
        if last is not None:
            (outcome,) = self.sink.accept(self.source.attribution.organisation, [_decode_event(last)])
            if outcome.result == "stored":
                self.memory.forget()
        self._proven = True

    def _finish_last_batch(self, report: ImportReport) -> None:
        left = {path: mark for path, mark in self.memory.marks().items() if mark.intended is not None}
        if not left:
            return
        batch = _Batch(self, report)
        for piece in self.source.unfinished(list(left.values()), batch.known):
            batch.add(piece)
            left.pop(piece.before.path, None)
        batch.commit()
        # What can't be read any more can't be finished either.
        self.memory.keep([replace(mark, intended=None) for mark in left.values()], {})


class _Pending(Struct):
    """A call of the batch that is being gathered, and where it was told of."""

    call: LoggedCall
    origin: LogOrigin
    path: str


class _Batch:
    """The calls of some pieces, each once, on their way to the ledger. Empty again after `commit`."""

    def __init__(self, importer: LogImporter, report: ImportReport) -> None:
        self._importer = importer
        self._report = report
        self._clash: Clash = importer.source.tool.clash
        self._calls: dict[str, _Pending] = {}
        self._before: dict[str, LogMark] = {}
        self._after: dict[str, LogMark] = {}
        self._kept: dict[str, KnownCall] = {}
        self._paths: dict[str, str] = {}

    @property
    def is_full(self) -> bool:
        return len(self._calls) >= BATCH_CALLS

    def known(self, calls: Collection[str]) -> set[str]:
        """Return those of the calls that this batch or the memory has."""
        mine = {call for call in calls if call in self._calls}
        return mine | self._importer.memory.find([call for call in calls if call not in mine]).keys()

    def add(self, piece: Piece) -> None:
        path = piece.before.path
        self._before.setdefault(path, piece.before)
        self._after[path] = piece.after
        self._report.rows += piece.records + len(piece.refused)
        self._report.duplicates += piece.records - len(piece.calls)
        for line, refused in piece.refused:
            self._reject(Rejection(path, line, refused.code, refused.message, refused.excerpt))
        for call in piece.calls:
            self._gather(_Pending(call, piece.origin, path))
        self._importer.watcher.rows_read(self._report.rows)

    def commit(self) -> None:
        """Store what is new of the calls, and note how far the files are read."""
        if not self._after:
            return
        events = self._events(self._importer.memory.find(list(self._calls)))
        memory = self._importer.memory
        memory.intend([replace(mark, intended=self._after[path].position) for path, mark in self._before.items()])
        outcomes = self._importer.sink.accept(self._importer.source.attribution.organisation, events) if events else []
        stored = [event for event, outcome in zip(events, outcomes, strict=True) if self._count(event, outcome)]
        if stored:
            path = next(reversed(self._after))
            self._after[path] = replace(self._after[path], last_event=_encode(stored[-1]))
        memory.keep(list(self._after.values()), self._kept)
        self._calls, self._before, self._after, self._kept, self._paths = {}, {}, {}, {}, {}

    def _gather(self, new: _Pending) -> None:
        """Take a call in, or what it tells beyond one that is there already."""
        old = self._calls.get(new.call.id)
        if old is not None and not _is_same(new.call, _request_of(old.call), copy=old.call.copy):
            new.call = _told_apart(new.call)
            old = self._calls.get(new.call.id)
        if old is None:
            self._calls[new.call.id] = new
            return
        self._report.duplicates += 1
        if _goes_before(self._clash, new.call, old.call.tokens, copy=old.call.copy):
            self._calls[new.call.id] = new

    def _events(self, found: dict[str, KnownCall]) -> list[UsageEvent]:
        events: list[UsageEvent] = []
        apart: list[_Pending] = []
        for pending in self._calls.values():
            known = found.get(pending.call.id)
            if known is not None and not _is_same(pending.call, known.request, copy=known.copy):
                pending.call = _told_apart(pending.call)
                apart.append(pending)
            else:
                events += self._event(pending, known)
        found = self._importer.memory.find([each.call.id for each in apart])
        for pending in apart:
            events += self._event(pending, found.get(pending.call.id))
        return events

    def _event(self, pending: _Pending, known: KnownCall | None) -> Sequence[UsageEvent]:
        """Return what the ledger has to be told of a call: its event, two corrections, or nothing."""
        call = pending.call
        counts = None if known is None else _decode_counts(known.counts)
        if counts is not None and known is not None and not _goes_before(self._clash, call, counts, copy=known.copy):
            self._report.duplicates += 1
            return ()
        try:
            event = as_event(call, pending.origin)
        except EventRejected as error:
            self._reject(Rejection(pending.path, 0, error.code, error.message, call.id))
            return ()
        request = _request_of(call)
        self._paths[call.id] = pending.path
        if known is None or counts is None:
            micros = as_micros(event.time)
            self._kept[call.id] = KnownCall(micros, request, call.copy, 0, _encode(call.tokens))
            return (event,)
        differs = counts != call.tokens
        revision = known.revision + differs
        self._kept[call.id] = KnownCall(known.time, request, call.copy, revision, _encode(call.tokens))
        if not differs:
            self._report.duplicates += 1
            return ()
        self._report.corrected += 1
        return corrections(event, counts, from_micros(known.time), revision)

    def _count(self, event: UsageEvent, outcome: Outcome) -> bool:
        """Count what became of an event; False where it was refused, and so is not known either."""
        if outcome.result == "rejected":
            about = event.adjusts or event.id
            self._kept.pop(about, None)
            self._reject(Rejection(self._paths[about], 0, outcome.code or "rejected", outcome.message or "", event.id))
            return False
        if event.adjusts is None:
            if outcome.result == "stored":
                self._report.stored += 1
            else:
                self._report.duplicates += 1
            self._report.keep(event, cost_by_own_prices(self._importer.prices, event))
        return True

    def _reject(self, rejection: Rejection) -> None:
        self._report.reject(rejection)
        self._importer.watcher.rejected(rejection)


def _is_same(new: LoggedCall, request: int | None, *, copy: bool) -> bool:
    """Whether two tellings with the same id are of the same call."""
    return _request_of(new) == request or new.copy or copy


def _request_of(call: LoggedCall) -> int | None:
    """Return what stands for the request; it only has to tell requests of one message apart."""
    return None if call.request is None else crc32(call.request.encode("utf-8", "surrogatepass"))


def _told_apart(call: LoggedCall) -> LoggedCall:
    return replace(call, id=f"{call.id}:{call.request}")


def _goes_before(clash: Clash, new: LoggedCall, counts: Tokens, *, copy: bool) -> bool:
    """Whether a telling counts and not the one there is, which has `counts` and may be a copy."""
    if clash == "first":
        return False
    if clash == "later":
        return new.tokens != counts
    if new.copy != copy:
        return copy
    return (new.tokens.total or 0) > (counts.total or 0)
