"""Imports that are done: when each ran and what it brought. How far a running one has come is in `progress.py`."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import and_, insert, select

from outlay.control.database import Control
from outlay.control.log_tables import import_runs
from outlay.control.trail import Actor, Change, write_down
from outlay.kit.ids import new_id


class ImportRun(Struct, frozen=True):
    """`stored` new events of `source` (such as `import:aider`), whose files reach from `first` to `last`."""

    source: str
    stored: int
    first: datetime | None
    last: datetime | None
    ran_at: datetime


def note_import(control: Control, organisation: str, run: ImportRun, by: Actor) -> None:
    imported = new_id("import")
    row = {
        "id": imported,
        "organisation": organisation,
        "source": run.source,
        "stored": run.stored,
        "first": run.first,
        "last": run.last,
        "ran_at": run.ran_at,
    }
    with control.begin() as connection:
        connection.execute(insert(import_runs).values(row))
        what = {"stored": run.stored, "first": run.first, "last": run.last}
        write_down(
            connection, organisation, by, Change("import.store", "import", imported, run.source, after=what), run.ran_at
        )


def imports_between(control: Control, organisation: str, start: datetime, end: datetime, most: int) -> list[ImportRun]:
    """Return the imports that were done from `start` up to but without `end`: the newest `most`, in order of time."""
    table = import_runs.c
    within = and_(table.organisation == organisation, table.ran_at >= start, table.ran_at < end)
    columns = (table.source, table.stored, table.first, table.last, table.ran_at)
    newest = select(*columns).where(within).order_by(table.ran_at.desc(), table.id).limit(most)
    with control.read() as connection:
        return [ImportRun(*row) for row in connection.execute(newest)][::-1]
