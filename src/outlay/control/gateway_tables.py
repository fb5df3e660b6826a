"""The table of where calls through the gateway go: part of the one schema of `schema.py`."""

from typing import Final

from sqlalchemy import JSON, Boolean, Column, LargeBinary, String, Table, UniqueConstraint

from outlay.control.columns import Instant, metadata, organisation_column

# Where calls through the gateway go. `name` is the segment of the path; `credential` is sealed (access/secrets.py) with
# the key `credential_key`, `credential_hint` is what people see of it.
upstreams: Final = Table(
    "upstreams",
    metadata,
    Column("id", String, primary_key=True),
    organisation_column(),
    Column("name", String, nullable=False),
    Column("provider", String, nullable=False),
    Column("base_url", String, nullable=False),
    Column("auth", String, nullable=False),
    Column("reading", String),
    Column("region", String),
    Column("headers", JSON, nullable=False),
    Column("timeouts", JSON, nullable=False),
    Column("credential", LargeBinary),
    Column("credential_key", String),
    Column("credential_hint", String, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("allow_pass_through", Boolean, nullable=False),
    Column("allow_private", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String),
    Column("changed_at", Instant, nullable=False),
    UniqueConstraint("organisation", "name"),
)
