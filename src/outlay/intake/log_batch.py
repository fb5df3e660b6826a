"""The calls of some pieces of logs, on their way to the ledger together: which are new, which are told of again.

Where a process that read ahead made the calls of a piece ready, and none of them is told of anywhere else, they are
committed as they are. All others are gathered by their ids first.
"""

from collections.abc import Collection, Sequence
from typing import Final, Protocol, runtime_checkable

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from outlay.capture.agent_logs.events import LogOrigin, as_event, corrections
from outlay.capture.agent_logs.logged import LoggedCall
from outlay.capture.agent_logs.tools import Clash
from outlay.control.log_marks import KnownCall, LogMark, key_of
from outlay.errors import EventRejected
from outlay.intake.import_report import ImportReport, Rejection
from outlay.intake.importing import Sink, Watcher
from outlay.intake.log_files import LogSource, Piece
from outlay.intake.log_memory import Memory
from outlay.intake.made_calls import request_of
from outlay.intake.made_rows import MadeRows, Recipe
from outlay.intake.outcome import Outcome
from outlay.intake.prepare import cost_by_own_prices
from outlay.intake.price_books import Prices
from outlay.kit.period import as_micros, from_micros
from outlay.usage import Tokens, UsageEvent

BATCH_CALLS: Final = 10_000
BATCH_MADE_CALLS: Final = 40_000

_encode: Final = msgspec.msgpack.Encoder().encode
_decode_counts: Final = msgspec.msgpack.Decoder(Tokens).decode


@runtime_checkable
class MadeSink(Protocol):
    """A sink that takes rows as well, by the recipe it gives; without one it takes events alone."""

    def recipe(self) -> Recipe | None: ...

    def commit_made(self, organisation: str, made: Sequence[MadeRows]) -> list[bool] | None: ...


class Parts(Struct, frozen=True):
    """What batches work with."""

    source: LogSource
    sink: Sink
    prices: Prices
    memory: Memory
    watcher: Watcher


class _Pending(Struct):
    """A call of the batch that is being gathered, and where it was told of."""

    call: LoggedCall
    origin: LogOrigin
    path: str


