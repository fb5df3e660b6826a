"""Opens the control database and hands out its transactions; knows no table's meaning.

A database that is new is made at once; one that an older Outlay made is upgraded in place by `upgrade.py` in a process
of its own: Alembic costs a third of a start and is needed once per release, so it is never loaded here.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, insert, inspect, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from outlay.config import Settings
from outlay.control.engine import as_url, connect
from outlay.control.schema import SCHEMA
from outlay.control.tables import REVISION, alembic_version
from outlay.errors import OutlayError, Unavailable

CONTROL_FILE: Final = "control.sqlite"

_UPGRADE_SECONDS: Final = 600
_AFTER_COMMIT: Final = "outlay_after_commit"


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
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # the secret key and the ledger are in it
    except OSError as error:
        raise OutlayError(f"can't use the data directory {settings.data}: {error.strerror}") from error
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
        SCHEMA.create_all(connection)
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
