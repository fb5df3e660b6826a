"""Takes rows out of their team, as statements: what a move ends counts no more, neither in the events nor in what was
derived from them.

A move writes two rows about an event: one takes all that was stored about it out of the old team, one puts it into the
new one. The first and all that it takes out make nothing together, in every sum; but whoever counts different users or
reads a list must leave them out one by one. So each of them gets the number of the row that took it out, in the
transaction that stores that row.

Sums and runs of what went are made anew from what is left, as far as they are folded; views of the rest leave it out.
"""

from typing import Final

import duckdb
from msgspec import Struct

from outlay.ledger.days import ALL_DAYS, Days
from outlay.ledger.runs import PLACE, RUN_NAMES, RUN_NUMBER
from outlay.ledger.schema import ABOUT, COUNTS, EVENTS, RUN_LONE, RUN_SHARED

_SAME_SUMS: Final = " AND ".join(
    f't."{name}" IS NOT DISTINCT FROM d."{name}"' for name in ("organisation", "day", "user", "team")
)
_DAYS_MICROS: Final = 2 * 86_400 * 1_000_000


class Borders(Struct, frozen=True):
    """The numbers up to which events are folded: into the day sums, and into the runs."""

    days: int
    runs: int


class Reach(Struct, frozen=True):
    """Where the rows of a commit are: numbered from `first` on, with times from `begin` to `end` in microseconds."""

    first: int
    begin: int
    end: int


def take_out(connection: duckdb.DuckDBPyConnection, reach: Reach, borders: Borders) -> None:
    """Take out what the rows just inserted end; part of the transaction that inserted them."""
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
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE gone AS
        SELECT e.organisation, e.day, e."user", e.team, e.run_id, e.requests, e.seq FROM {EVENTS} e
        SEMI JOIN takes t ON e.moved_by = t.seq
        WHERE e.time BETWEEN make_timestamp(?) AND make_timestamp(?) AND e.seq <> e.moved_by""",
        bounds,
    )
    # Other events of a local day lie up to 25 hours from those that are known here.
    around = [reach.begin - _DAYS_MICROS, reach.end + _DAYS_MICROS]
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT organisation, day, "user", team FROM gone
        WHERE seq <= {borders.days:d}"""
    )
    for days in ALL_DAYS:
        _sums_anew(connection, days, borders.days, around)
    _runs_anew(connection, borders.runs)
    for name in ("takes", "gone", "touched"):
        connection.execute(f"DROP TABLE {name}")


def _sums_anew(connection: duckdb.DuckDBPyConnection, days: Days, border: int, around: list[int]) -> None:
    connection.execute(f"DELETE FROM {days.table} d WHERE EXISTS (SELECT 1 FROM touched t WHERE {_SAME_SUMS})")
    connection.execute(
        f"""INSERT INTO {days.table} {
            days.of_events(f'''seq <= {border:d}
        AND time BETWEEN make_timestamp(?) AND make_timestamp(?)
        AND EXISTS (SELECT 1 FROM touched t WHERE {_SAME_SUMS.replace("d.", f"{EVENTS}.")})''')
        }""",
        around,
    )


def _runs_anew(connection: duckdb.DuckDBPyConnection, border: int) -> None:
    """Find the places of the runs anew that lost some of their requests; each is in one day of those it was in."""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE lost AS SELECT DISTINCT organisation, run_id, {RUN_NUMBER} AS run_number
        FROM gone WHERE seq <= {border:d} AND requests > 0 AND run_id IS NOT NULL"""
    )
    were = " UNION ALL ".join(
        f"""SELECT day, '{table}' AS kept_in, rowid AS place FROM {table} WHERE rowid IN
        (SELECT rowid FROM {table} WHERE run_number IN (SELECT run_number FROM lost))
        AND (organisation, run_id) IN (SELECT (organisation, run_id) FROM lost)"""
        for table in (RUN_LONE, RUN_SHARED)
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE met AS {were}")
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE places AS SELECT DISTINCT {PLACE}, run_id, {RUN_NUMBER} AS run_number
        FROM {EVENTS} WHERE seq <= {border:d} AND requests > 0 AND {COUNTS}
        AND day BETWEEN (SELECT min(day) FROM met) AND (SELECT max(day) FROM met)
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
    for name in ("lost", "met", "places"):
        connection.execute(f"DROP TABLE {name}")
