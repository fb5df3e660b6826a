"""What intake and query may ask of an event store, whatever engine keeps it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from msgspec import Struct

from outlay.usage import PricedEvent


class Appended(Struct, frozen=True):
    """The outcome of one commit: for each event, in order, whether it was stored (True) or is a duplicate (False)."""

    stored: tuple[bool, ...]
    watermark: int


class Snapshot(Protocol):
    """One consistent state of the ledger; every query of a page goes through the same one. Used by one thread."""

    @property
    def watermark(self) -> int:
        """The largest `seq` this snapshot sees; 0 for an empty ledger."""
        ...

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one read-only statement with `?` parameters and return all its rows."""
        ...


class LedgerReader(Protocol):
    dialect: str

    def snapshot(self) -> AbstractContextManager[Snapshot]: ...


class LedgerWriter(Protocol):
    def append(self, events: Sequence[PricedEvent]) -> Appended:
        """Commit the events that are not there yet; return only after they are on disk. All or nothing."""
        ...
