"""Sign-on providers with whom they know, what their groups mean, and what SCIM keeps beside members."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_providers()
    _create_identities()
    _create_scim_users()
    _create_scim_groups()


def _create_providers() -> None:
    op.create_table(
        "sign_on_providers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("client_secret", sa.LargeBinary(), nullable=True),
        sa.Column("client_secret_key", sa.String(), nullable=True),
        sa.Column("client_secret_hint", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("groups_claim", sa.String(), nullable=False),
        sa.Column("trusts_emails", sa.Boolean(), nullable=False),
        sa.Column("creates_members", sa.Boolean(), nullable=False),
        sa.Column("default_role", sa.String(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("allow_private", sa.Boolean(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_sign_on_providers_organisation"),
        sa.UniqueConstraint("organisation", "id", name="uq_sign_on_providers_organisation_id"),
        sa.UniqueConstraint("organisation", "name", name="uq_sign_on_providers_organisation_name"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_on_providers"),
    )
    op.create_table(
        "sign_on_domains",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation", "provider"],
            ["sign_on_providers.organisation", "sign_on_providers.id"],
            name="fk_sign_on_domains_organisation_provider",
        ),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_sign_on_domains_organisation"),
        sa.PrimaryKeyConstraint("provider", "domain", name="pk_sign_on_domains"),
    )
    op.create_index("ix_sign_on_domains_domain", "sign_on_domains", ["domain"])


def _create_identities() -> None:
    op.create_table(
        "sign_on_identities",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=True),
        sa.Column("linked_at", _INSTANT, nullable=False),
        sa.Column("last_used_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation", "provider"],
            ["sign_on_providers.organisation", "sign_on_providers.id"],
            name="fk_sign_on_identities_organisation_provider",
        ),
        sa.ForeignKeyConstraint(
            ["organisation", "member"],
            ["members.organisation", "members.id"],
            name="fk_sign_on_identities_organisation_member",
        ),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_sign_on_identities_organisation"),
        sa.UniqueConstraint("provider", "member", name="uq_sign_on_identities_provider_member"),
        sa.PrimaryKeyConstraint("provider", "subject", name="pk_sign_on_identities"),
    )
    op.create_index("ix_sign_on_identities_organisation_member", "sign_on_identities", ["organisation", "member"])
    op.create_table(
        "sign_on_answers",
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name="pk_sign_on_answers"),
    )
    op.create_index("ix_sign_on_answers_expires_at", "sign_on_answers", ["expires_at"])
    op.create_table(
        "group_rules",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("teams", sa.JSON(), nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_group_rules_organisation"),
        sa.PrimaryKeyConstraint("organisation", "name", name="pk_group_rules"),
    )


def _create_scim_users() -> None:
    op.create_table(
        "scim_tokens",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.String(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("last_used_at", _INSTANT, nullable=True),
        sa.Column("revoked_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_scim_tokens_organisation"),
        sa.UniqueConstraint("token_hash", name="uq_scim_tokens_token_hash"),
        sa.PrimaryKeyConstraint("id", name="pk_scim_tokens"),
    )
    op.create_index("ix_scim_tokens_organisation_created_at", "scim_tokens", ["organisation", "created_at"])
    op.create_table(
        "scim_users",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("user_name", sa.String(), nullable=False),
        sa.Column("user_name_key", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("display_name", sa.String(), nullable=True),
        sa.Column("emails", sa.JSON(), nullable=True),
        sa.Column("given_name", sa.String(), nullable=True),
        sa.Column("family_name", sa.String(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.Column("deleted_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation", "member"], ["members.organisation", "members.id"], name="fk_scim_users_organisation_member"
        ),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_scim_users_organisation"),
        sa.UniqueConstraint("organisation", "user_name_key", name="uq_scim_users_organisation_user_name_key"),
        sa.PrimaryKeyConstraint("organisation", "member", name="pk_scim_users"),
    )
    op.create_index("ix_scim_users_organisation_external_id", "scim_users", ["organisation", "external_id"])


def _create_scim_groups() -> None:
    op.create_table(
        "scim_groups",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("display_name_key", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_scim_groups_organisation"),
        sa.UniqueConstraint("organisation", "display_name_key", name="uq_scim_groups_organisation_display_name_key"),
        sa.UniqueConstraint("organisation", "id", name="uq_scim_groups_organisation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_scim_groups"),
    )
    op.create_table(
        "scim_group_members",
        sa.Column("group", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation", "group"],
            ["scim_groups.organisation", "scim_groups.id"],
            name="fk_scim_group_members_organisation_group",
        ),
        sa.ForeignKeyConstraint(
            ["organisation", "member"],
            ["members.organisation", "members.id"],
            name="fk_scim_group_members_organisation_member",
        ),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_scim_group_members_organisation"),
        sa.PrimaryKeyConstraint("group", "member", name="pk_scim_group_members"),
    )
    op.create_index("ix_scim_group_members_organisation_member", "scim_group_members", ["organisation", "member"])