class LogBatch:
    """Empty again after `commit`."""

    def __init__(self, parts: Parts, report: ImportReport) -> None:
        self._parts = parts
        self._report = report
        self._clash: Clash = parts.source.tool.clash
        self._whose = (parts.source.attribution.organisation, parts.source.attribution.source)
        self._calls: dict[str, _Pending] = {}
        self._before: dict[str, LogMark] = {}
        self._after: dict[str, LogMark] = {}
        self._kept: dict[int, KnownCall] = {}
        self._paths: dict[str, str] = {}
        self._held: list[Piece] = []
        self._held_calls = 0

    @property
    def is_full(self) -> bool:
        return len(self._calls) >= BATCH_CALLS or self._held_calls >= BATCH_MADE_CALLS

    def known(self, calls: Collection[str]) -> set[str]:
        """Return those of the calls that this batch or the memory has."""
        mine = {call for call in calls if call in self._calls}
        return mine | self._find([call for call in calls if call not in mine]).keys()

    def add(self, piece: Piece) -> None:
        path = piece.before.path
        calls = len(piece.calls) if piece.made is None else len(piece.made.keys)
        self._before.setdefault(path, piece.before)
        self._after[path] = piece.after
        self._report.rows += piece.records + len(piece.refused)
        self._report.duplicates += piece.records - calls
        for line, refused in piece.refused:
            self._reject(Rejection(path, line, refused.code, refused.message, refused.excerpt))
        if piece.made is not None or self._held:  # what was read later stays behind it
            self._held.append(piece)
            self._held_calls += calls
        else:
            self._gather_all(piece)
        self._parts.watcher.rows_read(self._report.rows)

    def commit(self) -> None:
        """Store what is new of the calls, and note how far the files are read."""
        if not self._after:
            return
        memory, sink, organisation = self._parts.memory, self._parts.sink, self._whose[0]
        memory.intend([replace(mark, intended=self._after[path].position) for path, mark in self._before.items()])
        last_event = self._commit_made(self._told_once())
        events = self._events(self._find(list(self._calls)))
        outcomes = sink.accept(organisation, events) if events else []
        stored = [event for event, outcome in zip(events, outcomes, strict=True) if self._count(event, outcome)]
        last_event = _encode(stored[-1]) if stored else last_event
        if last_event is not None:
            path = next(reversed(self._after))
            self._after[path] = replace(self._after[path], last_event=last_event)
        memory.keep(list(self._after.values()), self._kept)
        self._calls, self._before, self._after, self._kept, self._paths = {}, {}, {}, {}, {}
        self._held, self._held_calls = [], 0

    def _told_once(self) -> list[Piece]:
        """Return those of the held pieces whose calls nothing else tells of; gather the calls of the others."""
        keys = [self._keys_of(piece) for piece in self._held]
        mixed = _sharing(keys, [self._key(call) for call in self._calls] if self._held else [])
        known = self._parts.memory.find([key for each in keys for key in each]).keys()
        once: list[Piece] = []
        for place, piece in enumerate(self._held):
            if piece.made is None or place in mixed or not known.isdisjoint(keys[place]):
                self._gather_all(piece)
            else:
                once.append(piece)
        return once

    def _commit_made(self, pieces: Sequence[Piece]) -> bytes | None:
        """Store calls that are told of once, and return the last event. What the sink won't take so is gathered."""
        sink = self._parts.sink
        made = [piece.made for piece in pieces if piece.made is not None]
        if not made or not isinstance(sink, MadeSink):
            return None
        stored = sink.commit_made(self._whose[0], [each.rows for each in made])
        if stored is None:
            for piece in pieces:
                self._gather_all(piece)
            return None
        self._report.stored += sum(stored)
        self._report.duplicates += len(stored) - sum(stored)
        for each in made:
            self._report.add(each.rows.figures)
            self._kept.update(zip(each.keys, each.known, strict=True))
        return made[-1].rows.last_event

    def _keys_of(self, piece: Piece) -> list[int]:
        return [self._key(call.id) for call in piece.calls] if piece.made is None else piece.made.keys

    def _key(self, call: str) -> int:
        return key_of(*self._whose, call)

    def _find(self, calls: Collection[str]) -> dict[str, KnownCall]:
        """Return those of the calls that the memory has."""
        keys = {self._key(call): call for call in calls}
        return {keys[key]: known for key, known in self._parts.memory.find(keys).items()}

    def _gather_all(self, piece: Piece) -> None:
        for call in piece.calls if piece.made is None else piece.made.calls():
            self._gather(_Pending(call, piece.origin, piece.before.path))

    def _gather(self, new: _Pending) -> None:
        """Take a call in, or what it tells beyond one that is there already."""
        old = self._calls.get(new.call.id)
        if old is not None and not _is_same(new.call, request_of(old.call), copy=old.call.copy):
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
        found = self._find([each.call.id for each in apart])
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
        request = request_of(call)
        self._paths[call.id] = pending.path
        if known is None or counts is None:
            micros = as_micros(event.time)
            self._kept[self._key(call.id)] = KnownCall(micros, request, call.copy, 0, _encode(call.tokens))
            return (event,)
        differs = counts != call.tokens
        revision = known.revision + differs
        self._kept[self._key(call.id)] = KnownCall(known.time, request, call.copy, revision, _encode(call.tokens))
        if not differs:
            self._report.duplicates += 1
            return ()
        self._report.corrected += 1
        return corrections(event, counts, from_micros(known.time), revision)

    def _count(self, event: UsageEvent, outcome: Outcome) -> bool:
        """Count what became of an event; False where it was refused, and so is not known either."""
        if outcome.result == "rejected":
            about = event.adjusts or event.id
            self._kept.pop(self._key(about), None)
            self._reject(Rejection(self._paths[about], 0, outcome.code or "rejected", outcome.message or "", event.id))
            return False
        if event.adjusts is None:
            if outcome.result == "stored":
                self._report.stored += 1
            else:
                self._report.duplicates += 1
            self._report.keep(event, cost_by_own_prices(self._parts.prices, event))
        return True

    def _reject(self, rejection: Rejection) -> None:
        self._report.reject(rejection)
        self._parts.watcher.rejected(rejection)


def _is_same(new: LoggedCall, request: int | None, *, copy: bool) -> bool:
    """Whether two tellings with the same id are of the same call."""
    return request_of(new) == request or new.copy or copy


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


def _sharing(several: Sequence[Sequence[int]], others: Collection[int]) -> set[int]:
    """Return the places of those lists that have a key which another one, or `others`, has too."""
    nowhere = -1
    place_of = dict.fromkeys(others, nowhere)
    sharing: set[int] = set()
    for place, keys in enumerate(several):
        shared = {place_of[key] for key in place_of.keys() & keys}
        if shared:
            sharing |= shared | {place}
        place_of |= dict.fromkeys(keys, place)
    return sharing
