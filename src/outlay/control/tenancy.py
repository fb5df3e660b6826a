"""What an operator does with whole organisations: make, list, suspend, resume, delete. It looks into none of them.

A deleted organisation is out at once: its members, keys and sessions go in the transaction that says so. Its row stays
until the ledger holds nothing of it either, and its trail for good.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, or_, select, update

from outlay.control.database import Control
from outlay.control.members import Member, NewMember, add_member
from outlay.control.organisations import (
    DEFAULT_ORGANISATION,
    OPERATORS,
    Organisation,
    add_organisation,
    as_organisation,
    read_organisation,
)
from outlay.control.schema import SCHEMA
from outlay.control.storable import storable
from outlay.control.tables import members, organisations
from outlay.control.trail import INSTALLATION, Actor, Change, write_down
from outlay.control.trail_tables import audit_entries, audit_heads
from outlay.errors import Conflict, NotFound

_KEPT: Final = (organisations, audit_entries, audit_heads)


class NewTenant(Struct, frozen=True, kw_only=True):
    """An organisation to make, with the e-mail address of its first admin."""

    id: str
    name: str
    zone: str
    email: str


class Tenant(Struct, frozen=True):
    """An organisation as the operator sees it, with how many members may sign in."""

    organisation: Organisation
    members: int


def found_organisation(control: Control, wanted: NewTenant, by: Actor, now: datetime) -> tuple[Organisation, Member]:
    """Create an organisation with its first admin, both or neither; Conflict, InputError."""
    with control.begin() as connection:
        made = add_organisation(connection, (wanted.id, wanted.name, wanted.zone), by, now)
        first = NewMember(email=wanted.email, role="admin")
        return made, add_member(connection, made.id, first, by, now, "member.invite")


def tenants(
    control: Control, search: str, limit: int, offset: int = 0, after: str = ""
) -> tuple[Sequence[Tenant], int]:
    """Return a page of the organisations by id, behind the one `after`, and how many are searched for in all."""
    wanted = organisations.c.id != OPERATORS
    if search:
        text = f"%{storable(search).casefold().replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
        name = func.lower(organisations.c.name)
        wanted &= or_(name.like(text, escape="!"), organisations.c.id.like(text, escape="!"))
    page = _with_members(wanted & (organisations.c.id > after)).order_by(organisations.c.id)
    with control.read() as connection:
        rows = connection.execute(page.limit(limit).offset(offset)).all()
        total = connection.execute(select(func.count()).select_from(organisations).where(wanted)).scalar_one()
    return [_as_tenant(row) for row in rows], total


def tenant_of(control: Control, organisation: str) -> Tenant:
    """Return one organisation, also while it is being deleted; NotFound without it, and for that of the operators."""
    this = and_(organisations.c.id == organisation, organisations.c.id != OPERATORS)
    with control.read() as connection:
        row = connection.execute(_with_members(this)).one_or_none()
    if row is None:
        raise NotFound(f"there is no organisation {organisation!r}")
    return _as_tenant(row)


def suspend_organisation(control: Control, organisation: str, by: Actor, now: datetime) -> None:
    """Refuse sign-in, keys and gateway from now on; nothing is removed. Conflict when it is suspended already."""
    _set_suspended(control, organisation, "organisation.suspend", (None, now), (by, now))


def resume_organisation(control: Control, organisation: str, by: Actor, now: datetime) -> None:
    _set_suspended(control, organisation, "organisation.resume", (now, None), (by, now))


def delete_organisation(control: Control, organisation: str, by: Actor, now: datetime) -> None:
    """Take an organisation out for good: its members, keys, sessions and settings go now, the ledger's data after.

    Conflict for the one that settings name and the next start would make anew.
    """
    if organisation in {DEFAULT_ORGANISATION, OPERATORS}:
        raise Conflict(f"the organisation {organisation!r} belongs to the installation and can't be deleted")
    with control.begin() as connection:
        found = _tenant(connection, organisation)
        _remove_rows(connection, organisation)
        gone = update(organisations).where(organisations.c.id == organisation)
        connection.execute(gone.values(deleted_at=now, suspended_at=found.suspended_at or now))
        told = Change("organisation.delete", "organisation", organisation, found.name, before={"name": found.name})
        for chain in (organisation, INSTALLATION):
            write_down(connection, chain, by, told, now)


def forget_organisation(control: Control, organisation: str) -> None:
    """Remove the last of a deleted organisation, once the ledger holds nothing of it."""
    with control.begin() as connection:
        this = (organisations.c.id == organisation, organisations.c.deleted_at.is_not(None))
        if connection.execute(select(organisations.c.id).where(*this)).one_or_none() is None:
            return
        # What was on its way when it was deleted may have left names here since.
        _remove_rows(connection, organisation)
        connection.execute(delete(organisations).where(*this))


def forgotten_of(control: Control, found: Sequence[str]) -> list[str]:
    """Return those of these ids that are no organisation any more, and were deleted by all that the trail says.

    What no trail tells of stays: it may be the control database that is not the right one.
    """
    entry = audit_entries.c
    told = (entry.organisation == INSTALLATION, entry.action == "organisation.delete", entry.subject.in_(found))
    there = select(organisations.c.id).where(organisations.c.id.in_(found))
    with control.read() as connection:
        deleted = set(connection.execute(select(entry.subject).where(*told)).scalars())
        return sorted(deleted - set(connection.execute(there).scalars()))


def _remove_rows(connection: Connection, organisation: str) -> None:
    for table in reversed(SCHEMA.sorted_tables):
        if "organisation" in table.c and table not in _KEPT:
            connection.execute(delete(table).where(table.c.organisation == organisation))


def _with_members(condition: ColumnElement[bool]) -> Select[Any]:
    mine = and_(members.c.organisation == organisations.c.id, members.c.disabled_at.is_(None))
    counted = select(func.count()).where(mine).scalar_subquery()
    return select(organisations, counted.label("members")).where(condition)


def _as_tenant(row: Row[Any]) -> Tenant:
    return Tenant(as_organisation(row), row.members)


def _set_suspended(
    control: Control,
    organisation: str,
    action: str,
    change: tuple[datetime | None, datetime | None],
    told: tuple[Actor, datetime],
) -> None:
    (_, after), (by, now) = change, told
    with control.begin() as connection:
        found = _tenant(connection, organisation)
        if (found.suspended_at is None) == (after is None):
            raise Conflict(f"the organisation {found.name!r} is {'not suspended' if after is None else 'suspended'}")
        this = update(organisations).where(organisations.c.id == organisation)
        connection.execute(this.values(suspended_at=after))
        for chain in (organisation, INSTALLATION):
            write_down(connection, chain, by, Change(action, "organisation", organisation, found.name), now)


def _tenant(connection: Connection, organisation: str) -> Organisation:
    found = read_organisation(connection, organisation, locked=True)
    if organisation == OPERATORS or found.deleted_at is not None:
        raise NotFound(f"there is no organisation {organisation!r}")
    return found
