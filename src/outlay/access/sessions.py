"""Sessions: a browser that has signed in. The cookie holds a random token, the database its hash.

Whoever reads the database can't sign in with what they find; whoever is disabled is out with the next request.
"""

import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, Select, and_, delete, insert, or_, select, update

from outlay.access.second_factor_rule import RULE, as_rule, is_owed
from outlay.access.sign_in_ways import ACTION_OF_WAY, Way
from outlay.access.tokens import TOKEN_BYTES, digest, new_token
from outlay.control.database import Control
from outlay.control.members import Member, member_of_id, members_of_ids, update_member
from outlay.control.organisations import is_served
from outlay.control.sign_in_tables import second_factors, session_others, sessions
from outlay.control.tables import organisation_settings
from outlay.control.trail import Actor, Change, write_down
from outlay.errors import NotSignedIn
from outlay.kit.ids import new_id

_SEEN_EVERY: Final = timedelta(minutes=5)  # a page view must not cost a commit
_LONGEST_TOLD: Final = 300


class Session(Struct, frozen=True, kw_only=True):
    """A signed-in browser. `csrf_secret` is what the tokens of its forms are made from.

    `proved_at` is when its member last showed who they are; one who `owes_second_factor` may only set it up.
    """

    id: str
    organisation: str
    member: str
    csrf_secret: bytes
    way: Way
    created_at: datetime
    expires_at: datetime
    proved_at: datetime
    owes_second_factor: bool = False

    def __repr__(self) -> str:
        return f"Session(organisation={self.organisation!r}, member={self.member!r}, expires_at={self.expires_at})"


class Opening(Struct, frozen=True, kw_only=True):
    """How a session comes about. `replacing` is the token that the browser brought, `others` are members of other
    organisations as whom the same person has shown who they are. One that goes on from another session, without
    anything shown anew, is `continuing` it: it ends when that would have, and its last proof is that one's. `shown_at`
    is when they showed who they are, where that was before now: to a provider, which let them pass since.
    """

    way: Way = "password"
    browser: str = ""
    address: str = ""
    replacing: str = ""
    others: tuple[Member, ...] = ()
    continuing: Session | None = None
    shown_at: datetime | None = None


