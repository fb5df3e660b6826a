"""Give API keys several secrets, models and providers they may call, and a scope of its own for the gateway."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_INSTANT = sa.DateTime(timezone=True)
_IN_FORCE = sa.text("revoked_at IS NULL")
_MOVED = """
INSERT INTO api_key_secrets (prefix, organisation, key, hash, created_at, created_by, last_used_at)
SELECT prefix, organisation, id, secret_hash, created_at, created_by, last_used_at FROM api_keys
"""


def upgrade() -> None:
    op.drop_index("uq_api_keys_name_in_force", "api_keys")
    with op.batch_alter_table("api_keys") as keys:
        keys.add_column(sa.Column("models", sa.JSON(), nullable=True))
        keys.add_column(sa.Column("providers", sa.JSON(), nullable=True))
        keys.add_column(sa.Column("last_used_from", sa.String(), nullable=True))
        keys.create_unique_constraint("uq_api_keys_organisation_id", ["organisation", "id"])
    op.execute("UPDATE api_keys SET models = '[]', providers = '[]'")
    _open_the_gateway()
    with op.batch_alter_table("api_keys") as keys:
        keys.alter_column("models", existing_type=sa.JSON(), nullable=False)
        keys.alter_column("providers", existing_type=sa.JSON(), nullable=False)
    _create_secrets()  # only now: SQLite alters a column by copying the table, which nothing may refer to then
    op.execute(_MOVED)
    op.drop_column("api_keys", "secret_hash")
    op.create_index("ix_api_keys_organisation_created_at_id", "api_keys", ["organisation", "created_at", "id"])
    op.create_index(
        "uq_api_keys_name_in_force",
        "api_keys",
        ["organisation", "name"],
        unique=True,
        sqlite_where=_IN_FORCE,
        postgresql_where=_IN_FORCE,
    )


def _create_secrets() -> None:
    op.create_table(
        "api_key_secrets",
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("ends_at", _INSTANT, nullable=True),
        sa.Column("last_used_at", _INSTANT, nullable=True),
        sa.Column("last_used_from", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation", "key"],
            ["api_keys.organisation", "api_keys.id"],
            name="fk_api_key_secrets_organisation_key",
        ),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_api_key_secrets_organisation"),
        sa.PrimaryKeyConstraint("prefix", name="pk_api_key_secrets"),
    )
    op.create_index("ix_api_key_secrets_organisation_key", "api_key_secrets", ["organisation", "key"])


def _open_the_gateway() -> None:
    """Let every key that could send go on to call through the gateway, as it could before."""
    keys = sa.table("api_keys", sa.column("id", sa.String), sa.column("scopes", sa.JSON))
    connection = op.get_bind()
    for key, scopes in connection.execute(sa.select(keys.c.id, keys.c.scopes)).all():
        if "send" in scopes:
            opened = sa.update(keys).where(keys.c.id == key).values(scopes=sorted({*scopes, "gateway"}))
            connection.execute(opened)
