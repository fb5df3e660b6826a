"""Members: the people who sign in, their role, the teams they are in and those they lead.

A password hash leaves the database through `credentials.py` alone, so no page or log can show one. What changes
a member that is there already is in `member_changes.py`, lists of thousands are in `member_search.py`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select, update

from outlay.control.conflict import insert_unless_there
from outlay.control.database import Control
from outlay.control.emails import email_key, parse_email
from outlay.control.memberships import put_memberships, touch_attribution
from outlay.control.tables import members, teams_led
from outlay.control.team_tree import below_each
from outlay.control.trail import Actor, Change, write_down
from outlay.errors import Conflict, InputError, NotFound
from outlay.kit.ids import new_id

_LONGEST_NAME: Final = 200
_LONGEST_USER: Final = 256
_IDS_PER_STATEMENT: Final = 5_000


class NewMember(Struct, frozen=True, kw_only=True):
    """What a member is made from. `user` is the ledger's user id that is this person; `teams` are those they are in
    from the beginning, the primary one first.
    """

    email: str
    role: str
    name: str = ""
    user: str | None = None
    teams: tuple[str, ...] = ()
    teams_led: tuple[str, ...] = ()


class Member(Struct, frozen=True, kw_only=True):
    """`teams_led` are the teams they were made lead of, `teams_seen` those and all below them."""

    id: str
    organisation: str
    email: str
    name: str
    role: str
    user: str | None
    teams_led: tuple[str, ...]
    teams_seen: tuple[str, ...]
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None

    @property
    def called(self) -> str:
        return self.name or self.email


def create_member(control: Control, organisation: str, wanted: NewMember, by: Actor, now: datetime) -> Member:
    """Create a member without a password; Conflict when the organisation has this e-mail already."""
    with control.begin() as connection:
        return add_member(connection, organisation, wanted, by, now)


def add_member(
    connection: Connection, organisation: str, wanted: NewMember, by: Actor, now: datetime, action: str = "member.add"
) -> Member:
    """Create a member in the caller's transaction; `action` is how the audit trail calls it."""
    email = parse_email(wanted.email)
    row: dict[str, Any] = {
        "id": new_id("mem"),
        "organisation": organisation,
        "email": email,
        "email_key": email_key(email),
        "name": parse_name(wanted.name) or email.partition("@")[0],
        "role": wanted.role,
        "user": parse_user(wanted.user),
        "created_at": now,
    }
    row["search_text"] = searched(row["name"], email, row["user"])
    if connection.execute(insert_unless_there(members).values(row)).rowcount != 1:
        raise Conflict(f"there is a member {email} already")
    set_teams_led(connection, organisation, row["id"], wanted.teams_led)
    member = member_in(connection, organisation, row["id"])
    if member.user is not None:
        touch_attribution(connection, organisation)
    if wanted.teams:
        put_memberships(connection, organisation, member.id, wanted.teams, now)
    after = facts_of(member) | ({"teams": list(wanted.teams)} if wanted.teams else {})
    write_down(connection, organisation, by, Change(action, "member", member.id, member.called, after=after), now)
    return member


def add_provided_member(
    connection: Connection, organisation: str, wanted: NewMember, by: Actor, now: datetime
) -> Member:
    """Create a member whom a directory or a provider names: in the ledger, the user of their e-mail address is they,
    unless that is another member already.
    """
    email = parse_email(wanted.email)
    taken = find_members(connection, organisation, members.c.user == email)
    return add_member(connection, organisation, replace(wanted, user=None if taken else email), by, now)


def member_of_id(control: Control, organisation: str, member: str) -> Member:
    """Return a member by id, disabled ones too; NotFound when the organisation has none."""
    with control.read() as connection:
        return member_in(connection, organisation, member)


def member_of_email(control: Control, organisation: str, email: str) -> Member:
    """Return a member by e-mail in any case, disabled ones too; NotFound when the organisation has none."""
    with control.read() as connection:
        return _one(connection, organisation, members.c.email_key == email_key(email))


def member_of_user(control: Control, organisation: str, user: str) -> Member | None:
    """Return the member whose ledger user id this is; of several the one in force, then the oldest."""
    with control.read() as connection:
        found = find_members(connection, organisation, members.c.user == user)
    return min(found, key=lambda each: (each.disabled_at is not None, each.created_at), default=None)


def members_of_ids(control: Control, organisation: str, ids: Collection[str]) -> list[Member]:
    """Return those of these members that the organisation has, disabled ones too."""
    with control.read() as connection:
        return find_members(connection, organisation, members.c.id.in_(ids))