class Sessions:
    """All sessions of this Outlay."""

    def __init__(self, control: Control, lasting: timedelta) -> None:
        self._control = control
        self._lasting = lasting

    def open(self, member: Member, now: datetime, opening: Opening = Opening()) -> tuple[str, Session]:  # noqa: B008 - frozen
        """Sign a member in; return the cookie's token and the session.

        The token is always new, and the one the browser brought ends: a token planted before the sign-in is worth
        nothing after it.
        """
        token, session = new_token(), new_id("ses")
        before = opening.continuing
        values = {
            "token_hash": digest(token),
            "id": session,
            "organisation": member.organisation,
            "member": member.id,
            "csrf_secret": secrets.token_bytes(TOKEN_BYTES),
            "way": opening.way,
            "browser": _printable(opening.browser),
            "address": _printable(opening.address),
            "created_at": now,
            "expires_at": now + self._lasting if before is None else before.expires_at,
            "last_seen_at": now,
            "proved_at": opening.shown_at or now if before is None else before.proved_at,
        }
        others = [{"session": session, "organisation": each.organisation, "member": each.id} for each in opening.others]
        by = Actor("member", member.id, member.name or member.email, opening.address or None)
        change = Change(ACTION_OF_WAY[opening.way], "session", session, member.email)
        ended = or_(sessions.c.expires_at <= now, sessions.c.token_hash == digest(opening.replacing))
        with self._control.begin() as connection:
            connection.execute(delete(sessions).where(ended))
            connection.execute(insert(sessions).values(values))
            if others:
                connection.execute(insert(session_others), others)
            row = connection.execute(_asked(sessions.c.id == session)).one()
            update_member(connection, member.organisation, member.id, {"signed_in_at": now})
            write_down(connection, member.organisation, by, change, now)
        return token, _as_session(row, member)

    def member_of(self, token: str, now: datetime) -> tuple[Member, Session]:
        """Return who this browser is; NotSignedIn when the session is unknown or over, or the member is disabled."""
        this = and_(sessions.c.token_hash == digest(token), sessions.c.expires_at > now)
        with self._control.read() as connection:
            row = connection.execute(_asked(this)).one_or_none()
        if row is None:
            raise NotSignedIn("sign in to see this page")
        member = member_of_id(self._control, row.organisation, row.member)
        if member.disabled_at is not None:
            raise NotSignedIn("your access has ended; ask an admin of your organisation")
        if now - row.last_seen_at >= _SEEN_EVERY:
            self._mark_seen(token, now)
        return member, _as_session(row, member)

    def members_of(self, tokens: Collection[str], now: datetime) -> Mapping[str, Member]:
        """Return who the browsers with these tokens are, without those signed out, disabled, or owing a factor."""
        hashes = {digest(token): token for token in tokens}
        these = and_(sessions.c.token_hash.in_(hashes), sessions.c.expires_at > now)
        with self._control.read() as connection:
            rows = connection.execute(_asked(these)).all()
        wanted: defaultdict[str, set[str]] = defaultdict(set)
        for row in rows:
            wanted[row.organisation].add(row.member)
        members = {
            (organisation, each.id): each
            for organisation, ids in wanted.items()
            for each in members_of_ids(self._control, organisation, ids)
        }
        found = {hashes[row.token_hash]: (row, members.get((row.organisation, row.member))) for row in rows}
        return {
            token: member
            for token, (row, member) in found.items()
            if member is not None and member.disabled_at is None and not _as_session(row, member).owes_second_factor
        }

    def renew(self, token: str, now: datetime) -> str:
        """Note that the member has shown anew who they are; return the token that stands for the session from now on.

        Raises NotSignedIn when the session is over. Whoever knows the token of before has nothing any more.
        """
        renewed = new_token()
        this = and_(sessions.c.token_hash == digest(token), sessions.c.expires_at > now)
        values = {"token_hash": digest(renewed), "csrf_secret": secrets.token_bytes(TOKEN_BYTES), "proved_at": now}
        with self._control.begin() as connection:
            if connection.execute(update(sessions).where(this).values(values)).rowcount != 1:
                raise NotSignedIn("sign in to go on")
        return renewed

    def close(self, token: str) -> None:
        """Sign this browser out; an unknown token is out already."""
        with self._control.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.token_hash == digest(token)))

    def others_of(self, session: Session) -> list[Member]:
        """Return as whom this session's member may go on in other organisations, without those who were disabled, or
        whose organisation is suspended.
        """
        others = session_others.c
        theirs = and_(others.session == session.id, is_served(others.organisation))
        with self._control.read() as connection:
            rows = connection.execute(select(others.organisation, others.member).where(theirs)).all()
        found = [member_of_id(self._control, row.organisation, row.member) for row in rows]
        return [each for each in found if each.disabled_at is None]

    def _mark_seen(self, token: str, now: datetime) -> None:
        with self._control.note() as connection:
            connection.execute(update(sessions).where(sessions.c.token_hash == digest(token)).values(last_seen_at=now))


def _asked(condition: ColumnElement[bool]) -> Select[Any]:
    """Return the question for sessions, beside them what tells whether their members owe a second factor: one answer
    for every request of every page.
    """
    factor, rule = second_factors, organisation_settings
    theirs = and_(factor.c.organisation == sessions.c.organisation, factor.c.member == sessions.c.member)
    set_here = and_(rule.c.organisation == sessions.c.organisation, rule.c.name == RULE)
    joined = sessions.outerjoin(factor, theirs).outerjoin(rule, set_here)
    return select(sessions, factor.c.confirmed_at, rule.c.value.label("rule")).select_from(joined).where(condition)


def _as_session(row: Row[Any], member: Member) -> Session:
    owed = row.confirmed_at is None and is_owed(as_rule(row.rule), member.role, row.way)
    return Session(
        id=row.id,
        organisation=row.organisation,
        member=row.member,
        csrf_secret=row.csrf_secret,
        way=row.way,
        created_at=row.created_at,
        expires_at=row.expires_at,
        proved_at=row.proved_at,
        owes_second_factor=owed,
    )


def _printable(text: str) -> str:
    """Return what a browser says of itself, as every engine keeps it."""
    return "".join(letter for letter in text[:_LONGEST_TOLD] if letter.isprintable())
