"""What intake and query may ask of an event store, whatever engine keeps it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.ledger.columns import Staged
from outlay.usage import PricedEvent


class Appended(Struct, frozen=True):
    """The outcome of one commit: for each event, in order, whether it was stored (True) or is a duplicate (False)."""

    stored: tuple[bool, ...]
    watermark: int


class Snapshot(Protocol):
    """One consistent state of the ledger; every query of a page goes through the same one, from any thread."""

    @property
    def dialect(self) -> str:
        """The engine whose SQL it takes."""
        ...

    @property
    def watermark(self) -> int:
        """The largest `seq` this snapshot sees; 0 for an empty ledger."""
        ...

    @property
    def days_waiting(self) -> int:
        """At most how many events are not yet folded into the sums per day; 0 only where none is."""
        ...

    @property
    def runs_waiting(self) -> int:
        """About how many events are not yet in the tables of runs: enough to choose what to read runs from."""
        ...

    def zone_of(self, organisation: str) -> ZoneInfo:
        """Return the zone that an organisation's days are counted in, in this state."""
        ...

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one read-only statement with `?` parameters and return all its rows."""
        ...


class LedgerReader(Protocol):
    def snapshot(self, lanes: int = 1) -> AbstractContextManager[Snapshot]:
        """Hold one state open that up to `lanes` threads read at the same time; more of them wait for each other."""
        ...


class LedgerWriter(Protocol):
    def stage(self, events: Sequence[PricedEvent]) -> Staged:
        """Get events ready to commit. Any thread may, also while another commits."""
        ...

    def commit(self, several: Sequence[Staged]) -> Appended:
        """Store the events that are not there yet, of all in order; return only after they are on disk. All or nothing.

        Raises LedgerFailed.
        """
        ...
