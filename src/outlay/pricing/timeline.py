"""Which price held when: the prices of one model and variant along time.

Time is cut at every instant and every time of day at which anything may change; within one piece the price is one
card, made when the first event of that piece comes and kept.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta

from outlay.pricing.rates import Card

_DAY = timedelta(days=1)


class Timeline:
    """The cards of one model and variant; `make(at)` gives the one for an instant."""

    def __init__(self, instants: set[datetime], daily: set[time], make: Callable[[datetime], Card | None]) -> None:
        self._instants = sorted(instants)
        self._daily = sorted(daily)
        self._make = make
        self._cards: dict[tuple[int, int], Card | None] = {}

    def at(self, moment: datetime) -> Card | None:
        """Return the card in force at an instant (zone-aware, in UTC)."""
        instants, daily = self._instants, self._daily
        piece = (
            bisect_right(instants, moment) if instants else 0,
            bisect_right(daily, moment.time()) if daily else 0,
        )
        try:
            return self._cards[piece]
        except KeyError:
            return self._cards.setdefault(piece, self._make(moment))

    def around(self, moment: datetime) -> tuple[datetime | None, datetime | None]:
        """Return since and until when the price of an instant holds; None where it is open.

        A price that changes with the time of day is followed at this time of day.
        """
        here = bisect_right(self._instants, moment)
        price = self.at(moment)
        first = last = here
        while first > 0 and self.at(self._within(first - 1, moment)) == price:
            first -= 1
        while last < len(self._instants) and self.at(self._within(last + 1, moment)) == price:
            last += 1
        return (
            self._instants[first - 1] if first else None,
            self._instants[last] if last < len(self._instants) else None,
        )

    def changes(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, Card | None, Card | None]]:
        """Yield the instants from `start` up to but without `end` at which prices may change, with those on both sides.

        The sides are compared at one time of day: a price that changes every evening changes nothing.
        """
        for at in range(bisect_left(self._instants, start), bisect_left(self._instants, end)):
            moment = self._instants[at]
            yield moment, self.at(self._within(at, moment)), self.at(moment)

    def _within(self, piece: int, moment: datetime) -> datetime:
        """Return an instant of a piece, at the time of day of `moment`."""
        start = self._instants[piece - 1] if piece else self._instants[0] - _DAY
        found = datetime.combine(start.date(), moment.timetz())
        return found if found >= start else found + _DAY
