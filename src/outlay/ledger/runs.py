"""Which runs were where, as statements: what lets a question count runs without looking at every event.

Most runs have all their requests in one place: one local day, user, agent, model and so on (the keys of the day sums).
Such a *lone* run is counted by its row in `run_lone`: nothing needs to be told apart. A run of several places has a row
in `run_shared` for each of them, and only those are counted by their ids. `run_recent` is a view of the events that
were not folded yet.

`run_day` puts the three together so that `sum(lone_runs)` and the number of different `run_id` make the number of runs,
whatever is grouped or left out: a lone run that came again, and so may not be alone any more, is taken back by a row of
its own and counted by its id. All of it is derived from `events` and can be made anew at any time.
"""

from collections.abc import Callable
from typing import Final

import duckdb

from outlay.ledger.days import AFTER
from outlay.ledger.editions import CURRENT, EDITION, WITH_EDITION, shown
from outlay.ledger.schema import (
    COUNTS,
    EVENT_COLUMNS,
    EVENTS,
    ROLLUP_KEYS,
    RUN_DAY,
    RUN_LONE,
    RUN_RECENT,
    RUN_SHARED,
)
from outlay.ledger.shapes import columns_of

RUN_TABLES: Final = (RUN_SHARED, RUN_LONE)

PLACE: Final = ", ".join(f'"{name}"' for name in ROLLUP_KEYS)
# Numbers are looked up many times faster than texts; the text is compared where the numbers are equal.
RUN_NUMBER: Final = "md5_number_lower(run_id)"
_OLDER_COLUMNS: Final = {name: EVENT_COLUMNS[name] for name in ROLLUP_KEYS} | {
    "run_id": "VARCHAR",
    "run_number": "UBIGINT",
}
_COLUMNS: Final = _OLDER_COLUMNS | EDITION
RUN_NAMES: Final = f'{PLACE}, "run_id", "run_number", "edition"'
_SAME_RUN: Final = "USING (organisation, edition, run_id)"
_IS_MET: Final = f"rowid IN (SELECT place FROM met SEMI JOIN several {_SAME_RUN} WHERE {{}})"
NOT_LONE_ANY_MORE: Final = f"DELETE FROM {RUN_LONE} WHERE {_IS_MET.format('NOT waits')}"


def show_runs(condition: str) -> str:
    """Return the statement that makes the view of all runs anew, of rows of the tables that meet a condition."""
    return f"""CREATE OR REPLACE VIEW {RUN_DAY} AS
    SELECT {PLACE}, 1 AS lone_runs, NULL::VARCHAR AS run_id FROM {RUN_LONE} WHERE {condition}
    UNION ALL SELECT {PLACE}, NULL, run_id FROM {RUN_SHARED} WHERE {condition}
    UNION ALL SELECT {PLACE}, NULL, run_id FROM {RUN_RECENT}
    UNION ALL SELECT {PLACE}, -1, run_id FROM {RUN_LONE}
        WHERE rowid IN (SELECT rowid FROM {RUN_LONE} WHERE run_number IN (SELECT run_number FROM {RUN_RECENT}))
        AND (organisation, run_id) IN (SELECT (organisation, run_id) FROM {RUN_RECENT}) AND {condition}"""


def fold_runs_up_to(seq: int) -> tuple[str, ...]:
    """Return the statements that fold the runs of every event up to and with the number `seq`, in one transaction."""
    waiting = f"""SELECT DISTINCT {PLACE}, run_id, run_number, {CURRENT} AS edition FROM {RUN_RECENT} {WITH_EDITION}
        WHERE seq <= {seq:d}"""
    return (
        *(f"CREATE OR REPLACE TEMP TABLE of_{table} AS FROM {table} LIMIT 0" for table in RUN_TABLES),
        *_told_apart(waiting),
        NOT_LONE_ANY_MORE,
        *(f"INSERT INTO {table} FROM of_{table} ORDER BY organisation, day" for table in RUN_TABLES),
        runs_recent_after(seq),
        *(f"DROP TABLE {name}" for name in ("fresh", "met", "several", *(f"of_{table}" for table in RUN_TABLES))),
    )


