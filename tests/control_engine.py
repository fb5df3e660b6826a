"""Which engine tests keep the control database on: SQLite, or Postgres with OUTLAY_TEST_CONTROL=postgres.

Tests need not know. Whatever opens the control database of a data directory (`control.sqlite` in it) is led to a
database of its own in a cluster that this process starts (tests/postgres.py); a process that a test starts gets
`environment_for` its data directory. A test that holds on one engine only is marked `sqlite_only` or `postgres_only`.
"""

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest
from sqlalchemy import URL, select

from outlay.control import database
from outlay.control.database import CONTROL_FILE, Control, open_control
from outlay.control.engine import as_url
from outlay.control.schema import SCHEMA
from tests.postgres import Cluster, started_cluster

_ENGINE_VARIABLE: Final = "OUTLAY_TEST_CONTROL"
ON_POSTGRES: Final = os.environ.get(_ENGINE_VARIABLE, "sqlite") == "postgres"
URL_VARIABLE: Final = "OUTLAY_CONTROL_URL"
_TEMPLATE: Final = "outlay_today"


class _Databases:
    """The databases that belong to data directories. One whose directory is gone is emptied and used again."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._of: dict[Path, tuple[Path, str]] = {}  # by data directory: what must be there for it, and its database
        cluster.create(_TEMPLATE)
        open_control(cluster.url(_TEMPLATE)).close()

    def url_of(self, folder: Path) -> str:
        if folder not in self._of:
            # Making one takes a hundred times as long as emptying one.
            home = next(each for each in (folder, *folder.parents) if each.exists())
            self._of[folder] = home, self._emptied() or self._made()
        return self._cluster.url(self._of[folder][1])

    def _made(self) -> str:
        name = f"control_{len(self._of)}"
        self._cluster.create(name, _TEMPLATE)
        return name

    def _emptied(self) -> str | None:
        gone = next((folder for folder, (home, _) in self._of.items() if not home.exists()), None)
        if gone is None:
            return None
        _, name = self._of.pop(gone)
        # Neither the order of the tables nor what refuses a deletion matters to a replica.
        deletes = "; ".join(f'DELETE FROM "{each.name}"' for each in SCHEMA.sorted_tables)
        self._cluster.run(f"SET session_replication_role = replica; {deletes}", name)
        return name


@cache
def _databases() -> _Databases:
    return _Databases(started_cluster())


def control_url(folder: Path) -> str:
    """Return the setting `control_url` for a data directory, which need not be there yet; empty on SQLite."""
    return _databases().url_of(folder.absolute()) if ON_POSTGRES else ""


def control_target(folder: Path) -> str:
    """Return what another process opens as the control database of a data directory."""
    return control_url(folder) or str(folder / CONTROL_FILE)


def everything_in(control: Control) -> bytes:
    """Return every value of every table, and what lies in the files beside: where a secret must not be found."""
    with control.read() as connection:
        rows = [value for table in SCHEMA.sorted_tables for row in connection.execute(select(table)) for value in row]
    values = b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in rows)
    kept = control.engine.url.database if control.engine.dialect.name == "sqlite" else None
    return values + b"".join(path.read_bytes() for path in (Path(kept).parent.iterdir() if kept else ()))


def empty_database() -> str:
    """Return the URL of a new database without any table, on Postgres."""
    cluster = started_cluster()
    name = f"empty_{uuid4().hex}"
    cluster.create(name)
    return cluster.url(name)


def lead_to_chosen_engine(patch: pytest.MonkeyPatch) -> None:
    """Let files of the control database stand for databases of Postgres in this process."""
    if not ON_POSTGRES:
        return

    def led(target: Path | str) -> URL:
        return as_url(control_url(target.parent) if isinstance(target, Path) else target)

    patch.setattr(database, "as_url", led)


def environment_for(arguments: Sequence[str]) -> dict[str, str]:
    """Return the environment for an `outlay` command with these arguments."""
    kept = {name: value for name, value in os.environ.items() if name != _ENGINE_VARIABLE}  # it is no setting
    if not ON_POSTGRES or "--data" not in arguments:
        return kept
    return {**kept, URL_VARIABLE: control_url(Path(arguments[arguments.index("--data") + 1]))}
