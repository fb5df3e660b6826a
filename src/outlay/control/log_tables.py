"""The tables of imports, and of how far agents' logs are read: part of the one schema of `schema.py`, whose rules hold
here.
"""

from typing import Final

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table

from outlay.control.columns import Instant, metadata, organisation_column

# How far each log of a coding agent is read: the first `position` bytes, whose end `anchor` stands for, with what its
# reader carries on. While a batch is on its way to the ledger, `intended` is where it ends. `last_event` is of the file
# that ended the last batch: what was stored last.
agent_logs: Final = Table(
    "agent_logs",
    metadata,
    organisation_column(primary_key=True),
    Column("source", String, primary_key=True),
    Column("path", String, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("lines", BigInteger, nullable=False),
    Column("intended", BigInteger),
    Column("size", BigInteger, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
    Column("anchor", LargeBinary, nullable=False),
    Column("carry", String),
    Column("last_event", LargeBinary),
    Column("noted_at", Instant, nullable=False),
)

# The calls that logs told of and the ledger has, as it has them. `call` and `log` are hashes: of the call in its log,
# and of organisation and source. `revision` says how often a copy that tells more has corrected it.
logged_calls: Final = Table(
    "logged_calls",
    metadata,
    Column("call", BigInteger, primary_key=True, autoincrement=False),
    Column("log", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("request", BigInteger),
    Column("copy", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("counts", LargeBinary, nullable=False),
)

import_progress: Final = Table(
    "import_progress",
    metadata,
    organisation_column(primary_key=True),
    Column("import_id", String, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

# Imports that stored something, when they were done; `first` and `last` are the times of the events in their files.
import_runs: Final = Table(
    "import_runs",
    metadata,
    Column("id", String, primary_key=True),
    organisation_column(),
    Column("source", String, nullable=False),
    Column("stored", BigInteger, nullable=False),
    Column("first", Instant),
    Column("last", Instant),
    Column("ran_at", Instant, nullable=False),
    Index(None, "organisation", "ran_at"),
)
