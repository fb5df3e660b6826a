"""Members: the people who sign in, their role and the teams they lead.

A password hash never leaves this module except through `credentials_of`, so no page or log can show one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select, update

from outlay.control.conflict import insert_unless_there
from outlay.control.database import Control
from outlay.control.emails import email_key, parse_email
from outlay.control.tables import members, teams_led
from outlay.errors import Conflict, InputError, NotFound
from outlay.kit.ids import new_id

_LONGEST_NAME: Final = 200


class NewMember(Struct, frozen=True, kw_only=True):
    """What a member is made from. `user` is the ledger's user id that is this person."""

    email: str
    role: str
    name: str = ""
    user: str | None = None
    teams_led: tuple[str, ...] = ()


class Member(Struct, frozen=True, kw_only=True):
    id: str
    organisation: str
    email: str
    name: str
    role: str
    user: str | None
    teams_led: tuple[str, ...]
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None


class Credentials(Struct, frozen=True):
    """Who signs in and what their password is checked against."""

    member: str
    password_hash: str | None

    def __repr__(self) -> str:
        return f"Credentials(member={self.member!r})"


def create_member(control: Control, organisation: str, wanted: NewMember, now: datetime) -> Member:
    """Create a member without a password; Conflict when the organisation has this e-mail already."""
    email = parse_email(wanted.email)
    if not wanted.name.isprintable() or len(wanted.name) > _LONGEST_NAME:
        raise InputError(f"a member's name has at most {_LONGEST_NAME} printable characters")
    row = {
        "id": new_id("mem"),
        "organisation": organisation,
        "email": email,
        "email_key": email_key(email),
        "name": wanted.name or email.partition("@")[0],
        "role": wanted.role,
        "user": wanted.user,
        "created_at": now,
    }
    with control.begin() as connection:
        if connection.execute(insert_unless_there(members).values(row)).rowcount != 1:
            raise Conflict(f"there is a member {email} already")
        _set_teams_led(connection, organisation, str(row["id"]), wanted.teams_led)
        return _one(connection, organisation, members.c.id == row["id"])


def member_of_id(control: Control, organisation: str, member: str) -> Member:
    """Return a member by id, disabled ones too; NotFound when the organisation has none."""
    with control.read() as connection:
        return _one(connection, organisation, members.c.id == member)


def member_of_email(control: Control, organisation: str, email: str) -> Member:
    """Return a member by e-mail in any case, disabled ones too; NotFound when the organisation has none."""
    with control.read() as connection:
        return _one(connection, organisation, members.c.email_key == email_key(email))


def member_of_user(control: Control, organisation: str, user: str) -> Member | None:
    """Return the member whose ledger user id this is; of several the one in force, then the oldest."""
    with control.read() as connection:
        found = _find(connection, organisation, members.c.user == user)
    return min(found, key=lambda each: (each.disabled_at is not None, each.created_at), default=None)


def members_of_ids(control: Control, organisation: str, ids: Collection[str]) -> list[Member]:
    """Return those of these members that the organisation has, disabled ones too."""
    with control.read() as connection:
        return _find(connection, organisation, members.c.id.in_(ids))


def members_of(control: Control, organisation: str) -> list[Member]:
    """Return all members by e-mail, disabled ones too."""
    with control.read() as connection:
        return sorted(_find(connection, organisation), key=lambda each: email_key(each.email))


def credentials_of(control: Control, organisation: str, email: str) -> Credentials | None:
    """Return what the sign-in needs; None when there is no such member or they are disabled."""
    matches = and_(
        members.c.organisation == organisation,
        members.c.email_key == email_key(email),
        members.c.disabled_at.is_(None),
    )
    with control.read() as connection:
        row = connection.execute(select(members.c.id, members.c.password_hash).where(matches)).one_or_none()
    return None if row is None else Credentials(*row)


def set_password_hash(control: Control, organisation: str, member: str, password_hash: str | None) -> None:
    _change(control, organisation, member, {"password_hash": password_hash})


def set_role(control: Control, organisation: str, member: str, role: str, teams: Iterable[str] = ()) -> None:
    """Give a member a role and the teams they lead from now on."""
    with control.begin() as connection:
        _update(connection, organisation, member, {"role": role})
        mine = and_(teams_led.c.organisation == organisation, teams_led.c.member == member)
        connection.execute(delete(teams_led).where(mine))
        _set_teams_led(connection, organisation, member, teams)


def disable_member(control: Control, organisation: str, member: str, now: datetime) -> None:
    """End a member's access at once: sessions, links and passwords count no more; what they spent stays theirs."""
    _change(control, organisation, member, {"disabled_at": now})


def enable_member(control: Control, organisation: str, member: str) -> None:
    _change(control, organisation, member, {"disabled_at": None})


def _change(control: Control, organisation: str, member: str, values: dict[str, Any]) -> None:
    with control.begin() as connection:
        _update(connection, organisation, member, values)


def _update(connection: Connection, organisation: str, member: str, values: dict[str, Any]) -> None:
    matches = and_(members.c.organisation == organisation, members.c.id == member)
    if connection.execute(update(members).where(matches).values(values)).rowcount != 1:
        raise NotFound(f"there is no member {member!r}")


def _set_teams_led(connection: Connection, organisation: str, member: str, teams: Iterable[str]) -> None:
    rows = [{"organisation": organisation, "member": member, "team": team} for team in sorted(set(teams))]
    if rows:
        connection.execute(insert(teams_led), rows)


def _one(connection: Connection, organisation: str, condition: ColumnElement[bool]) -> Member:
    found = _find(connection, organisation, condition)
    if not found:
        raise NotFound("there is no such member")
    return found[0]


def _find(connection: Connection, organisation: str, *conditions: ColumnElement[bool]) -> list[Member]:
    matches = and_(members.c.organisation == organisation, *conditions)
    rows = connection.execute(select(members).where(matches)).all()
    led: defaultdict[str, list[str]] = defaultdict(list)
    of_these = and_(
        teams_led.c.organisation == organisation, teams_led.c.member.in_(select(members.c.id).where(matches))
    )
    for member, team in connection.execute(select(teams_led.c.member, teams_led.c.team).where(of_these)):
        led[member].append(team)
    return [_as_member(row, tuple(sorted(led[row.id]))) for row in rows]


def _as_member(row: Row[Any], led: tuple[str, ...]) -> Member:
    return Member(
        id=row.id,
        organisation=row.organisation,
        email=row.email,
        name=row.name,
        role=row.role,
        user=row.user,
        teams_led=led,
        has_password=row.password_hash is not None,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )
