"""The sums per local day, as statements. All of it is derived from `events` and can be made anew at any time.

`usage_day` holds the sums of all events up to a certain number; `usage_day_recent` is a view of the events after it, in
the same columns, one row each. Together they are the sums of all events, whatever was folded when: a commit only has to
insert its events. Folding moves the border, in one transaction with the sums.
"""

from typing import Final

import duckdb

from outlay.ledger.schema import DAY, DAY_RECENT, EVENT_COLUMNS, EVENTS, ROLLUP_KEYS, ROLLUP_SUMS

_KEYS: Final = ", ".join(f'"{name}"' for name in ROLLUP_KEYS)
_SUMS: Final = ", ".join(f'"{name}"' for name in ROLLUP_SUMS)
_OF_SUMS: Final = ", ".join(f'SUM("{name}") AS "{name}"' for name in ROLLUP_SUMS)
_OF_EVENT: Final = ", ".join(f'({term})::{kind} AS "{name}"' for name, (kind, term) in ROLLUP_SUMS.items())
_COLUMNS: Final = {
    **{name: EVENT_COLUMNS[name] for name in ROLLUP_KEYS},
    **{name: kind for name, (kind, _) in ROLLUP_SUMS.items()},
}


def fold_up_to(seq: int) -> tuple[str, ...]:
    """Return the statements that fold every event up to and with the number `seq`; run them in one transaction."""
    return (
        f"""CREATE OR REPLACE TEMP TABLE folded AS
        SELECT {_KEYS}, {_OF_SUMS} FROM (
            SELECT {_KEYS}, {_SUMS} FROM {DAY_RECENT}
            UNION ALL
            SELECT {_KEYS}, {_SUMS} FROM {DAY} SEMI JOIN {DAY_RECENT} USING (organisation, day)
        ) GROUP BY {_KEYS} ORDER BY organisation, day""",
        f"""DELETE FROM {DAY} WHERE (organisation, day) IN
        (SELECT DISTINCT (organisation, day) FROM {DAY_RECENT})""",
        f"INSERT INTO {DAY} SELECT {_KEYS}, {_SUMS} FROM folded",
        _recent_after(seq),
        "DROP TABLE folded",
    )


def create_days(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the day sums where they are missing, and anew from the events where an older Outlay made them otherwise."""
    known = _columns_of(connection, DAY) == _COLUMNS == _columns_of(connection, DAY_RECENT)
    if known and _kind_of(connection, DAY_RECENT) == "VIEW":
        return
    columns = ", ".join(f'"{name}" {kind}' for name, kind in _COLUMNS.items())
    connection.execute("BEGIN TRANSACTION")
    connection.execute(f"DROP {_kind_of(connection, DAY_RECENT)} IF EXISTS {DAY_RECENT}")
    connection.execute(f"CREATE OR REPLACE TABLE {DAY} ({columns})")
    connection.execute(_recent_after(0))
    last = connection.execute(f"SELECT coalesce(max(seq), 0) FROM {EVENTS}").fetchall()[0][0]
    for statement in fold_up_to(last):
        connection.execute(statement)
    connection.execute("COMMIT")


def _recent_after(seq: int) -> str:
    # The number stands in the view as a literal, so that the engine skips all that lies before it.
    return f"CREATE OR REPLACE VIEW {DAY_RECENT} AS SELECT {_KEYS}, {_OF_EVENT} FROM {EVENTS} WHERE seq > {seq:d}"


def _columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    found = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = ? ORDER BY ordinal_position",
        [table],
    ).fetchall()
    return dict(found)


def _kind_of(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    found = connection.execute(
        "SELECT table_type FROM information_schema.tables WHERE table_name = ?", [name]
    ).fetchall()
    return "TABLE" if found == [("BASE TABLE",)] else "VIEW"
