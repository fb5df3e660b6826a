"""Counts an organisation's days in another zone beside the writer, as an edition that nobody reads until all is there.

Sums and runs are made from the events, a stretch of time at a time, by a connection of its own: commits go on
meanwhile. What was folded since is added to them. In the end one short transaction of the writer has the new edition
shown instead of the old one, and puts the few events that wait to be folded into their new days. Rows of an edition
that is not to be read any more, or that a killed process left behind, are swept out in pieces.

Commits of the engine wait for each other, so those of here are short: of exactly as many rows as the engine keeps
together, which it has written by then, past its log, or else of few.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import duckdb
from msgspec import Struct

from outlay.kit.period import day_start
from outlay.ledger.days import show_sums, sums_of
from outlay.ledger.editions import Edition, hide_next, quoted, shown, take_over, zones_in
from outlay.ledger.local_days import as_stored, day_of
from outlay.ledger.runs import NOT_LONE_ANY_MORE, RUN_TABLES, runs_of, show_runs
from outlay.ledger.schema import DAY_SUMS, DAY_TAGS_SUMS, EVENTS

EVENTS_IN_A_STRETCH: Final = 500_000
# Of so many, in one insert, the engine writes a group into its file before they are committed.
MANY_ROWS: Final = 122_880
FEW_ROWS: Final = 8_000
ROWS_IN_A_SWEEP: Final = 500_000

_DAY: Final = timedelta(days=1)
_TABLES: Final = (DAY_SUMS, DAY_TAGS_SUMS, *RUN_TABLES)


class Borders(Struct, frozen=True):
    """The numbers up to which events are folded: into the day sums, and into the runs."""

    days: int
    runs: int


_NOTHING: Final = Borders(0, 0)


class _Stretch(Struct, frozen=True):
    """Events of a time, `begin` and `end` as stored."""

    begin: datetime
    end: datetime
    events: int


class Recount:
    """One organisation's sums and runs, made in another zone under an edition of their own.

    `alone` is held while something is written: a checkpoint is not possible then. `counted` are the borders of what is
    in it.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        edition: Edition,
        zone: ZoneInfo,
        alone: AbstractContextManager[object],
    ) -> None:
        self._connection = connection
        self._alone = alone
        self.edition = edition
        self.zone = zone
        self.counted = _NOTHING
        for table in _TABLES:
            connection.execute(f"CREATE TEMP TABLE of_{table} AS FROM {table} LIMIT 0")

    def count(self, borders: Borders) -> Iterator[float]:
        """Count what is folded up to the borders; tell after each step which part of it is done."""
        stretches = self._stretches(borders)
        done, total = 0, sum(stretch.events for stretch in stretches)
        for stretch in stretches:
            for _ in self._put(stretch, _NOTHING, borders):
                yield done / total
            done += stretch.events
        for _ in self._pour_all():
            yield 1.0
        self.counted = borders

    def catch_up(self, borders: Borders) -> Iterator[float]:
        """Count what was folded since."""
        since = min(self.counted.days, self.counted.runs)
        span = _span(self._connection, self.edition.organisation, since, max(borders.days, borders.runs))
        if span is not None:
            first, last = span
            for _ in self._put(_Stretch(first, last + timedelta.resolution, 0), self.counted, borders):
                yield 1.0
            for _ in self._pour_all():
                yield 1.0
        self.counted = borders

    def _stretches(self, borders: Borders) -> list[_Stretch]:
        """Return stretches of whole local days of the new zone with about so many events each, one or more."""
        days = self._connection.execute(
            f"""SELECT time::DATE, count(*) FROM {EVENTS} WHERE organisation = ? AND seq <= ?
            GROUP BY ALL ORDER BY ALL""",
            [self.edition.organisation, max(borders.days, borders.runs)],
        ).fetchall()
        stretches: list[_Stretch] = []
        begin = None
        waiting = 0
        for day, events in days:
            # Of whatever zone, local days lie within a day of those of UTC with the same date.
            begin = begin or self._start(day - _DAY)
            waiting += events
            if waiting >= EVENTS_IN_A_STRETCH:
                stretches.append(_Stretch(begin, end := self._start(day), waiting))
                begin, waiting = end, 0
        if begin is not None:
            stretches.append(_Stretch(begin, self._start(days[-1][0] + 2 * _DAY), waiting))
        return stretches

    def _start(self, day: date) -> datetime:
        return as_stored(day_start(day, self.zone))

    def _put(self, stretch: _Stretch, after: Borders, up_to: Borders) -> Iterator[None]:
        """Count a stretch, step by step; rows that are few are left for later."""
        day, number = day_of(self.zone, stretch.begin, stretch.end), self.edition.number
        chosen = f"""organisation = {quoted(self.edition.organisation)} AND time >= TIMESTAMP '{stretch.begin}'
            AND time < TIMESTAMP '{stretch.end}' AND seq"""
        for statement in sums_of(day, number, f"{chosen} BETWEEN {after.days + 1} AND {up_to.days}"):
            self._connection.execute(statement)
        yield
        for statement in runs_of(day, number, f"{chosen} BETWEEN {after.runs + 1} AND {up_to.runs}"):
            self._connection.execute(statement)
        self._write(NOT_LONE_ANY_MORE)
        yield
        for table in _TABLES:
            if self._waiting(table) >= MANY_ROWS:
                yield from self._pour(table)

    def _pour_all(self) -> Iterator[None]:
        for table in _TABLES:
            yield from self._pour(table, rest=True)

    def _pour(self, table: str, *, rest: bool = False) -> Iterator[None]:
        """Move what is many rows from the temporary table of a table to it, and the rest as well if so asked."""
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE poured AS FROM of_{table} ORDER BY day")
        rows = self._one("SELECT count(*) FROM poured")
        many = rows - rows % MANY_ROWS
        pieces = [(first, first + MANY_ROWS) for first in range(0, many, MANY_ROWS)]
        if rest:
            pieces += [(first, first + FEW_ROWS) for first in range(many, rows, FEW_ROWS)]
            many = rows
        for first, end in pieces:
            self._write(f"INSERT INTO {table} FROM poured WHERE rowid >= {first} AND rowid < {end}")
            yield
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE of_{table} AS FROM poured WHERE rowid >= {many}")

    def _waiting(self, table: str) -> int:
        return self._one(f"SELECT count(*) FROM of_{table}")

    def _one(self, statement: str) -> int:
        return int(self._connection.execute(statement).fetchall()[0][0])

    def _write(self, statement: str) -> None:
        with self._alone:
            self._connection.execute(statement)


