"""What removes events that are there: an age limit, an organisation that goes. As statements.

Each runs inside one transaction of the writer, so that readers see all of it or nothing. Events are removed together
with all that was derived from them; whatever was derived from the others stays as it is. The numbers of events that are
gone are never given again: everything folded is known by the largest number.
"""

from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import duckdb

from outlay.kit.period import day_start
from outlay.ledger.editions import CURRENT_OF_ONE
from outlay.ledger.local_days import as_stored
from outlay.ledger.schema import (
    CALL_NAMES,
    DAY_SUMS,
    DAY_TAGS_SUMS,
    EVENTS,
    LAST_NUMBER,
    RUN_LONE,
    RUN_SHARED,
    SIGHTINGS,
)

_BY_TIME: Final = (CALL_NAMES, SIGHTINGS)
# Those of other editions are swept out; a transaction that does it must not meet this one.
_BY_DAY: Final = tuple(
    f"DELETE FROM {table} WHERE organisation = ? AND edition = {CURRENT_OF_ONE}"
    for table in (DAY_SUMS, DAY_TAGS_SUMS, RUN_LONE, RUN_SHARED)
)


def create_numbers(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"CREATE TABLE IF NOT EXISTS {LAST_NUMBER} (seq BIGINT)")


def last_number(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the largest number that any event has or had."""
    found = connection.execute(
        f"SELECT max(seq) FROM (SELECT seq FROM {EVENTS} UNION ALL SELECT seq FROM {LAST_NUMBER})"
    )
    return int(found.fetchall()[0][0] or 0)


def remove_before(
    connection: duckdb.DuckDBPyConnection, organisation: str, day: date, zone: ZoneInfo, last: int
) -> int:
    """Remove what lies before a local day; return how many events that were. `last` is the largest number given."""
    # A second report that came after the border goes with the call it was of: that one is not there any more.
    begin = as_stored(day_start(day, zone))
    _keep_number(connection, last)
    for statement in _BY_DAY:
        connection.execute(f"{statement} AND day < ?", [organisation, organisation, day])
    for table in _BY_TIME:
        connection.execute(f"DELETE FROM {table} WHERE organisation = ? AND time < ?", [organisation, begin])
    return _deleted(connection, f"DELETE FROM {EVENTS} WHERE organisation = ? AND time < ?", [organisation, begin])


def remove_all(connection: duckdb.DuckDBPyConnection, organisation: str, last: int) -> int:
    """Remove everything of an organisation; return how many events that were. Its zone stays, for what comes late."""
    _keep_number(connection, last)
    for statement in _BY_DAY:
        connection.execute(statement, [organisation, organisation])
    for table in _BY_TIME:
        connection.execute(f"DELETE FROM {table} WHERE organisation = ?", [organisation])
    return _deleted(connection, f"DELETE FROM {EVENTS} WHERE organisation = ?", [organisation])


def _keep_number(connection: duckdb.DuckDBPyConnection, last: int) -> None:
    connection.execute(f"DELETE FROM {LAST_NUMBER}")
    connection.execute(f"INSERT INTO {LAST_NUMBER} VALUES (?)", [last])


def _deleted(connection: duckdb.DuckDBPyConnection, statement: str, values: list[object]) -> int:
    return int(connection.execute(statement, values).fetchall()[0][0])
