"""The tables that all others stand on: organisations, members, and the names behind the ledger's ids.

Each area declares its own beside this one (`*_tables.py`), all as `columns.py` says; `schema.py` loads them together.
"""

from typing import Final

from sqlalchemy import JSON, Column, Index, Integer, MetaData, PrimaryKeyConstraint, String, Table, UniqueConstraint

from outlay.control.columns import Instant, metadata, of_member, organisation_column

REVISION: Final = "0013"  # the newest file in migrations/versions; a test holds them equal

# What Alembic itself keeps; declared so that a fresh database can be stamped without loading Alembic.
alembic_version: Final = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

organisations: Final = Table(
    "organisations",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("zone", String, nullable=False),  # that the ledger's days are counted in
    Column("created_at", Instant, nullable=False),
    Column("next_zone", String),  # that they are to be counted in
    Column("fiscal_month", Integer, nullable=False, server_default="1"),
    Column("currency", String, nullable=False, server_default="USD"),
    Column("retention_days", Integer),
    Column("suspended_at", Instant),
    Column("deleted_at", Instant),
)

members: Final = Table(
    "members",
    metadata,
    Column("id", String, primary_key=True),
    organisation_column(),
    Column("email", String, nullable=False),  # as written
    Column("email_key", String, nullable=False),  # as compared
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("password_hash", String),
    Column("user", String),  # the ledger's user id that is this person
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    # Name, e-mail and user, case-folded: engines fold case differently.
    Column("search_text", String, nullable=False, server_default=""),
    Column("signed_in_at", Instant),  # the last time; none: never yet
    UniqueConstraint("organisation", "email_key"),
    UniqueConstraint("organisation", "id"),
    Index(None, "organisation", "user"),
)

teams_led: Final = Table(
    "teams_led",
    metadata,
    organisation_column(primary_key=True),
    Column("member", String, primary_key=True),
    Column("team", String, primary_key=True),
    of_member(),
)

# The names behind the ledger's ids. `search_text` is id, name and e-mail, case-folded: engines fold case differently.
entities: Final = Table(
    "entities",
    metadata,
    organisation_column(primary_key=True),
    Column("kind", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("name", String),
    Column("email", String),
    Column("team", String),
    Column("colour_slot", Integer, nullable=False),
    Column("search_text", String, nullable=False),
    Column("first_seen", Instant, nullable=False),
    Column("number", Integer, nullable=False),  # how many of its kind were there before
    Index(None, "organisation", "kind", "number"),
)

organisation_settings: Final = Table(
    "organisation_settings",
    metadata,
    organisation_column(primary_key=True),
    Column("name", String, primary_key=True),
    Column("value", JSON, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