def members_of(control: Control, organisation: str) -> list[Member]:
    """Return all members by e-mail, disabled ones too. There may be thousands: a page asks `member_search.py`."""
    with control.read() as connection:
        return sorted(find_members(connection, organisation), key=lambda each: email_key(each.email))


def names_of(control: Control, organisation: str, ids: Iterable[str | None]) -> Mapping[str, str]:
    """Return what the members with these ids are called, those of the organisation alone."""
    wanted = sorted({each for each in ids if each is not None})
    found: dict[str, str] = {}
    with control.read() as connection:
        for start in range(0, len(wanted), _IDS_PER_STATEMENT):
            part = members.c.id.in_(wanted[start : start + _IDS_PER_STATEMENT])
            asked = select(members.c.id, members.c.name, members.c.email)
            for row in connection.execute(asked.where(members.c.organisation == organisation, part)):
                found[row.id] = row.name or row.email
    return found


def admins_of(control: Control, organisation: str, most: int) -> list[Member]:
    """Return the longest-standing admins who may sign in."""
    in_force = and_(members.c.role == "admin", members.c.disabled_at.is_(None))
    mine = select(members.c.id).where(members.c.organisation == organisation, in_force)
    with control.read() as connection:
        ids = connection.execute(mine.order_by(members.c.created_at, members.c.id).limit(most)).scalars().all()
        found = find_members(connection, organisation, members.c.id.in_(ids))
    return sorted(found, key=lambda each: (each.created_at, each.id))


def parse_name(text: str) -> str:
    if not text.isprintable() or len(text) > _LONGEST_NAME:
        raise InputError(f"a member's name has at most {_LONGEST_NAME} printable characters")
    return text.strip()


def parse_user(text: str | None) -> str | None:
    """Return a ledger's user id as it is kept; None where there is none."""
    user = (text or "").strip() or None
    if user is not None and (not user.isprintable() or len(user) > _LONGEST_USER):
        raise InputError(f"a user id has at most {_LONGEST_USER} printable characters")
    return user


def searched(name: str, email: str, user: str | None) -> str:
    """Return what a member is searched in."""
    return "\n".join(each for each in (name, email, user) if each).casefold()


def facts_of(member: Member) -> dict[str, Any]:
    """Return what the audit trail tells of a member."""
    return {
        "email": member.email,
        "name": member.name,
        "role": member.role,
        "user": member.user,
        "teams_led": list(member.teams_led),
        "disabled": member.disabled_at is not None,
    }


def update_member(connection: Connection, organisation: str, member: str, values: Mapping[str, Any]) -> None:
    matches = and_(members.c.organisation == organisation, members.c.id == member)
    if connection.execute(update(members).where(matches).values(values)).rowcount != 1:
        raise NotFound(f"there is no member {member!r}")


def set_teams_led(connection: Connection, organisation: str, member: str, teams: Iterable[str]) -> None:
    mine = and_(teams_led.c.organisation == organisation, teams_led.c.member == member)
    connection.execute(delete(teams_led).where(mine))
    rows = [{"organisation": organisation, "member": member, "team": team} for team in sorted(set(teams))]
    if rows:
        connection.execute(insert(teams_led), rows)


def member_in(connection: Connection, organisation: str, member: str) -> Member:
    """Return a member by id in the caller's transaction; NotFound when the organisation has none."""
    return _one(connection, organisation, members.c.id == member)


def find_members(connection: Connection, organisation: str, *conditions: ColumnElement[bool]) -> list[Member]:
    matches = and_(members.c.organisation == organisation, *conditions)
    rows = connection.execute(select(members).where(matches)).all()
    led: defaultdict[str, list[str]] = defaultdict(list)
    of_these = and_(
        teams_led.c.organisation == organisation, teams_led.c.member.in_(select(members.c.id).where(matches))
    )
    for member, team in connection.execute(select(teams_led.c.member, teams_led.c.team).where(of_these)):
        led[member].append(team)
    seen = below_each(connection, organisation, led)
    return [_as_member(row, tuple(sorted(led[row.id])), seen.get(row.id, ())) for row in rows]


def _one(connection: Connection, organisation: str, condition: ColumnElement[bool]) -> Member:
    found = find_members(connection, organisation, condition)
    if not found:
        raise NotFound("there is no such member")
    return found[0]


def _as_member(row: Row[Any], led: tuple[str, ...], seen: tuple[str, ...]) -> Member:
    return Member(
        id=row.id,
        organisation=row.organisation,
        email=row.email,
        name=row.name,
        role=row.role,
        user=row.user,
        teams_led=led,
        teams_seen=seen,
        has_password=row.password_hash is not None,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )
