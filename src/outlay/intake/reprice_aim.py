"""What events shall cost by a repricing: what today's prices make, what a change of prices makes, or what was before.

An aim answers for one event at a time and leaves alone, by None, what it has nothing to say about.
"""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from outlay.errors import EventRejected
from outlay.intake.reprice_rows import Combination, Known, Standing
from outlay.pricing.book import PriceBook
from outlay.usage import COMPONENTS, Cost, UsageEvent


class Aim(Protocol):
    def among(self, combinations: Sequence[Combination]) -> Sequence[Combination] | None:
        """Return those of the combinations that this may be about; None: of all."""
        ...

    def wanted(self, known: Known) -> Standing | None:
        """Return what an event shall cost; None leaves it. Raises EventRejected where no event can cost that much."""
        ...


class ByBook(Struct, frozen=True):
    """Everything at the prices of a book."""

    book: PriceBook

    def among(self, combinations: Sequence[Combination]) -> Sequence[Combination] | None:
        del combinations
        return None

    def wanted(self, known: Known) -> Standing | None:
        return standing_of(_priced(self.book, known.event), known.standing.team)


class ByChange(Struct, frozen=True):
    """What a change of rules changes, at the prices of the book that has it.

    `before` is the book without the change, `changed` one of the changed rules alone, as before and as after. An event
    is meant where it costs otherwise by `book` than by `before`: what was left at another price on purpose, lies before
    the change, or has a price that goes before the changed one, is left so.
    """

    book: PriceBook
    before: PriceBook
    changed: PriceBook

    def among(self, combinations: Sequence[Combination]) -> Sequence[Combination] | None:
        return [each for each in combinations if self._may_touch(each)]

    def wanted(self, known: Known) -> Standing | None:
        if _same_money(_cost(self.before, known.event), _cost(self.book, known.event)):
            return None
        return standing_of(_priced(self.book, known.event), known.standing.team)

    def _may_touch(self, each: Combination) -> bool:
        sent = [name for name in (each.model_raw, each.model) if name is not None]
        if any(len(self.changed.names_ever(each.provider, name)) > 1 for name in sent):
            return True
        names = {name for raw in sent for name in self.book.names_ever(each.provider, raw)}
        return self.changed.touches(names, each.service, each.unit)


def standing_of(cost: Cost, team: str | None) -> Standing:
    """Return a cost as it is compared and stored, for a call of this team."""
    parts = dict.fromkeys(COMPONENTS, 0)
    for line in cost.lines:
        parts[line.component] += line.pico
    return Standing(cost.status, cost.pico, tuple(parts.values()), cost.price_id, team)


def differ(one: Standing, other: Standing) -> bool:
    """Say whether two standings are different money; by which price it came about, or for whom, does not matter."""
    return one.status != other.status or one.parts != other.parts


def _priced(book: PriceBook, event: UsageEvent) -> Cost:
    name = book.named_again(event)
    return book.cost_of(replace(event, provider=name.provider, model=name.model))


def _cost(book: PriceBook, event: UsageEvent) -> Cost | None:
    try:
        return _priced(book, event)
    except EventRejected:
        return None


def _same_money(one: Cost | None, other: Cost | None) -> bool:
    if one is None or other is None:
        return one is other
    return not differ(standing_of(one, None), standing_of(other, None))
