"""The last requests to send events that were refused, so that who sets up a program sees why nothing arrives.

Kept in memory only, a few for each organisation. Who sends with a key that is unknown belongs to none: that is kept
apart, for an Outlay that has one organisation alone.
"""

from collections import deque
from datetime import datetime
from typing import Final

from msgspec import Struct

from outlay.kit.clock import Clock

KEPT: Final = 5
MOST_ORGANISATIONS: Final = 10_000


class Refusal(Struct, frozen=True):
    """One refused request or event; `key` is the name of the API key, empty when that is unknown."""

    at: datetime
    key: str
    reason: str


class Refusals:
    """Written by the event API, read by pages. Safe to use from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._of: dict[str, deque[Refusal]] = {}
        self._of_nobody: deque[Refusal] = deque(maxlen=KEPT)

    def add(self, reason: str, organisation: str | None = None, key: str = "") -> None:
        """Keep one; `organisation` is whose key it came with, None when it came with none that is known."""
        refusal = Refusal(self._clock.now(), key, reason)
        if organisation is None:
            self._of_nobody.append(refusal)
        elif organisation in self._of or len(self._of) < MOST_ORGANISATIONS:
            self._of.setdefault(organisation, deque(maxlen=KEPT)).append(refusal)

    def since(self, moment: datetime, organisation: str, *, alone: bool) -> tuple[Refusal, ...]:
        """Return those of an organisation after a moment, newest first; when it is `alone` here, also nobody's."""
        kept = [*self._of.get(organisation, ()), *(self._of_nobody if alone else ())]
        return tuple(sorted((each for each in kept if each.at > moment), key=lambda each: each.at, reverse=True))
