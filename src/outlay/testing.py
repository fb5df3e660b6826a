"""What tests of Outlay, and of programs built on it, stand on: clocks that stand still and data made to order.

Part of the product: the names here are public and kept stable.
"""

from datetime import UTC, datetime, timedelta


class FrozenClock:
    """A `Clock` that only moves when it is told to."""

    def __init__(self, now: datetime = datetime(2026, 10, 15, 12, 0, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> None:
        self._now += by
