"""Deletes the trail of an organisation that is deleted: the one way by which entries go, and itself written down."""

from datetime import datetime

from sqlalchemy import delete, select

from outlay.control.database import Control
from outlay.control.tables import organisations
from outlay.control.trail import INSTALLATION, Actor, Change, Head, write_down
from outlay.control.trail_tables import audit_entries, audit_heads
from outlay.errors import Conflict, NotFound


def forget_chain(control: Control, organisation: str, by: Actor, now: datetime) -> Head:
    """Delete a chain and return its end, which the installation's own chain keeps.

    Conflict while the organisation is there, NotFound where there is no such chain.
    """
    this = audit_heads.c.organisation == organisation
    with control.begin() as connection:
        row = connection.execute(select(audit_heads).where(this).with_for_update()).one_or_none()
        if row is None or organisation == INSTALLATION:
            raise NotFound(f"there is no audit trail of an organisation {organisation!r}")
        if connection.execute(select(organisations.c.id).where(organisations.c.id == organisation)).first() is not None:
            raise Conflict(f"the organisation {organisation!r} is there; its audit trail stays as long as it does")
        # The head goes first: as long as it is there, the database itself refuses to delete an entry.
        connection.execute(delete(audit_heads).where(this))
        connection.execute(delete(audit_entries).where(audit_entries.c.organisation == organisation))
        end = {"entries": row.number, "hash": row.hash.hex()}
        change = Change("trail.forget", "trail", organisation, organisation, before=end)
        write_down(connection, INSTALLATION, by, change, now)
    return Head(row.organisation, row.number, row.hash)
