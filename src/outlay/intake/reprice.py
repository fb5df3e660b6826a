"""Prices stored events again, or moves them to another team: finds those that stand otherwise than they shall, and
writes the difference as adjustments.

1. An event costs by now what it was stored with and all that repricings wrote about it since.
2. What it shall cost is the aim's to say (`reprice_aim`).
3. Where the two differ, one adjustment carries the difference of each part of the cost, with all that the event is
   grouped and filtered by. Where the cost status changes, two do: one takes the request and all its cost out of the old
   status, the other puts it into the new one; where the team changes, two do with all that the event counts, and
   the first ends what was stored so far: it counts no more (`ledger/moved.py`). So every figure is right, however it
   is cut.
4. Nothing is kept of where it stands: who starts again after a crash finds what is done equal already. The same
   repricing twice changes nothing, and taking one back restores every figure to the picodollar.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from outlay.control.repricings import Move, Scope
from outlay.errors import EventRejected
from outlay.intake.reprice_aim import Aim, differ
from outlay.intake.reprice_effect import Counting, Effect
from outlay.intake.reprice_rows import (
    MOST_SEQ,
    Carrier,
    Combination,
    Day,
    EventRows,
    Known,
    Standing,
    Written,
    written_by,
)
from outlay.kit.money import as_usd
from outlay.ledger.columns import fits
from outlay.ledger.store import LedgerReader, Snapshot
from outlay.usage import COMPONENTS, Component, Cost, CostLine, PricedEvent, ReportedCost, Tokens, UsageEvent

WRITTEN_AT_ONCE: Final = 4_000  # events; each makes up to two adjustments
WRITTEN_TOGETHER: Final = timedelta(days=31)  # a commit looks for what it adjusts from its first day to its last

Commit = Callable[[Sequence[PricedEvent]], None]
Heard = Callable[[int, int], None]


class Change(Struct, frozen=True):
    known: Known
    wanted: Standing


class Changes(Protocol):
    """Where a repricing finds what changes: day by day, in the state of the ledger that a snapshot shows."""

    def days(self, snapshot: Snapshot) -> list[Day]: ...

    def of_day(self, snapshot: Snapshot, day: Day, counting: Counting) -> Iterator[Change]: ...


class Repriced:
    """Events of a scope at what an aim says."""

    def __init__(self, organisation: str, scope: Scope, aim: Aim) -> None:
        self._organisation = organisation
        self._scope = scope
        self._aim = aim
        self._only: Sequence[Combination] | None = None

    def days(self, snapshot: Snapshot) -> list[Day]:
        rows = EventRows(snapshot, self._organisation, self._scope)
        self._only = self._aim.among(rows.combinations())
        return [] if self._only is not None and not self._only else rows.days()

    def of_day(self, snapshot: Snapshot, day: Day, counting: Counting) -> Iterator[Change]:
        for piece in EventRows(snapshot, self._organisation, self._scope).of_day(day, self._only):
            for known in piece:
                try:
                    wanted = self._aim.wanted(known)
                except EventRejected:
                    counting.refused += 1
                    continue
                if wanted is not None and differ(known.standing, wanted):
                    yield Change(known, wanted)


class Moved:
    """Events of a scope that are one team's by now, as another's."""

    def __init__(self, organisation: str, scope: Scope, move: Move) -> None:
        self._organisation = organisation
        self._scope = scope
        self._move = move

    def days(self, snapshot: Snapshot) -> list[Day]:
        return EventRows(snapshot, self._organisation, self._scope).days()

    def of_day(self, snapshot: Snapshot, day: Day, counting: Counting) -> Iterator[Change]:
        del counting
        for piece in EventRows(snapshot, self._organisation, self._scope).of_day(day):
            for known in piece:
                if known.standing.team == self._move.old:
                    yield Change(known, replace(known.standing, team=self._move.new))


class TakenBack:
    """The events that a repricing wrote about, at what they cost before it, and as whose they were.

    It takes back what it changed itself, cost or team, and leaves that where something else changed it again since.
    """

    def __init__(self, organisation: str, repricing: str) -> None:
        self._organisation = organisation
        self._repricing = repricing
        self._written: Written | None = None

    def days(self, snapshot: Snapshot) -> list[Day]:
        written = self._written = written_by(snapshot, self._organisation, self._repricing)
        return [] if written is None else self._rows(snapshot, written).days()

    def of_day(self, snapshot: Snapshot, day: Day, counting: Counting) -> Iterator[Change]:
        written = self._written
        if written is None:
            return
        rows = self._rows(snapshot, written)
        states = (rows.of_day(day, as_of=seq) for seq in (MOST_SEQ, written.first_seq, written.last_seq + 1))
        for present, before, after in zip(*states, strict=True):
            for known, was, became in zip(present, before, after, strict=True):
                wanted = _taken_back(known.standing, was.standing, became.standing)
                if wanted is None:
                    counting.kept += 1
                elif wanted != known.standing:
                    yield Change(known, wanted)

    def _rows(self, snapshot: Snapshot, written: Written) -> EventRows:
        return EventRows(snapshot, self._organisation, Scope(), written)


def _taken_back(present: Standing, was: Standing, became: Standing) -> Standing | None:
    """Return what was, in what became otherwise then; None where that became otherwise once more."""
    wanted = present
    if differ(was, became) and differ(present, was):
        if differ(present, became):
            return None
        wanted = replace(was, team=present.team)
    if present.team not in (was.team, became.team) and was.team != became.team:
        return None
    return replace(wanted, team=was.team) if was.team != became.team else wanted


def preview(ledger: LedgerReader, changes: Changes, heard: Heard) -> Effect:
    """Return what a repricing would change; `heard` is told how many events of how many were looked at."""
    counting = Counting()
    with ledger.snapshot() as snapshot:
        for day in _told(changes.days(snapshot), counting, heard):
            for change in changes.of_day(snapshot, day, counting):
                if fits_all(_adjustments(change, _CARRIES_NOTHING, "")):
                    counting.add(day.day, change.known, change.wanted)
                else:
                    counting.refused += 1
    return counting.effect()


class Writing(Struct, frozen=True):
    """Who is to be named in what is written, when, and how it is committed: returns after all of it is on disk."""

    organisation: str
    repricing: str
    now: datetime
    commit: Commit


def write(ledger: LedgerReader, changes: Changes, writing: Writing, heard: Heard) -> Effect:
    """Write what changes and return it; it is committed piece by piece, each piece as a whole."""
    counting = Counting()
    with ledger.snapshot() as snapshot:
        days = changes.days(snapshot)
    piece = _Piece(writing, counting)
    for day in _told(days, counting, heard):
        # A state of its own for each day: one that is held open for long keeps the engine from tidying up.
        with ledger.snapshot() as snapshot:
            waiting: list[Change] = []
            for change in changes.of_day(snapshot, day, counting):
                waiting.append(change)
                if len(waiting) + piece.events == WRITTEN_AT_ONCE:
                    piece.take(snapshot, day, waiting)
                    piece.commit()
                    waiting = []
            piece.take(snapshot, day, waiting)
    piece.commit()
    return counting.effect()


class _Piece:
    """What is committed as a whole: adjustments of so many events, in not too many days."""

    def __init__(self, writing: Writing, counting: Counting) -> None:
        self._writing = writing
        self._counting = counting
        self._adjustments: list[PricedEvent] = []
        self._since: date | None = None
        self.events = 0

    def take(self, snapshot: Snapshot, day: Day, changes: Sequence[Change]) -> None:
        if not changes:
            return
        if self._since is not None and day.day - self._since > WRITTEN_TOGETHER:
            self.commit()
        self._since = self._since or day.day
        self.events += len(changes)
        rows = EventRows(snapshot, self._writing.organisation, Scope())
        carriers = rows.whole(day, [change.known.seq for change in changes])
        for change in changes:
            carrier = carriers[change.known.seq]
            carrier = replace(carrier, event=replace(carrier.event, received_at=self._writing.now))
            made = _adjustments(change, carrier, self._writing.repricing)
            if fits_all(made):
                self._adjustments += made
                self._counting.add(day.day, change.known, change.wanted)
            else:
                self._counting.refused += 1

    def commit(self) -> None:
        if self._adjustments:
            self._writing.commit(self._adjustments)
        self._adjustments, self._since, self.events = [], None, 0


def fits_all(adjustments: Iterable[PricedEvent]) -> bool:
    return all(fits(each) for each in adjustments)


def _told(days: Sequence[Day], counting: Counting, heard: Heard) -> Iterator[Day]:
    total = sum(day.events for day in days)
    for day in days:
        heard(counting.looked_at, total)
        yield day
        counting.looked_at += day.events
    heard(total, total)


def _adjustments(change: Change, carrier: Carrier, repricing: str) -> list[PricedEvent]:
    """Return what brings an event from what it costs to what it shall cost, and from its team to the one it shall have.

    Their ids hold the number of the last row about the event, so no two that were ever written are called alike.
    """
    old, new = change.known.standing, change.wanted
    name = f"{repricing}-{change.known.last_seq}"

    def made(what: str, moves: int, cost: Cost, **fields: Any) -> PricedEvent:  # noqa: ANN401 - fields of an event
        named = replace(carrier.event, id=f"{name}-{what}", repricing=repricing, moves=moves, team=new.team)
        return PricedEvent(replace(named, **(_ONCE | fields)), cost)

    if old.team != new.team:
        event, taken = change.known.event, _cost(old, [-part for part in old.parts])
        # What is put in stands for the event from now on, so it has all that the event has.
        whole = {each: getattr(carrier.event, each) for each in _ONCE} | _counts(event, 1)
        return [
            made("out", -change.known.requests, taken, team=old.team, takes_out=True, **_counts(event, -1)),
            made("in", change.known.requests, _cost(new, new.parts, carrier.components), **whole),
        ]
    if old.status == new.status:
        parts = [after - before for before, after in zip(old.parts, new.parts, strict=True)]
        return [made("by", 0, _cost(new, parts))]
    moved = change.known.requests
    return [made("out", -moved, _cost(old, [-part for part in old.parts])), made("in", moved, _cost(new, new.parts))]


def _counts(event: UsageEvent, times: int) -> dict[str, Any]:
    """Return all that an event counts besides requests and cost, times 1 or -1."""
    stated = event.reported_cost
    return {
        "tokens": Tokens(**{name: times * count for name, count in event.tokens.stated()}),
        "quantity": None if event.quantity is None else times * event.quantity,
        "reported_cost": None if stated is None else ReportedCost(times * stated.pico, stated.by),
    }


def _cost(standing: Standing, parts: Sequence[int], known: Sequence[Component] = ()) -> Cost:
    if standing.pico is None:
        return Cost(standing.status, None)
    lines = tuple(
        CostLine(component, component, 1, as_usd(pico), pico)
        for component, pico in zip(COMPONENTS, parts, strict=True)
        if pico or component in known
    )
    return Cost(standing.status, sum(parts), lines, standing.price_id)


# What is said of an event once: by the event itself, and by what puts it into another team.
_ONCE: Final[dict[str, Any]] = {"latency_ms": None, "first_token_ms": None, "metadata": None}
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CARRIES_NOTHING: Final = Carrier(
    UsageEvent(organisation="", source="", id="", time=_NEVER, received_at=_NEVER, adjusts=""), ()
)
