"""How far an import has come, so that it goes on where it stopped.

Progress is saved after the events are in the ledger; a crash in between repeats a stretch, which deduplication absorbs.
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, delete, select

from outlay.control.conflict import insert_or_replace
from outlay.control.database import Control
from outlay.control.log_tables import import_progress


class Progress(Struct, frozen=True):
    """`position` is the first byte or row not yet done; `counts` are the importer's own figures up to there."""

    position: int
    counts: dict[str, int]


def progress_of(control: Control, organisation: str, import_id: str) -> Progress | None:
    """Return how far this import came, None when it never began."""
    with control.read() as connection:
        row = connection.execute(
            select(import_progress.c.position, import_progress.c.counts).where(_this(organisation, import_id))
        ).one_or_none()
    return None if row is None else Progress(*row)


def save_progress(control: Control, organisation: str, import_id: str, progress: Progress, now: datetime) -> None:
    row = {
        "organisation": organisation,
        "import_id": import_id,
        "position": progress.position,
        "counts": progress.counts,
        "changed_at": now,
    }
    with control.note() as connection:
        connection.execute(insert_or_replace(import_progress, "position", "counts", "changed_at").values(row))


def forget_progress(control: Control, organisation: str, import_id: str) -> None:
    """Let the next run of this import begin at the start again."""
    with control.begin() as connection:
        connection.execute(delete(import_progress).where(_this(organisation, import_id)))


def _this(organisation: str, import_id: str) -> ColumnElement[bool]:
    return and_(import_progress.c.organisation == organisation, import_progress.c.import_id == import_id)
