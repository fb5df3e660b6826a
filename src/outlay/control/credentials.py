"""What members sign in with, as it is stored: password hashes. They leave the database here and nowhere else.

Who signs in by password is looked for in every organisation: one person may be a member of several, with a password of
their own in each.
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, and_, select, update

from outlay.control.database import Control
from outlay.control.emails import email_key
from outlay.control.organisations import is_served
from outlay.control.tables import members
from outlay.control.trail import Actor, Change, write_down
from outlay.errors import NotFound


class Credentials(Struct, frozen=True):
    """Who signs in and what their password is checked against."""

    organisation: str
    member: str
    password_hash: str | None

    def __repr__(self) -> str:
        return f"Credentials(organisation={self.organisation!r}, member={self.member!r})"


def credentials_of_email(control: Control, email: str) -> list[Credentials]:
    """Return those of every member in force with this e-mail and a password, oldest first."""
    matches = and_(
        members.c.email_key == email_key(email), members.c.disabled_at.is_(None), members.c.password_hash.is_not(None)
    )
    asked = select(members.c.organisation, members.c.id, members.c.password_hash).where(matches)
    with control.read() as connection:
        rows = connection.execute(asked.order_by(members.c.created_at, members.c.id)).all()
    return [Credentials(*row) for row in rows]


def credentials_of(control: Control, organisation: str, member: str) -> Credentials:
    """Return one member's; NotFound when there is no such member in force."""
    matches = and_(members.c.organisation == organisation, members.c.id == member, members.c.disabled_at.is_(None))
    asked = select(members.c.organisation, members.c.id, members.c.password_hash).where(matches)
    with control.read() as connection:
        row = connection.execute(asked).one_or_none()
    if row is None:
        raise NotFound("there is no such member")
    return Credentials(*row)


def members_with_email(control: Control, email: str) -> list[tuple[str, str]]:
    """Return organisation and id of every member in force with this e-mail, oldest first; none of an organisation that
    is suspended.
    """
    in_force = and_(members.c.disabled_at.is_(None), is_served(members.c.organisation))
    matches = and_(members.c.email_key == email_key(email), in_force)
    asked = select(members.c.organisation, members.c.id).where(matches).order_by(members.c.created_at, members.c.id)
    with control.read() as connection:
        return [(row.organisation, row.id) for row in connection.execute(asked)]


def set_password_hash(
    control: Control, organisation: str, member: str, password_hash: str, by: Actor, now: datetime
) -> None:
    """Give a member a password; NotFound when there is no such member."""
    with control.begin() as connection:
        put_password_hash(connection, organisation, member, password_hash)
        named = select(members.c.email).where(members.c.organisation == organisation, members.c.id == member)
        change = Change("password.set", "member", member, connection.execute(named).scalar_one())
        write_down(connection, organisation, by, change, now)


def put_password_hash(connection: Connection, organisation: str, member: str, password_hash: str | None) -> None:
    """Store a hash, or take a password away; NotFound when there is no such member."""
    this = and_(members.c.organisation == organisation, members.c.id == member)
    if connection.execute(update(members).where(this).values(password_hash=password_hash)).rowcount != 1:
        raise NotFound(f"there is no member {member!r}")
