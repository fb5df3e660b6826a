"""Organisations: the tenants. At the first start there is one, with the id `default`.

What people set of one (its name, calendar, currency, how long its data is kept) is changed here, each time with an
entry in its trail. A new zone is only wanted at first: it holds once the ledger's days are counted in it.
"""

import re
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Connection, Row, select, update

from outlay.control.conflict import insert_unless_there
from outlay.control.currencies import USD, parse_currency
from outlay.control.database import Control
from outlay.control.storable import storable
from outlay.control.tables import organisations
from outlay.control.trail import INSTALLATION, Actor, Change, differing, write_down
from outlay.control.trail_tables import audit_entries, audit_heads
from outlay.errors import Conflict, InputError, NotFound
from outlay.kit.period import local_day, parse_zone, zone_names

DEFAULT_ORGANISATION: Final = "default"
OPERATORS: Final = "operators"  # no tenant: who signs in to it operates the installation
LEAST_RETENTION_DAYS: Final = 31
MOST_RETENTION_DAYS: Final = 36_500
LONGEST_NAME: Final = 100
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class Organisation(Struct, frozen=True, kw_only=True):
    """One tenant. `zone` is the one its days are counted in, `next_zone` one that they are being counted in anew.

    `fiscal_month` is the month that its fiscal years begin in; `retention_days` of None keeps data for ever.
    """

    id: str
    name: str
    zone: str
    created_at: datetime
    next_zone: str | None = None
    fiscal_month: int = 1
    currency: str = USD
    retention_days: int | None = None
    suspended_at: datetime | None = None
    deleted_at: datetime | None = None

    @property
    def wanted_zone(self) -> str:
        return self.next_zone or self.zone