def begin_recount(writer: duckdb.DuckDBPyConnection, organisation: str) -> Edition:
    """Return a new edition, which is hidden until it is `taken_over`. Part of a transaction."""
    edition = hide_next(writer, organisation)
    show_anew(writer)
    return edition


def show_recount(writer: duckdb.DuckDBPyConnection, recount: Recount) -> None:
    """Show what was counted instead of what was there. Part of a transaction, with the borders it was counted to."""
    organisation, since = recount.edition.organisation, min(recount.counted.days, recount.counted.runs)
    take_over(writer, recount.edition, recount.zone)
    show_anew(writer)
    set_days_right(writer, organisation, recount.zone, since)


def show_anew(writer: duckdb.DuckDBPyConnection) -> None:
    condition = shown(writer)
    for statement in (*show_sums(condition), show_runs(condition)):
        writer.execute(statement)


def set_days_right(writer: duckdb.DuckDBPyConnection, organisation: str, zone: ZoneInfo, after: int = 0) -> None:
    """Put an organisation's events with numbers after one into their local days."""
    span = _span(writer, organisation, after)
    if span is not None:
        day = day_of(zone, *span)
        writer.execute(
            f"UPDATE {EVENTS} SET day = {day} WHERE organisation = ? AND seq > ? AND day IS DISTINCT FROM {day}",
            [organisation, after],
        )


def set_all_days_right(writer: duckdb.DuckDBPyConnection) -> None:
    """Put the events of all who changed their zone into their local days of now."""
    for organisation, zone in zones_in(writer).items():
        set_days_right(writer, organisation, zone)


def swept(
    connection: duckdb.DuckDBPyConnection, edition: Edition, alone: AbstractContextManager[object]
) -> Iterator[None]:
    """Remove the rows of a hidden edition, piece by piece."""
    for table in _TABLES:
        last = int(connection.execute(f"SELECT coalesce(max(rowid), -1) FROM {table}").fetchall()[0][0])
        for first in range(0, last + 1, ROWS_IN_A_SWEEP):
            piece = f"""DELETE FROM {table} WHERE rowid >= {first} AND rowid < {first + ROWS_IN_A_SWEEP}
                AND edition = {edition.number} AND organisation = {quoted(edition.organisation)}"""
            with alone:
                connection.execute(piece)
            yield


def is_empty(writer: duckdb.DuckDBPyConnection, edition: Edition) -> bool:
    """Say whether nothing is left of an edition: a sweep misses rows that the engine puts elsewhere meanwhile."""
    return not any(
        writer.execute(
            f"SELECT 1 FROM {table} WHERE edition = ? AND organisation = ? LIMIT 1",
            [edition.number, edition.organisation],
        ).fetchall()
        for table in _TABLES
    )


def _span(
    connection: duckdb.DuckDBPyConnection, organisation: str, after: int, up_to: int | None = None
) -> tuple[datetime, datetime] | None:
    """Return first and last time of an organisation's events with such numbers; None where there are none."""
    found = connection.execute(
        f"SELECT min(time), max(time) FROM {EVENTS} WHERE organisation = ? AND seq > ? AND seq <= coalesce(?, seq)",
        [organisation, after, up_to],
    ).fetchall()
    first, last = found[0]
    return None if first is None else (first, last)
