"""Copies a control database into another one, as it moves from SQLite to Postgres: all of it, compared, or nothing.

Nobody writes into the one that is copied meanwhile. What an engine can't hold (Postgres no NUL in text) ends the copy.
"""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, func, insert, select
from sqlalchemy.exc import DBAPIError

from outlay.control.database import Control
from outlay.control.schema import SCHEMA
from outlay.errors import Conflict, OutlayError

_ROWS_AT_ONCE: Final = 1_000


def copy_control(source: Control, target: Control) -> Mapping[str, int]:
    """Copy every row of every table; return how many there are of each.

    Raises Conflict when the target has rows already, OutlayError when it can't hold a row or gives back another.
    """
    copied = {}
    with source.begin() as reading, target.begin() as writing:  # the first keeps others from writing
        for table in SCHEMA.sorted_tables:
            if _count(writing, table):
                raise Conflict(f"the database to copy into has {table.name} already; it must be empty")
        for table in SCHEMA.sorted_tables:
            try:
                _copy(reading, writing, table)
            except DBAPIError as error:
                raise OutlayError(f"{table.name} can't be copied: {error.orig}") from error
            copied[table.name] = _compared(reading, writing, table)
    return MappingProxyType(copied)


def _copy(reading: Connection, writing: Connection, table: Table) -> None:
    for rows in reading.execute(select(table)).mappings().partitions(_ROWS_AT_ONCE):
        writing.execute(insert(table), [dict(row) for row in rows])


def _compared(reading: Connection, writing: Connection, table: Table) -> int:
    """Return how many rows both have; OutlayError where they differ in any value."""
    compared = 0
    for one, other in zip_longest(_in_order(reading, table), _in_order(writing, table)):
        if one is None or other is None or tuple(one) != tuple(other):
            raise OutlayError(f"row {compared + 1} of {table.name} is not what it was; nothing was copied")
        compared += 1
    return compared


def _in_order(connection: Connection, table: Table) -> Iterator[Row[Any]]:
    yield from connection.execute(select(table).order_by(*table.primary_key.columns))


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
