"""Opens the ledger's file: how the engine is set, and tables and views as this Outlay has them."""

import re
from pathlib import Path
from typing import Any, Final

import duckdb

from outlay.errors import LedgerBusy
from outlay.ledger.days import create_days, folded_up_to, sums_recent_after
from outlay.ledger.editions import create_editions
from outlay.ledger.recounting import set_all_days_right
from outlay.ledger.rewriting import create_numbers
from outlay.ledger.runs import create_runs, runs_recent_after
from outlay.ledger.schema import EVENT_COLUMNS, EVENTS, RUN_RECENT
from outlay.ledger.shapes import columns_of
from outlay.ledger.twins import create_twins

CHECKPOINT_MB: Final = 512  # the engine's default of 16 MB stalls commits for up to half a second

_HOLDER: Final = re.compile(r"\(PID (\d+)\)")


def connect(path: Path | None, memory_mb: int, threads: int) -> duckdb.DuckDBPyConnection:
    """Open the file, which no other process may have open: LedgerBusy names the one that does."""
    config: dict[str, Any] = {
        "memory_limit": f"{memory_mb}MB",
        "checkpoint_threshold": f"{CHECKPOINT_MB}MB",
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if threads:
        config["threads"] = threads
    try:
        connection = duckdb.connect(str(path or ":memory:"), config=config)
    except duckdb.IOException as error:
        if "lock" not in str(error).lower():
            raise
        holder = _HOLDER.search(str(error))
        who = f"process {holder[1]}" if holder else "another process"
        raise LedgerBusy(
            f"{who} holds the ledger {path}. Stop it first (a running `outlay serve` with Ctrl-C) and try again, "
            "or name another data directory"
        ) from error
    connection.execute("SET enable_external_access = false")  # no query may ever read another file
    return connection


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what is missing, and what an older Outlay made otherwise anew."""
    columns = ", ".join(f'"{name}" {kind}' for name, kind in EVENT_COLUMNS.items())
    connection.execute(f"CREATE TABLE IF NOT EXISTS {EVENTS} ({columns})")
    added = _add_columns(connection)
    create_twins(connection)
    create_numbers(connection)
    create_editions(connection)
    create_days(connection, lambda: set_all_days_right(connection))
    create_runs(connection, lambda: set_all_days_right(connection))
    if "moved_by" in added:
        _renew_views(connection)


def _add_columns(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Give a ledger of an older Outlay the columns it lacks; every row there is has nothing in them.

    Return their names.
    """
    there = columns_of(connection, EVENTS)
    lacking = [name for name in EVENT_COLUMNS if name not in there]
    for name in lacking:
        connection.execute(f'ALTER TABLE {EVENTS} ADD COLUMN "{name}" {EVENT_COLUMNS[name]}')
    return lacking


def _renew_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the views of what waits anew where an older Outlay made them, which left no row out."""
    days, runs = folded_up_to(connection), folded_up_to(connection, RUN_RECENT)
    for statement in (*sums_recent_after(days), runs_recent_after(runs)):
        connection.execute(statement)
