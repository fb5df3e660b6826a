"""Lists API keys: those that match, a page at a time. All is decided in the query, since there may be thousands."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, get_args

from msgspec import Struct
from sqlalchemy import ColumnElement, String, and_, cast, exists, func, or_, select, tuple_

from outlay.access.keys import ApiKey, Scope, as_key
from outlay.control.database import Control
from outlay.control.key_tables import api_key_secrets, api_keys
from outlay.control.tables import entities

KeyState = Literal["in_force", "expired", "revoked", "ended", "all"]  # ended: expired or revoked

KEY_STATES: Final[tuple[KeyState, ...]] = get_args(KeyState)
_PUBLIC_PART: Final = re.compile(r"outlay_([0-9a-z]{1,8})(?:_.*)?")


class KeySearch(Struct, frozen=True, kw_only=True):
    """Which keys of an organisation; what is None or empty narrows nothing.

    `text` is part of a name, an id, a public part, or of what the key is bound to.
    """

    organisation: str
    text: str = ""
    state: KeyState = "in_force"
    scope: Scope | None = None
    user: str | None = None
    team: str | None = None
    agent: str | None = None
    pod: str | None = None


class KeyPage(Struct, frozen=True):
    """Up to `limit` keys: behind the key with this time and id, or after leaving out `offset`."""

    limit: int
    after: tuple[datetime, str] | None = None
    offset: int = 0


def find_keys(control: Control, search: KeySearch, page: KeyPage, now: datetime) -> Sequence[ApiKey]:
    """Return keys, newest first."""
    asked = select(api_keys).where(_matching(search, now)).limit(page.limit).offset(page.offset)
    if page.after is not None:
        asked = asked.where(tuple_(api_keys.c.created_at, api_keys.c.id) < tuple_(*page.after))
    with control.read() as connection:
        rows = connection.execute(asked.order_by(api_keys.c.created_at.desc(), api_keys.c.id.desc()))
        return [as_key(row) for row in rows]


def count_keys(control: Control, search: KeySearch, now: datetime) -> int:
    with control.read() as connection:
        return connection.execute(select(func.count()).where(_matching(search, now))).scalar_one()


def keys_revoked_between(
    control: Control, organisation: str, start: datetime, end: datetime, user: str | None = None
) -> list[ApiKey]:
    """Return the keys that were revoked from `start` up to but without `end`, in that order; only a user's if given."""
    ended = and_(api_keys.c.organisation == organisation, api_keys.c.revoked_at >= start, api_keys.c.revoked_at < end)
    if user is not None:
        ended = and_(ended, api_keys.c.user == user)
    with control.read() as connection:
        rows = connection.execute(select(api_keys).where(ended).order_by(api_keys.c.revoked_at, api_keys.c.id))
        return [as_key(row) for row in rows]


def _matching(search: KeySearch, now: datetime) -> ColumnElement[bool]:
    wanted: list[ColumnElement[bool]] = [api_keys.c.organisation == search.organisation]
    for name in ("user", "team", "agent", "pod"):
        value = getattr(search, name)
        if value is not None:
            wanted.append(api_keys.c[name] == value)
    if search.scope is not None:
        # A JSON list of words of ours, none of which is part of another: its text says whether one is in it.
        wanted.append(cast(api_keys.c.scopes, String).contains(f'"{search.scope}"'))
    if search.text.strip():
        wanted.append(_about(search.text.strip()))
    state = _in_state(search.state, now)
    return and_(*wanted, *(() if state is None else (state,)))


def _in_state(state: KeyState, now: datetime) -> ColumnElement[bool] | None:
    revoked = api_keys.c.revoked_at.is_not(None)
    over = and_(api_keys.c.expires_at.is_not(None), api_keys.c.expires_at <= now)
    match state:
        case "in_force":
            return and_(~revoked, or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > now))
        case "expired":
            return and_(~revoked, over)
        case "revoked":
            return revoked
        case "ended":
            return or_(revoked, over)
        case "all":
            return None


def _about(text: str) -> ColumnElement[bool]:
    public = _PUBLIC_PART.fullmatch(text)
    secrets = api_key_secrets
    of_key = and_(secrets.c.organisation == api_keys.c.organisation, secrets.c.key == api_keys.c.id)
    begins = exists().where(of_key, secrets.c.prefix.startswith(public[1] if public else text, autoescape=True))
    if public:
        return begins
    folded = text.casefold()
    # Names are searched where they are kept case-folded: engines fold case differently.
    named = exists().where(
        entities.c.organisation == api_keys.c.organisation,
        entities.c.kind == "api_key",
        entities.c.id == api_keys.c.id,
        entities.c.search_text.contains(folded, autoescape=True),
    )
    bound = (api_keys.c[name] for name in ("user", "team", "agent", "pod"))
    return or_(named, begins, *(func.lower(each).contains(folded, autoescape=True) for each in bound))
