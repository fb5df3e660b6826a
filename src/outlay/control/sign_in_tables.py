"""The tables of signing in: sessions, links, second factors and the mail that says so: part of the one schema of
`schema.py`. Whatever opens something is kept as a hash, or sealed.
"""

from typing import Final

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from outlay.control.columns import Instant, metadata, of_member, organisation_column

sessions: Final = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    organisation_column(),
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
    of_member(),
    Index(None, "organisation", "member"),
)

# As whom a session's member has signed in besides, in other organisations: where they may go without signing in again.
session_others: Final = Table(
    "session_others",
    metadata,
    Column("session", String, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    organisation_column(primary_key=True),
    Column("member", String, primary_key=True),
    of_member(),
)

sign_in_links: Final = Table(
    "sign_in_links",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    organisation_column(),
    Column("member", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("purpose", String, nullable=False),
    of_member(),
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

# A member's second factor. `secret` is sealed (access/secrets.py) with the key `secret_key`; without `confirmed_at` it
# is being set up. `last_step` is that of the last code taken: none is taken twice.
second_factors: Final = Table(
    "second_factors",
    metadata,
    organisation_column(primary_key=True),
    Column("member", String, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("secret_key", String, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    of_member(),
)

# Codes for who lost their second factor; each is deleted when it is used.
recovery_codes: Final = Table(
    "recovery_codes",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    organisation_column(),
    Column("member", String, nullable=False),
    of_member(),
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
    organisation_column(),
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
