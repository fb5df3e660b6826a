"""Saved views, the one a member starts with, annotations on the time axis, and imports that ran."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_views()
    _create_annotations()
    _create_import_runs()


def _create_views() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        _of_member("fk_saved_views_organisation_member"),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_saved_views_organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_views"),
        sa.UniqueConstraint("organisation", "id", name="uq_saved_views_organisation_id"),
        sa.UniqueConstraint("organisation", "member", "name_key", name="uq_saved_views_organisation_member_name_key"),
    )
    op.create_table(
        "start_pages",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("view", sa.String(), nullable=False),
        _of_member("fk_start_pages_organisation_member"),
        sa.ForeignKeyConstraint(
            ["organisation", "view"],
            ["saved_views.organisation", "saved_views.id"],
            name="fk_start_pages_organisation_view",
        ),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_start_pages_organisation"),
        sa.PrimaryKeyConstraint("organisation", "member", name="pk_start_pages"),
    )


def _create_annotations() -> None:
    op.create_table(
        "annotations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("clock", sa.Time(), nullable=True),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        _of_member("fk_annotations_organisation_member"),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_annotations_organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_annotations"),
    )
    op.create_index("ix_annotations_organisation_day", "annotations", ["organisation", "day"], unique=False)


def _create_import_runs() -> None:
    op.create_table(
        "import_runs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.Column("first", _INSTANT, nullable=True),
        sa.Column("last", _INSTANT, nullable=True),
        sa.Column("ran_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_import_runs_organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_import_runs"),
    )
    op.create_index("ix_import_runs_organisation_ran_at", "import_runs", ["organisation", "ran_at"], unique=False)


def _of_member(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["organisation", "member"], ["members.organisation", "members.id"], name=name)
