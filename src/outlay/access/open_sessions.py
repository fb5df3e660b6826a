"""The browsers in which a member is signed in, as people see and end them: their own, or as an admin another's."""

from datetime import datetime
from typing import cast

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, delete, select

from outlay.access.sign_in_steps import end_steps
from outlay.access.sign_in_ways import Way
from outlay.control.database import Control
from outlay.control.members import Member
from outlay.control.sign_in_tables import session_others, sessions, sign_in_links
from outlay.control.trail import Actor, Change, write_down
from outlay.errors import NotFound


class OpenSession(Struct, frozen=True):
    """One of them. `browser` is what it says it is, empty where nothing is known."""

    id: str
    way: Way
    browser: str
    address: str
    created_at: datetime
    last_seen_at: datetime


def open_sessions_of(control: Control, organisation: str, member: str, now: datetime) -> list[OpenSession]:
    """Return a member's, the one last seen first."""
    matches = and_(_theirs(organisation, member), sessions.c.expires_at > now)
    with control.read() as connection:
        rows = connection.execute(
            select(sessions).where(matches).order_by(sessions.c.last_seen_at.desc(), sessions.c.id)
        )
        return [
            OpenSession(row.id, cast("Way", row.way), row.browser, row.address, row.created_at, row.last_seen_at)
            for row in rows
        ]


def end_session(control: Control, member: Member, session: str, by: Actor, now: datetime) -> None:
    """Sign a member out in one browser, at once in every process; NotFound when they have no such session."""
    this = and_(_theirs(member.organisation, member.id), sessions.c.id == session)
    with control.begin() as connection:
        if connection.execute(delete(sessions).where(this)).rowcount != 1:
            raise NotFound("this browser is signed out already")
        write_down(connection, member.organisation, by, _revoked(member, 1), now)


def end_sessions(control: Control, member: Member, by: Actor, now: datetime, but: str = "") -> int:
    """Sign a member out everywhere, but in the session `but`; links on their way to them open nothing either, and
    sign-ins on their way lead nowhere.

    Returns from how many browsers.
    """
    with control.begin() as connection:
        count = end_all(connection, member, but)
        if count:
            write_down(connection, member.organisation, by, _revoked(member, count), now)
    return count


def end_all(connection: Connection, member: Member, but: str = "") -> int:
    """Do it in a transaction that changes more, and tells of it itself."""
    theirs = and_(_theirs(member.organisation, member.id), sessions.c.id != but)
    count = connection.execute(delete(sessions).where(theirs)).rowcount
    for table in (session_others, sign_in_links):
        matches = and_(table.c.organisation == member.organisation, table.c.member == member.id)
        connection.execute(delete(table).where(matches))
    end_steps(connection, member)
    return count


def _theirs(organisation: str, member: str) -> ColumnElement[bool]:
    return and_(sessions.c.organisation == organisation, sessions.c.member == member)


def _revoked(member: Member, count: int) -> Change:
    return Change("session.revoke", "member", member.id, member.email, {"browsers": count})
