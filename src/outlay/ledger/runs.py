"""Which runs were where, as statements: what lets a question count runs without looking at every event.

Most runs have all their requests in one place: one local day, user, agent, model and so on (the keys of the day sums).
Such a *lone* run is counted by its row in `run_lone`: nothing needs to be told apart. A run of several places has a row
in `run_shared` for each of them, and only those are counted by their ids. `run_recent` is a view of the events that
were not folded yet.

`run_day` puts the three together so that `sum(lone_runs)` and the number of different `run_id` make the number of runs,
whatever is grouped or left out: a lone run that came again, and so may not be alone any more, is taken back by a row of
its own and counted by its id. All of it is derived from `events` and can be made anew at any time.
"""

from typing import Final

import duckdb

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

PLACE: Final = ", ".join(f'"{name}"' for name in ROLLUP_KEYS)
# Numbers are looked up many times faster than texts; the text is compared where the numbers are equal.
RUN_NUMBER: Final = "md5_number_lower(run_id)"
_COLUMNS: Final = {name: EVENT_COLUMNS[name] for name in ROLLUP_KEYS} | {"run_id": "VARCHAR", "run_number": "UBIGINT"}
RUN_NAMES: Final = f'{PLACE}, "run_id", "run_number"'
_BORDER: Final = "folded_up_to"
_SAME_RUN: Final = "USING (organisation, run_id)"

_RUN_DAY: Final = f"""CREATE OR REPLACE VIEW {RUN_DAY} AS
    SELECT {PLACE}, 1 AS lone_runs, NULL::VARCHAR AS run_id FROM {RUN_LONE}
    UNION ALL SELECT {PLACE}, NULL, run_id FROM {RUN_SHARED}
    UNION ALL SELECT {PLACE}, NULL, run_id FROM {RUN_RECENT}
    UNION ALL SELECT {PLACE}, -1, run_id FROM {RUN_LONE}
        WHERE rowid IN (SELECT rowid FROM {RUN_LONE} WHERE run_number IN (SELECT run_number FROM {RUN_RECENT}))
        AND (organisation, run_id) IN (SELECT (organisation, run_id) FROM {RUN_RECENT})"""


def fold_runs_up_to(seq: int) -> tuple[str, ...]:
    """Return the statements that fold the runs of every event up to and with the number `seq`, in one transaction."""
    return (
        f"CREATE OR REPLACE TEMP TABLE fresh AS SELECT DISTINCT {RUN_NAMES} FROM {RUN_RECENT} WHERE seq <= {seq:d}",
        f"CREATE OR REPLACE TEMP TABLE met AS {_met_again(RUN_LONE)}",
        f"CREATE OR REPLACE TEMP TABLE known AS {_met_again(RUN_SHARED)}",
        f"""CREATE OR REPLACE TEMP TABLE places AS
        SELECT {RUN_NAMES} FROM fresh UNION SELECT {RUN_NAMES} FROM met""",
        """CREATE OR REPLACE TEMP TABLE several AS
        SELECT organisation, run_id FROM places GROUP BY organisation, run_id HAVING count(*) > 1
        UNION SELECT organisation, run_id FROM known""",
        f"""INSERT INTO {RUN_SHARED}
        SELECT {RUN_NAMES} FROM places SEMI JOIN several {_SAME_RUN}
        EXCEPT SELECT {RUN_NAMES} FROM known""",
        f"DELETE FROM {RUN_LONE} WHERE rowid IN (SELECT place FROM met SEMI JOIN several {_SAME_RUN})",
        f"""INSERT INTO {RUN_LONE}
        SELECT {RUN_NAMES} FROM fresh ANTI JOIN several {_SAME_RUN} ANTI JOIN met {_SAME_RUN}
        ORDER BY organisation, day""",
        runs_recent_after(seq),
        *(f"DROP TABLE {name}" for name in ("fresh", "met", "known", "places", "several")),
    )


def runs_anew(seq: int) -> tuple[str, ...]:
    """Return the statements that find one organisation's runs (each `?` is its id) anew, of events up to `seq`."""
    return (
        f"DELETE FROM {RUN_LONE} WHERE organisation = ?",
        f"DELETE FROM {RUN_SHARED} WHERE organisation = ?",
        f"""CREATE OR REPLACE TEMP TABLE places AS SELECT DISTINCT {PLACE}, run_id, {RUN_NUMBER} AS run_number
        FROM {EVENTS} WHERE organisation = ? AND seq <= {seq:d} AND requests > 0 AND run_id IS NOT NULL AND {COUNTS}""",
        """CREATE OR REPLACE TEMP TABLE several AS
        SELECT organisation, run_id FROM places GROUP BY organisation, run_id HAVING count(*) > 1""",
        f"INSERT INTO {RUN_SHARED} SELECT {RUN_NAMES} FROM places SEMI JOIN several {_SAME_RUN}",
        f"""INSERT INTO {RUN_LONE}
        SELECT {RUN_NAMES} FROM places ANTI JOIN several {_SAME_RUN} ORDER BY organisation, day""",
        "DROP TABLE places",
        "DROP TABLE several",
    )


def _met_again(table: str) -> str:
    """Return the rows of those runs that are in `fresh` too; only few numbers' rows are read as a whole."""
    return f"""SELECT rowid AS place, {RUN_NAMES} FROM {table} WHERE rowid IN
        (SELECT rowid FROM {table} WHERE run_number IN (SELECT run_number FROM fresh))
        AND (organisation, run_id) IN (SELECT (organisation, run_id) FROM fresh)"""


def create_runs(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of runs where they are missing or of another shape; all events then wait to be folded."""
    shapes = [columns_of(connection, table) for table in (RUN_LONE, RUN_SHARED, RUN_RECENT, RUN_DAY)]
    if shapes[:2] == [_COLUMNS, _COLUMNS] and _BORDER in shapes[2] and shapes[3]:
        return
    columns = ", ".join(f'"{name}" {kind}' for name, kind in _COLUMNS.items())
    connection.execute("BEGIN TRANSACTION")
    for table in (RUN_LONE, RUN_SHARED):
        connection.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")
    connection.execute(runs_recent_after(0))
    connection.execute(_RUN_DAY)
    connection.execute("COMMIT")


def runs_folded_up_to(connection: duckdb.DuckDBPyConnection, last: int) -> int:
    """Return the number up to which all runs are folded; `last` is that of the last event."""
    found = connection.execute(f"SELECT {_BORDER} FROM {RUN_RECENT} LIMIT 1").fetchall()
    return int(found[0][0]) if found else last


def runs_recent_after(seq: int) -> str:
    # The number stands in the view as a literal, so that the engine skips all that lies before it; every row tells it.
    return f"""CREATE OR REPLACE VIEW {RUN_RECENT} AS
        SELECT {PLACE}, run_id, {RUN_NUMBER} AS run_number, seq, {seq:d} AS {_BORDER} FROM {EVENTS}
        WHERE seq > {seq:d} AND requests > 0 AND run_id IS NOT NULL AND {COUNTS}"""