class OrganisationChange(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is to be different; what is not set stays."""

    name: str | UnsetType = UNSET
    zone: str | UnsetType = UNSET
    fiscal_month: int | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    retention_days: int | UnsetType | None = UNSET


def create_organisation(
    control: Control, organisation: str, name: str, zone: str, by: Actor, now: datetime
) -> Organisation:
    """Create one; Conflict when the id is taken or was, InputError when id, name or zone can't be."""
    with control.begin() as connection:
        return add_organisation(connection, (organisation, name, zone), by, now)


def add_organisation(connection: Connection, wanted: tuple[str, str, str], by: Actor, now: datetime) -> Organisation:
    """Create one of this id, name and zone in the caller's transaction, as `create_organisation` does."""
    organisation, name, zone = wanted
    if not _ID.fullmatch(organisation):
        raise InputError("an organisation's id has up to 40 small letters, digits and hyphens")
    row = _new_row(organisation, name, zone, now)
    taken = Conflict(f"there is an organisation {organisation!r} already, or there was one")
    # A trail outlives its organisation; another one must not go on with it, nor with what is left of one elsewhere.
    if _was_given(connection, organisation):
        raise taken
    if connection.execute(insert_unless_there(organisations).values(row)).rowcount != 1:
        raise taken
    made = Change("organisation.create", "organisation", organisation, name, after={"name": name, "zone": zone})
    for chain in (organisation, INSTALLATION):
        write_down(connection, chain, by, made, now)
    return read_organisation(connection, organisation)


def _was_given(connection: Connection, organisation: str) -> bool:
    """Say whether there is a trail of this id, or the installation's own tells that one was deleted."""
    entry = audit_entries.c
    told = (entry.organisation == INSTALLATION, entry.subject == organisation, entry.action == "organisation.delete")
    trail = select(audit_heads.c.organisation).where(audit_heads.c.organisation == organisation)
    return any(connection.execute(each).first() is not None for each in (trail, select(entry.number).where(*told)))


def first_organisation(control: Control, name: str, zone: str, now: datetime) -> Organisation:
    """Return the organisation `default`, made with this name and zone if it is not there yet."""
    found = _find(control, DEFAULT_ORGANISATION)
    if found is not None:
        return found
    with control.begin() as connection:
        connection.execute(insert_unless_there(organisations).values(_new_row(DEFAULT_ORGANISATION, name, zone, now)))
        return read_organisation(connection, DEFAULT_ORGANISATION)


def operators_organisation(control: Control, now: datetime) -> Organisation:
    """Return the organisation of those who operate the installation, made if it is not there yet."""
    with control.begin() as connection:
        connection.execute(insert_unless_there(organisations).values(_new_row(OPERATORS, "Operators", "UTC", now)))
        return read_organisation(connection, OPERATORS)


def organisation_of(control: Control, organisation: str) -> Organisation:
    """Return it by id; NotFound when there is none."""
    found = _find(control, organisation)
    if found is None:
        raise NotFound(f"there is no organisation {organisation!r}")
    return found


def organisations_with_upkeep(control: Control) -> list[Organisation]:
    """Return those of which the ledger is asked something: another zone, to keep no more than so much, or nothing."""
    columns = organisations.c
    asked = columns.next_zone.is_not(None) | columns.deleted_at.is_not(None) | columns.retention_days.is_not(None)
    with control.read() as connection:
        return [as_organisation(row) for row in connection.execute(select(organisations).where(asked))]


def first_day_kept(organisation: Organisation, now: datetime) -> date | None:
    """Return the first local day that is kept; None where all are."""
    if organisation.retention_days is None:
        return None
    return local_day(now, parse_zone(organisation.zone)) - timedelta(days=organisation.retention_days)


def every_organisation(control: Control) -> list[Organisation]:
    """Return all of them, also those that are being deleted, without that of the operators."""
    tenants = select(organisations).where(organisations.c.id != OPERATORS).order_by(organisations.c.id)
    with control.read() as connection:
        return [as_organisation(row) for row in connection.execute(tenants)]


def change_organisation(
    control: Control, organisation: str, change: OrganisationChange, by: Actor, now: datetime
) -> Organisation:
    """Change what is set; return it as it is then. InputError where a value can't be.

    Another zone is wanted from now on; `zone_holds` says when the ledger has it.
    """
    values = _checked(change)
    with control.begin() as connection:
        before = read_organisation(connection, organisation, locked=True)
        if "zone" in values:
            zone = values.pop("zone")
            # Once another one is wanted, the ledger may have it by now: only it can say that nothing is to be done.
            values["next_zone"] = None if zone == before.zone == before.wanted_zone else zone
        left, right = differing(_told(before), _told(before) | values)
        if not right:
            return before
        connection.execute(update(organisations).where(organisations.c.id == organisation).values(**values))
        action = "retention.change" if set(right) == {"retention_days"} else "organisation.change"
        name = before.name
        write_down(connection, organisation, by, Change(action, "organisation", organisation, name, left, right), now)
        return read_organisation(connection, organisation)


def zone_holds(control: Control, organisation: str, zone: str) -> None:
    """Note that the ledger's days are counted in this zone now; one that was wanted later is still wanted."""
    this = organisations.c.id == organisation
    with control.begin() as connection:
        connection.execute(update(organisations).where(this).values(zone=zone))
        connection.execute(update(organisations).where(this, organisations.c.next_zone == zone).values(next_zone=None))


def is_served(organisation: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that the organisation a row belongs to is neither suspended nor deleted."""
    return organisation.in_(select(organisations.c.id).where(organisations.c.suspended_at.is_(None)))


def are_served(control: Control, found: Collection[str]) -> frozenset[str]:
    """Return those of these organisations that are neither suspended nor deleted."""
    asked = select(organisations.c.id).where(organisations.c.id.in_(found), organisations.c.suspended_at.is_(None))
    with control.read() as connection:
        return frozenset(connection.execute(asked).scalars())


def _find(control: Control, organisation: str) -> Organisation | None:
    with control.read() as connection:
        row = connection.execute(
            select(organisations).where(organisations.c.id == storable(organisation))
        ).one_or_none()
    return None if row is None else as_organisation(row)


def read_organisation(connection: Connection, organisation: str, *, locked: bool = False) -> Organisation:
    """Return it in a transaction, `locked` against others that change it; NotFound when there is none."""
    asked = select(organisations).where(organisations.c.id == organisation)
    row = connection.execute(asked.with_for_update() if locked else asked).one_or_none()
    if row is None:
        raise NotFound(f"there is no organisation {organisation!r}")
    return as_organisation(row)


def _new_row(organisation: str, name: str, zone: str, now: datetime) -> dict[str, Any]:
    checked = _checked(OrganisationChange(name=name, zone=zone))
    return {"id": organisation, "created_at": now, "fiscal_month": 1, "currency": USD, **checked}


def _checked(change: OrganisationChange) -> dict[str, Any]:
    """Return the values that are set; InputError where one can't be."""
    values = {name: value for name, value in asdict(change).items() if value is not UNSET}
    name, days = values.get("name", "-"), values.get("retention_days")
    if not (name.strip() and name.isprintable() and len(name) <= LONGEST_NAME):
        raise InputError(f"an organisation's name has 1 to {LONGEST_NAME} printable characters")
    if not 1 <= values.get("fiscal_month", 1) <= 12:
        raise InputError("a fiscal year begins in one of the months 1 to 12")
    if days is not None:
        check_retention(days)
    if "currency" in values:
        values["currency"] = parse_currency(values["currency"])
    check_zone(values.get("zone", "UTC"))
    return values


def check_zone(name: str) -> None:
    """Raise InputError unless an organisation may count its days in the zone of this name."""
    if name not in zone_names():
        raise InputError(f"{name!r} is no IANA time zone; write one such as Europe/Berlin or UTC")


def check_retention(days: int) -> None:
    """Raise InputError unless data may be kept for so many days."""
    if not LEAST_RETENTION_DAYS <= days <= MOST_RETENTION_DAYS:
        raise InputError(f"data is kept for {LEAST_RETENTION_DAYS} to {MOST_RETENTION_DAYS:,} days, or for ever")


def _told(organisation: Organisation) -> dict[str, Any]:
    named = asdict(organisation)
    return {name: named[name] for name in ("name", "next_zone", "fiscal_month", "currency", "retention_days")}


def as_organisation(row: Row[Any]) -> Organisation:
    """Return a row of the table `organisations`."""
    return Organisation(**{name: getattr(row, name) for name in Organisation.__struct_fields__})
