"""INSERT … ON CONFLICT for every engine the control database runs on.

SQLite and Postgres write this clause alike, but SQLAlchemy offers it once per dialect, and loading the Postgres dialect
would cost each start 60 ms. So the clause is added here, to the insert that SQLAlchemy writes.
"""

from typing import Any

from sqlalchemy import Insert, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class InsertOnConflict(Insert):
    """An insert that does nothing where a row is in the way, or overwrites `replaced` where the primary key is."""

    inherit_cache = False  # `replaced` is no part of the key that SQLAlchemy would cache the text under

    def __init__(self, table: Table, replaced: tuple[str, ...] = ()) -> None:
        super().__init__(table)
        self.into = table
        self.replaced = replaced


@compiles(InsertOnConflict)
def _with_clause(statement: InsertOnConflict, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - handed on
    written: str = compiler.visit_insert(statement, **options)  # type: ignore[no-untyped-call] # SQLAlchemy has none
    if not statement.replaced:
        return f"{written} ON CONFLICT DO NOTHING"
    quote = compiler.preparer.quote
    target = ", ".join(quote(column.name) for column in statement.into.primary_key)
    changes = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in statement.replaced)
    return f"{written} ON CONFLICT ({target}) DO UPDATE SET {changes}"


def insert_unless_there(table: Table) -> InsertOnConflict:
    """Return an insert that does nothing (rowcount 0) where any unique column or index has the value already."""
    return InsertOnConflict(table)


def insert_or_replace(table: Table, *columns: str) -> InsertOnConflict:
    """Return an insert that, where the primary key is there already, overwrites `columns` with the new values."""
    return InsertOnConflict(table, columns)
