"""One state of a DuckDB ledger, as questions read it."""

from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from msgspec import Struct

from outlay.ledger.statements import Statements


class Reached(Struct, frozen=True):
    """How far a state goes: the largest `seq` it sees; up to which, at least, all events are in the sums per day; and
    about up to which they are in the runs.
    """

    watermark: int
    days: int
    runs: int


class DuckSnapshot:
    """One state of the ledger, read by as many threads at a time as there are cursors, each in a transaction of it."""

    dialect = "duckdb"

    def __init__(
        self,
        cursors: Sequence[duckdb.DuckDBPyConnection],
        statements: Statements,
        reached: Reached,
        zone_of: Callable[[str], ZoneInfo],
    ) -> None:
        self._free: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
        for cursor in cursors:
            self._free.put(cursor)
        self._statements = statements
        self._reached = reached
        self._zone_of = zone_of

    @property
    def watermark(self) -> int:
        return self._reached.watermark

    @property
    def days_waiting(self) -> int:
        return self._reached.watermark - self._reached.days

    @property
    def runs_waiting(self) -> int:
        return self._reached.watermark - self._reached.runs

    def zone_of(self, organisation: str) -> ZoneInfo:
        return self._zone_of(organisation)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        cursor = self._free.get()
        try:
            return cursor.execute(self._statements.of(sql), list(parameters)).fetchall()
        finally:
            self._free.put(cursor)
