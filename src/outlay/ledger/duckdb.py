"""The default ledger: one DuckDB file, one writer at a time, readers on their own cursors and snapshots.

A commit is one transaction: find what is there already, insert the rest. It returns only after the log is on disk.
What a statement costs before it sees a row is most of what a commit costs, so there are few of them. The sums per day
are folded once enough events wait for it.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from pathlib import Path
from shutil import disk_usage
from typing import Final
from zoneinfo import ZoneInfo

import duckdb
import msgspec
from msgspec.structs import replace

from outlay.errors import LedgerFailed
from outlay.kit.period import LocalDays, day_start
from outlay.ledger.columns import STORED_AS, Staged, as_table, recounted, repeated_in, stage
from outlay.ledger.days import fold_up_to, folded_up_to
from outlay.ledger.editions import Edition, hidden_in, unhide, zones_in
from outlay.ledger.local_days import as_stored
from outlay.ledger.moved import Reach, take_out
from outlay.ledger.opening import connect, create_tables
from outlay.ledger.recounting import (
    Borders,
    Recount,
    begin_recount,
    is_empty,
    show_anew,
    show_recount,
    swept,
)
from outlay.ledger.rewriting import last_number, remove_all, remove_before
from outlay.ledger.runs import fold_runs_up_to
from outlay.ledger.schema import DAY_RECENT, EVENTS, RUN_RECENT
from outlay.ledger.snapshot import DuckSnapshot, Reached
from outlay.ledger.statements import Statements
from outlay.ledger.store import Appended, Snapshot
from outlay.ledger.twins import FORGET_OLD_NAMES, repeated_calls
from outlay.usage import PricedEvent

FOLD_ABOVE_EVENTS: Final = 50_000
RUNS_IN_A_STEP: Final = 5_000  # a commit that comes meanwhile waits for it
RUNS_WORTH_A_STEP: Final = 1_000
RUNS_AT_ONCE: Final = 500_000

TRIES: Final = 3  # to begin several transactions between two commits
CHECKPOINT_SPARE_BYTES: Final = 16 * 1024 * 1024

_log = logging.getLogger(__name__)
_CANT_COMMIT: Final = "the ledger could not commit, nothing was stored; the log of Outlay says why"
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
        self._connection = connect(path, memory_mb, threads)
        self._writer = self._connection.cursor()
        self._statements = Statements(self._connection.cursor())
        self._writing = threading.Lock()
        self._staging = threading.Lock()
        self._beside = threading.Lock()  # held where another connection than the writer writes
        self._turning = threading.Lock()  # held where snapshots begin, and where rewritten or folded becomes the state
        self._encode = msgspec.json.Encoder().encode
        create_tables(self._writer)
        self._changed_zones = zones_in(self._writer)
        self._zones = min(1, len(self._changed_zones))  # the state of the zones: whoever says 0 knows of no change
        self._days_seq = folded_up_to(self._writer)
        self._runs_seq = folded_up_to(self._writer, RUN_RECENT)
        # Duplicates had numbers too, which may be folded, and are of no event.
        self._seq = max(last_number(self._writer), self._days_seq, self._runs_seq)
        self._removals: Counter[str] = Counter()  # of what was counted, by organisation
        self._being_counted: set[Edition] = set()
        self._waiting: int = self._one(f"SELECT count(*) FROM {DAY_RECENT}")
        self._fold_above = FOLD_ABOVE_EVENTS

    def close(self) -> None:
        """Wait for the writer, write the log into the file, and let go of it."""
        with self._beside, self._writing, _told_of_ctrl_c():
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

    def checkpoint(self) -> bool:
        """Write the log into the file, and say whether it was done; called when there is nothing else to write, so that
        a start is quick.

        Left undone where the disk may have no room for it: the engine gives up for good when it fails, and the log is
        as safe as the file. And while something is written beside the writer: the engine refuses it then.
        """
        if not self._beside.acquire(blocking=False):
            return False
        try:
            with self._writing:
                if room := self._has_room():
                    self._writer.execute("CHECKPOINT")
                return room
        finally:
            self._beside.release()

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

    def count_in_zone(self, organisation: str, zone: ZoneInfo) -> Generator[float, None, None]:
        """Count an organisation's days in another zone, those of all events there are included, and tell after each
        step which part of it is done. Nothing waits for it, and until its end everything is as it was: also where it is
        left before. Raises LedgerFailed.

        Where events were removed or taken out of their team meanwhile it begins again.
        """
        while self._zone_now(organisation).key != zone.key:
            for _ in self.sweep():  # what was begun in vain
                yield 0.0
            while self.fold_runs():
                yield 0.0
            with self._beside_writer() as connection:
                removals = self._removals[organisation]
                recount = Recount(connection, self._begin_recount(organisation), zone, self._beside)
                try:
                    for done in self._counted(recount):
                        yield done
                        if removals != self._removals[organisation]:
                            break
                    else:
                        while not self._has_shown(recount, removals) and removals == self._removals[organisation]:
                            yield from recount.catch_up(self._borders)
                finally:
                    self._being_counted.discard(recount.edition)

    def sweep(self) -> Generator[None, None, None]:
        """Remove, a piece with each step, sums and runs of zones that nobody reads any more. Nothing waits for it.

        Raises LedgerFailed.
        """
        with self._writing:
            unread = [edition for edition in hidden_in(self._writer) if edition not in self._being_counted]
        for edition in unread:
            with self._beside_writer() as connection:
                for _ in swept(connection, edition, self._beside):
                    yield
                if is_empty(connection, edition):
                    with self._writing, self._rewriting(self._changed_zones):
                        unhide(self._writer, edition)
                        show_anew(self._writer)

    def events_before(self, organisation: str, day: date) -> int:
        """Return how many events of an organisation lie before a local day. Nothing waits for it."""
        with self.snapshot() as snapshot:
            found = snapshot.rows(
                f"SELECT count(*) FROM {EVENTS} WHERE organisation = ? AND time < ?",
                [organisation, as_stored(day_start(day, snapshot.zone_of(organisation)))],
            )
        return int(found[0][0])

    def remove_before(self, organisation: str, day: date) -> int:
        """Remove an organisation's events of before a local day; return how many. Raises LedgerFailed."""
        with self._writing, self._rewriting(self._changed_zones):
            self._removals[organisation] += 1
            return remove_before(self._writer, organisation, day, self._zone_now(organisation), self._seq)

    def organisations(self) -> list[str]:
        """Return whose events there are."""
        with self.snapshot() as snapshot:
            return [found for (found,) in snapshot.rows(f"SELECT DISTINCT organisation FROM {EVENTS} ORDER BY ALL")]

    def remove_all(self, organisation: str) -> int:
        """Remove everything of an organisation; return how many events that were. Raises LedgerFailed."""
        with self._writing, self._rewriting(self._changed_zones):
            self._removals[organisation] += 1
            return remove_all(self._writer, organisation, self._seq)

    @property
    def _borders(self) -> Borders:
        return Borders(self._days_seq, self._runs_seq)

    def _counted(self, recount: Recount) -> Iterator[float]:
        yield from recount.count(self._borders)
        while self.fold_runs():
            yield 1.0

    def _begin_recount(self, organisation: str) -> Edition:
        with self._writing, self._rewriting(self._changed_zones):
            edition = begin_recount(self._writer, organisation)
            self._being_counted.add(edition)
            return edition

    def _has_shown(self, recount: Recount, removals: int) -> bool:
        """Show what was counted if nothing was folded or removed since, and say whether."""
        organisation = recount.edition.organisation
        with self._writing:
            if (recount.counted, removals) != (self._borders, self._removals[organisation]):
                return False
            with self._rewriting({**self._changed_zones, organisation: recount.zone}):
                show_recount(self._writer, recount)
            with self._staging:
                self._days.pop(organisation, None)
                self._zones += 1
            return True

    @contextmanager
    def _beside_writer(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection of its own; an engine's error in the block becomes LedgerFailed."""
        connection = self._connection.cursor()
        try:
            yield connection
        except duckdb.Error as error:
            raise LedgerFailed(_CANT_COMMIT) from error
        finally:
            connection.close()

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
        whose = {organisation for each in several for *_, organisation, _ in each.keys}
        zones = {each: zone for each, zone in self._changed_zones.items() if each in whose}
        take_out(self._writer, Reach(self._seq + 1, begin, end), self._borders, zones)
        self._removals.update(whose)
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
