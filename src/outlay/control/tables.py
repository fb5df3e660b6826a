"""The control database's tables, declared once; `migrations/` leads every older schema here, and a test checks that.

Nothing here or in the queries is particular to SQLite. Secrets are kept as hashes only. Whatever belongs to a member or
key refers to it together with its organisation, so a row can't point into another tenant.
"""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Time,
    TypeDecorator,
    UniqueConstraint,
    event,
)

from outlay.control import trail_guard

REVISION: Final = "0012"  # the newest file in migrations/versions; a test holds them equal


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


def _organisation(**options: Any) -> Column[str]:  # noqa: ANN401 - handed through to Column
    return Column("organisation", String, ForeignKey("organisations.id"), nullable=False, **options)


def _of_member() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["organisation", "member"], ["members.organisation", "members.id"])


# What Alembic itself keeps; declared so that a fresh database can be stamped without loading Alembic.
alembic_version: Final = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

organisations: Final = Table(
    "organisations",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("zone", String, nullable=False),  # that the ledger's days are counted in
    Column("created_at", Instant, nullable=False),
    Column("next_zone", String),  # that they are to be counted in
    Column("fiscal_month", Integer, nullable=False, server_default="1"),
    Column("currency", String, nullable=False, server_default="USD"),
    Column("retention_days", Integer),
    Column("suspended_at", Instant),
    Column("deleted_at", Instant),
)

members: Final = Table(
    "members",
    metadata,
    Column("id", String, primary_key=True),
    _organisation(),
    Column("email", String, nullable=False),  # as written
    Column("email_key", String, nullable=False),  # as compared
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("password_hash", String),
    Column("user", String),  # the ledger's user id that is this person
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    # Name, e-mail and user, case-folded: engines fold case differently.
    Column("search_text", String, nullable=False, server_default=""),
    Column("signed_in_at", Instant),  # the last time; none: never yet
    UniqueConstraint("organisation", "email_key"),
    UniqueConstraint("organisation", "id"),
    Index(None, "organisation", "user"),
)

teams_led: Final = Table(
    "teams_led",
    metadata,
    _organisation(primary_key=True),
    Column("member", String, primary_key=True),
    Column("team", String, primary_key=True),
    _of_member(),
)

# `prefix` is that of the newest secret. `models` and `providers` are those it may call, empty: all.
api_keys: Final = Table(
    "api_keys",
    metadata,
    Column("id", String, primary_key=True),
    _organisation(),
    Column("name", String, nullable=False),
    Column("prefix", String, nullable=False, unique=True),
    Column("scopes", JSON, nullable=False),
    Column("user", String),
    Column("team", String),
    Column("agent", String),
    Column("agent_type", String),
    Column("pod", String),
    Column("tags", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String),
    Column("expires_at", Instant),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
    Column("models", JSON, nullable=False),
    Column("providers", JSON, nullable=False),
    Column("last_used_from", String),
    UniqueConstraint("organisation", "id"),
    Index(None, "organisation", "created_at", "id"),
)

# By its public part a secret is found. `ends_at` is when it stops to count, none where that is up to its key.
api_key_secrets: Final = Table(
    "api_key_secrets",
    metadata,
    Column("prefix", String, primary_key=True),
    _organisation(),
    Column("key", String, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String),
    Column("ends_at", Instant),
    Column("last_used_at", Instant),
    Column("last_used_from", String),
    ForeignKeyConstraint(["organisation", "key"], ["api_keys.organisation", "api_keys.id"]),
    Index(None, "organisation", "key"),
)

