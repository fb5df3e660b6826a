"""Makes, changes, rotates and ends API keys: each time with its entry in the audit trail.

Only the SHA-256 of a secret is stored, and its plain text is returned once. What is changed here counts within a second
in every process.
"""

import secrets
import string
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from msgspec.structs import asdict, replace
from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from outlay.access.key_ring import secret_digest
from outlay.access.keys import ApiKey, NewKey, as_key, check_key, found_key, this_key
from outlay.control.conflict import insert_unless_there
from outlay.control.database import Control
from outlay.control.entities import EntityName, name_entities
from outlay.control.key_tables import api_key_secrets, api_keys
from outlay.control.organisations import OPERATORS
from outlay.control.trail import Actor, Change, differing, write_down
from outlay.errors import Conflict, InputError, NotFound
from outlay.kit.ids import new_id

MOST_SECRETS_IN_FORCE: Final = 2

_PUBLIC_LETTERS: Final = string.digits + string.ascii_lowercase
_SECRET_LETTERS: Final = string.digits + string.ascii_letters
_STORED_AS_LISTS: Final = ("tags", "models", "providers")


def create_key(control: Control, organisation: str, wanted: NewKey, by: Actor, now: datetime) -> tuple[ApiKey, str]:
    """Create a key; return it and its plain text, which nobody can show again.

    Raises InputError when it can't be made as wanted, Conflict when a key in force has the name.
    """
    check_key(wanted)
    _check_right(organisation, wanted)
    _check_expiry(wanted, now)
    prefix, secret = _drawn()
    key = new_id("key")
    row = _stored(wanted) | {"id": key, "organisation": organisation, "prefix": prefix, "created_at": now}
    with control.begin() as connection:
        made = insert_unless_there(api_keys).values(row | {"created_by": _maker(by)})
        if connection.execute(made).rowcount != 1:
            raise Conflict(f"there is a key {wanted.name!r} in force already; revoke it or take another name")
        _add_secret(connection, (organisation, key), (prefix, secret), by, now)
        name_entities(connection, organisation, "api_key", [EntityName(key, wanted.name)], now)
        issued = found_key(connection, select(api_keys).where(this_key(organisation, key)))
        change = Change("key.create", "api_key", key, wanted.name, after=_told(wanted) | {"secret": shown(prefix)})
        write_down(connection, organisation, by, change, now)
    return issued, f"outlay_{prefix}_{secret}"


def change_key(
    control: Control, organisation: str, key: str, changes: Mapping[str, Any], by: Actor, now: datetime
) -> ApiKey:
    """Change fields of NewKey; past usage shows a new name too, other changes count for calls from now on.

    Raises InputError, Conflict when a key in force has the name, NotFound without such a key in force.
    """
    try:
        with control.begin() as connection:
            before = _unrevoked(connection, organisation, key)
            was = NewKey(**{name: getattr(before, name) for name in NewKey.__struct_fields__})
            wanted = replace(was, **changes)
            if wanted == was:
                return before
            check_key(wanted)
            _check_right(organisation, wanted)
            if wanted.expires_at != was.expires_at:
                _check_expiry(wanted, now)
            connection.execute(update(api_keys).where(this_key(organisation, key)).values(_stored(wanted)))
            if wanted.name != was.name:
                name_entities(connection, organisation, "api_key", [EntityName(key, wanted.name)], now)
            sides = differing(_told(was), _told(wanted))
            write_down(connection, organisation, by, Change("key.change", "api_key", key, was.name, *sides), now)
            return found_key(connection, select(api_keys).where(this_key(organisation, key)))
    except IntegrityError:
        raise Conflict(f"there is a key {changes.get('name')!r} in force already; take another name") from None


def rotate_key(
    control: Control, organisation: str, key: str, until: datetime | None, by: Actor, now: datetime
) -> tuple[ApiKey, str]:
    """Give a key a new secret; return the key and its new plain text. The one before counts until `until`, or no more.

    Raises NotFound without such a key in force, Conflict while it has two secrets that count, InputError for a moment
    that is past.
    """
    if until is not None and until <= now:
        raise InputError("the secret before can only count until a moment to come; or end it at once")
    prefix, secret = _drawn()
    with control.begin() as connection:
        before = _unrevoked(connection, organisation, key)
        if not before.in_force(now):
            raise NotFound(f"the key {before.name!r} is expired; give it another expiry first")
        table = api_key_secrets
        older = and_(_counting(organisation, key, now), table.c.prefix != before.prefix)
        if connection.execute(select(table.c.prefix).where(older)).first() is not None:
            raise Conflict(f"the key {before.name!r} has {MOST_SECRETS_IN_FORCE} secrets in force; end the older first")
        connection.execute(update(table).where(_counting(organisation, key, now)).values(ends_at=until or now))
        _add_secret(connection, (organisation, key), (prefix, secret), by, now)
        connection.execute(update(api_keys).where(this_key(organisation, key)).values(prefix=prefix))
        after = {"secret": shown(prefix), "the one before counts until": until.isoformat() if until else "now"}
        change = Change("key.rotate", "api_key", key, before.name, {"secret": shown(before.prefix)}, after)
        write_down(connection, organisation, by, change, now)
    return replace(before, prefix=prefix), f"outlay_{prefix}_{secret}"


