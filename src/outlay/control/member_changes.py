"""Changes of members that are there: role, teams, names, access. One admin who can sign in always remains."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import Connection, and_, delete, func, select

from outlay.control.database import Control
from outlay.control.emails import email_key, parse_email
from outlay.control.members import (
    Member,
    facts_of,
    member_in,
    parse_name,
    parse_user,
    searched,
    set_teams_led,
    update_member,
)
from outlay.control.memberships import put_memberships, teams_at, touch_attribution
from outlay.control.sign_in_tables import session_others, sessions, sign_in_links
from outlay.control.tables import members, organisations
from outlay.control.trail import Actor, Change, differing, write_down
from outlay.errors import Conflict


class MemberChange(Struct, frozen=True, kw_only=True):
    """What becomes otherwise; what is UNSET stays. `teams` are those they are in from now on, the primary one first."""

    email: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    role: str | UnsetType = UNSET
    user: str | UnsetType | None = UNSET
    teams: tuple[str, ...] | UnsetType = UNSET
    teams_led: tuple[str, ...] | UnsetType = UNSET


def change_member(
    control: Control, organisation: str, member: str, wanted: MemberChange, by: Actor, now: datetime
) -> Member:
    """Change a member. Raises NotFound, InputError, Conflict for an e-mail that another has and for the last admin."""
    with control.begin() as connection:
        return change_member_in(connection, organisation, member, wanted, by, now)


def change_member_in(
    connection: Connection, organisation: str, member: str, wanted: MemberChange, by: Actor, now: datetime
) -> Member:
    """Change a member in the caller's transaction."""
    before = member_in(connection, organisation, member)
    facts, teams = facts_of(before), teams_at(connection, organisation, member, now)
    if wanted.role is not UNSET and wanted.role != "admin":
        _keep_an_admin(connection, organisation, before)
    values = _values(connection, before, wanted)
    if values:
        update_member(connection, organisation, member, values)
    if wanted.teams_led is not UNSET:
        set_teams_led(connection, organisation, member, wanted.teams_led)
    if wanted.teams is not UNSET:
        put_memberships(connection, organisation, member, wanted.teams, now)
    if "email_key" in values and values["email_key"] != email_key(before.email):
        # What was sent to the address of before must let nobody in who reads it there.
        mine = and_(sign_in_links.c.organisation == organisation, sign_in_links.c.member == member)
        connection.execute(delete(sign_in_links).where(mine))
    if "user" in values:
        touch_attribution(connection, organisation)
    after = member_in(connection, organisation, member)
    now_in = teams_at(connection, organisation, member, now)
    sides = differing(facts | {"teams": teams}, facts_of(after) | {"teams": now_in})
    if any(sides):
        write_down(connection, organisation, by, Change("member.change", "member", member, after.called, *sides), now)
    return after


def disable_member(control: Control, organisation: str, member: str, by: Actor, now: datetime) -> None:
    """End a member's access at once: sessions, links and passwords count no more; what they spent stays theirs.

    Raises Conflict for the last admin.
    """
    with control.begin() as connection:
        disable_member_in(connection, organisation, member, by, now)


def disable_member_in(connection: Connection, organisation: str, member: str, by: Actor, now: datetime) -> None:
    """End a member's access in the caller's transaction."""
    kept = member_in(connection, organisation, member)
    if kept.disabled_at is not None:
        return
    _keep_an_admin(connection, organisation, kept)
    update_member(connection, organisation, member, {"disabled_at": now})
    write_down(connection, organisation, by, Change("member.disable", "member", member, kept.called), now)


def enable_member(control: Control, organisation: str, member: str, by: Actor, now: datetime) -> None:
    with control.begin() as connection:
        enable_member_in(connection, organisation, member, by, now)


def enable_member_in(connection: Connection, organisation: str, member: str, by: Actor, now: datetime) -> None:
    """Give a member access again in the caller's transaction."""
    kept = member_in(connection, organisation, member)
    if kept.disabled_at is not None:
        update_member(connection, organisation, member, {"disabled_at": None})
        for table in (sessions, session_others, sign_in_links):  # those of before must not come to life again
            connection.execute(delete(table).where(table.c.organisation == organisation, table.c.member == member))
        write_down(connection, organisation, by, Change("member.enable", "member", member, kept.called), now)


def _values(connection: Connection, before: Member, wanted: MemberChange) -> dict[str, Any]:
    """Return the columns that become otherwise."""
    values: dict[str, Any] = {}
    if wanted.email is not UNSET:
        email = parse_email(wanted.email)
        _check_free(connection, before, email)
        values |= {"email": email, "email_key": email_key(email)}
    if wanted.name is not UNSET:
        values["name"] = parse_name(wanted.name) or before.email.partition("@")[0]
    if wanted.user is not UNSET:
        values["user"] = parse_user(wanted.user)
    if wanted.role is not UNSET:
        values["role"] = wanted.role
    kept: Mapping[str, Any] = {"email": before.email, "name": before.name, "user": before.user, "role": before.role}
    values = {name: value for name, value in values.items() if name not in kept or kept[name] != value}
    if values.keys() & {"email", "name", "user"}:
        shown = {**kept, **values}
        values["search_text"] = searched(shown["name"], shown["email"], shown["user"])
    return values


def _check_free(connection: Connection, member: Member, email: str) -> None:
    same = and_(members.c.organisation == member.organisation, members.c.email_key == email_key(email))
    other = connection.execute(select(members.c.id).where(same, members.c.id != member.id)).first()
    if other is not None:
        raise Conflict(f"there is a member {email} already")


def _keep_an_admin(connection: Connection, organisation: str, member: Member) -> None:
    """Raise Conflict where the organisation would be left without an admin who can sign in."""
    if member.role != "admin" or member.disabled_at is not None:
        return
    # Held until the end: of the last two admins, each could take the other's role at the same moment.
    connection.execute(select(organisations.c.id).where(organisations.c.id == organisation).with_for_update())
    others = and_(
        members.c.organisation == organisation,
        members.c.role == "admin",
        members.c.disabled_at.is_(None),
        members.c.id != member.id,
    )
    if connection.execute(select(func.count()).select_from(members).where(others)).scalar_one() == 0:
        raise Conflict(f"{member.called} is the last admin; make another one first")
