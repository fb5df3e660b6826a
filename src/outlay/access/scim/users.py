"""SCIM users: our members, with what SCIM knows of them beside. All members are users, whoever added them.

Deactivating takes a member's access at once; what they spent stays theirs. A deleted user is a disabled member that
SCIM sees no more, and whoever is created again under the same name or e-mail is that member.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, delete, func, insert, or_, select, update

from outlay.access.group_standing import put_in_standing
from outlay.access.scim.filters import Filter
from outlay.access.scim.search import Attribute, Moment, Text, Truth, condition_of
from outlay.control.database import Control
from outlay.control.directory_tables import scim_group_members, scim_users
from outlay.control.emails import email_key
from outlay.control.member_changes import MemberChange, change_member_in, disable_member_in, enable_member_in
from outlay.control.members import NewMember, add_provided_member
from outlay.control.tables import members
from outlay.control.trail import Actor
from outlay.errors import Conflict, NotFound, ScimInvalid

USER_URN: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
LONGEST_NAME: Final = 200
MOST_EMAILS: Final = 20
_LONGEST: Final = 256


class Email(Struct, frozen=True, omit_defaults=True):
    value: str
    type: str | None = None
    primary: bool | None = None


class WantedUser(Struct, frozen=True, kw_only=True):
    """What a provider says of a user; `email` is that of `emails` to sign in with."""

    user_name: str
    email: str
    emails: tuple[Email, ...] = ()
    display_name: str = ""
    external_id: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    active: bool = True


class ScimUser(Struct, frozen=True, kw_only=True):
    """A user as SCIM sees them; `id` is the member's."""

    id: str
    user_name: str
    emails: tuple[Email, ...]
    display_name: str | None
    external_id: str | None
    given_name: str | None
    family_name: str | None
    active: bool
    created_at: datetime
    changed_at: datetime


class ScimUsers:
    """The users of one organisation, for one caller."""

    def __init__(self, control: Control, organisation: str, by: Actor, now: datetime) -> None:
        self._control = control
        self._organisation = organisation
        self._by = by
        self._now = now

    def one(self, user: str) -> ScimUser:
        """Return the user; NotFound when there is none, or it was deleted."""
        with self._control.read() as connection:
            return self._one(connection, user)

    def found(self, asked: Filter | None, start: int, most: int) -> tuple[int, list[ScimUser]]:
        """Return how many match, and those from the `start`-th (from 1) on, `most` at most, in the order they came."""
        mine = self._mine()
        if asked is not None:
            mine = mine.where(condition_of(asked, _SEARCHED, USER_URN.lower()))
        count = select(func.count()).select_from(mine.subquery())
        page = mine.order_by(members.c.created_at, members.c.id).offset(max(start, 1) - 1).limit(most)
        with self._control.read() as connection:
            total = connection.execute(count).scalar_one()
            return total, [_as_user(row) for row in connection.execute(page)] if most else []

    def create(self, wanted: WantedUser) -> ScimUser:
        """Make a member of the user, or make the member that was deleted one again; Conflict when there is one."""
        _check(wanted)
        with self._control.begin() as connection:
            self._check_free(connection, wanted, None)
            member = self._gone(connection, wanted)
            if member is None:
                new = NewMember(email=wanted.email, role="member", name=_name(wanted))
                member = add_provided_member(connection, self._organisation, new, self._by, self._now).id
                values = self._kept(wanted) | {"created_at": self._now, "member": member}
                connection.execute(insert(scim_users).values(values | {"organisation": self._organisation}))
            else:
                kept = self._kept(wanted) | {"created_at": self._now, "deleted_at": None}
                connection.execute(update(scim_users).where(self._this(member)).values(kept))
            self._make_so(connection, member, wanted)
            put_in_standing(connection, self._organisation, member, self._by, self._now)
            return self._one(connection, member)

    def replace(self, user: str, wanted: WantedUser) -> ScimUser:
        """Make the user as said; NotFound, Conflict when another has the name or e-mail."""
        _check(wanted)
        with self._control.begin() as connection:
            self._one(connection, user)
            self._check_free(connection, wanted, user)
            self._keep(connection, user, self._kept(wanted))
            self._make_so(connection, user, wanted)
            return self._one(connection, user)

    def delete(self, user: str) -> None:
        """Take the member's access and hide it from SCIM."""
        with self._control.begin() as connection:
            known = self._one(connection, user)
            kept = {"user_name": known.user_name, "user_name_key": email_key(known.user_name)}
            self._keep(connection, user, kept | {"changed_at": self._now, "deleted_at": self._now})
            theirs = and_(scim_group_members.c.organisation == self._organisation, scim_group_members.c.member == user)
            connection.execute(delete(scim_group_members).where(theirs))
            disable_member_in(connection, self._organisation, user, self._by, self._now)

    def _keep(self, connection: Connection, user: str, values: dict[str, Any]) -> None:
        if connection.execute(update(scim_users).where(self._this(user)).values(values)).rowcount == 0:
            fresh = values | {"organisation": self._organisation, "member": user, "created_at": self._now}
            connection.execute(insert(scim_users).values(fresh))

    def _make_so(self, connection: Connection, user: str, wanted: WantedUser) -> None:
        change = MemberChange(email=wanted.email, name=_name(wanted))
        change_member_in(connection, self._organisation, user, change, self._by, self._now)
        put = enable_member_in if wanted.active else disable_member_in
        put(connection, self._organisation, user, self._by, self._now)

    def _kept(self, wanted: WantedUser) -> dict[str, Any]:
        return {
            "user_name": wanted.user_name,
            "user_name_key": email_key(wanted.user_name),
            "external_id": wanted.external_id,
            "display_name": wanted.display_name or None,
            "emails": [msgspec.to_builtins(each) for each in wanted.emails],
            "given_name": wanted.given_name,
            "family_name": wanted.family_name,
            "changed_at": self._now,
        }

    def _check_free(self, connection: Connection, wanted: WantedUser, user: str | None) -> None:
        """Raise Conflict where another user that SCIM sees has the name or the e-mail."""
        taken = or_(_USER_NAME_KEY.in_([email_key(wanted.user_name)]), members.c.email_key == email_key(wanted.email))
        others = self._mine().where(taken)
        if user is not None:
            others = others.where(members.c.id != user)
        if connection.execute(others.limit(1)).first() is not None:
            raise Conflict("there is a user with this userName or e-mail already")

    def _gone(self, connection: Connection, wanted: WantedUser) -> str | None:
        """Return the member that was deleted over SCIM and is meant; its row frees the name where it is another's."""
        deleted = and_(scim_users.c.organisation == self._organisation, scim_users.c.deleted_at.is_not(None))
        joined = select(members.c.id).join(scim_users, _SAME)
        same = or_(
            members.c.email_key == email_key(wanted.email), scim_users.c.user_name_key == email_key(wanted.user_name)
        )
        found = connection.execute(joined.where(deleted, same)).scalars().all()
        if len(found) > 1:
            raise Conflict("userName and e-mail belong to two deleted users; change one of them")
        return found[0] if found else None

    def _this(self, user: str) -> ColumnElement[bool]:
        return and_(scim_users.c.organisation == self._organisation, scim_users.c.member == user)

    def _mine(self) -> Select[Any]:
        return (
            select(
                members.c.id,
                _USER_NAME.label("user_name"),
                members.c.email,
                scim_users.c.emails,
                _DISPLAY_NAME.label("display_name"),
                scim_users.c.external_id,
                scim_users.c.given_name,
                scim_users.c.family_name,
                members.c.disabled_at,
                _CREATED.label("created_at"),
                _CHANGED.label("changed_at"),
            )
            .outerjoin(scim_users, _SAME)
            .where(members.c.organisation == self._organisation, scim_users.c.deleted_at.is_(None))
        )

    def _one(self, connection: Connection, user: str) -> ScimUser:
        row = connection.execute(self._mine().where(members.c.id == user)).one_or_none()
        if row is None:
            raise NotFound(f"there is no user {user[:80]!r}")
        return _as_user(row)


