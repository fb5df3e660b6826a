"""One-time sign-in links: for the first admin, and for members without a password.

Looking at a link (mail scanners and chat previews do) must not use it up: the page asks for a click, and only that POST
calls `use_link`. Used exactly once, whatever number of processes are asked at the same moment.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Row, and_, delete, insert, select, update

from outlay.access.tokens import digest, new_token
from outlay.config import Settings
from outlay.control.database import Control
from outlay.control.members import Member, member_of_id
from outlay.control.tables import sign_in_links
from outlay.errors import SignInFailed

LINK_PATH: Final = "/sign-in/link"
LINK_LASTS: Final = timedelta(hours=24)

_EVERY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read here, not bound to
_NO_USE: Final = "this sign-in link is used up or expired; ask an admin of your organisation for a new one"


def create_link(control: Control, member: Member, now: datetime) -> str:
    """Return the token of a new link for this member; only its hash is kept."""
    token = new_token()
    with control.begin() as connection:
        connection.execute(delete(sign_in_links).where(sign_in_links.c.expires_at <= now))
        connection.execute(
            insert(sign_in_links).values(
                token_hash=digest(token),
                organisation=member.organisation,
                member=member.id,
                created_at=now,
                expires_at=now + LINK_LASTS,
            )
        )
    return token


def link_url(settings: Settings, token: str) -> str:
    """Return the address that people open."""
    host = _EVERY_ADDRESS.get(settings.host, settings.host)
    host = f"[{host}]" if ":" in host else host
    base = settings.public_url or f"http://{host}:{settings.port}"
    return f"{base}{settings.root_path}{LINK_PATH}?{urlencode({'token': token})}"


def member_of_link(control: Control, token: str, now: datetime) -> Member:
    """Return whom the link would sign in, without using it; SignInFailed when it would not."""
    with control.read() as connection:
        row = connection.execute(select(sign_in_links).where(_usable(token, now))).one_or_none()
    return _member(control, row)


def use_link(control: Control, token: str, now: datetime) -> Member:
    """Use the link up and return whom it signs in; SignInFailed for everyone but the first, and after 24 hours."""
    # The condition is part of the UPDATE: of any number of simultaneous uses exactly one changes the row.
    used = update(sign_in_links).where(_usable(token, now)).values(used_at=now)
    with control.begin() as connection:
        won = connection.execute(used).rowcount == 1
        this = sign_in_links.c.token_hash == digest(token)
        row = connection.execute(select(sign_in_links).where(this)).one_or_none() if won else None
    return _member(control, row)


def _usable(token: str, now: datetime) -> ColumnElement[bool]:
    return and_(
        sign_in_links.c.token_hash == digest(token),
        sign_in_links.c.used_at.is_(None),
        sign_in_links.c.expires_at > now,
    )


def _member(control: Control, row: Row[Any] | None) -> Member:
    if row is None:
        raise SignInFailed(_NO_USE)
    member = member_of_id(control, row.organisation, row.member)
    if member.disabled_at is not None:
        raise SignInFailed(_NO_USE)
    return member
