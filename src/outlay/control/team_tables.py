"""The tables of teams and of who is in them: part of the one schema of `tables.py`, whose rules hold here."""

from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, ForeignKeyConstraint, Index, String, Table

from outlay.control.tables import Instant, metadata


def _organisation(**options: Any) -> Column[str]:  # noqa: ANN401 - handed through to Column
    return Column("organisation", String, ForeignKey("organisations.id"), nullable=False, **options)


# What is decided about a team. Its id is the ledger's; its name and colour are those of the entity. A team that events
# name needs no row here until something is decided.
teams: Final = Table(
    "teams",
    metadata,
    _organisation(primary_key=True),
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
    _organisation(),
    Column("member", String, nullable=False),
    Column("team", String, nullable=False),
    Column("primary", Boolean, nullable=False),
    Column("starts_at", Instant),
    Column("ends_at", Instant),
    ForeignKeyConstraint(["organisation", "member"], ["members.organisation", "members.id"]),
    ForeignKeyConstraint(["organisation", "team"], ["teams.organisation", "teams.id"]),
    Index(None, "organisation", "member"),
    Index(None, "organisation", "team"),
)

# How often it changed whose calls are which team's: by this processes notice what others decided.
attribution_marks: Final = Table(
    "attribution_marks",
    metadata,
    _organisation(primary_key=True),
    Column("number", BigInteger, nullable=False),
)
