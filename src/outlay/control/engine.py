"""Opens connections to the control database on SQLite or Postgres, and begins their transactions.

On both, one transaction writes at a time and takes its lock before it reads, and one that reads sees one state and
waits for nobody: what is right on SQLite is right on Postgres. `database.py` says by `outlay_writes` which it is.
"""

from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError as SqliteError
from time import monotonic, sleep
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import registry
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from outlay.errors import OutlayError

_POSTGRES: Final = "postgresql+outlay"
_RETRY_SECONDS: Final = 0.02
_BUSY_SECONDS: Final = 10  # how long a writer waits for another process's transaction
_POOLED: Final = 8
_MOST_CONNECTIONS: Final = 40  # as many threads as answer requests

# One number for all that write: whoever has it writes. Released with the transaction, however that ends.
_WRITE_LOCK: Final = "SELECT pg_advisory_xact_lock(122537463767161)"
_STATEMENT_SECONDS: Final = 60
_IDLE_SECONDS: Final = 60  # a process that stands still in a transaction must not keep all others from writing

# The dialect of Postgres is loaded when a URL asks for it: it would cost each start 60 ms, and its driver 300 ms.
registry.register("postgresql.outlay", "outlay.control.postgres", "OutlayDialect")


def connect(url: URL, *, patiently: bool = False) -> Engine:
    """Return an engine whose transactions take their write lock at the start and whose errors show no values.

    `patiently` lets statements take as long as they need.
    """
    # Without hide_parameters every database error carries the values into the log, hashes and e-mails among them.
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS})
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
        return engine
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=_POOLED,
        max_overflow=_MOST_CONNECTIONS - _POOLED,
        pool_timeout=_BUSY_SECONDS,
        execution_options={"outlay_patient": patiently},
    )
    event.listen(engine, "begin", _on_postgres_begin)
    event.listen(engine, "handle_error", _distrust)
    return engine


def as_url(target: Path | str) -> URL:
    """Return the URL of a database file or of a URL as people write it; OutlayError when it can't be one."""
    if isinstance(target, Path):
        return URL.create("sqlite", database=str(target))
    if "://" not in target:
        return URL.create("sqlite", database=target)
    try:
        url = make_url(target)
    except (ArgumentError, ValueError):
        raise OutlayError("control_url can't be read: postgresql://user:password@host/database") from None
    return url.set(drivername=_POSTGRES) if url.drivername.partition("+")[0] in {"postgresql", "postgres"} else url


def _on_connect(connection: SqliteConnection, entry: ConnectionPoolEntry) -> None:
    del entry
    connection.isolation_level = None  # the driver's implicit BEGIN comes too late to be a snapshot
    _use_wal(connection)
    connection.execute("PRAGMA foreign_keys = ON")


def _use_wal(connection: SqliteConnection) -> None:
    """Switch to the write-ahead log. Where two do so in a new file at once, SQLite fails one without waiting."""
    until = monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except SqliteError as error:
            if "locked" not in str(error) or monotonic() > until:
                raise
            sleep(_RETRY_SECONDS)
        else:
            return


def _on_begin(connection: Connection) -> None:
    # A transaction that reads first and writes later can't be made to wait in SQLite, only to fail; so it locks first.
    writes = connection.get_execution_options().get("outlay_writes")
    if writes:
        # A commit must survive a power cut: a revoked key or a used link that comes back is worse than a slower commit.
        connection.exec_driver_sql(f"PRAGMA synchronous = {'NORMAL' if writes == 'unsynced' else 'FULL'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _on_postgres_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    writes, factor = options.get("outlay_writes"), 0 if options.get("outlay_patient") else 1_000
    steps = [
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
        if writes
        else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        f"SET LOCAL statement_timeout = {_STATEMENT_SECONDS * factor}",
        f"SET LOCAL lock_timeout = {_BUSY_SECONDS * factor}",
        f"SET LOCAL idle_in_transaction_session_timeout = {_IDLE_SECONDS * factor}",
    ]
    if writes == "unsynced":
        steps.append("SET LOCAL synchronous_commit = off")
    if writes:
        # Each statement sees what was committed before it: so all that follow see what earlier writers left.
        steps.append(_WRITE_LOCK)
    connection.exec_driver_sql("; ".join(steps))


def _distrust(context: ExceptionContext) -> None:
    """Give up a connection in whose midst something else than the database failed: its answers may be out of step."""
    if context.sqlalchemy_exception is None:
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = False
