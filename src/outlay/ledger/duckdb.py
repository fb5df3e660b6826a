"""The default ledger: one DuckDB file, one writer at a time, readers on their own cursors and snapshots.

A commit is one transaction: find what is there already, insert the rest. It returns only after the log is on disk.
What a statement costs before it sees a row is most of what a commit costs, so there are few of them. The sums per day
are folded once enough events wait for it.
"""

import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from pathlib import Path
from queue import SimpleQueue
from shutil import disk_usage
from typing import Any, Final
from zoneinfo import ZoneInfo

import duckdb
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from outlay.errors import LedgerBusy, LedgerFailed
from outlay.kit.period import LocalDays
from outlay.ledger.columns import STORED_AS, Staged, as_table, recounted, repeated_in, stage
from outlay.ledger.days import create_days, fold_up_to
from outlay.ledger.moved import Borders, Reach, take_out
from outlay.ledger.rewriting import (
    count_in_zone,
    create_zones,
    last_number,
    remove_all,
    remove_before,
    zones_in,
)
from outlay.ledger.runs import create_runs, fold_runs_up_to, runs_folded_up_to, runs_recent_after
from outlay.ledger.schema import DAY_RECENT, EVENT_COLUMNS, EVENTS
from outlay.ledger.shapes import columns_of
from outlay.ledger.statements import Statements
from outlay.ledger.store import Appended, Snapshot
from outlay.ledger.twins import FORGET_OLD_NAMES, create_twins, repeated_calls
from outlay.usage import PricedEvent

FOLD_ABOVE_EVENTS: Final = 50_000
RUNS_IN_A_STEP: Final = 5_000  # a commit that comes meanwhile waits for it
RUNS_WORTH_A_STEP: Final = 1_000
RUNS_AT_ONCE: Final = 500_000
CHECKPOINT_MB: Final = 512  # the engine's default of 16 MB stalls commits for up to half a second

TRIES: Final = 3  # to begin several transactions between two commits
CHECKPOINT_SPARE_BYTES: Final = 16 * 1024 * 1024

_log = logging.getLogger(__name__)
_CANT_COMMIT: Final = "the ledger could not commit, nothing was stored; the log of Outlay says why"
_HOLDER: Final = re.compile(r"\(PID (\d+)\)")
_STORED: Final = ", ".join(f'{expression} AS "{name}"' for name, expression in STORED_AS.items())

# The bounds let the engine skip every row group of other times.
_KNOWN: Final = f"""
    SELECT b.seq FROM batch b JOIN (
        SELECT organisation, source, id, time FROM {EVENTS}
        WHERE time BETWEEN make_timestamp(?) AND make_timestamp(?) {{same_times}}
    ) e ON e.time = make_timestamp(b.time) AND e.id = b.id AND e.source = b.source AND e.organisation = b.organisation
"""
_KNOWN_AMONG_FEW: Final = _KNOWN.format(same_times="")
# Equal times are rare: comparing them first leaves next to nothing of a long stretch for the comparison of texts.
_KNOWN_AMONG_MANY: Final = _KNOWN.format(same_times="AND time IN (SELECT make_timestamp(time) FROM batch)")
_FEW_MICROS: Final = 600 * 1_000_000
_KNOWN_WITHOUT_TIME: Final = f"""
    SELECT b.seq FROM batch b JOIN {EVENTS} e
    ON e.id = b.id AND e.source = b.source AND e.organisation = b.organisation WHERE b.time_stated = 0
"""


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