def retire_secret(control: Control, organisation: str, key: str, prefix: str, by: Actor, now: datetime) -> None:
    """End one of a key's two secrets at once, the other goes on.

    Raises NotFound where it doesn't count (any more), Conflict for the only one: revoke the key.
    """
    with control.begin() as connection:
        before = _unrevoked(connection, organisation, key)
        table = api_key_secrets
        newest_first = table.c.created_at.desc(), table.c.prefix
        query = select(table.c.prefix).where(_counting(organisation, key, now)).order_by(*newest_first)
        counting = list(connection.execute(query).scalars())
        if prefix not in counting:
            raise NotFound("there is no such secret in force")
        if len(counting) == 1:
            raise Conflict(f"the key {before.name!r} has no other secret; revoke the key, or rotate it first")
        this = and_(table.c.organisation == organisation, table.c.prefix == prefix)
        connection.execute(update(table).where(this).values(ends_at=now))
        left = next(each for each in counting if each != prefix)
        stays = and_(table.c.organisation == organisation, table.c.prefix == left)
        if prefix == before.prefix:  # the older one is the key's again, and for good
            connection.execute(update(api_keys).where(this_key(organisation, key)).values(prefix=left))
            connection.execute(update(table).where(stays).values(ends_at=None))
        change = Change("key.retire", "api_key", key, before.name, {"secret": shown(prefix)})
        write_down(connection, organisation, by, change, now)


def revoke_key(control: Control, organisation: str, key: str, by: Actor, now: datetime) -> None:
    """End a key with all its secrets. NotFound when there is no such key that isn't revoked."""
    with control.begin() as connection:
        before = _unrevoked(connection, organisation, key)
        connection.execute(update(api_keys).where(this_key(organisation, key)).values(revoked_at=now))
        change = Change("key.revoke", "api_key", key, before.name, {"secret": shown(before.prefix)})
        write_down(connection, organisation, by, change, now)


def shown(prefix: str) -> str:
    """Return how people see a key: by its public part."""
    return f"outlay_{prefix}_…"


def _unrevoked(connection: Connection, organisation: str, key: str) -> ApiKey:
    """Return the key, held against other writers until the transaction ends."""
    unrevoked = and_(this_key(organisation, key), api_keys.c.revoked_at.is_(None))
    row = connection.execute(select(api_keys).where(unrevoked).with_for_update()).one_or_none()
    if row is None:
        raise NotFound(f"there is no key {key!r} in force")
    return as_key(row)


def _counting(organisation: str, key: str, now: datetime) -> ColumnElement[bool]:
    table = api_key_secrets
    mine = and_(table.c.organisation == organisation, table.c.key == key)
    return and_(mine, or_(table.c.ends_at.is_(None), table.c.ends_at > now))


def _add_secret(connection: Connection, of: tuple[str, str], drawn: tuple[str, str], by: Actor, now: datetime) -> None:
    (organisation, key), (prefix, secret) = of, drawn
    row = {"prefix": prefix, "organisation": organisation, "key": key, "hash": secret_digest(secret)}
    connection.execute(insert(api_key_secrets).values(row | {"created_at": now, "created_by": _maker(by)}))


def _drawn() -> tuple[str, str]:
    """Return the public and the secret part of a new secret."""
    prefix = "".join(secrets.choice(_PUBLIC_LETTERS) for _ in range(8))
    return prefix, "".join(secrets.choice(_SECRET_LETTERS) for _ in range(43))


def _check_expiry(wanted: NewKey, now: datetime) -> None:
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise InputError("the key would be expired already")


def _check_right(organisation: str, wanted: NewKey) -> None:
    """Operators send and read nothing: they are no tenant."""
    if organisation == OPERATORS and wanted.scopes != {"admin"}:
        raise InputError("a key of the operators has the scope admin, and no other")


def _maker(by: Actor) -> str | None:
    return by.id if by.kind in {"member", "key"} else None


def _stored(wanted: NewKey) -> dict[str, Any]:
    lists = {name: list(getattr(wanted, name)) for name in _STORED_AS_LISTS}
    return asdict(wanted) | lists | {"scopes": sorted(wanted.scopes)}


def _told(wanted: NewKey) -> dict[str, Any]:
    """Return a key's fields as the trail keeps them: those that say something."""
    return {name: value for name, value in _stored(wanted).items() if value not in (None, [])}
