"""The API keys that are a member's own: bound to the user they are, or made by them."""

from datetime import datetime
from typing import Final

from msgspec import Struct
from sqlalchemy import and_, or_, select

from outlay.control.database import Control
from outlay.control.key_tables import api_keys
from outlay.control.members import Member

MOST: Final = 50


class OwnKey(Struct, frozen=True):
    name: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


def own_keys_of(control: Control, member: Member, now: datetime) -> list[OwnKey]:
    """Return those in force, newest first, MOST of them at most."""
    table = api_keys
    theirs = table.c.created_by == member.id
    if member.user is not None:
        theirs = or_(theirs, table.c.user == member.user)
    unexpired = or_(table.c.expires_at.is_(None), table.c.expires_at > now)
    matches = and_(table.c.organisation == member.organisation, table.c.revoked_at.is_(None), unexpired, theirs)
    columns = [table.c[name] for name in OwnKey.__struct_fields__]
    with control.read() as connection:
        rows = connection.execute(
            select(*columns).where(matches).order_by(table.c.created_at.desc(), table.c.id).limit(MOST)
        )
        return [OwnKey(*row) for row in rows]
