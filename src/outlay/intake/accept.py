"""The funnel: every event, whatever door it came through, is checked, named, priced, registered and committed here.

`prepare` is pure Python work and may run beside a commit; `commit` is the one call that makes events durable, and only
what it returned as stored is told to the listeners. `accept` is both in one, for callers that have time to wait.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from msgspec.structs import replace

from outlay.control.entities import EntityKind
from outlay.errors import TooManyDistinct
from outlay.intake.check import EARLIEST, Limits
from outlay.intake.made_rows import MadeRows, joined_names
from outlay.intake.outcome import DUPLICATE, STORED, Outcome
from outlay.intake.prepare import NAMED_BY, Prepared, named_in, prepare
from outlay.intake.price_books import Books, Prices
from outlay.intake.whose import NobodysTeams, Whose, with_team
from outlay.ledger.columns import staged_from
from outlay.ledger.store import LedgerWriter
from outlay.usage import PricedEvent, UsageEvent

Listener = Callable[[Sequence[PricedEvent]], None]

NOBODYS_TEAMS: Final = NobodysTeams()


class Names(Protocol):
    """What the funnel asks of the registry of entities."""

    def admit(self, organisation: str, kind: EntityKind, ids: Collection[str]) -> set[str]: ...

    def register(self, organisation: str, found: Mapping[EntityKind, Collection[str]]) -> None: ...


class Intake:
    def __init__(
        self, ledger: LedgerWriter, books: Books, names: Names, limits: Limits, whose: Whose = NOBODYS_TEAMS
    ) -> None:
        self._ledger = ledger
        self._books = books
        self._names = names
        self._limits = limits
        self._whose = whose
        self._earliest: Callable[[str], datetime] = _from_the_first
        self._listeners: list[Listener] = []

    def keep_from(self, earliest: Callable[[str], datetime]) -> None:
        """Refuse events of before what `earliest` says of their organisation: nothing older is kept."""
        self._earliest = earliest

    def listen(self, listener: Listener) -> None:
        """Have `listener` called, in the committing thread, with the events of every commit that were stored."""
        self._listeners.append(listener)

    def accept(self, organisation: str, events: Sequence[UsageEvent]) -> list[Outcome]:
        """Store what can be stored; return one outcome per event, in order, after all of it is on disk."""
        return self.commit([self.prepare(organisation, events)])[0]

    def prepare(self, organisation: str, events: Sequence[UsageEvent]) -> Prepared:
        """Check, name and price the events of one organisation, and register whom they name."""
        prepared = self._registered(organisation, self.trial(organisation, events))
        return replace(prepared, staged=self._ledger.stage(prepared.events)) if prepared.events else prepared

    def prices_of(self, organisation: str) -> Prices:
        """Return the prices by which an organisation's events are priced now."""
        return self._books.book_of(organisation)

    def trial(self, organisation: str, events: Sequence[UsageEvent]) -> Prepared:
        """Check, name and price as `prepare` does, without a trace: the result can be looked at, not committed."""
        teams = self._whose.teams_of(organisation)
        events = [with_team(event, teams) for event in events] if teams else events
        return prepare(organisation, events, self._books.book_of(organisation), self._limits_of(organisation))

    def _limits_of(self, organisation: str) -> Limits:
        earliest = self._earliest(organisation)
        return self._limits if earliest == self._limits.earliest else replace(self._limits, earliest=earliest)

    def prepare_priced(self, events: Sequence[PricedEvent]) -> Prepared:
        """Take events that were made and priced here, of names that are registered already."""
        return Prepared(list(events), list(range(len(events))), [None] * len(events), self._ledger.stage(events))

    def commit_made(self, organisation: str, made: Sequence[MadeRows]) -> list[bool] | None:
        """Commit rows of events that are all different, and tell which of them were not there yet.

        None where nothing is done because they can't be taken as they are: their events have to be made and accepted.
        """
        names = joined_names(made)
        version = self._books.book_of(organisation).version
        # Those who made them know nobody's team.
        belongs = not names.get("user", frozenset()).isdisjoint(self._whose.teams_of(organisation))
        if belongs or self._listeners or any(each.prices != version for each in made):
            return None
        if any(self._names.admit(organisation, kind, ids) for kind, ids in names.items()):
            return None
        try:
            staged = [staged_from(each.rows) for each in made]
        except (ValueError, TypeError, OverflowError):
            return None
        self._names.register(organisation, names)
        return list(self._ledger.commit(staged).stored)

    def commit(self, several: Sequence[Prepared]) -> list[list[Outcome]]:
        """Commit the events of several requests in one transaction; return their outcomes, request by request.

        Raises LedgerFailed when nothing could be stored.
        """
        events = [event for prepared in several for event in prepared.events]
        staged = [prepared.staged for prepared in several if prepared.staged is not None]
        stored = self._ledger.commit(staged).stored if staged else ()
        fresh = [event for event, is_new in zip(events, stored, strict=True) if is_new]
        if fresh:
            for listener in self._listeners:
                listener(fresh)
        answers: list[list[Outcome]] = []
        start = 0
        for prepared in several:
            mine = stored[start : start + len(prepared.events)]
            start += len(prepared.events)
            answers.append(_completed(prepared, mine))
        return answers

    def _registered(self, organisation: str, prepared: Prepared) -> Prepared:
        found = named_in(prepared.events)
        over = {kind: self._names.admit(organisation, kind, ids) for kind, ids in found.items()}
        if any(over.values()):
            prepared = _without(prepared, over)
            found = named_in(prepared.events)
        self._names.register(organisation, found)
        return prepared


def _without(prepared: Prepared, over: Mapping[EntityKind, set[str]]) -> Prepared:
    kept = Prepared([], [], list(prepared.outcomes))
    for priced, place in zip(prepared.events, prepared.places, strict=True):
        kind = _first_over(priced.event, over)
        if kind is None:
            kept.events.append(priced)
            kept.places.append(place)
        else:
            error = TooManyDistinct(f"no further {kind} can be registered; use one that exists or raise the limit")
            named = priced.event.tags if kind == "tag" else (getattr(priced.event, NAMED_BY[kind]),)
            names = [name for name in named if name in over[kind]]
            kept.outcomes[place] = Outcome("rejected", error.code, error.message, kind, tuple(names))
    return kept


def _first_over(event: UsageEvent, over: Mapping[EntityKind, set[str]]) -> EntityKind | None:
    for kind, field in NAMED_BY.items():
        if getattr(event, field) in over.get(kind, ()):
            return kind
    return "tag" if over.get("tag") and not over["tag"].isdisjoint(event.tags) else None


def _completed(prepared: Prepared, stored: Sequence[bool]) -> list[Outcome]:
    outcomes = list(prepared.outcomes)
    for place, is_new in zip(prepared.places, stored, strict=True):
        outcomes[place] = STORED if is_new else DUPLICATE
    return [outcome for outcome in outcomes if outcome is not None]


def _from_the_first(organisation: str) -> datetime:
    del organisation  # all are kept
    return EARLIEST
