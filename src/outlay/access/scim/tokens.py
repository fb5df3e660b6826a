"""The bearer tokens that identity providers call SCIM with: an organisation's own, shown once, kept as hashes.

There may be two in force, so that a provider gets a new one before the old one ends.
"""

import re
import secrets
import string
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, Row, and_, func, insert, select, update

from outlay.access.tokens import digest
from outlay.control.database import Control
from outlay.control.directory_tables import scim_tokens
from outlay.control.trail import Actor, Change, masked, write_down
from outlay.errors import Conflict, KeyInvalid, NotFound
from outlay.kit.ids import new_id

MOST_IN_FORCE: Final = 2
_LETTERS: Final = string.digits + string.ascii_letters
_FORM: Final = re.compile(r"outlay_scim_[0-9A-Za-z]{43}", re.ASCII)
_SEEN_EVERY: Final = timedelta(minutes=1)  # a request must not cost a commit
_HINT_CHARS: Final = 4


class ScimToken(Struct, frozen=True):
    """An issued token without its secret; `hint` is its end."""

    id: str
    organisation: str
    hint: str
    created_at: datetime
    created_by: str | None
    last_used_at: datetime | None


def create_token(control: Control, organisation: str, by: Actor, now: datetime) -> tuple[ScimToken, str]:
    """Return a new token and its plain text, which nobody can show again; Conflict when two are in force."""
    plaintext = "outlay_scim_" + "".join(secrets.choice(_LETTERS) for _ in range(43))
    token, hint = new_id("scim"), plaintext[-_HINT_CHARS:]
    with control.begin() as connection:
        in_force = select(func.count()).select_from(scim_tokens).where(_in_force(organisation))
        if connection.execute(in_force).scalar_one() >= MOST_IN_FORCE:
            raise Conflict(f"there are {MOST_IN_FORCE} tokens in force; revoke one first")
        connection.execute(
            insert(scim_tokens).values(
                id=token,
                organisation=organisation,
                token_hash=digest(plaintext),
                hint=hint,
                created_at=now,
                created_by=by.id if by.kind == "member" else None,
            )
        )
        _note(connection, organisation, "scim_token.create", by, (token, hint), now)
        made = connection.execute(select(scim_tokens).where(scim_tokens.c.id == token)).one()
    return _as_token(made), plaintext


def tokens_of(control: Control, organisation: str) -> list[ScimToken]:
    """Return the tokens in force, newest first."""
    mine = select(scim_tokens).where(_in_force(organisation)).order_by(scim_tokens.c.created_at.desc())
    with control.read() as connection:
        return [_as_token(row) for row in connection.execute(mine)]


def revoke_token(control: Control, organisation: str, token: str, by: Actor, now: datetime) -> None:
    """End a token at once; NotFound when there is no such one in force."""
    this = and_(_in_force(organisation), scim_tokens.c.id == token)
    with control.begin() as connection:
        row = connection.execute(select(scim_tokens).where(this)).one_or_none()
        if row is None:
            raise NotFound("there is no such token in force")
        connection.execute(update(scim_tokens).where(this).values(revoked_at=now))
        _note(connection, organisation, "scim_token.revoke", by, (token, row.hint), now)


def token_in_force(control: Control, plaintext: str, now: datetime) -> ScimToken:
    """Return the token of this plain text; KeyInvalid when it is unknown or revoked."""
    if not _FORM.fullmatch(plaintext):
        raise KeyInvalid("this SCIM token is unknown or revoked")
    # 256 random bits are found by their hash: how long that takes tells nothing of them.
    this = and_(scim_tokens.c.token_hash == digest(plaintext), scim_tokens.c.revoked_at.is_(None))
    with control.read() as connection:
        row = connection.execute(select(scim_tokens).where(this)).one_or_none()
    if row is None:
        raise KeyInvalid("this SCIM token is unknown or revoked")
    if row.last_used_at is None or not row.last_used_at <= now < row.last_used_at + _SEEN_EVERY:
        with control.note() as connection:
            connection.execute(update(scim_tokens).where(scim_tokens.c.id == row.id).values(last_used_at=now))
    return _as_token(row)


def _in_force(organisation: str) -> Any:  # noqa: ANN401 - SQLAlchemy's own type says no more
    return and_(scim_tokens.c.organisation == organisation, scim_tokens.c.revoked_at.is_(None))


def _note(
    connection: Connection, organisation: str, action: str, by: Actor, token: tuple[str, str], now: datetime
) -> None:
    subject, hint = token
    write_down(connection, organisation, by, Change(action, "SCIM token", subject, masked(hint)), now)


def _as_token(row: Row[Any]) -> ScimToken:
    return ScimToken(row.id, row.organisation, row.hint, row.created_at, row.created_by, row.last_used_at)
