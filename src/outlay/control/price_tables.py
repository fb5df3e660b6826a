"""The tables of prices, of repricing, and of what a dollar is worth: part of the one schema of `schema.py`."""

from typing import Final

from sqlalchemy import JSON, Column, Date, Index, String, Table

from outlay.control.columns import Instant, metadata, organisation_column

# The operator's own prices. `body` holds the keys of a rule as `prices.toml` names them, amounts as text, without its
# period. A rule is never changed but for its end: what replaces it is a row of its own, what was wrong is removed.
price_rules: Final = Table(
    "price_rules",
    metadata,
    Column("id", String, primary_key=True),
    organisation_column(),
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
    organisation_column(),
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

# How many units of a currency one dollar makes, from a day on. As text: engines keep decimals differently.
currency_rates: Final = Table(
    "currency_rates",
    metadata,
    organisation_column(primary_key=True),
    Column("currency", String, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("per_usd", String, nullable=False),
)
