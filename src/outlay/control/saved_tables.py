"""The tables of what people keep: views, start pages and annotations: part of the one schema of `schema.py`."""

from typing import Final

from sqlalchemy import Boolean, Column, Date, ForeignKeyConstraint, Index, String, Table, Time, UniqueConstraint

from outlay.control.columns import Instant, metadata, of_member, organisation_column

# A page's path and the words of its state. `name_key` is the name, case-folded: as names are compared.
saved_views: Final = Table(
    "saved_views",
    metadata,
    Column("id", String, primary_key=True),
    organisation_column(),
    Column("member", String, nullable=False),
    Column("name", String, nullable=False),
    Column("name_key", String, nullable=False),
    Column("path", String, nullable=False),
    Column("query", String, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    of_member(),
    UniqueConstraint("organisation", "member", "name_key"),
    UniqueConstraint("organisation", "id"),
)

start_pages: Final = Table(
    "start_pages",
    metadata,
    organisation_column(primary_key=True),
    Column("member", String, primary_key=True),
    Column("view", String, nullable=False),
    of_member(),
    ForeignKeyConstraint(["organisation", "view"], ["saved_views.organisation", "saved_views.id"]),
)

# `day` and `clock` are local to the organisation's zone, as they were written; without `clock` it is the whole day.
annotations: Final = Table(
    "annotations",
    metadata,
    Column("id", String, primary_key=True),
    organisation_column(),
    Column("member", String, nullable=False),
    Column("text", String, nullable=False),
    Column("day", Date, nullable=False),
    Column("clock", Time),
    Column("shared", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    of_member(),
    Index(None, "organisation", "day"),
)
