"""API keys: how they are made, listed, revoked, and recognised on every request.

A key reads `outlay_<8 public characters>_<43 secret characters>` (256 bits). Only the SHA-256 of the secret is stored;
the public part finds the row and tells people which key it is. A key's bindings win over what its caller claims.
"""

import hashlib
import hmac
import re
import secrets
import string
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Row, and_, or_, select, update
from sqlalchemy.exc import IntegrityError

from outlay.access.allowances import Allowances
from outlay.control.conflict import insert_unless_there
from outlay.control.database import Control
from outlay.control.entities import EntityName, name_entities
from outlay.control.tables import api_keys
from outlay.errors import Conflict, InputError, KeyInvalid, NotFound
from outlay.kit.ids import new_id
from outlay.usage import AGENT_TYPES, AgentType

Scope = Literal["send", "read", "admin"]

SCOPES: Final[frozenset[Scope]] = frozenset(get_args(Scope))
# What a key may do unless somebody says; to administer is always said.
USUAL_SCOPES: Final[frozenset[Scope]] = SCOPES - {"admin"}

_PUBLIC_LETTERS: Final = string.digits + string.ascii_lowercase
_SECRET_LETTERS: Final = string.digits + string.ascii_letters
_FORM: Final = re.compile(r"outlay_([0-9a-z]{8})_([0-9A-Za-z]{43})", re.ASCII)
_LONGEST_NAME: Final = 100
_LONGEST_BINDING: Final = 256
_STALE: Final = timedelta(seconds=1)
_NOT_A_KEY: Final = "this API key is unknown, revoked or expired"


class NewKey(Struct, frozen=True, kw_only=True):
    """What a key is made from: its name, what it may do, and whom its calls are attributed to."""

    name: str
    scopes: frozenset[Scope] = USUAL_SCOPES
    user: str | None = None
    team: str | None = None
    agent: str | None = None
    agent_type: AgentType | None = None
    pod: str | None = None
    tags: tuple[str, ...] = ()
    expires_at: datetime | None = None