_SAME: Final = and_(scim_users.c.organisation == members.c.organisation, scim_users.c.member == members.c.id)
_USER_NAME: Final = func.coalesce(scim_users.c.user_name, members.c.email)
_USER_NAME_KEY: Final = func.coalesce(scim_users.c.user_name_key, members.c.email_key)
_DISPLAY_NAME: Final = case((scim_users.c.member.is_(None), members.c.name), else_=scim_users.c.display_name)
_CREATED: Final = func.coalesce(scim_users.c.created_at, members.c.created_at)
_CHANGED: Final = func.coalesce(scim_users.c.changed_at, members.c.created_at)

_SEARCHED: Final[dict[str, Attribute]] = {
    "id": Text(members.c.id),
    "username": Text(_USER_NAME_KEY, fold=True),
    "externalid": Text(scim_users.c.external_id),
    "displayname": Text(_DISPLAY_NAME),
    "name.givenname": Text(scim_users.c.given_name),
    "name.familyname": Text(scim_users.c.family_name),
    "emails": Text(members.c.email_key, fold=True),
    "emails.value": Text(members.c.email_key, fold=True),
    "active": Truth(members.c.disabled_at.is_(None)),
    "meta.created": Moment(_CREATED),
    "meta.lastmodified": Moment(_CHANGED),
}


def _check(wanted: WantedUser) -> None:
    texts: Sequence[tuple[str, str | None, int]] = (
        ("userName", wanted.user_name, _LONGEST),
        ("externalId", wanted.external_id, _LONGEST),
        ("displayName", wanted.display_name, LONGEST_NAME),
        ("name.givenName", wanted.given_name, LONGEST_NAME),
        ("name.familyName", wanted.family_name, LONGEST_NAME),
    )
    for name, text, most in texts:
        if text is not None and (not text.isprintable() or len(text) > most):
            raise ScimInvalid("invalidValue", f"{name} has at most {most} printable characters")
    if len(wanted.emails) > MOST_EMAILS:
        raise ScimInvalid("tooMany", f"a user has at most {MOST_EMAILS} e-mail addresses")
    if not wanted.user_name.strip():
        raise ScimInvalid("invalidValue", "a user has a userName")


def _name(wanted: WantedUser) -> str:
    names = " ".join(each for each in (wanted.given_name, wanted.family_name) if each)
    return (wanted.display_name or names)[:LONGEST_NAME]


def _emails(row: Row[Any]) -> tuple[Email, ...]:
    """Return the addresses as they were written, unless the one that counts became another meanwhile."""
    written = msgspec.convert(row.emails or [], tuple[Email, ...])
    there = any(email_key(each.value) == email_key(row.email) for each in written)
    return written if there else (Email(row.email, "work", primary=True),)


def _as_user(row: Row[Any]) -> ScimUser:
    return ScimUser(
        id=row.id,
        user_name=row.user_name,
        emails=_emails(row),
        display_name=row.display_name,
        external_id=row.external_id,
        given_name=row.given_name,
        family_name=row.family_name,
        active=row.disabled_at is None,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
