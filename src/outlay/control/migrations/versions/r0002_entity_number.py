"""Number the entities of a kind, so that neither a new one nor the limit has to count all the others."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_NUMBERED = """
UPDATE entities SET number = ordered.number FROM (
    SELECT organisation, kind, id,
           row_number() OVER (PARTITION BY organisation, kind ORDER BY first_seen, id) - 1 AS number
    FROM entities
) AS ordered
WHERE entities.organisation = ordered.organisation AND entities.kind = ordered.kind AND entities.id = ordered.id
"""


def upgrade() -> None:
    with op.batch_alter_table("entities") as entities:
        entities.add_column(sa.Column("number", sa.Integer(), nullable=True))
    op.execute(_NUMBERED)
    with op.batch_alter_table("entities") as entities:
        entities.alter_column("number", existing_type=sa.Integer(), nullable=False)
    op.create_index("ix_entities_organisation_kind_number", "entities", ["organisation", "kind", "number"])
