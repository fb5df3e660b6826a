"""What changes or removes events that are there: another zone, an age limit, an organisation that goes. As statements.

Each runs inside one transaction of the writer, so that readers see all of it or nothing. Events are removed together
with all that was derived from them; whatever was derived from the others stays as it is. The numbers of events that are
gone are never given again: everything folded is known by the largest number.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import duckdb
from arro3.core import Array, DataType, Table

from outlay.kit.period import as_micros, day_start, each_day, parse_zone
from outlay.ledger.days import sums_anew
from outlay.ledger.moved import Borders
from outlay.ledger.runs import runs_anew
from outlay.ledger.schema import (
    CALL_NAMES,
    DAY,
    DAY_TAGS,
    DAY_ZONES,
    EVENTS,
    LAST_NUMBER,
    RUN_LONE,
    RUN_SHARED,
    SIGHTINGS,
)

_DAY: Final = timedelta(days=1)
_EPOCH: Final = date(1970, 1, 1)
_BY_DAY: Final = (DAY, DAY_TAGS, RUN_LONE, RUN_SHARED)
_BY_TIME: Final = (CALL_NAMES, SIGHTINGS)
# From the day of the time in UTC: in any zone it is that day, the one before or the one after.
_NEW_DAY: Final = "b.utc_day - 1 + (time >= b.begins)::INTEGER + (time >= b.ends)::INTEGER"


def create_zones(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"CREATE TABLE IF NOT EXISTS {DAY_ZONES} (organisation VARCHAR, zone VARCHAR)")
    connection.execute(f"CREATE TABLE IF NOT EXISTS {LAST_NUMBER} (seq BIGINT)")


def zones_in(connection: duckdb.DuckDBPyConnection) -> Mapping[str, ZoneInfo]:
    """Return the zones that days are counted in, of the organisations that ever changed theirs."""
    rows = connection.execute(f"SELECT organisation, zone FROM {DAY_ZONES}").fetchall()
    return {organisation: parse_zone(zone) for organisation, zone in rows}


def last_number(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the largest number that any event has or had."""
    found = connection.execute(
        f"SELECT max(seq) FROM (SELECT seq FROM {EVENTS} UNION ALL SELECT seq FROM {LAST_NUMBER})"
    )
    return int(found.fetchall()[0][0] or 0)


def count_in_zone(connection: duckdb.DuckDBPyConnection, organisation: str, zone: ZoneInfo, borders: Borders) -> None:
    """Count an organisation's days in a zone from now on, and put every event there is into its day there."""
    first, last = connection.execute(
        f"SELECT min(time), max(time) FROM {EVENTS} WHERE organisation = ?", [organisation]
    ).fetchall()[0]
    if first is not None:
        connection.register("bounds", _bounds(first, last, zone))
        connection.execute(
            f"""UPDATE {EVENTS} SET day = {_NEW_DAY}
            FROM (SELECT DATE '1970-01-01' + utc_day::INTEGER AS utc_day, make_timestamp(begins) AS begins,
                make_timestamp(ends) AS ends FROM bounds) b
            WHERE organisation = ? AND time::DATE = b.utc_day AND day IS DISTINCT FROM {_NEW_DAY}""",
            [organisation],
        )
        for statement in (*sums_anew(borders.days), *runs_anew(borders.runs)):
            connection.execute(statement, [organisation] * statement.count("?"))
    connection.execute(f"DELETE FROM {DAY_ZONES} WHERE organisation = ?", [organisation])
    connection.execute(f"INSERT INTO {DAY_ZONES} VALUES (?, ?)", [organisation, zone.key])


def remove_before(
    connection: duckdb.DuckDBPyConnection, organisation: str, day: date, zone: ZoneInfo, last: int
) -> int:
    """Remove what lies before a local day; return how many events that were. `last` is the largest number given."""
    # A second report that came after the border goes with the call it was of: that one is not there any more.
    begin = day_start(day, zone).replace(tzinfo=None)
    _keep_number(connection, last)
    for table in _BY_DAY:
        connection.execute(f"DELETE FROM {table} WHERE organisation = ? AND day < ?", [organisation, day])
    for table in _BY_TIME:
        connection.execute(f"DELETE FROM {table} WHERE organisation = ? AND time < ?", [organisation, begin])
    return _deleted(connection, f"DELETE FROM {EVENTS} WHERE organisation = ? AND day < ?", [organisation, day])


def remove_all(connection: duckdb.DuckDBPyConnection, organisation: str, last: int) -> int:
    """Remove everything of an organisation; return how many events that were."""
    _keep_number(connection, last)
    for table in (*_BY_DAY, *_BY_TIME, DAY_ZONES):
        connection.execute(f"DELETE FROM {table} WHERE organisation = ?", [organisation])
    return _deleted(connection, f"DELETE FROM {EVENTS} WHERE organisation = ?", [organisation])


def _keep_number(connection: duckdb.DuckDBPyConnection, last: int) -> None:
    connection.execute(f"DELETE FROM {LAST_NUMBER}")
    connection.execute(f"INSERT INTO {LAST_NUMBER} VALUES (?)", [last])


def _deleted(connection: duckdb.DuckDBPyConnection, statement: str, values: list[object]) -> int:
    return int(connection.execute(statement, values).fetchall()[0][0])


def _bounds(first: datetime, last: datetime, zone: ZoneInfo) -> Table:
    """Return for every UTC day that events lie in where the local day of the same date begins and ends."""
    days = list(each_day(first.replace(tzinfo=UTC).date(), last.replace(tzinfo=UTC).date() + _DAY))
    return Table.from_pydict(
        {
            "utc_day": _ints([(day - _EPOCH).days for day in days]),
            "begins": _ints([as_micros(day_start(day, zone)) for day in days]),
            "ends": _ints([as_micros(day_start(day + _DAY, zone)) for day in days]),
        }
    )


def _ints(values: list[int]) -> Array:
    return Array(values, DataType.int64())
