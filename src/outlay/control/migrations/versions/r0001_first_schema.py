"""The first schema: organisations, members, keys, sign-in, entities, import progress."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_INSTANT = sa.DateTime(timezone=True)
_IN_FORCE = sa.text("revoked_at IS NULL")


def upgrade() -> None:
    _create_organisations()
    _create_members()
    _create_keys()
    _create_sign_in()
    _create_entities()


def _create_organisations() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisations"),
    )
    op.create_table(
        "organisation_settings",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_organisation_settings_organisation"),
        sa.PrimaryKeyConstraint("organisation", "name", name="pk_organisation_settings"),
    )


def _create_members() -> None:
    op.create_table(
        "members",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("user", sa.String(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("disabled_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_members_organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_members"),
        sa.UniqueConstraint("organisation", "email_key", name="uq_members_organisation_email_key"),
        sa.UniqueConstraint("organisation", "id", name="uq_members_organisation_id"),
    )
    op.create_index("ix_members_organisation_user", "members", ["organisation", "user"], unique=False)
    op.create_table(
        "teams_led",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation", "member"], ["members.organisation", "members.id"], name="fk_teams_led_organisation_member"
        ),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_teams_led_organisation"),
        sa.PrimaryKeyConstraint("organisation", "member", "team", name="pk_teams_led"),
    )


def _create_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("user", sa.String(), nullable=True),
        sa.Column("team", sa.String(), nullable=True),
        sa.Column("agent", sa.String(), nullable=True),
        sa.Column("agent_type", sa.String(), nullable=True),
        sa.Column("pod", sa.String(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("expires_at", _INSTANT, nullable=True),
        sa.Column("last_used_at", _INSTANT, nullable=True),
        sa.Column("revoked_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_api_keys_organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("prefix", name="uq_api_keys_prefix"),
    )
    op.create_index(
        "uq_api_keys_name_in_force",
        "api_keys",
        ["organisation", "name"],
        unique=True,
        sqlite_where=_IN_FORCE,
        postgresql_where=_IN_FORCE,
    )


def _create_sign_in() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("csrf_secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("last_seen_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation", "member"], ["members.organisation", "members.id"], name="fk_sessions_organisation_member"
        ),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_sessions_organisation"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_organisation_member", "sessions", ["organisation", "member"], unique=False)
    op.create_table(
        "sign_in_links",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation", "member"],
            ["members.organisation", "members.id"],
            name="fk_sign_in_links_organisation_member",
        ),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_sign_in_links_organisation"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sign_in_links"),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("failed_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_failures"),
    )
    op.create_index("ix_sign_in_failures_address_account", "sign_in_failures", ["address", "account"], unique=False)
    op.create_index("ix_sign_in_failures_failed_at", "sign_in_failures", ["failed_at"], unique=False)


def _create_entities() -> None:
    op.create_table(
        "entities",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("team", sa.String(), nullable=True),
        sa.Column("colour_slot", sa.Integer(), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.Column("first_seen", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_entities_organisation"),
        sa.PrimaryKeyConstraint("organisation", "kind", "id", name="pk_entities"),
    )
    op.create_table(
        "import_progress",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_import_progress_organisation"),
        sa.PrimaryKeyConstraint("organisation", "import_id", name="pk_import_progress"),
    )
