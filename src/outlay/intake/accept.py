"""The funnel: every event, whatever door it came through, is checked, named, priced, registered and committed here.

`prepare` is pure Python work and may run beside a commit; `commit` is the one call that makes events durable, and only
what it returned as stored is told to the listeners. `accept` is both in one, for callers that have time to wait.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from operator import attrgetter
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from outlay.control.entities import EntityKind
from outlay.errors import EventRejected, FieldInvalid, TooManyDistinct
from outlay.intake.check import Limits, check, check_all_but_lengths, lengths_fit
from outlay.intake.outcome import DUPLICATE, STORED, Outcome
from outlay.intake.price_books import Books, Prices
from outlay.ledger.columns import Staged, fits
from outlay.ledger.store import LedgerWriter
from outlay.usage import PricedEvent, UsageEvent, rounded_quantity

Listener = Callable[[Sequence[PricedEvent]], None]

# What an event registers: kind -> the field that names it. Tags are several per event and handled beside these.
_NAMED_BY: Final[dict[EntityKind, str]] = {
    "user": "user",
    "team": "team",
    "agent": "agent",
    "pod": "pod",
    "task": "task",
    "api_key": "api_key",
    "model": "model",
    "service": "service",
    "provider": "provider",
}
_names_of = attrgetter(*_NAMED_BY.values())


class Names(Protocol):
    """What the funnel asks of the registry of entities."""

    def admit(self, organisation: str, kind: EntityKind, ids: Collection[str]) -> set[str]: ...

    def register(self, organisation: str, found: Mapping[EntityKind, Collection[str]]) -> None: ...


class Prepared(Struct, frozen=True):
    """Events of one request that are ready to commit, and what is known of the others already.

    `places[n]` is the index in the request of `events[n]`; `outcomes` has one entry per event of the request, None
    where the commit decides. `staged` is how the ledger wants the events.
    """

    events: list[PricedEvent]
    places: list[int]
    outcomes: list[Outcome | None]
    staged: Staged | None = None


class Intake:
    def __init__(self, ledger: LedgerWriter, books: Books, names: Names, limits: Limits) -> None:
        self._ledger = ledger
        self._books = books
        self._names = names
        self._limits = limits
        self._listeners: list[Listener] = []

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
        ready: list[PricedEvent] = []
        places: list[int] = []
        outcomes: list[Outcome | None] = [None] * len(events)
        prices = self._books.book_of(organisation)
        examine = check_all_but_lengths if lengths_fit(events, self._limits.max_field_chars) else check
        for index, event in enumerate(events):
            try:
                examine(event, self._limits)
                if event.organisation != organisation:
                    raise FieldInvalid("the event belongs to another organisation")
                ready.append(_priced(event, prices))
                places.append(index)
            except EventRejected as error:
                outcomes[index] = Outcome("rejected", error.code, error.message)
        return Prepared(ready, places, outcomes)

    def prepare_priced(self, events: Sequence[PricedEvent]) -> Prepared:
        """Take events that were made and priced here, of names that are registered already."""
        return Prepared(list(events), list(range(len(events))), [None] * len(events), self._ledger.stage(events))

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
        found = _named_in(prepared.events)
        over = {kind: self._names.admit(organisation, kind, ids) for kind, ids in found.items()}
        if any(over.values()):
            prepared = _without(prepared, over)
            found = _named_in(prepared.events)
        self._names.register(organisation, found)
        return prepared


def _priced(event: UsageEvent, prices: Prices) -> PricedEvent:
    name = prices.identify(event.provider, event.model or event.model_raw, event.time)
    if name.model != event.model or name.provider != event.provider:
        event = replace(event, provider=name.provider, model=name.model)
    if event.quantity is not None:  # priced as it is kept
        event = replace(event, quantity=rounded_quantity(event.quantity))
    priced = PricedEvent(event, prices.cost_of(event))
    if not fits(priced):
        raise FieldInvalid("cost or quantity is too large for one event; send it in several")
    return priced


def _named_in(events: Sequence[PricedEvent]) -> dict[EntityKind, set[str]]:
    # The same combinations come again and again: first they are made distinct, then their parts.
    columns = zip(*{_names_of(priced.event) for priced in events}, strict=True)
    found = {kind: set(column) - {None} for kind, column in zip(_NAMED_BY, columns, strict=False)}
    found["tag"] = set().union(*{priced.event.tags for priced in events})
    return found


def _without(prepared: Prepared, over: Mapping[EntityKind, set[str]]) -> Prepared:
    kept = Prepared([], [], list(prepared.outcomes))
    for priced, place in zip(prepared.events, prepared.places, strict=True):
        kind = _first_over(priced.event, over)
        if kind is None:
            kept.events.append(priced)
            kept.places.append(place)
        else:
            error = TooManyDistinct(f"no further {kind} can be registered; use one that exists or raise the limit")
            named = priced.event.tags if kind == "tag" else (getattr(priced.event, _NAMED_BY[kind]),)
            names = [name for name in named if name in over[kind]]
            kept.outcomes[place] = Outcome("rejected", error.code, error.message, kind, tuple(names))
    return kept


def _first_over(event: UsageEvent, over: Mapping[EntityKind, set[str]]) -> EntityKind | None:
    for kind, field in _NAMED_BY.items():
        if getattr(event, field) in over.get(kind, ()):
            return kind
    return "tag" if over.get("tag") and not over["tag"].isdisjoint(event.tags) else None


def _completed(prepared: Prepared, stored: Sequence[bool]) -> list[Outcome]:
    outcomes = list(prepared.outcomes)
    for place, is_new in zip(prepared.places, stored, strict=True):
        outcomes[place] = STORED if is_new else DUPLICATE
    return [outcome for outcome in outcomes if outcome is not None]
