"""The sums per local day, as statements. All of it is derived from `events` and can be made anew at any time.

`usage_day` holds the sums of all events up to a certain number; `usage_day_recent` is a view of the events after it, in
the same columns, one row each. Together they are the sums of all events, whatever was folded when: a commit only has to
insert its events. Folding moves the border, in one transaction with the sums. `usage_day_tags` is kept in the same way.
"""

from typing import Final

import duckdb
from msgspec import Struct

from outlay.ledger.schema import (
    COUNTS,
    DAY,
    DAY_RECENT,
    DAY_TAGS,
    DAY_TAGS_RECENT,
    EVENT_COLUMNS,
    EVENTS,
    ROLLUP_KEYS,
    ROLLUP_SUMS,
    TAG_ROLLUP_KEYS,
)
from outlay.ledger.shapes import columns_of, is_view

_SUMS: Final = ", ".join(f'"{name}"' for name in ROLLUP_SUMS)
_OF_SUMS: Final = ", ".join(f'SUM("{name}") AS "{name}"' for name in ROLLUP_SUMS)
_OF_EVENTS: Final = ", ".join(f'SUM({term}) AS "{name}"' for name, (_, term) in ROLLUP_SUMS.items())
_OF_EVENT: Final = ", ".join(f'({term})::{kind} AS "{name}"' for name, (kind, term) in ROLLUP_SUMS.items())


class Days(Struct, frozen=True):
    """One table of sums per day by `keys`, and the view of what is not in it yet."""

    table: str
    recent: str
    keys: tuple[str, ...]

    @property
    def key_list(self) -> str:
        return ", ".join(f'"{name}"' for name in self.keys)

    @property
    def columns(self) -> dict[str, str]:
        return {name: EVENT_COLUMNS[name] for name in self.keys} | {
            name: kind for name, (kind, _) in ROLLUP_SUMS.items()
        }

    def fold(self, seq: int) -> tuple[str, ...]:
        keys = self.key_list
        return (
            f"""CREATE OR REPLACE TEMP TABLE folded AS
            SELECT {keys}, {_OF_SUMS} FROM (
                SELECT {keys}, {_SUMS} FROM {self.recent}
                UNION ALL
                SELECT {keys}, {_SUMS} FROM {self.table} SEMI JOIN {self.recent} USING (organisation, day)
            ) GROUP BY {keys} ORDER BY organisation, day""",
            f"""DELETE FROM {self.table} WHERE (organisation, day) IN
            (SELECT DISTINCT (organisation, day) FROM {self.recent})""",
            f"INSERT INTO {self.table} SELECT {keys}, {_SUMS} FROM folded",
            self.recent_after(seq),
            "DROP TABLE folded",
        )

    def anew(self, seq: int) -> tuple[str, str]:
        return (
            f"DELETE FROM {self.table} WHERE organisation = ?",
            f"INSERT INTO {self.table} {self.of_events(f'organisation = ? AND seq <= {seq:d}')}",
        )

    def of_events(self, wanted: str) -> str:
        """Return the statement that makes the sums of those events that are `wanted` and count."""
        keys = self.key_list
        return f"""SELECT {keys}, {_OF_EVENTS} FROM {EVENTS} WHERE {wanted} AND {COUNTS}
            GROUP BY {keys} ORDER BY organisation, day"""

    def recent_after(self, seq: int) -> str:
        # The number stands in the view as a literal, so that the engine skips all that lies before it.
        kept = f"SELECT {self.key_list}, {_OF_EVENT} FROM {EVENTS} WHERE seq > {seq:d} AND {COUNTS}"
        return f"CREATE OR REPLACE VIEW {self.recent} AS {kept}"


ALL_DAYS: Final = (Days(DAY, DAY_RECENT, ROLLUP_KEYS), Days(DAY_TAGS, DAY_TAGS_RECENT, TAG_ROLLUP_KEYS))


def fold_up_to(seq: int) -> tuple[str, ...]:
    """Return the statements that fold every event up to and with the number `seq`; run them in one transaction."""
    return tuple(statement for days in ALL_DAYS for statement in days.fold(seq))


def sums_anew(seq: int) -> tuple[str, ...]:
    """Return the statements that make one organisation's sums (each `?` is its id) anew, of events up to `seq`."""
    return tuple(statement for days in ALL_DAYS for statement in days.anew(seq))


def create_days(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the day sums where they are missing, and anew from the events where an older Outlay made them otherwise."""
    if all(_is_there(connection, days) for days in ALL_DAYS):
        return
    there = [days.recent for days in ALL_DAYS if columns_of(connection, days.recent)]
    views = [name for name in there if is_view(connection, name)]
    connection.execute("BEGIN TRANSACTION")
    for name in there:
        connection.execute(f"DROP {'VIEW' if name in views else 'TABLE'} {name}")
    for days in ALL_DAYS:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in days.columns.items())
        connection.execute(f"CREATE OR REPLACE TABLE {days.table} ({columns})")
        connection.execute(days.recent_after(0))
    last = connection.execute(f"SELECT coalesce(max(seq), 0) FROM {EVENTS}").fetchall()[0][0]
    for statement in fold_up_to(last) if last else ():
        connection.execute(statement)
    connection.execute("COMMIT")


def _is_there(connection: duckdb.DuckDBPyConnection, days: Days) -> bool:
    known = columns_of(connection, days.table) == days.columns == columns_of(connection, days.recent)
    return known and is_view(connection, days.recent)
