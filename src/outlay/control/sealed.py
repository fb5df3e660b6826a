"""Columns that hold sealed texts, and how all of them get the seal of another key: in one transaction, or not at all.

What is sealed and where the keys come from is not known here. Which columns there are is listed in access/rotation.py.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from msgspec import Struct
from sqlalchemy import Connection, Row, Table, and_, select, update

from outlay.kit.sealing import Sealed


class Seals(Protocol):
    """What seals and opens texts: `access.secrets.SecretKeys`."""

    def seal(self, text: str, context: str) -> Sealed: ...

    def unseal(self, sealed: Sealed, context: str) -> str: ...


class SealedColumn(Struct, frozen=True):
    """The column `content` (a row may have none), that of its key's id, and the context that each row is sealed for."""

    table: Table
    content: str
    key: str
    context: Callable[[Row[Any]], str]


class _Opened(Struct, frozen=True):
    column: SealedColumn
    row: Row[Any]
    text: str


def reseal(connection: Connection, seals: Seals, columns: Sequence[SealedColumn], renew: Callable[[], object]) -> int:
    """Seal every text of every organisation anew once `renew` has put another key in force; all or none.

    Returns how many. The connection must be that of `Control.begin`, as that of whoever seals: one such transaction
    runs at a time, in all processes and on both engines, so none seals with the older key meanwhile. Raises
    SecretUnreadable, before `renew`, where one can't be opened.
    """
    opened = [each for column in columns for each in _opened(connection, seals, column)]
    renew()
    for each in opened:
        _seal_again(connection, seals, each)
    return len(opened)


def _opened(connection: Connection, seals: Seals, column: SealedColumn) -> list[_Opened]:
    rows = connection.execute(select(column.table).where(column.table.c[column.content].is_not(None))).all()
    return [
        _Opened(
            column, row, seals.unseal(Sealed(_value(row, column.key), _value(row, column.content)), column.context(row))
        )
        for row in rows
    ]


def _seal_again(connection: Connection, seals: Seals, opened: _Opened) -> None:
    column, row = opened.column, opened.row
    sealed = seals.seal(opened.text, column.context(row))
    this = and_(*(each == _value(row, each.name) for each in column.table.primary_key))
    connection.execute(
        update(column.table).where(this).values({column.content: sealed.content, column.key: sealed.key})
    )


def _value(row: Row[Any], name: str) -> Any:  # noqa: ANN401 - whatever the column holds
    return row._mapping[name]  # noqa: SLF001 - public by documentation, named so as not to clash with columns
