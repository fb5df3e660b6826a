"""The sums per local day, as statements. All of it is derived from `events` and can be made anew at any time.

`usage_day` shows the sums of all events up to a certain number; `usage_day_recent` is a view of the events after it, in
the same columns, one row each. Together they are the sums of all events, whatever was folded when: a commit only has to
insert its events. Folding moves the border, in one transaction with the sums. `usage_day_tags` is kept in the same way.
"""

from collections.abc import Callable
from typing import Final

import duckdb
from msgspec import Struct

from outlay.ledger.editions import CURRENT, EDITION, WITH_EDITION, shown
from outlay.ledger.schema import (
    COUNTS,
    DAY,
    DAY_RECENT,
    DAY_SUMS,
    DAY_TAGS,
    DAY_TAGS_RECENT,
    DAY_TAGS_SUMS,
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
_SAME_DAY: Final = "(organisation, edition, day)"


class Days(Struct, frozen=True):
    """One table of sums per day by `keys`, the view of what of it shows, and that of what is not in it yet."""

    view: str
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
        keys = f"{self.key_list}, edition"
        return (
            f"""CREATE OR REPLACE TEMP TABLE waiting AS
            SELECT {self.key_list}, {CURRENT} AS edition, {_OF_SUMS} FROM {self.recent} {WITH_EDITION} GROUP BY ALL""",
            f"""CREATE OR REPLACE TEMP TABLE folded AS
            SELECT {keys}, {_OF_SUMS} FROM (
                SELECT {keys}, {_SUMS} FROM waiting
                UNION ALL
                SELECT {keys}, {_SUMS} FROM {self.table} SEMI JOIN waiting USING {_SAME_DAY}
            ) GROUP BY {keys} ORDER BY organisation, day""",
            f"DELETE FROM {self.table} WHERE {_SAME_DAY} IN (SELECT DISTINCT {_SAME_DAY} FROM waiting)",
            f"INSERT INTO {self.table} SELECT {self.key_list}, {_SUMS}, edition FROM folded",
            self.recent_after(seq),
            "DROP TABLE waiting",
            "DROP TABLE folded",
        )

    def of_events(self, source: str, wanted: str) -> str:
        """Return the statement that makes the sums of those events of a source that are `wanted` and count, as rows."""
        keys = self.key_list
        return f"""SELECT {keys}, {_OF_EVENTS}, {CURRENT} AS edition FROM {source} {WITH_EDITION}
            WHERE {wanted} AND {COUNTS} GROUP BY ALL ORDER BY organisation, day"""

    def recent_after(self, seq: int) -> str:
        # The number stands in the view as a literal, so that the engine skips all that lies before it.
        kept = f"SELECT {self.key_list}, {_OF_EVENT} FROM {EVENTS} WHERE {AFTER} {seq:d} AND {COUNTS}"
        return f"CREATE OR REPLACE VIEW {self.recent} AS {kept}"

    def show(self, condition: str) -> str:
        kept = f"SELECT {self.key_list}, {_SUMS} FROM {self.table} WHERE {condition}"
        return f"CREATE OR REPLACE VIEW {self.view} AS {kept}"


AFTER: Final = "seq >"
_BY_DAY: Final = Days(DAY, DAY_SUMS, DAY_RECENT, ROLLUP_KEYS)
_BY_TAGS: Final = Days(DAY_TAGS, DAY_TAGS_SUMS, DAY_TAGS_RECENT, TAG_ROLLUP_KEYS)
ALL_DAYS: Final = (_BY_DAY, _BY_TAGS)


def fold_up_to(seq: int) -> tuple[str, ...]:
    """Return the statements that fold every event up to and with the number `seq`; run them in one transaction."""
    return tuple(statement for days in ALL_DAYS for statement in days.fold(seq))


def sums_of(day: str, edition: int, chosen: str) -> tuple[str, ...]:
    """Return the statements that add the sums of chosen events to the temporary tables `of_` those they belong in.

    They are as rows of an edition, and `day` is the expression for the local day of a row.
    """
    keys = _BY_TAGS.key_list.replace('"day"', f'{day} AS "day"')
    return (
        f"""CREATE OR REPLACE TEMP TABLE counted AS
        SELECT {keys}, {_OF_EVENTS}, {edition:d} AS edition FROM {EVENTS} WHERE {chosen} AND {COUNTS} GROUP BY ALL""",
        f"INSERT INTO of_{_BY_TAGS.table} FROM counted",
        f"INSERT INTO of_{_BY_DAY.table} SELECT {_BY_DAY.key_list}, {_OF_SUMS}, edition FROM counted GROUP BY ALL",
        "DROP TABLE counted",
    )


def show_sums(condition: str) -> tuple[str, ...]:
    """Return the statements that make the views of the sums anew."""
    return tuple(days.show(condition) for days in ALL_DAYS)


def sums_recent_after(seq: int) -> tuple[str, ...]:
    """Return the statements that make the views of what waits anew."""
    return tuple(days.recent_after(seq) for days in ALL_DAYS)


def folded_up_to(connection: duckdb.DuckDBPyConnection, recent: str = DAY_RECENT) -> int:
    """Return the number up to which all events are folded: only the view of those after it says it."""
    found = connection.execute(
        f"SELECT regexp_extract(sql, '{AFTER} (\\d+)', 1) FROM duckdb_views() WHERE view_name = ?", [recent]
    ).fetchall()
    return int(found[0][0])


def create_days(connection: duckdb.DuckDBPyConnection, set_days_right: Callable[[], None]) -> None:
    """Make the day sums where they are missing, and anew from the events where an older Outlay made them otherwise.

    `set_days_right` puts every event into its local day of now, which only this reads.
    """
    for days in ALL_DAYS:
        _take_in(connection, days)
    if all(_is_there(connection, days) for days in ALL_DAYS):
        return
    names = [name for days in ALL_DAYS for name in (days.recent, days.view)]
    there = [name for name in names if columns_of(connection, name)]
    views = [name for name in there if is_view(connection, name)]
    connection.execute("BEGIN TRANSACTION")
    for name in there:
        connection.execute(f"DROP {'VIEW' if name in views else 'TABLE'} {name}")
    set_days_right()
    for days in ALL_DAYS:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in (days.columns | EDITION).items())
        connection.execute(f"CREATE OR REPLACE TABLE {days.table} ({columns})")
        connection.execute(days.recent_after(0))
        connection.execute(days.show(shown(connection)))
    last = connection.execute(f"SELECT coalesce(max(seq), 0) FROM {EVENTS}").fetchall()[0][0]
    for statement in fold_up_to(last) if last else ():
        connection.execute(statement)
    connection.execute("COMMIT")


def _take_in(connection: duckdb.DuckDBPyConnection, days: Days) -> None:
    """Give the sums of an Outlay that knew no editions theirs."""
    if columns_of(connection, days.view) == days.columns and not is_view(connection, days.view):
        connection.execute("BEGIN TRANSACTION")
        connection.execute(f"ALTER TABLE {days.view} RENAME TO {days.table}")
        connection.execute(f"ALTER TABLE {days.table} ADD COLUMN edition INTEGER DEFAULT 0")
        connection.execute(days.show(shown(connection)))
        connection.execute("COMMIT")


def _is_there(connection: duckdb.DuckDBPyConnection, days: Days) -> bool:
    known = [columns_of(connection, name) for name in (days.table, days.view, days.recent)]
    views = is_view(connection, days.view) and is_view(connection, days.recent)
    return known == [days.columns | EDITION, days.columns, days.columns] and views
