"""Who operates the installation: members of an organisation that is no tenant and has no admin.

So nobody who administers a tenant can make an operator, sign in as one, or change one; the command line alone can.
"""

from datetime import datetime

from sqlalchemy import delete, select, update

from outlay.control.database import Control
from outlay.control.emails import email_key
from outlay.control.members import Member, NewMember, create_member, member_of_email
from outlay.control.organisations import OPERATORS, operators_organisation
from outlay.control.sign_in_tables import sessions, sign_in_links
from outlay.control.tables import members
from outlay.control.trail import INSTALLATION, Actor, Change, write_down
from outlay.errors import Conflict


def add_operator(control: Control, wanted: NewMember, by: Actor, now: datetime) -> Member:
    """Make somebody an operator, or one again who was; Conflict when they are."""
    operators_organisation(control, now)
    known = (members.c.organisation == OPERATORS, members.c.email_key == email_key(wanted.email))
    with control.begin() as connection:
        there = connection.execute(select(members.c.disabled_at).where(*known)).one_or_none()
        if there is not None and there.disabled_at is None:
            raise Conflict(f"{wanted.email} is an operator already")
        connection.execute(update(members).where(*known).values(disabled_at=None))
    member = (
        member_of_email(control, OPERATORS, wanted.email)
        if there
        else create_member(control, OPERATORS, wanted, by, now)
    )
    with control.begin() as connection:
        write_down(connection, INSTALLATION, by, Change("operator.add", "operator", member.id, member.email), now)
    return member


def remove_operator(control: Control, member: Member, by: Actor, now: datetime) -> None:
    """Take an operator's right: their sessions and links go with it. Conflict when they have none any more."""
    with control.begin() as connection:
        this = (members.c.organisation == OPERATORS, members.c.id == member.id)
        changed = update(members).where(*this, members.c.disabled_at.is_(None)).values(disabled_at=now)
        if connection.execute(changed).rowcount != 1:
            raise Conflict(f"{member.email} is no operator any more")
        for table in (sessions, sign_in_links):
            connection.execute(delete(table).where(table.c.organisation == OPERATORS, table.c.member == member.id))
        write_down(connection, INSTALLATION, by, Change("operator.remove", "operator", member.id, member.email), now)
