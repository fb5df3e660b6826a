"""Organisations: the tenants. At the first start there is one, with the id `default`."""

from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Row, select

from outlay.control.conflict import insert_unless_there
from outlay.control.database import Control
from outlay.control.tables import organisations
from outlay.errors import Conflict, InputError, NotFound
from outlay.kit.period import parse_zone

DEFAULT_ORGANISATION: Final = "default"


class Organisation(Struct, frozen=True):
    id: str
    name: str
    zone: str
    created_at: datetime


def create_organisation(control: Control, organisation: str, name: str, zone: str, now: datetime) -> Organisation:
    """Create one; Conflict when the id is taken, InputError when the zone is none."""
    if not _insert(control, organisation, name, zone, now):
        raise Conflict(f"there is an organisation {organisation!r} already")
    return organisation_of(control, organisation)


def first_organisation(control: Control, name: str, zone: str, now: datetime) -> Organisation:
    """Return the organisation `default`, made with this name and zone if it is not there yet."""
    _insert(control, DEFAULT_ORGANISATION, name, zone, now)
    return organisation_of(control, DEFAULT_ORGANISATION)


def organisation_of(control: Control, organisation: str) -> Organisation:
    """Return it by id; NotFound when there is none."""
    with control.read() as connection:
        row = connection.execute(select(organisations).where(organisations.c.id == organisation)).one_or_none()
    if row is None:
        raise NotFound(f"there is no organisation {organisation!r}")
    return _as_organisation(row)


def every_organisation(control: Control) -> list[Organisation]:
    with control.read() as connection:
        return [_as_organisation(row) for row in connection.execute(select(organisations).order_by(organisations.c.id))]


def _insert(control: Control, organisation: str, name: str, zone: str, now: datetime) -> bool:
    try:
        parse_zone(zone)
    except ValueError as error:
        raise InputError(str(error)) from None
    row = {"id": organisation, "name": name, "zone": zone, "created_at": now}
    with control.begin() as connection:
        return connection.execute(insert_unless_there(organisations).values(row)).rowcount == 1


def _as_organisation(row: Row[Any]) -> Organisation:
    return Organisation(row.id, row.name, row.zone, row.created_at)
