"""What the funnel does with events before it needs the ledger or the registry: check, name and price them.

Pure, and light to import: processes that read logs ahead do it too, with the prices and limits they were given.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.errors import EventRejected, FieldInvalid
from outlay.intake.check import Limits, check, check_all_but_texts, texts_fit
from outlay.intake.outcome import Outcome
from outlay.ledger.columns import Staged, fits
from outlay.usage import Cost, PricedEvent, UsageEvent, rounded_quantity

if TYPE_CHECKING:  # both load the control database's driver
    from outlay.control.entities import EntityKind
    from outlay.intake.price_books import Prices

# What an event registers: kind -> the field that names it. Tags are several per event and handled beside these.
NAMED_BY: Final["dict[EntityKind, str]"] = {
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
_UNPRICED: Final = Cost("unpriced", None)
_names_of = attrgetter(*NAMED_BY.values())


class Prepared(Struct, frozen=True):
    """Events of one request that are ready to commit, and what is known of the others already.

    `places[n]` is the index in the request of `events[n]`; `outcomes` has one entry per event of the request, None
    where the commit decides. `staged` is how the ledger wants the events.
    """

    events: list[PricedEvent]
    places: list[int]
    outcomes: list[Outcome | None]
    staged: Staged | None = None


def prepare(organisation: str, events: Sequence[UsageEvent], prices: "Prices", limits: Limits) -> Prepared:
    """Check, name and price the events of one organisation, without a trace."""
    ready: list[PricedEvent] = []
    places: list[int] = []
    outcomes: list[Outcome | None] = [None] * len(events)
    examine = check_all_but_texts if texts_fit(events, limits.max_field_chars) else check
    for index, event in enumerate(events):
        try:
            examine(event, limits)
            if event.organisation != organisation:
                raise FieldInvalid("the event belongs to another organisation")
            ready.append(_priced(event, prices))
            places.append(index)
        except EventRejected as error:
            outcomes[index] = Outcome("rejected", error.code, error.message)
    return Prepared(ready, places, outcomes)


def named_in(events: Sequence[PricedEvent]) -> "dict[EntityKind, set[str]]":
    """Return whom and what the events name."""
    # The same combinations come again and again: first they are made distinct, then their parts.
    columns = zip(*{_names_of(priced.event) for priced in events}, strict=True)
    found = {kind: set(column) - {None} for kind, column in zip(NAMED_BY, columns, strict=False)}
    found["tag"] = set().union(*{priced.event.tags for priced in events})
    return found


def cost_by_own_prices(prices: "Prices", event: UsageEvent) -> Cost:
    """Return what an event costs by our prices, whatever cost it states itself."""
    name = prices.identify(event.provider, event.model, event.time)
    try:
        return prices.cost_of(replace(event, provider=name.provider, model=name.model, reported_cost=None))
    except EventRejected:
        return _UNPRICED


def _priced(event: UsageEvent, prices: "Prices") -> PricedEvent:
    name = prices.identify(event.provider, event.model or event.model_raw, event.time)
    if name.model != event.model or name.provider != event.provider:
        event = replace(event, provider=name.provider, model=name.model)
    if event.quantity is not None:  # priced as it is kept
        event = replace(event, quantity=rounded_quantity(event.quantity))
    priced = PricedEvent(event, prices.cost_of(event))
    if not fits(priced):
        raise FieldInvalid("cost or quantity is too large for one event; send it in several")
    return priced
