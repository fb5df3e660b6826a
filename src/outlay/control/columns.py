"""What every table of the control database is declared with; `migrations/` leads older schemas here, as a test checks.

Nothing here or in the queries is particular to SQLite. Secrets are kept as hashes only, or sealed. Whatever belongs to
a member or key refers to it together with its organisation, so a row can't point into another tenant.
"""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Column, DateTime, Dialect, ForeignKey, ForeignKeyConstraint, MetaData, String, TypeDecorator


class Instant(TypeDecorator[datetime]):
    """A zone-aware UTC instant. SQLite has no zones: there it is stored as UTC and comes back aware all the same."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no zone; an instant must be zone-aware")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def organisation_column(**options: Any) -> Column[str]:  # noqa: ANN401 - handed through to Column
    """Return the column that says whose row it is."""
    return Column("organisation", String, ForeignKey("organisations.id"), nullable=False, **options)


def of_member() -> ForeignKeyConstraint:
    """Return what keeps the row's `member` one of the row's organisation."""
    return ForeignKeyConstraint(["organisation", "member"], ["members.organisation", "members.id"])
