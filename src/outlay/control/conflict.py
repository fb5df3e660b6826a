"""INSERT … ON CONFLICT for every engine the control database runs on.

SQLite and Postgres write this clause alike, but SQLAlchemy offers it per dialect only. The SQLite construct compiles
for both (a test holds that); loading the Postgres dialect for it would cost each start 50 ms.
"""

from sqlalchemy import Table
from sqlalchemy.dialects.sqlite import Insert, insert


def insert_missing(table: Table) -> Insert:
    """Return an insert that leaves rows alone whose primary key is there already."""
    return insert(table).on_conflict_do_nothing(index_elements=list(table.primary_key))


def insert_unless_taken(table: Table) -> Insert:
    """Return an insert that does nothing (rowcount 0) where any unique column or index has the value already."""
    return insert(table).on_conflict_do_nothing()


def insert_or_replace(table: Table, *columns: str) -> Insert:
    """Return an insert that, where the primary key is there already, overwrites `columns` with the new values."""
    statement = insert(table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key), set_={name: statement.excluded[name] for name in columns}
    )
