"""Opens the control database and hands out its transactions; knows no table's meaning.

On both engines one transaction writes at a time, and one that reads sees one state: what is right on SQLite is right on
Postgres. A database that is new is made at once; one that an older Outlay made is upgraded in place by `upgrade.py` in
a process of its own: Alembic costs a third of a start and is needed once per release, so it is never loaded here.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError as SqliteError
from time import monotonic, sleep
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, inspect, make_url, select
from sqlalchemy.dialects import registry
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.pool import ConnectionPoolEntry

from outlay.config import Settings
from outlay.control.tables import REVISION, alembic_version, metadata
from outlay.errors import OutlayError, Unavailable

CONTROL_FILE: Final = "control.sqlite"

_RETRY_SECONDS: Final = 0.02
_BUSY_SECONDS: Final = 10  # how long a writer waits for another process's transaction
_UPGRADE_SECONDS: Final = 600
_AFTER_COMMIT: Final = "outlay_after_commit"
_POSTGRES: Final = "postgresql+outlay"
_POOLED: Final = 8
_MOST_CONNECTIONS: Final = 40  # as many threads as answer requests

# One number for all that write: whoever has it writes. Released with the transaction, however that ends.
_WRITE_LOCK: Final = "SELECT pg_advisory_xact_lock(122537463767161)"
_LOCK_SECONDS: Final = 10
_STATEMENT_SECONDS: Final = 60
_IDLE_SECONDS: Final = 60  # a process that stands still in a transaction must not keep all others from writing

registry.register("postgresql.outlay", "outlay.control.postgres", "OutlayDialect")


class Control:
    """The open control database. `begin()` to change, `read()` to look: each is one transaction on one connection.

    They raise Unavailable where the database can't do it now: its disk is full, or another process holds it too long.
    """

    def __init__(self, engine: Engine, notary: object = None) -> None:
        """`notary` is the trail's (control/trail.py): transactions carry it."""
        self.engine = engine
        self._writing = engine.execution_options(outlay_writes="synced", outlay_notary=notary)
        self._noting = engine.execution_options(outlay_writes="unsynced")

    def begin(self) -> AbstractContextManager[Connection]:
        """Return a transaction that may write; commits at the end, rolls back when an exception leaves it."""
        return _told_when_unavailable(self._writing)

    def note(self) -> AbstractContextManager[Connection]:
        """Return the same for what a power cut may take back: what is noticed again by itself, and often.

        It takes a hundredth of the time, since nobody waits for the disk. A killed process loses nothing here either.
        """
        return _told_when_unavailable(self._noting)

    def read(self) -> AbstractContextManager[Connection]:
        """Return a transaction that sees one state throughout and never waits for a writer."""
        return _told_when_unavailable(self.engine)

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _told_when_unavailable(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.begin() as connection:
            # The dictionary stays with the pooled connection: what a transaction that failed left is not for this one.
            promised: list[Callable[[], None]] = []
            connection.info[_AFTER_COMMIT] = promised
            yield connection
    except (OperationalError, PoolExhausted) as error:
        raise Unavailable("the control database can't be used now; the log of Outlay says why") from error
    for promise in promised:
        promise()


def after_commit(connection: Connection, promise: Callable[[], None]) -> None:
    """Have something done once the transaction is kept for good, and not where it is rolled back."""
    connection.info.setdefault(_AFTER_COMMIT, []).append(promise)


def open_configured(settings: Settings, notary: object = None) -> Control:
    """Open the control database of these settings: that of `control_url`, else the file in the data directory."""
    return open_control(settings.control_url or settings.data_dir / CONTROL_FILE, notary)


def open_control(target: Path | str, notary: object = None) -> Control:
    """Open the database file (made when missing, readable by its owner only) or database URL, with today's schema.

    Raises OutlayError when it can't be opened or was made by a newer Outlay.
    """
    url = as_url(target)
    named = url.render_as_string(hide_password=True)
    try:
        engine = _engine(url)
        with ExitStack() as undo:
            undo.callback(engine.dispose)
            _bring_up_to_date(engine, url)
            undo.pop_all()
    except DBAPIError as error:
        raise OutlayError(f"can't open the control database {named}: {error.orig}") from error
    except OSError as error:
        raise OutlayError(f"can't open the control database {named}: {error.strerror or error}") from error
    return Control(engine, notary)


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


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite" and url.database:
        _own_file(Path(url.database))
    return connect(url)


def _own_file(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        # SQLite gives its -wal and -shm files the mode of the database file, so it must be right before the first byte.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)


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
        f"SET LOCAL lock_timeout = {_LOCK_SECONDS * factor}",
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


def _bring_up_to_date(engine: Engine, url: URL) -> None:
    revision = _revision(engine)
    if revision is None:
        revision = _create(engine)
    if revision != REVISION:
        _upgrade_apart(url)


def _revision(engine: Engine) -> str | None:
    with engine.begin() as connection:
        if not inspect(connection).has_table(alembic_version.name):
            return None
        return _stamped(connection)


def _create(engine: Engine) -> str:
    with engine.execution_options(outlay_writes="synced").begin() as connection:
        if inspect(connection).has_table(alembic_version.name):  # another process was faster
            return _stamped(connection)
        metadata.create_all(connection)
        alembic_version.create(connection)
        connection.execute(insert(alembic_version).values(version_num=REVISION))
    return REVISION


def _stamped(connection: Connection) -> str:
    # No stamp is what Alembic leaves of a database whose every migration was taken back: it begins anew.
    return str(connection.execute(select(alembic_version.c.version_num)).scalar_one_or_none())


def _upgrade_apart(url: URL) -> None:
    # The URL may hold a password; standard input is not seen by `ps`.
    done = subprocess.run(
        [sys.executable, "-m", "outlay.control.upgrade"],
        input=url.render_as_string(hide_password=False),
        capture_output=True,
        text=True,
        timeout=_UPGRADE_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise OutlayError(f"can't upgrade the control database: {done.stderr.strip()}")
