"""Takes rows out of their team, as statements: what a move ends counts no more, neither in the events nor in what was
derived from them.

A move writes two rows about an event: one takes all that was stored about it out of the old team, one puts it into the
new one. The first and all that it takes out make nothing together, in every sum; but whoever counts different users or
reads a list must leave them out one by one. So each of them gets the number of the row that took it out, in the
transaction that stores that row.

Sums and runs of what went are made anew from what is left, as far as they are folded; views of the rest leave it out.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import duckdb
from msgspec import Struct

from outlay.kit.period import from_micros
from outlay.ledger.days import ALL_DAYS, Days
from outlay.ledger.editions import CURRENT, WITH_EDITION
from outlay.ledger.local_days import as_stored, events_by_day
from outlay.ledger.recounting import Borders
from outlay.ledger.runs import PLACE, RUN_NAMES, RUN_NUMBER
from outlay.ledger.schema import ABOUT, COUNTS, EVENTS, RUN_LONE, RUN_SHARED

_SAME_SUMS: Final = " AND ".join(
    f't."{name}" IS NOT DISTINCT FROM d."{name}"' for name in ("organisation", "day", "user", "team")
)
# Other events of a local day lie up to 25 hours from those that are known.
_AROUND: Final = timedelta(days=2)


class Reach(Struct, frozen=True):
    """Where the rows of a commit are: numbered from `first` on, with times from `begin` to `end` in microseconds."""

    first: int
    begin: int
    end: int


def take_out(
    connection: duckdb.DuckDBPyConnection, reach: Reach, borders: Borders, zones: Mapping[str, ZoneInfo]
) -> None:
    """Take out what the rows just inserted end; part of the transaction that inserted them.

    `zones` are those of organisations that changed theirs.
    """
    bounds = [reach.begin, reach.end]
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE takes AS SELECT organisation, source, adjusts, time, seq FROM {EVENTS}
        WHERE seq >= {reach.first:d} AND moved_by = seq"""
    )
    connection.execute(
        f"""UPDATE {EVENTS} SET moved_by = t.seq FROM takes t WHERE events.time BETWEEN make_timestamp(?) AND
        make_timestamp(?) AND events.time = t.time AND events.organisation = t.organisation
        AND events.source = t.source AND {ABOUT} = t.adjusts AND events.seq < t.seq
        AND events.moved_by IS NULL""",
        bounds,
    )
    around = (from_micros(reach.begin) - _AROUND, from_micros(reach.end) + _AROUND)
    by_day = events_by_day(zones, *around)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE gone AS
        SELECT e.organisation, e.day, e."user", e.team, e.run_id, e.requests, e.seq FROM {by_day} e
        SEMI JOIN takes t ON e.moved_by = t.seq
        WHERE e.time BETWEEN make_timestamp(?) AND make_timestamp(?) AND e.seq <> e.moved_by""",
        bounds,
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE touched AS
        SELECT DISTINCT organisation, day, "user", team, {CURRENT} AS edition FROM gone {WITH_EDITION}
        WHERE seq <= {borders.days:d}"""
    )
    for days in ALL_DAYS:
        _sums_anew(connection, days, f"{by_day} AS {EVENTS}", _within(borders.days, *around))
    _runs_anew(connection, borders.runs, zones)
    for name in ("takes", "gone", "touched"):
        connection.execute(f"DROP TABLE {name}")


def _sums_anew(connection: duckdb.DuckDBPyConnection, days: Days, source: str, within: str) -> None:
    touched = f"EXISTS (SELECT 1 FROM touched t WHERE {_SAME_SUMS}"
    connection.execute(f"DELETE FROM {days.table} d WHERE {touched} AND t.edition = d.edition)")
    wanted = f"{within} AND {touched.replace('d.', 'events.')})"
    connection.execute(f"INSERT INTO {days.table} {days.of_events(source, wanted)}")


def _runs_anew(connection: duckdb.DuckDBPyConnection, border: int, zones: Mapping[str, ZoneInfo]) -> None:
    """Find the places of the runs anew that lost some of their requests; each is in one day of those it was in."""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE lost AS
        SELECT DISTINCT organisation, run_id, {RUN_NUMBER} AS run_number, {CURRENT} AS edition
        FROM gone {WITH_EDITION} WHERE seq <= {border:d} AND requests > 0 AND run_id IS NOT NULL"""
    )
    were = " UNION ALL ".join(
        f"""SELECT day, '{table}' AS kept_in, rowid AS place FROM {table} WHERE rowid IN
        (SELECT rowid FROM {table} WHERE run_number IN (SELECT run_number FROM lost))
        AND (organisation, edition, run_id) IN (SELECT (organisation, edition, run_id) FROM lost)"""
        for table in (RUN_LONE, RUN_SHARED)
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE met AS {were}")
    found = connection.execute("SELECT min(day)::TIMESTAMP, max(day)::TIMESTAMP FROM met").fetchall()
    first, last = found[0]
    if first is not None:
        _put_places(connection, border, zones, (first - _AROUND, last + _AROUND))
    for name in ("lost", "met"):
        connection.execute(f"DROP TABLE {name}")


def _put_places(
    connection: duckdb.DuckDBPyConnection,
    border: int,
    zones: Mapping[str, ZoneInfo],
    around: tuple[datetime, datetime],
) -> None:
    """Put the places that are left of the runs in `lost` where those in `met` are."""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE places AS
        SELECT DISTINCT {PLACE}, run_id, {RUN_NUMBER} AS run_number, {CURRENT} AS edition
        FROM {events_by_day(zones, *around)} AS {EVENTS} {WITH_EDITION}
        WHERE {_within(border, *around)} AND requests > 0 AND {COUNTS}
        AND (organisation, run_id) IN (SELECT (organisation, run_id) FROM lost)"""
    )
    for table in (RUN_LONE, RUN_SHARED):
        connection.execute(f"DELETE FROM {table} WHERE rowid IN (SELECT place FROM met WHERE kept_in = '{table}')")
    several = "SELECT organisation, run_id FROM places GROUP BY organisation, run_id HAVING count(*) > 1"
    for table, joins in ((RUN_LONE, "ANTI JOIN"), (RUN_SHARED, "SEMI JOIN")):
        connection.execute(
            f"""INSERT INTO {table} SELECT {RUN_NAMES} FROM places {joins} ({several}) AS several
            USING (organisation, run_id) ORDER BY organisation, day"""
        )
    connection.execute("DROP TABLE places")


def _within(border: int, first: datetime, last: datetime) -> str:
    """Return the condition for folded events of a time."""
    return f"seq <= {border:d} AND time BETWEEN TIMESTAMP '{as_stored(first)}' AND TIMESTAMP '{as_stored(last)}'"
