"""The operator's own prices per organisation, and the repricings that were previewed or written."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_price_rules()
    _create_repricings()


def _create_price_rules() -> None:
    op.create_table(
        "price_rules",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("starts_at", _INSTANT, nullable=True),
        sa.Column("ends_at", _INSTANT, nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("removed_at", _INSTANT, nullable=True),
        sa.Column("removed_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_price_rules_organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_price_rules"),
    )
    op.create_index(
        "ix_price_rules_organisation_removed_at", "price_rules", ["organisation", "removed_at"], unique=False
    )


def _create_repricings() -> None:
    op.create_table(
        "repricings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("change", sa.JSON(), nullable=True),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("undoes", sa.String(), nullable=True),
        sa.Column("prices", sa.String(), nullable=False),
        sa.Column("preview", sa.JSON(), nullable=True),
        sa.Column("written", sa.JSON(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("decided_at", _INSTANT, nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("done_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_repricings_organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_repricings"),
    )
    op.create_index("ix_repricings_organisation_created_at", "repricings", ["organisation", "created_at"], unique=False)
