"""A snapshot that reads the same statement only once: the panels of a page often share their totals or baseline."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from outlay.ledger.store import Snapshot


class Remembered:
    """Wraps one snapshot for as long as it is open. Its rows must not be changed by who gets them."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._known: dict[tuple[str, tuple[Any, ...]], list[tuple[Any, ...]]] = {}

    @property
    def dialect(self) -> str:
        return self._snapshot.dialect

    @property
    def watermark(self) -> int:
        return self._snapshot.watermark

    @property
    def days_waiting(self) -> int:
        return self._snapshot.days_waiting

    @property
    def runs_waiting(self) -> int:
        return self._snapshot.runs_waiting

    def zone_of(self, organisation: str) -> ZoneInfo:
        return self._snapshot.zone_of(organisation)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        key = (sql, tuple(parameters))
        found = self._known.get(key)
        if found is None:  # two threads that ask at the same time both read
            found = self._known[key] = self._snapshot.rows(sql, parameters)
        return found
