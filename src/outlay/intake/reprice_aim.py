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
        name = self.book.named_again(known.event)
        event = replace(known.event, provider=name.provider, model=name.model)
        return standing_of(self.book.cost_of(event))


class ByChange(Struct, frozen=True):
    """What a change of rules is about, at the prices of the book that has it.

    `before` and `after` are books of the changed rules alone. An event is meant where those two differ about it: what
    was left at another price on purpose, or lies before the change, is left so.
    """

    book: PriceBook
    before: PriceBook
    after: PriceBook

    def among(self, combinations: Sequence[Combination]) -> Sequence[Combination] | None:
        return [each for each in combinations if self._may_touch(each)]

    def wanted(self, known: Known) -> Standing | None:
        event = known.event
        name = self.book.named_again(event)
        named = replace(event, provider=name.provider, model=name.model)
        renamed = self.before.named_again(event) != self.after.named_again(event)
        if not renamed and _same_money(_cost(self.before, named), _cost(self.after, named)):
            return None
        return standing_of(self.book.cost_of(named))

    def _may_touch(self, each: Combination) -> bool:
        sent = [name for name in (each.model_raw, each.model) if name is not None]
        books = (self.before, self.after)
        if any(len(book.names_ever(each.provider, name)) > 1 for book in books for name in sent):
            return True
        names = {name for raw in sent for name in self.book.names_ever(each.provider, raw)}
        return any(book.touches(names, each.service, each.unit) for book in books)


def standing_of(cost: Cost) -> Standing:
    """Return a cost as it is compared and stored."""
    parts = dict.fromkeys(COMPONENTS, 0)
    for line in cost.lines:
        parts[line.component] += line.pico
    return Standing(cost.status, cost.pico, tuple(parts.values()), cost.price_id)


def differ(one: Standing, other: Standing) -> bool:
    """Say whether two standings are different money; by which price it came about does not matter."""
    return one.status != other.status or one.parts != other.parts


def _cost(book: PriceBook, event: UsageEvent) -> Cost | None:
    try:
        return book.cost_of(event)
    except EventRejected:
        return None


def _same_money(one: Cost | None, other: Cost | None) -> bool:
    if one is None or other is None:
        return one is other
    return not differ(standing_of(one), standing_of(other))