class DuckLedger:
    """Reader and writer of one DuckDB file. `zone_of` names the zone that an organisation's days are counted in, until
    `count_in_zone` says another.
    """

    def __init__(
        self, path: Path | None, zone_of: Callable[[str], ZoneInfo], memory_mb: int = 2048, threads: int = 0
    ) -> None:
        self._path = path
        self._zone_of = zone_of
        self._days: dict[str, LocalDays] = {}
        self._connection = _connect(path, memory_mb, threads)
        self._writer = self._connection.cursor()
        self._statements = Statements(self._connection.cursor())
        self._writing = threading.Lock()
        self._staging = threading.Lock()
        self._turning = threading.Lock()  # held where snapshots begin, and where rewritten or folded becomes the state
        self._encode = msgspec.json.Encoder().encode
        _create_tables(self._writer)
        self._changed_zones = zones_in(self._writer)
        self._zones = min(1, len(self._changed_zones))  # the state of the zones: whoever says 0 knows of no change
        self._seq = last_number(self._writer)
        self._waiting: int = self._one(f"SELECT count(*) FROM {DAY_RECENT}")
        self._days_seq = 0 if self._waiting else self._seq
        self._fold_above = FOLD_ABOVE_EVENTS
        self._runs_seq: int = runs_folded_up_to(self._writer, self._seq)

    def close(self) -> None:
        """Wait for the writer, write the log into the file, and let go of it."""
        with self._writing, _told_of_ctrl_c():
            if self._has_room():
                self._writer.execute("CHECKPOINT")
            self._writer.close()
            self._connection.close()

    @contextmanager
    def snapshot(self, lanes: int = 1) -> Iterator[Snapshot]:
        """Hold one state open, for as many threads at a time as `lanes`; for one alone where commits come too fast."""
        with ExitStack() as closing:
            with self._turning:
                days_seq, runs_seq, zones = self._days_seq, self._runs_seq, self._changed_zones
                cursors, watermark = self._in_one_state(lanes, closing)
            reached = Reached(watermark, days_seq, runs_seq)
            yield DuckSnapshot(cursors, self._statements, reached, lambda each: zones.get(each) or self._zone_of(each))

    def _in_one_state(self, lanes: int, closing: ExitStack) -> tuple[list[duckdb.DuckDBPyConnection], int]:
        """Begin transactions that see the same events; a commit between two of them shows in the later one."""
        cursor, watermark = self._begun(closing)
        for _ in range(TRIES):
            cursors = [cursor]
            while len(cursors) < lanes:
                cursor, seen = self._begun(closing)
                if seen != watermark:
                    watermark = seen
                    break
                cursors.append(cursor)
            else:
                return cursors, watermark
        return [cursor], watermark

    def _begun(self, closing: ExitStack) -> tuple[duckdb.DuckDBPyConnection, int]:
        """Begin a transaction, whose state is settled by its first statement; return the largest `seq` of it."""
        hint = self._seq
        cursor = self._connection.cursor()
        closing.callback(cursor.close)
        cursor.execute(self._statements.of("BEGIN TRANSACTION READ ONLY"))
        last = self._statements.of(f"SELECT max(seq) FROM {EVENTS} WHERE seq >= ?")
        found: int | None = cursor.execute(last, [hint]).fetchall()[0][0]
        return cursor, hint if found is None else found

    def append(self, events: Sequence[PricedEvent]) -> Appended:
        """Stage and commit in one."""
        return self.commit([self.stage(events)])

    def stage(self, events: Sequence[PricedEvent]) -> Staged:
        with self._staging:
            try:
                return replace(stage(events, self._day_of, self._encode), zones=self._zones)
            except (ValueError, TypeError, OverflowError) as error:
                raise LedgerFailed(_CANT_COMMIT) from error

    def commit(self, several: Sequence[Staged]) -> Appended:
        several = [staged for staged in several if staged.keys]
        with self._writing:
            rows = sum(len(staged.keys) for staged in several)
            if not rows:
                return Appended((), self._seq)
            if any(staged.zones != self._zones for staged in several):
                several = self._recounted(several)
            moving = any(staged.moving for staged in several)
            if moving and not self._days_seq:
                self._fold()  # to know how far days are folded
            first = self._seq + 1
            known = {first + number for number in repeated_in(several)}
            # Between two calls of the engine another thread may hold Python's lock for a while, so there are few calls.
            self._writer.register("batch", as_table(several, first))
            with self._undone_on_failure():
                known |= self._known(several)
                known |= repeated_calls(self._writer, several, first, known)
                self._insert_and_take_out(known, several) if moving else self._insert(known)
            if len(known) < rows:
                self._seq += rows
                self._waiting += rows - len(known)
            self._fold_in_time()
            stored = tuple(first + number not in known for number in range(rows)) if known else (True,) * rows
            return Appended(stored, self._seq)

    def checkpoint(self) -> None:
        """Write the log into the file; called when there is nothing else to write, so that a start is quick.

        Left undone where the disk may have no room for it: the engine gives up for good when it fails, and the log is
        as safe as the file.
        """
        with self._writing:
            if self._has_room():
                self._writer.execute("CHECKPOINT")

    def fold(self) -> None:
        """Fold all that waits: the sums per day, and the runs."""
        with self._writing:
            self._fold()
            while self._runs_seq < self._seq:
                self._fold_runs(RUNS_AT_ONCE)

    def fold_runs(self) -> bool:
        """Fold the runs of some events, and tell whether many more wait. Raises LedgerFailed.

        For when there is nothing else to write: every step looks among all runs there are, and nothing needs it soon.
        """
        with self._writing:
            if self._seq - self._runs_seq >= RUNS_WORTH_A_STEP:
                self._fold_runs(RUNS_IN_A_STEP)
            return self._seq - self._runs_seq >= RUNS_WORTH_A_STEP

    def count_in_zone(self, organisation: str, zone: ZoneInfo) -> None:
        """Count an organisation's days in another zone, those of all events there are included. Commits wait for it.

        Raises LedgerFailed; then nothing has changed.
        """
        with self._writing:
            self._fold()
            with self._rewriting({**self._changed_zones, organisation: zone}):
                count_in_zone(self._writer, organisation, zone, Borders(self._seq, self._runs_seq))
            with self._staging:
                self._days.pop(organisation, None)
                self._zones += 1

    def events_before(self, organisation: str, day: date) -> int:
        """Return how many events of an organisation lie before a local day. Nothing waits for it."""
        with self.snapshot() as snapshot:
            found = snapshot.rows(
                f"SELECT count(*) FROM {EVENTS} WHERE organisation = ? AND day < ?", [organisation, day]
            )
        return int(found[0][0])

    def remove_before(self, organisation: str, day: date) -> int:
        """Remove an organisation's events of before a local day; return how many. Raises LedgerFailed."""
        with self._writing, self._rewriting(self._changed_zones):
            return remove_before(self._writer, organisation, day, self._zone_now(organisation), self._seq)

    def organisations(self) -> list[str]:
        """Return whose events there are."""
        with self.snapshot() as snapshot:
            return [found for (found,) in snapshot.rows(f"SELECT DISTINCT organisation FROM {EVENTS} ORDER BY ALL")]

    def remove_all(self, organisation: str) -> int:
        """Remove everything of an organisation; return how many events that were. Raises LedgerFailed."""
        with self._writing, self._rewriting(self._changed_zones):
            return remove_all(self._writer, organisation, self._seq)

    @contextmanager
    def _rewriting(self, zones: Mapping[str, ZoneInfo]) -> Iterator[None]:
        """Do the block in one transaction, after which `zones` hold; snapshots begin before it or after it as a whole.

        No number of an event tells the two states apart, so they are not left to be told apart by it.
        """
        with self._undone_on_failure():
            self._writer.execute("BEGIN TRANSACTION")
            yield
            with self._turning:
                self._writer.execute("COMMIT")
                self._changed_zones = zones
        self._waiting = self._one(f"SELECT count(*) FROM {DAY_RECENT}")

    def _recounted(self, several: Sequence[Staged]) -> list[Staged]:
        with self._staging:
            return [recounted(staged, self._day_of, self._zones) for staged in several]

    def _known(self, several: Sequence[Staged]) -> set[int]:
        first = min(staged.first_micros for staged in several)
        last = max(staged.last_micros for staged in several)
        statement = _KNOWN_AMONG_FEW if last - first <= _FEW_MICROS else _KNOWN_AMONG_MANY
        found = self._writer.execute(f"BEGIN TRANSACTION; {statement}", [first, last]).fetchall()
        if any(staged.timeless for staged in several):
            found += self._writer.execute(_KNOWN_WITHOUT_TIME).fetchall()
        return {seq for (seq,) in found}

    def _insert(self, known: set[int]) -> None:
        self._writer.execute(f"{_inserting(known)}; COMMIT")

    def _insert_and_take_out(self, known: set[int], several: Sequence[Staged]) -> None:
        self._writer.execute(_inserting(known))
        begin, end = min(each.first_micros for each in several), max(each.last_micros for each in several)
        take_out(self._writer, Reach(self._seq + 1, begin, end), Borders(self._days_seq, self._runs_seq))
        self._writer.execute("COMMIT")

    def _fold_in_time(self) -> None:
        """Fold once enough waits. What was committed stays so when that fails, and is read as it is until later."""
        if self._waiting <= self._fold_above:
            return
        try:
            self._fold()
            self._fold_above = FOLD_ABOVE_EVENTS
        except LedgerFailed:
            _log.exception("can't fold the day sums; trying again later")
            self._fold_above = self._waiting + FOLD_ABOVE_EVENTS

    def _has_room(self) -> bool:
        if self._path is None:
            return True
        log = self._path.with_name(f"{self._path.name}.wal")
        needed = 2 * log.stat().st_size if log.is_file() else 0
        return disk_usage(self._path.parent).free > needed + CHECKPOINT_SPARE_BYTES

    def _fold(self) -> None:
        with self._undone_on_failure():
            self._writer.execute("BEGIN TRANSACTION")
            for statement in (*fold_up_to(self._seq), FORGET_OLD_NAMES):
                self._writer.execute(statement)
            with self._turning:
                self._writer.execute("COMMIT")
                self._days_seq = self._seq
        self._waiting = 0

    def _fold_runs(self, at_most: int) -> None:
        up_to = min(self._runs_seq + at_most, self._seq)
        with self._transaction():
            for statement in fold_runs_up_to(up_to):
                self._writer.execute(statement)
        self._runs_seq = up_to

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._undone_on_failure():
            self._writer.execute("BEGIN TRANSACTION")
            yield
            self._writer.execute("COMMIT")

    @contextmanager
    def _undone_on_failure(self) -> Iterator[None]:
        """Roll back whatever was begun when an exception leaves the block; an engine's error becomes LedgerFailed."""
        with ExitStack() as undo, _told_of_ctrl_c():
            undo.callback(self._roll_back)
            try:
                yield
            except duckdb.Error as error:
                raise LedgerFailed(_CANT_COMMIT) from error
            undo.pop_all()

    def _roll_back(self) -> None:
        # An engine that failed fatally refuses even this; the first error is the one to tell.
        with suppress(duckdb.Error):
            self._writer.execute("ROLLBACK")

    def _day_of(self, organisation: str, micros: int) -> date:
        days = self._days.get(organisation)
        if days is None:
            days = self._days[organisation] = LocalDays(self._zone_now(organisation))
        return days.day_of(micros)

    def _zone_now(self, organisation: str) -> ZoneInfo:
        return self._changed_zones.get(organisation) or self._zone_of(organisation)

    def _one(self, sql: str) -> int:
        value: int = self._writer.execute(sql).fetchall()[0][0]
        return value