class ApiKey(Struct, frozen=True, kw_only=True):
    """An issued key, without its secret. `prefix` is the public part."""

    id: str
    organisation: str
    name: str
    prefix: str
    scopes: frozenset[Scope]
    user: str | None
    team: str | None
    agent: str | None
    agent_type: AgentType | None
    pod: str | None
    tags: tuple[str, ...]
    created_at: datetime
    created_by: str | None
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def in_force(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def create_key(
    control: Control, organisation: str, wanted: NewKey, now: datetime, created_by: str | None = None
) -> tuple[ApiKey, str]:
    """Create a key; return it and its plain text, which nobody can show again.

    Raises InputError when it can't be made as wanted, Conflict when a key in force has the name.
    """
    _check(wanted, now)
    prefix = "".join(secrets.choice(_PUBLIC_LETTERS) for _ in range(8))
    secret = "".join(secrets.choice(_SECRET_LETTERS) for _ in range(43))
    row = asdict(wanted) | {
        "id": new_id("key"),
        "organisation": organisation,
        "prefix": prefix,
        "secret_hash": _digest(secret),
        "scopes": sorted(wanted.scopes),
        "tags": list(wanted.tags),
        "created_at": now,
        "created_by": created_by,
    }
    with control.begin() as connection:
        if connection.execute(insert_unless_there(api_keys).values(row)).rowcount != 1:
            raise Conflict(f"there is a key {wanted.name!r} in force already; revoke it or take another name")
        name_entities(connection, organisation, "api_key", [EntityName(row["id"], wanted.name)], now)
        issued = connection.execute(select(api_keys).where(_this(organisation, row["id"]))).one()
    return _as_key(issued), f"outlay_{prefix}_{secret}"


def keys_of(control: Control, organisation: str) -> list[ApiKey]:
    """Return all keys of an organisation, revoked ones too, newest first."""
    newest_first = (api_keys.c.created_at.desc(), api_keys.c.id)
    mine = select(api_keys).where(api_keys.c.organisation == organisation).order_by(*newest_first)
    with control.read() as connection:
        return [_as_key(row) for row in connection.execute(mine)]


def keys_revoked_between(
    control: Control, organisation: str, start: datetime, end: datetime, user: str | None = None
) -> list[ApiKey]:
    """Return the keys that were revoked from `start` up to but without `end`, in that order; only a user's if given."""
    ended = and_(api_keys.c.organisation == organisation, api_keys.c.revoked_at >= start, api_keys.c.revoked_at < end)
    if user is not None:
        ended = and_(ended, api_keys.c.user == user)
    with control.read() as connection:
        rows = connection.execute(select(api_keys).where(ended).order_by(api_keys.c.revoked_at, api_keys.c.id))
        return [_as_key(row) for row in rows]


def key_named(control: Control, organisation: str, text: str) -> ApiKey:
    """Return the unrevoked key with this name, id or public part; NotFound when there is none."""
    if not text.isprintable():  # no name is, and half a surrogate pair can't be sent to a database
        raise NotFound(f"there is no key {text!r} in force")
    named = or_(api_keys.c.id == text, api_keys.c.prefix == text, api_keys.c.name == text)
    matches = and_(api_keys.c.organisation == organisation, api_keys.c.revoked_at.is_(None), named)
    with control.read() as connection:
        found = [_as_key(row) for row in connection.execute(select(api_keys).where(matches))]
    if not found:
        raise NotFound(f"there is no key {text!r} in force")
    # A name may look like another key's id; the name is what people mean.
    return min(found, key=lambda each: each.name != text)


def revoke_key(control: Control, organisation: str, key: str, now: datetime) -> None:
    """End a key; every process refuses it within a second. NotFound when there is no such key in force."""
    in_force = and_(_this(organisation, key), api_keys.c.revoked_at.is_(None))
    with control.begin() as connection:
        if connection.execute(update(api_keys).where(in_force).values(revoked_at=now)).rowcount != 1:
            raise NotFound(f"there is no key {key!r} in force")


def rename_key(control: Control, organisation: str, key: str, name: str, now: datetime) -> None:
    """Give a key another name, past usage included; Conflict when a key in force has it, NotFound without the key."""
    _check_name(name)
    in_force = and_(_this(organisation, key), api_keys.c.revoked_at.is_(None))
    try:
        with control.begin() as connection:
            if connection.execute(update(api_keys).where(in_force).values(name=name)).rowcount != 1:
                raise NotFound(f"there is no key {key!r} in force")
            name_entities(connection, organisation, "api_key", [EntityName(key, name)], now)
    except IntegrityError:
        raise Conflict(f"there is a key {name!r} in force already; take another name") from None


def usual_scopes(wanted: NewKey) -> frozenset[Scope]:
    """Return what a key may do unless somebody says: both, but for an agent's, a pod's or a tag's key sending alone.

    Without a user or team nothing would narrow what such a key reads: an agent could read all spend.
    """
    narrowed = wanted.agent or wanted.agent_type or wanted.pod or wanted.tags
    return USUAL_SCOPES if wanted.user or wanted.team or not narrowed else frozenset({"send"})


class KeyRing:
    """Recognises keys. What it read of a key counts for a second; an unknown one is always looked up: new keys work."""

    def __init__(self, control: Control, requests_a_minute: int = 0) -> None:
        """`requests_a_minute` is how often each key may be shown; 0 is any number of times."""
        self._control = control
        self._allowances = Allowances(requests_a_minute, "this API key")
        # By public part; only real keys enter, so it can't grow beyond the number of issued ones.
        self._read: dict[str, tuple[ApiKey, bytes, datetime]] = {}
        self._used: dict[str, tuple[str, datetime]] = {}

    def resolve(self, plaintext: str, now: datetime) -> ApiKey:
        """Return the key of this plain text.

        Raises KeyInvalid when it is unknown, revoked or expired, TooManyRequests when it came too often.
        """
        form = _FORM.fullmatch(plaintext)
        if form is None:
            raise KeyInvalid(f"{_NOT_A_KEY}; a key has the form outlay_xxxxxxxx_…")
        prefix, secret = form.groups()
        entry = self._read.get(prefix)
        # A clock that was set back must not keep a revoked key alive.
        if entry is None or not entry[2] <= now < entry[2] + _STALE:
            entry = self._look_up(prefix, now)
        key, secret_hash, _ = entry
        if not hmac.compare_digest(secret_hash, _digest(secret)) or not key.in_force(now):
            raise KeyInvalid(_NOT_A_KEY)
        self._allowances.take(key.id)
        self._used[key.id] = (key.organisation, now)
        return key

    def in_use(self, plaintext: str) -> bool:
        """Return whether this is a key that was recognised before, without looking it up."""
        form = _FORM.fullmatch(plaintext)
        entry = None if form is None else self._read.get(form[1])
        return form is not None and entry is not None and hmac.compare_digest(entry[1], _digest(form[2]))

    def write_last_used(self) -> None:
        """Write down when keys were last used; run about once a minute, apart from requests."""
        used, self._used = self._used, {}
        if not used:
            return
        with self._control.note() as connection:
            for key, (organisation, at) in list(used.items()):  # a request may be adding its last one
                connection.execute(update(api_keys).where(_this(organisation, key)).values(last_used_at=at))

    def _look_up(self, prefix: str, now: datetime) -> tuple[ApiKey, bytes, datetime]:
        with self._control.read() as connection:
            row = connection.execute(select(api_keys).where(api_keys.c.prefix == prefix)).one_or_none()
        if row is None:
            raise KeyInvalid(_NOT_A_KEY)
        entry = (_as_key(row), row.secret_hash, now)
        self._read[prefix] = entry
        return entry


def _digest(secret: str) -> bytes:
    # Unlike a password, 256 random bits can't be guessed, so a fast hash is enough; it is computed on every request.
    return hashlib.sha256(secret.encode()).digest()


def _this(organisation: str, key: str) -> ColumnElement[bool]:
    return and_(api_keys.c.organisation == organisation, api_keys.c.id == key)


def _check(wanted: NewKey, now: datetime) -> None:
    _check_name(wanted.name)
    unknown = wanted.scopes - SCOPES
    if unknown or not wanted.scopes:
        raise InputError(f"scopes are {', '.join(get_args(Scope))}: one or more of them; got {sorted(wanted.scopes)}")
    if "admin" in wanted.scopes and (wanted.team or wanted.agent or wanted.agent_type or wanted.pod or wanted.tags):
        raise InputError("a key that administers can be bound to a user alone: other bindings narrow nothing it does")
    if wanted.agent_type is not None and wanted.agent_type not in AGENT_TYPES:
        raise InputError(f"agent type {wanted.agent_type!r} is none of {', '.join(AGENT_TYPES)}")
    for bound in (wanted.user, wanted.team, wanted.agent, wanted.pod, *wanted.tags):
        if bound is not None and not (0 < len(bound) <= _LONGEST_BINDING and bound.isprintable()):
            raise InputError(f"{bound[:40]!r} can't be bound to a key: 1 to {_LONGEST_BINDING} printable characters")
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise InputError("the key would be expired already")


def _check_name(name: str) -> None:
    if not (name.strip() and len(name) <= _LONGEST_NAME and name.isprintable()):
        raise InputError(f"a key's name has 1 to {_LONGEST_NAME} printable characters")


def _as_key(row: Row[Any]) -> ApiKey:
    values = dict(row._mapping)  # noqa: SLF001 - public by documentation, named so as not to clash with columns
    del values["secret_hash"]
    return ApiKey(**values | {"scopes": frozenset(row.scopes), "tags": tuple(row.tags)})
