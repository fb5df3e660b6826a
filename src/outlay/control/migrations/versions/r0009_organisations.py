"""What an organisation sets of itself, whether it is suspended or being deleted, and rates of display currencies."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    for column in (
        sa.Column("next_zone", sa.String(), nullable=True),
        sa.Column("fiscal_month", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("currency", sa.String(), nullable=False, server_default="USD"),
        sa.Column("retention_days", sa.Integer(), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("organisations", column)
    op.create_table(
        "currency_rates",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("per_usd", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_currency_rates_organisation"),
        sa.PrimaryKeyConstraint("organisation", "currency", "day", name="pk_currency_rates"),
    )
