"""Sessions: a browser that has signed in. The cookie holds a random token, the database its hash.

Whoever reads the database can't sign in with what they find; whoever is disabled is out with the next request.
"""

import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy import and_, delete, insert, or_, select, update

from outlay.access.tokens import TOKEN_BYTES, digest, new_token
from outlay.control.database import Control
from outlay.control.members import Member, member_of_id, members_of_ids, update_member
from outlay.control.tables import sessions
from outlay.errors import NotSignedIn

_SEEN_EVERY: Final = timedelta(minutes=5)  # a page view must not cost a commit


class Session(Struct, frozen=True, kw_only=True):
    """A signed-in browser. `csrf_secret` is what the tokens of its forms are made from."""

    organisation: str
    member: str
    csrf_secret: bytes
    created_at: datetime
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Session(organisation={self.organisation!r}, member={self.member!r}, expires_at={self.expires_at})"


class Sessions:
    """All sessions of this Outlay."""

    def __init__(self, control: Control, lasting: timedelta) -> None:
        self._control = control
        self._lasting = lasting

    def open(self, member: Member, now: datetime, replacing: str | None = None) -> tuple[str, Session]:
        """Sign a member in; return the cookie's token and the session.

        The token is always new, and the one the browser brought (`replacing`) ends: a token planted before the
        sign-in is worth nothing after it.
        """
        token = new_token()
        session = Session(
            organisation=member.organisation,
            member=member.id,
            csrf_secret=secrets.token_bytes(TOKEN_BYTES),
            created_at=now,
            expires_at=now + self._lasting,
        )
        ended = or_(sessions.c.expires_at <= now, sessions.c.token_hash == digest(replacing or ""))
        with self._control.begin() as connection:
            connection.execute(delete(sessions).where(ended))
            connection.execute(
                insert(sessions).values(
                    token_hash=digest(token),
                    organisation=session.organisation,
                    member=session.member,
                    csrf_secret=session.csrf_secret,
                    created_at=now,
                    expires_at=session.expires_at,
                    last_seen_at=now,
                )
            )
            update_member(connection, member.organisation, member.id, {"signed_in_at": now})
        return token, session

    def member_of(self, token: str, now: datetime) -> tuple[Member, Session]:
        """Return who this browser is; NotSignedIn when the session is unknown or over, or the member is disabled."""
        this = and_(sessions.c.token_hash == digest(token), sessions.c.expires_at > now)
        with self._control.read() as connection:
            row = connection.execute(select(sessions).where(this)).one_or_none()
        if row is None:
            raise NotSignedIn("sign in to see this page")
        member = member_of_id(self._control, row.organisation, row.member)
        if member.disabled_at is not None:
            raise NotSignedIn("your access has ended; ask an admin of your organisation")
        if now - row.last_seen_at >= _SEEN_EVERY:
            self._mark_seen(token, now)
        session = Session(
            organisation=row.organisation,
            member=row.member,
            csrf_secret=row.csrf_secret,
            created_at=row.created_at,
            expires_at=row.expires_at,
        )
        return member, session

    def members_of(self, tokens: Collection[str], now: datetime) -> Mapping[str, Member]:
        """Return who the browsers with these tokens are, without those who are signed out or disabled."""
        hashes = {digest(token): token for token in tokens}
        these = and_(sessions.c.token_hash.in_(hashes), sessions.c.expires_at > now)
        asked = select(sessions.c.token_hash, sessions.c.organisation, sessions.c.member).where(these)
        with self._control.read() as connection:
            rows = connection.execute(asked).all()
        wanted: defaultdict[str, set[str]] = defaultdict(set)
        for row in rows:
            wanted[row.organisation].add(row.member)
        members = {
            (organisation, each.id): each
            for organisation, ids in wanted.items()
            for each in members_of_ids(self._control, organisation, ids)
        }
        found = {hashes[row.token_hash]: members.get((row.organisation, row.member)) for row in rows}
        return {token: member for token, member in found.items() if member is not None and member.disabled_at is None}

    def close(self, token: str) -> None:
        """Sign this browser out; an unknown token is out already."""
        with self._control.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.token_hash == digest(token)))

    def close_all(self, organisation: str, member: str) -> None:
        """Sign a member out everywhere, as after a changed password."""
        theirs = and_(sessions.c.organisation == organisation, sessions.c.member == member)
        with self._control.begin() as connection:
            connection.execute(delete(sessions).where(theirs))

    def _mark_seen(self, token: str, now: datetime) -> None:
        with self._control.note() as connection:
            connection.execute(update(sessions).where(sessions.c.token_hash == digest(token)).values(last_seen_at=now))
