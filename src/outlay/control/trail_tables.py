"""The tables of the audit trail, which the database itself refuses to alter: part of the one schema of `schema.py`."""

from typing import Final

from sqlalchemy import DDL, BigInteger, Column, Index, Integer, LargeBinary, String, Table, event

from outlay.control import trail_guard
from outlay.control.columns import Instant, metadata

# The audit trail (control/trail.py): numbered from 1 without gaps in each organisation, each entry with the hash of the
# one before. `before` and `after` are JSON as it was hashed. It outlives its organisation, so it refers to nothing.
audit_entries: Final = Table(
    "audit_entries",
    metadata,
    Column("organisation", String, primary_key=True),  # empty: the installation's own chain
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),  # of the encoding that is hashed
    Column("at", Instant, nullable=False),
    Column("actor_kind", String, nullable=False),
    Column("actor", String),
    Column("actor_name", String, nullable=False),
    Column("address", String),
    Column("action", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("name", String, nullable=False),
    Column("before", String),
    Column("after", String),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("search_text", String, nullable=False),
    Index(None, "organisation", "at"),
    Index(None, "organisation", "action", "number"),
    Index(None, "organisation", "actor", "number"),
    Index(None, "organisation", "subject", "number"),
)

# The end of each chain. `mac` is made with the key `key`, which is kept apart from this database.
audit_heads: Final = Table(
    "audit_heads",
    metadata,
    Column("organisation", String, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("key", String),
    Column("mac", LargeBinary),
)

for _engine, _statements in (("sqlite", trail_guard.SQLITE), ("postgresql", trail_guard.POSTGRES)):
    for _statement in _statements:
        _guard = DDL(_statement)  # type: ignore[no-untyped-call] # SQLAlchemy has none
        event.listen(audit_entries, "after_create", _guard.execute_if(dialect=_engine))
