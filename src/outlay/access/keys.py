"""API keys: what one is, what it may be made of, and how to find one.

A key reads `outlay_<8 public characters>_<43 secret characters>` (256 bits); while it is rotated it has two of these.
The public part finds it and tells people which secret it is. A key's bindings win over what its caller claims.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, Literal, get_args

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_, select

from outlay.control.database import Control
from outlay.control.key_tables import api_key_secrets, api_keys
from outlay.errors import InputError, NotFound
from outlay.usage import AGENT_TYPES, AgentType

Scope = Literal["send", "gateway", "read", "admin"]

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
# What a key may do unless somebody says; to administer is always said.
USUAL_SCOPES: Final[frozenset[Scope]] = frozenset(SCOPES) - {"admin"}
MOST_PATTERNS: Final = 100

_LONGEST_NAME: Final = 100
_LONGEST_BINDING: Final = 256


class NewKey(Struct, frozen=True, kw_only=True):
    """What a key is made from: its name, what it may do, whom its calls are attributed to, and which it may make.

    `models` are names, where `*` stands for anything; without any, all models may be called. So with `providers`.
    """

    name: str
    scopes: frozenset[Scope] = USUAL_SCOPES
    user: str | None = None
    team: str | None = None
    agent: str | None = None
    agent_type: AgentType | None = None
    pod: str | None = None
    tags: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    expires_at: datetime | None = None


class ApiKey(Struct, frozen=True, kw_only=True):
    """An issued key, without its secrets. `prefix` is the public part of the newest one."""

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
    models: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    created_at: datetime
    created_by: str | None
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None = None
    revoked_at: datetime | None

    def in_force(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class KeySecret(Struct, frozen=True, kw_only=True):
    """One secret of a key, known by its public part. `ends_at` is when it stops to count, None with the key alone."""

    prefix: str
    created_at: datetime
    created_by: str | None
    ends_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None

    def counts(self, now: datetime) -> bool:
        return self.ends_at is None or now < self.ends_at


def usual_scopes(wanted: NewKey) -> frozenset[Scope]:
    """Return what a key may do unless somebody says: all but administer; an agent's, a pod's or a tag's can't read.

    Without a user or team nothing would narrow what such a key reads: an agent could read all spend.
    """
    narrowed = wanted.agent or wanted.agent_type or wanted.pod or wanted.tags
    return USUAL_SCOPES if wanted.user or wanted.team or not narrowed else USUAL_SCOPES - {"read"}


def check_key(wanted: NewKey) -> None:
    """Raise InputError when there can't be such a key."""
    if not (wanted.name.strip() and len(wanted.name) <= _LONGEST_NAME and wanted.name.isprintable()):
        raise InputError(f"a key's name has 1 to {_LONGEST_NAME} printable characters")
    if wanted.scopes - set(SCOPES) or not wanted.scopes:
        raise InputError(f"scopes are {', '.join(SCOPES)}: one or more of them; got {sorted(wanted.scopes)}")
    if wanted.agent_type is not None and wanted.agent_type not in AGENT_TYPES:
        raise InputError(f"agent type {wanted.agent_type!r} is none of {', '.join(AGENT_TYPES)}")
    if "admin" in wanted.scopes and (wanted.team or wanted.agent or wanted.agent_type or wanted.pod or wanted.tags):
        raise InputError("a key that administers can be bound to a user alone: other bindings narrow nothing it does")
    if max(map(len, (wanted.tags, wanted.models, wanted.providers))) > MOST_PATTERNS:
        raise InputError(f"a key has at most {MOST_PATTERNS} tags, models and providers each")
    bound = (wanted.user, wanted.team, wanted.agent, wanted.pod, *wanted.tags)
    for each in (*bound, *wanted.models, *wanted.providers):
        if each is not None and not (0 < len(each.strip()) <= len(each) <= _LONGEST_BINDING and each.isprintable()):
            raise InputError(f"{each[:40]!r} can't be part of a key: 1 to {_LONGEST_BINDING} printable characters")


def key_of_id(control: Control, organisation: str, key: str) -> ApiKey:
    """Return a key, also a revoked one; NotFound when the organisation has none of this id."""
    with control.read() as connection:
        return found_key(connection, select(api_keys).where(this_key(organisation, key)))


def keys_of_ids(control: Control, organisation: str, keys: Collection[str]) -> list[ApiKey]:
    """Return those of these keys that the organisation has, revoked ones too."""
    these = and_(api_keys.c.organisation == organisation, api_keys.c.id.in_(keys))
    with control.read() as connection:
        return [as_key(row) for row in connection.execute(select(api_keys).where(these))]


def key_named(control: Control, organisation: str, text: str) -> ApiKey:
    """Return the unrevoked key with this name, id or public part; NotFound when there is none."""
    if not text.isprintable():  # no name is, and half a surrogate pair can't be sent to a database
        raise NotFound(f"there is no key {text!r} in force")
    secret = and_(api_key_secrets.c.organisation == organisation, api_key_secrets.c.prefix == text)
    of_secret = api_keys.c.id.in_(select(api_key_secrets.c.key).where(secret))
    named = or_(api_keys.c.id == text, api_keys.c.name == text, of_secret)
    matches = and_(api_keys.c.organisation == organisation, api_keys.c.revoked_at.is_(None), named)
    with control.read() as connection:
        found = [as_key(row) for row in connection.execute(select(api_keys).where(matches))]
    if not found:
        raise NotFound(f"there is no key {text!r} in force")
    # A name may look like another key's id; the name is what people mean.
    return min(found, key=lambda each: each.name != text)


def secrets_of(control: Control, organisation: str, key: str) -> list[KeySecret]:
    """Return every secret a key ever had, newest first."""
    table = api_key_secrets
    mine = select(table).where(table.c.organisation == organisation, table.c.key == key)
    with control.read() as connection:
        rows = connection.execute(mine.order_by(table.c.created_at.desc(), table.c.prefix)).all()
    return [
        KeySecret(
            prefix=row.prefix,
            created_at=row.created_at,
            created_by=row.created_by,
            ends_at=row.ends_at,
            last_used_at=row.last_used_at,
            last_used_from=row.last_used_from,
        )
        for row in rows
    ]


def this_key(organisation: str, key: str) -> ColumnElement[bool]:
    return and_(api_keys.c.organisation == organisation, api_keys.c.id == key)


def found_key(connection: Connection, asked: Select[Any]) -> ApiKey:
    """Return the one key that is asked for; NotFound."""
    row = connection.execute(asked).one_or_none()
    if row is None:
        raise NotFound("there is no such key")
    return as_key(row)


def as_key(row: Row[Any]) -> ApiKey:
    """Return the key of a row that has, perhaps among others, the columns of `api_keys`."""
    columns = row._mapping  # noqa: SLF001 - public by documentation, named so as not to clash with columns
    values = {name: columns[name] for name in ApiKey.__struct_fields__}
    sets = {name: tuple(values[name]) for name in ("tags", "models", "providers")}
    return ApiKey(**values | sets | {"scopes": frozenset(row.scopes)})