def runs_of(day: str, edition: int, chosen: str) -> tuple[str, ...]:
    """Return the statements that add runs of chosen events to the temporary tables `of_` those they belong in.

    They are as rows of an edition, and `day` is the expression for the local day of a row. NOT_LONE_ANY_MORE is to be
    run between them and whatever comes next.
    """
    place = PLACE.replace('"day"', f'{day} AS "day"')
    return _told_apart(f"""SELECT DISTINCT {place}, run_id, {RUN_NUMBER} AS run_number, {edition:d} AS edition
        FROM {EVENTS} WHERE {chosen} AND requests > 0 AND run_id IS NOT NULL AND {COUNTS}""")


def _told_apart(fresh: str) -> tuple[str, ...]:
    """Return the statements that add fresh places of runs to the temporary tables for lone and shared ones, which are
    told apart with all that is in these and in the tables.
    """
    return (
        f"CREATE OR REPLACE TEMP TABLE fresh AS {fresh}",
        f"CREATE OR REPLACE TEMP TABLE met AS {_met_again(RUN_LONE)}",
        f"CREATE OR REPLACE TEMP TABLE known AS {_met_again(RUN_SHARED)}",
        f"""CREATE OR REPLACE TEMP TABLE places AS
        SELECT {RUN_NAMES} FROM fresh UNION SELECT {RUN_NAMES} FROM met""",
        """CREATE OR REPLACE TEMP TABLE several AS
        SELECT organisation, edition, run_id FROM places GROUP BY ALL HAVING count(*) > 1
        UNION SELECT organisation, edition, run_id FROM known""",
        f"""INSERT INTO of_{RUN_SHARED}
        SELECT {RUN_NAMES} FROM places SEMI JOIN several {_SAME_RUN}
        EXCEPT SELECT {RUN_NAMES} FROM known""",
        f"DELETE FROM of_{RUN_LONE} WHERE {_IS_MET.format('waits')}",
        f"""INSERT INTO of_{RUN_LONE}
        SELECT {RUN_NAMES} FROM fresh ANTI JOIN several {_SAME_RUN} ANTI JOIN met {_SAME_RUN}""",
        "DROP TABLE known",
        "DROP TABLE places",
    )


def _met_again(table: str) -> str:
    """Return the rows of those runs that are in `fresh` too; only few numbers' rows are read as a whole."""
    return f"""SELECT rowid AS place, false AS waits, {RUN_NAMES} FROM {table} WHERE rowid IN
        (SELECT rowid FROM {table} WHERE run_number IN (SELECT run_number FROM fresh)
            AND edition IN (SELECT DISTINCT edition FROM fresh))
        AND (organisation, edition, run_id) IN (SELECT (organisation, edition, run_id) FROM fresh)
        UNION ALL SELECT rowid, true, {RUN_NAMES} FROM of_{table} SEMI JOIN fresh {_SAME_RUN}"""


def create_runs(connection: duckdb.DuckDBPyConnection, set_days_right: Callable[[], None]) -> None:
    """Make the tables of runs where they are missing or of another shape; all events then wait to be folded.

    `set_days_right` puts every event into its local day of now, by which they wait.
    """
    for table in (RUN_LONE, RUN_SHARED):
        if columns_of(connection, table) == _OLDER_COLUMNS:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN edition INTEGER DEFAULT 0")
    shapes = [columns_of(connection, table) for table in (RUN_LONE, RUN_SHARED, RUN_RECENT, RUN_DAY)]
    if shapes[:2] == [_COLUMNS, _COLUMNS] and shapes[2] and shapes[3]:
        return
    columns = ", ".join(f'"{name}" {kind}' for name, kind in _COLUMNS.items())
    connection.execute("BEGIN TRANSACTION")
    set_days_right()
    for table in (RUN_LONE, RUN_SHARED):
        connection.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")
    connection.execute(runs_recent_after(0))
    connection.execute(show_runs(shown(connection)))
    connection.execute("COMMIT")


def runs_recent_after(seq: int) -> str:
    # The number stands in the view as a literal, so that the engine skips all that lies before it.
    return f"""CREATE OR REPLACE VIEW {RUN_RECENT} AS
        SELECT {PLACE}, run_id, {RUN_NUMBER} AS run_number, seq FROM {EVENTS}
        WHERE {AFTER} {seq:d} AND requests > 0 AND run_id IS NOT NULL AND {COUNTS}"""
