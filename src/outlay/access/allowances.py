"""How often somebody may ask: so many requests in a minute, at any pace, after which the next must wait its turn.

What is kept for each asker is one instant: when all their allowance will be there again. It lives in memory, so several
processes each grant the allowance, and a restart grants it anew: this bounds load, not spend.
"""

from collections.abc import Callable
from time import monotonic
from typing import Final

from outlay.errors import TooManyRequests

MINUTE_SECONDS: Final = 60.0
MOST_ASKERS: Final = 100_000


class Allowances:
    """Those of one kind of asker. `a_minute` is how many requests each has; 0 means any number."""

    def __init__(self, a_minute: int, what: str, seconds: Callable[[], float] = monotonic) -> None:
        """`what` says in an error whose limit it is, such as `this API key`."""
        self._each = MINUTE_SECONDS / a_minute if a_minute else 0.0
        self._a_minute = a_minute
        self._what = what
        self._seconds = seconds
        self._whole_at: dict[str, float] = {}

    def take(self, who: str) -> None:
        """Count one request. Raises TooManyRequests, which says when to come again, once the allowance is used up."""
        if not self._each:
            return
        now = self._seconds()
        whole_at = max(self._whole_at.get(who, now), now) + self._each
        wait = whole_at - now - MINUTE_SECONDS
        if wait > self._each / 1000:  # a thousandth: sums of floats
            raise TooManyRequests(f"{self._what} may ask {self._a_minute:,} times a minute; wait a moment", wait)
        if who not in self._whole_at and len(self._whole_at) >= MOST_ASKERS:
            self._forget(now)
        self._whole_at[who] = whole_at

    def used_up(self, who: str) -> bool:
        """Return whether the next request would be refused, without counting one."""
        if not self._each:
            return False
        now = self._seconds()
        return self._whole_at.get(who, now) + self._each - now - MINUTE_SECONDS > self._each / 1000

    def _forget(self, now: float) -> None:
        """Make room: whoever has all of their allowance needs no memory; if nobody has, those closest to it go."""
        kept = {who: at for who, at in self._whole_at.items() if at > now}
        if len(kept) >= MOST_ASKERS:
            used_most = sorted(kept, key=kept.__getitem__, reverse=True)[: MOST_ASKERS // 2]
            kept = {who: kept[who] for who in used_most}
        self._whole_at = kept
