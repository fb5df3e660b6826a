"""The sums per local day, as statements: added to with every commit, folded when many have gathered, made anew at need.

All of it is only ever derived from `events`, so when the columns of an older file differ from today's, it is made anew.
"""

from typing import Final

import duckdb

from outlay.ledger.schema import DAY, DAY_RECENT, EVENT_COLUMNS, EVENTS, ROLLUP_KEYS, ROLLUP_SUMS

_KEYS: Final = ", ".join(f'"{name}"' for name in ROLLUP_KEYS)
_SUMS: Final = ", ".join(f'"{name}"' for name in ROLLUP_SUMS)
_OF_EVENTS: Final = ", ".join(f'SUM({expression}) AS "{name}"' for name, (_, expression) in ROLLUP_SUMS.items())
_OF_SUMS: Final = ", ".join(f'SUM("{name}") AS "{name}"' for name in ROLLUP_SUMS)
_COLUMNS: Final = {
    **{name: EVENT_COLUMNS[name] for name in ROLLUP_KEYS},
    **{name: kind for name, (kind, _) in ROLLUP_SUMS.items()},
}

FOLD: Final[tuple[str, ...]] = (
    f"""CREATE OR REPLACE TEMP TABLE folded AS
    SELECT {_KEYS}, {_OF_SUMS} FROM (
        SELECT {_KEYS}, {_SUMS} FROM {DAY_RECENT}
        UNION ALL
        SELECT {_KEYS}, {_SUMS} FROM {DAY} SEMI JOIN {DAY_RECENT} USING (organisation, day)
    ) GROUP BY {_KEYS} ORDER BY organisation, day""",
    f"""DELETE FROM {DAY} WHERE (organisation, day) IN
    (SELECT DISTINCT (organisation, day) FROM {DAY_RECENT})""",
    f"INSERT INTO {DAY} SELECT {_KEYS}, {_SUMS} FROM folded",
    f"DELETE FROM {DAY_RECENT}",
    "DROP TABLE folded",
)


def added_by(fresh: str) -> str:
    """Return the statement that adds the partial sums of the events that `fresh` selects."""
    return f"INSERT INTO {DAY_RECENT} SELECT {_KEYS}, {_OF_EVENTS} FROM ({fresh}) GROUP BY {_KEYS}"


def create_days(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the day tables where they are missing, and make them anew from the events where they have other columns."""
    if _columns_of(connection, DAY) == _COLUMNS == _columns_of(connection, DAY_RECENT):
        return
    columns = ", ".join(f'"{name}" {kind}' for name, kind in _COLUMNS.items())
    connection.execute("BEGIN TRANSACTION")
    for table in (DAY, DAY_RECENT):
        connection.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")
    connection.execute(
        f"INSERT INTO {DAY} SELECT {_KEYS}, {_OF_EVENTS} FROM {EVENTS} GROUP BY {_KEYS} ORDER BY organisation, day"
    )
    connection.execute("COMMIT")


def _columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    found = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = ? ORDER BY ordinal_position",
        [table],
    ).fetchall()
    return dict(found)
