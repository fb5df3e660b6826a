"""The tables of sign-on providers, of what their groups mean, and of what SCIM knows: part of the one schema.

`database.py` loads them with the others of `schema.py`, whose rules hold here.
"""

from typing import Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from outlay.control.columns import Instant, metadata, of_member, organisation_column


def _of_provider() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["organisation", "provider"], ["sign_on_providers.organisation", "sign_on_providers.id"]
    )


# OpenID Connect providers that members sign in with. `client_secret` is sealed (access/secrets.py) with the key
# `client_secret_key`, `client_secret_hint` is what people see of it.
sign_on_providers: Final = Table(
    "sign_on_providers",
    metadata,
    Column("id", String, primary_key=True),
    organisation_column(),
    Column("name", String, nullable=False),
    Column("issuer", String, nullable=False),
    Column("client_id", String, nullable=False),
    Column("client_secret", LargeBinary),
    Column("client_secret_key", String),
    Column("client_secret_hint", String, nullable=False),
    Column("scopes", String, nullable=False),
    Column("groups_claim", String, nullable=False),
    Column("trusts_emails", Boolean, nullable=False),
    Column("creates_members", Boolean, nullable=False),
    Column("default_role", String, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("allow_private", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String),
    Column("changed_at", Instant, nullable=False),
    UniqueConstraint("organisation", "name"),
    UniqueConstraint("organisation", "id"),
)


sign_on_domains: Final = Table(
    "sign_on_domains",
    metadata,
    Column("provider", String, primary_key=True),
    Column("domain", String, primary_key=True),
    organisation_column(),
    _of_provider(),
    Index(None, "domain"),
)

# Whom a provider's subject is here, and the groups it named at the last sign-in (none where it said nothing of them).
sign_on_identities: Final = Table(
    "sign_on_identities",
    metadata,
    Column("provider", String, primary_key=True),
    Column("subject", String, primary_key=True),
    organisation_column(),
    Column("member", String, nullable=False),
    Column("groups", JSON),
    Column("linked_at", Instant, nullable=False),
    Column("last_used_at", Instant, nullable=False),
    _of_provider(),
    of_member(),
    UniqueConstraint("provider", "member"),
    Index(None, "organisation", "member"),
)

# Answers of providers that were taken, so that none is taken twice; kept until they would be too old anyway.
sign_on_answers: Final = Table(
    "sign_on_answers",
    metadata,
    Column("state_hash", LargeBinary, primary_key=True),
    Column("expires_at", Instant, nullable=False),
    Index(None, "expires_at"),
)

# What membership of a provider's group means here: a role, or teams, or both.
group_rules: Final = Table(
    "group_rules",
    metadata,
    organisation_column(primary_key=True),
    Column("name", String, primary_key=True),
    Column("role", String),
    Column("teams", JSON, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

scim_tokens: Final = Table(
    "scim_tokens",
    metadata,
    Column("id", String, primary_key=True),
    organisation_column(),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("hint", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
    Index(None, "organisation", "created_at"),
)

# What SCIM knows of a member beside the member itself. `user_name_key` is the name as it is compared; one that was
# deleted over SCIM is a disabled member that SCIM sees no more.
scim_users: Final = Table(
    "scim_users",
    metadata,
    organisation_column(primary_key=True),
    Column("member", String, primary_key=True),
    Column("user_name", String, nullable=False),
    Column("user_name_key", String, nullable=False),
    Column("external_id", String),
    Column("display_name", String),
    Column("emails", JSON),  # as the provider wrote them; the one to sign in with is the member's
    Column("given_name", String),
    Column("family_name", String),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    of_member(),
    UniqueConstraint("organisation", "user_name_key"),
    Index(None, "organisation", "external_id"),
)

scim_groups: Final = Table(
    "scim_groups",
    metadata,
    Column("id", String, primary_key=True),
    organisation_column(),
    Column("display_name", String, nullable=False),
    Column("display_name_key", String, nullable=False),
    Column("external_id", String),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    UniqueConstraint("organisation", "id"),
    UniqueConstraint("organisation", "display_name_key"),
)

scim_group_members: Final = Table(
    "scim_group_members",
    metadata,
    Column("group", String, primary_key=True),
    Column("member", String, primary_key=True),
    organisation_column(),
    ForeignKeyConstraint(["organisation", "group"], ["scim_groups.organisation", "scim_groups.id"]),
    of_member(),
    Index(None, "organisation", "member"),
)
