"""Upgrades a control database in place: `python -m outlay.control.upgrade`, its URL on standard input.

Runs as a process of its own so that no server ever loads Alembic. It is one transaction: done, or not begun.
"""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy.exc import DBAPIError

from outlay.control.engine import as_url, connect


def migrations() -> Config:
    """Return Alembic's configuration; it is made here and needs no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def revisions() -> list[str]:
    """Return every revision there is, oldest first."""
    scripts = ScriptDirectory.from_config(migrations()).walk_revisions()
    return [script.revision for script in scripts][::-1]


def upgrade(url: str, to: str = "head") -> None:
    """Bring the database to revision `to`; raises CommandError when its own revision is unknown to this Outlay."""
    engine = connect(as_url(url), patiently=True)
    config = migrations()
    try:
        # The write lock is held from the first look at the revision, so of two processes one upgrades and one waits.
        with engine.execution_options(outlay_writes="synced").begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, to)
    finally:
        engine.dispose()


def main() -> int:
    try:
        upgrade(sys.stdin.read().strip())
    except CommandError as error:
        sys.stderr.write(f"it was made by a newer Outlay, which this one can't read ({error})\n")
        return 1
    except DBAPIError as error:
        sys.stderr.write(f"{error.orig}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