def _inserting(known: set[int]) -> str:
    """Return the statement that inserts the batch but for what is known."""
    fresh = f"WHERE seq NOT IN ({', '.join(map(str, sorted(known)))})" if known else ""
    return f"INSERT INTO {EVENTS} SELECT {_STORED} FROM batch {fresh}"


@contextmanager
def _told_of_ctrl_c() -> Iterator[None]:
    """Raise KeyboardInterrupt for the error that the engine makes of one that comes while it works."""
    try:
        yield
    except RuntimeError as error:
        if "interrupted" in str(error):
            raise KeyboardInterrupt from error
        raise


def _connect(path: Path | None, memory_mb: int, threads: int) -> duckdb.DuckDBPyConnection:
    config: dict[str, Any] = {
        "memory_limit": f"{memory_mb}MB",
        "checkpoint_threshold": f"{CHECKPOINT_MB}MB",
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if threads:
        config["threads"] = threads
    try:
        connection = duckdb.connect(str(path or ":memory:"), config=config)
    except duckdb.IOException as error:
        if "lock" not in str(error).lower():
            raise
        holder = _HOLDER.search(str(error))
        who = f"process {holder[1]}" if holder else "another process"
        raise LedgerBusy(
            f"{who} holds the ledger {path}. Stop it first (a running `outlay serve` with Ctrl-C) and try again, "
            "or name another data directory"
        ) from error
    connection.execute("SET enable_external_access = false")  # no query may ever read another file
    return connection


def _create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    columns = ", ".join(f'"{name}" {kind}' for name, kind in EVENT_COLUMNS.items())
    connection.execute(f"CREATE TABLE IF NOT EXISTS {EVENTS} ({columns})")
    added = _add_columns(connection)
    create_days(connection)
    create_runs(connection)
    if "moved_by" in added:
        _renew_views(connection)
    create_twins(connection)
    create_zones(connection)


def _add_columns(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Give a ledger of an older Outlay the columns it lacks; every row there is has nothing in them.

    Return their names.
    """
    there = columns_of(connection, EVENTS)
    lacking = [name for name in EVENT_COLUMNS if name not in there]
    for name in lacking:
        connection.execute(f'ALTER TABLE {EVENTS} ADD COLUMN "{name}" {EVENT_COLUMNS[name]}')
    return lacking


def _renew_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the views of what waits anew where an older Outlay made them, which left no row out."""
    last = connection.execute(f"SELECT coalesce(max(seq), 0) FROM {EVENTS}").fetchall()[0][0]
    connection.execute("BEGIN TRANSACTION")
    for statement in (*fold_up_to(last), runs_recent_after(runs_folded_up_to(connection, last))):
        connection.execute(statement)
    connection.execute("COMMIT")
