"""One-time links: to sign in, to set a new password, and to accept an invitation.

Looking at a link (mail scanners and chat previews do) must not use it up: the page asks for a click, and only that POST
calls `use_link`. Used exactly once, whatever number of processes are asked at the same moment.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, Literal
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select, update

from outlay.access.only_sign_on import REFUSED, is_only
from outlay.access.standing import SUSPENDED
from outlay.access.tokens import digest, new_token
from outlay.config import Settings
from outlay.control.database import Control
from outlay.control.members import Member, member_of_id
from outlay.control.organisations import are_served, read_organisation
from outlay.control.sign_in_tables import sign_in_links
from outlay.control.trail import Actor, Change, write_down
from outlay.errors import OrganisationSuspended, SignInFailed, SignOnOnly

# `mailed` signs in as `sign_in` does; it lasts shorter, since whoever asks for it waits for it.
Purpose = Literal["sign_in", "mailed", "password_reset", "invitation"]

LINK_PATH: Final = "/sign-in/link"
PATHS: Final[Mapping[Purpose, str]] = MappingProxyType(
    {
        "sign_in": LINK_PATH,
        "mailed": LINK_PATH,
        "password_reset": "/sign-in/new-password",
        "invitation": "/sign-in/invitation",
    }
)
LASTS: Final[Mapping[Purpose, timedelta]] = MappingProxyType(
    {
        "sign_in": timedelta(hours=24),
        "mailed": timedelta(hours=1),
        "password_reset": timedelta(hours=1),
        "invitation": timedelta(days=7),
    }
)

_EVERY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read here, not bound to
_NO_USE: Final = "this link is used up or expired; ask for a new one"


def create_link(control: Control, member: Member, by: Actor, now: datetime, purpose: Purpose = "sign_in") -> str:
    """Return the token of a new link for this member; only its hash is kept.

    Raises OrganisationSuspended where it is: nobody comes in by any link, so none is made.
    """
    action = "password.reset" if purpose == "password_reset" else "link.create"
    change = Change(action, "member", member.id, member.email, after={"lasts": LASTS[purpose].total_seconds()})
    with control.begin() as connection:
        token = _insert(connection, member, now, purpose)
        write_down(connection, member.organisation, by, change, now)
    return token


def create_invitation(control: Control, member: Member, now: datetime) -> str:
    """Return the token of the link by which a new member sets a password and comes in; links of before end.

    That somebody was invited is told in the trail by whoever invites.
    """
    theirs = and_(sign_in_links.c.organisation == member.organisation, sign_in_links.c.member == member.id)
    with control.begin() as connection:
        connection.execute(delete(sign_in_links).where(and_(theirs, sign_in_links.c.purpose == "invitation")))
        return _insert(connection, member, now, "invitation")


def configured_origin(settings: Settings) -> str:
    """Return scheme and host as the settings say them, whatever a request may name."""
    host = _EVERY_ADDRESS.get(settings.host, settings.host)
    host = f"[{host}]" if ":" in host else host
    return settings.public_url or f"http://{host}:{settings.port}"


def link_url(settings: Settings, token: str, purpose: Purpose = "sign_in") -> str:
    """Return the address that people open, for what is mailed or printed: no request has a word in it."""
    return link_at(f"{configured_origin(settings)}{settings.root_path}", token, purpose)


def link_at(address: str, token: str, purpose: Purpose = "sign_in") -> str:
    """Return the address that people open of an Outlay whose own address is known to the caller."""
    return f"{address}{PATHS[purpose]}?{urlencode({'token': token})}"


def member_of_link(control: Control, token: str, now: datetime, path: str = LINK_PATH) -> Member:
    """Return whom the link of a page would let in, without using it; SignInFailed when it would not."""
    with control.read() as connection:
        row = connection.execute(select(sign_in_links).where(_usable(token, now, path))).one_or_none()
    return _member(control, row)


def use_link(control: Control, token: str, now: datetime, path: str = LINK_PATH) -> Member:
    """Use the link up and return whom it lets in; SignInFailed for everyone but the first, and when it has expired."""
    # The condition is part of the UPDATE: of any number of simultaneous uses exactly one changes the row.
    used = update(sign_in_links).where(_usable(token, now, path)).values(used_at=now)
    with control.begin() as connection:
        won = connection.execute(used).rowcount == 1
        this = sign_in_links.c.token_hash == digest(token)
        row = connection.execute(select(sign_in_links).where(this)).one_or_none() if won else None
    return _member(control, row)


def _insert(connection: Connection, member: Member, now: datetime, purpose: Purpose) -> str:
    if read_organisation(connection, member.organisation).suspended_at is not None:
        raise OrganisationSuspended(SUSPENDED)
    token = new_token()
    connection.execute(delete(sign_in_links).where(sign_in_links.c.expires_at <= now))
    connection.execute(
        insert(sign_in_links).values(
            token_hash=digest(token),
            organisation=member.organisation,
            member=member.id,
            purpose=purpose,
            created_at=now,
            expires_at=now + LASTS[purpose],
        )
    )
    return token


def _usable(token: str, now: datetime, path: str) -> ColumnElement[bool]:
    return and_(
        sign_in_links.c.token_hash == digest(token),
        sign_in_links.c.used_at.is_(None),
        sign_in_links.c.expires_at > now,
        sign_in_links.c.purpose.in_([purpose for purpose, its_path in PATHS.items() if its_path == path]),
    )


def _member(control: Control, row: Row[Any] | None) -> Member:
    if row is None:
        raise SignInFailed(_NO_USE)
    member = member_of_id(control, row.organisation, row.member)
    if member.disabled_at is not None:
        raise SignInFailed(_NO_USE)
    if not are_served(control, {row.organisation}):
        raise SignInFailed(SUSPENDED)
    # Where single sign-on is the only way in, an admin's link is the way back when that fails.
    if is_only(control, row.organisation) and not (member.role == "admin" and row.purpose == "sign_in"):
        raise SignOnOnly(REFUSED)
    return member
