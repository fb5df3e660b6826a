"""The tables of API keys and their secrets, of which hashes are kept only: part of the one schema of `schema.py`."""

from typing import Final

from sqlalchemy import JSON, Column, ForeignKeyConstraint, Index, LargeBinary, String, Table, UniqueConstraint

from outlay.control.columns import Instant, metadata, organisation_column

# `prefix` is that of the newest secret. `models` and `providers` are those it may call, empty: all.
api_keys: Final = Table(
    "api_keys",
    metadata,
    Column("id", String, primary_key=True),
    organisation_column(),
    Column("name", String, nullable=False),
    Column("prefix", String, nullable=False, unique=True),
    Column("scopes", JSON, nullable=False),
    Column("user", String),
    Column("team", String),
    Column("agent", String),
    Column("agent_type", String),
    Column("pod", String),
    Column("tags", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String),
    Column("expires_at", Instant),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
    Column("models", JSON, nullable=False),
    Column("providers", JSON, nullable=False),
    Column("last_used_from", String),
    UniqueConstraint("organisation", "id"),
    Index(None, "organisation", "created_at", "id"),
)

# By its public part a secret is found. `ends_at` is when it stops to count, none where that is up to its key.
api_key_secrets: Final = Table(
    "api_key_secrets",
    metadata,
    Column("prefix", String, primary_key=True),
    organisation_column(),
    Column("key", String, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String),
    Column("ends_at", Instant),
    Column("last_used_at", Instant),
    Column("last_used_from", String),
    ForeignKeyConstraint(["organisation", "key"], ["api_keys.organisation", "api_keys.id"]),
    Index(None, "organisation", "key"),
)

# A revoked key frees its name.
Index(
    "uq_api_keys_name_in_force",
    api_keys.c.organisation,
    api_keys.c.name,
    unique=True,
    sqlite_where=api_keys.c.revoked_at.is_(None),
    postgresql_where=api_keys.c.revoked_at.is_(None),
)