# A revoked key frees its name.
Index(
    "uq_api_keys_name_in_force",
    api_keys.c.organisation,
    api_keys.c.name,
    unique=True,
    sqlite_where=api_keys.c.revoked_at.is_(None),
    postgresql_where=api_keys.c.revoked_at.is_(None),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    _organisation(),
    Column("member", String, nullable=False),
    Column("csrf_secret", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("id", String, nullable=False, unique=True),  # what people end it by; the token opens it
    Column("way", String, nullable=False),  # how its member signed in
    Column("browser", String, nullable=False),  # what the browser says it is
    Column("address", String, nullable=False),
    Column("proved_at", Instant, nullable=False),  # when its member last showed who they are
    _of_member(),
    Index(None, "organisation", "member"),
)

# As whom a session's member has signed in besides, in other organisations: where they may go without signing in again.
session_others: Final = Table(
    "session_others",
    metadata,
    Column("session", String, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    _organisation(primary_key=True),
    Column("member", String, primary_key=True),
    _of_member(),
)

sign_in_links: Final = Table(
    "sign_in_links",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    _organisation(),
    Column("member", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("purpose", String, nullable=False),
    _of_member(),
)

# `account` is a hash: people type passwords into e-mail fields, and those must not end up in a table.
sign_in_failures: Final = Table(
    "sign_in_failures",
    metadata,
    Column("id", String, primary_key=True),
    Column("account", LargeBinary, nullable=False),
    Column("address", String, nullable=False),
    Column("failed_at", Instant, nullable=False),
    Index(None, "address", "account"),
    Index(None, "failed_at"),
)

# The names behind the ledger's ids. `search_text` is id, name and e-mail, case-folded: engines fold case differently.
entities: Final = Table(
    "entities",
    metadata,
    _organisation(primary_key=True),
    Column("kind", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("name", String),
    Column("email", String),
    Column("team", String),
    Column("colour_slot", Integer, nullable=False),
    Column("search_text", String, nullable=False),
    Column("first_seen", Instant, nullable=False),
    Column("number", Integer, nullable=False),  # how many of its kind were there before
    Index(None, "organisation", "kind", "number"),
)

organisation_settings: Final = Table(
    "organisation_settings",
    metadata,
    _organisation(primary_key=True),
    Column("name", String, primary_key=True),
    Column("value", JSON, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

# A page's path and the words of its state. `name_key` is the name, case-folded: as names are compared.
saved_views: Final = Table(
    "saved_views",
    metadata,
    Column("id", String, primary_key=True),
    _organisation(),
    Column("member", String, nullable=False),
    Column("name", String, nullable=False),
    Column("name_key", String, nullable=False),
    Column("path", String, nullable=False),
    Column("query", String, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    _of_member(),
    UniqueConstraint("organisation", "member", "name_key"),
    UniqueConstraint("organisation", "id"),
)

start_pages: Final = Table(
    "start_pages",
    metadata,
    _organisation(primary_key=True),
    Column("member", String, primary_key=True),
    Column("view", String, nullable=False),
    _of_member(),
    ForeignKeyConstraint(["organisation", "view"], ["saved_views.organisation", "saved_views.id"]),
)

# `day` and `clock` are local to the organisation's zone, as they were written; without `clock` it is the whole day.
annotations: Final = Table(
    "annotations",
    metadata,
    Column("id", String, primary_key=True),
    _organisation(),
    Column("member", String, nullable=False),
    Column("text", String, nullable=False),
    Column("day", Date, nullable=False),
    Column("clock", Time),
    Column("shared", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    _of_member(),
    Index(None, "organisation", "day"),
)

# The operator's own prices. `body` holds the keys of a rule as `prices.toml` names them, amounts as text, without its
# period. A rule is never changed but for its end: what replaces it is a row of its own, what was wrong is removed.
price_rules: Final = Table(
    "price_rules",
    metadata,
    Column("id", String, primary_key=True),
    _organisation(),
    Column("kind", String, nullable=False),
    Column("body", JSON, nullable=False),
    Column("starts_at", Instant),  # an alias may hold for ever
    Column("ends_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String),  # a member's id; none where it was the command line
    Column("removed_at", Instant),
    Column("removed_by", String),
    Index(None, "organisation", "removed_at"),
)

# Every repricing that was previewed or written: by whom, when, what is changed, and what that does to the ledger.
repricings: Final = Table(
    "repricings",
    metadata,
    Column("id", String, primary_key=True),
    _organisation(),
    Column("state", String, nullable=False),
    Column("change", JSON),  # of the rules; none where events are only brought to the prices in force
    Column("scope", JSON, nullable=False),  # which events
    Column("undoes", String),  # the repricing that this one takes back
    Column("prices", String, nullable=False),  # version of the price book
    Column("preview", JSON),
    Column("written", JSON),
    Column("error", String),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String),
    Column("decided_at", Instant),
    Column("decided_by", String),
    Column("done_at", Instant),
    Column("move", JSON),  # of a person's past calls to another team; then nothing is priced
    Index(None, "organisation", "created_at"),
)

# Where calls through the gateway go. `name` is the segment of the path; `credential` is sealed (access/secrets.py) with
# the key `credential_key`, `credential_hint` is what people see of it.
upstreams: Final = Table(
    "upstreams",
    metadata,
    Column("id", String, primary_key=True),
    _organisation(),
    Column("name", String, nullable=False),
    Column("provider", String, nullable=False),
    Column("base_url", String, nullable=False),
    Column("auth", String, nullable=False),
    Column("reading", String),
    Column("region", String),
    Column("headers", JSON, nullable=False),
    Column("timeouts", JSON, nullable=False),
    Column("credential", LargeBinary),
    Column("credential_key", String),
    Column("credential_hint", String, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("allow_pass_through", Boolean, nullable=False),
    Column("allow_private", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String),
    Column("changed_at", Instant, nullable=False),
    UniqueConstraint("organisation", "name"),
)

# The audit trail (control/trail.py): numbered from 1 without gaps in each organisation, each entry with the hash of the
# one before. `before` and `after` are JSON as it was hashed. It outlives its organisation, so it refers to nothing.
audit_entries: Final = Table(
    "audit_entries",
    metadata,
    Column("organisation", String, primary_key=True),  # empty: the installation's own chain
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),  # of the encoding that is hashed
    Column("at", Instant, nullable=False),
    Column("actor_kind", String, nullable=False),
    Column("actor", String),
    Column("actor_name", String, nullable=False),
    Column("address", String),
    Column("action", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("name", String, nullable=False),
    Column("before", String),
    Column("after", String),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("search_text", String, nullable=False),
    Index(None, "organisation", "at"),
    Index(None, "organisation", "action", "number"),
    Index(None, "organisation", "actor", "number"),
    Index(None, "organisation", "subject", "number"),
)

# The end of each chain. `mac` is made with the key `key`, which is kept apart from this database.
audit_heads: Final = Table(
    "audit_heads",
    metadata,
    Column("organisation", String, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("key", String),
    Column("mac", LargeBinary),
)

# How many units of a currency one dollar makes, from a day on. As text: engines keep decimals differently.
currency_rates: Final = Table(
    "currency_rates",
    metadata,
    _organisation(primary_key=True),
    Column("currency", String, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("per_usd", String, nullable=False),
)

for _engine, _statements in (("sqlite", trail_guard.SQLITE), ("postgresql", trail_guard.POSTGRES)):
    for _statement in _statements:
        _guard = DDL(_statement)  # type: ignore[no-untyped-call] # SQLAlchemy has none
        event.listen(audit_entries, "after_create", _guard.execute_if(dialect=_engine))

# A member's second factor. `secret` is sealed (access/secrets.py) with the key `secret_key`; without `confirmed_at` it
# is being set up. `last_step` is that of the last code taken: none is taken twice.
second_factors: Final = Table(
    "second_factors",
    metadata,
    _organisation(primary_key=True),
    Column("member", String, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("secret_key", String, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    _of_member(),
)

# Codes for who lost their second factor; each is deleted when it is used.
recovery_codes: Final = Table(
    "recovery_codes",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    _organisation(),
    Column("member", String, nullable=False),
    _of_member(),
    Index(None, "organisation", "member"),
)

# Sign-ins on their way: the first factor is shown, an organisation or a second factor is asked for. `members` are pairs
# of organisation and member, of which one is `chosen` (by its organisation).
sign_in_steps: Final = Table(
    "sign_in_steps",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("members", JSON, nullable=False),
    Column("chosen", String),
    Column("way", String, nullable=False),
    Column("wanted", String, nullable=False),  # the page they asked for
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index(None, "expires_at"),
)

# Mail on its way. `letter` is sealed with the key `letter_key`, for it may hold a link; both go when it has been sent.
outgoing_mail: Final = Table(
    "outgoing_mail",
    metadata,
    Column("id", String, primary_key=True),
    _organisation(),
    Column("kind", String, nullable=False),
    Column("letter", LargeBinary),
    Column("letter_key", String),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("failure", String),
    Index(None, "due_at"),
)
