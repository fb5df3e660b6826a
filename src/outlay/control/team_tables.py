"""The tables of teams and of who is in them: part of the one schema of `schema.py`, whose rules hold here."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKeyConstraint, Index, String, Table

from outlay.control.columns import Instant, metadata, of_member, organisation_column

# What is decided about a team. Its id is the ledger's; its name and colour are those of the entity. A team that events
# name needs no row here until something is decided.
teams: Final = Table(
    "teams",
    metadata,
    organisation_column(primary_key=True),
    Column("id", String, primary_key=True),
    Column("parent", String),
    Column("cost_centre", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("archived_at", Instant),
    ForeignKeyConstraint(["organisation", "parent"], ["teams.organisation", "teams.id"]),
    Index(None, "organisation", "parent"),
)

# Who is in which team from when until when (none: ever since, for good). Of several at a time the primary one counts.
memberships: Final = Table(
    "memberships",
    metadata,
    Column("id", String, primary_key=True),
    organisation_column(),
    Column("member", String, nullable=False),
    Column("team", String, nullable=False),
    Column("primary", Boolean, nullable=False),
    Column("starts_at", Instant),
    Column("ends_at", Instant),
    of_member(),
    ForeignKeyConstraint(["organisation", "team"], ["teams.organisation", "teams.id"]),
    Index(None, "organisation", "member"),
    Index(None, "organisation", "team"),
)

# How often it changed whose calls are which team's: by this processes notice what others decided.
attribution_marks: Final = Table(
    "attribution_marks",
    metadata,
    organisation_column(primary_key=True),
    Column("number", BigInteger, nullable=False),
)
