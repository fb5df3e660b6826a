"""Recognises API keys on every request, and remembers when and from where they were used.

Nothing here is slower for a wrong secret than for a right one. What was read of a key counts for a second: within that
every process hears that it was revoked, rotated, narrowed, or that its user lost access.
"""

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, and_, or_, select, update

from outlay.access.allowances import Allowances
from outlay.access.keys import ApiKey, as_key, this_key
from outlay.control.database import Control
from outlay.control.key_tables import api_key_secrets, api_keys
from outlay.control.tables import members
from outlay.errors import KeyInvalid

_FORM: Final = re.compile(r"outlay_([0-9a-z]{8})_([0-9A-Za-z]{43})", re.ASCII)
_STALE: Final = timedelta(seconds=1)
_NOT_A_KEY: Final = "this API key is unknown, revoked or expired"


class _Known(Struct, frozen=True):
    """What was read of a secret. `barred` says why its key opens nothing whatever the secret, empty when it does."""

    key: ApiKey
    secret_hash: bytes
    ends_at: datetime | None
    barred: str
    read_at: datetime


class _Use(Struct, frozen=True):
    organisation: str
    key: str
    at: datetime
    address: str | None


class KeyRing:
    """Recognises keys; an unknown one is always looked up, so that a new key works at once."""

    def __init__(self, control: Control, requests_a_minute: int = 0) -> None:
        """`requests_a_minute` is how often each key may be shown; 0 is any number of times."""
        self._control = control
        self._allowances = Allowances(requests_a_minute, "this API key")
        # Both by public part; only real ones enter, so they can't grow beyond the number of issued ones.
        self._read: dict[str, _Known] = {}
        self._used: dict[str, _Use] = {}

    def resolve(self, plaintext: str, now: datetime, address: str | None = None) -> ApiKey:
        """Return the key of a plain text, used from an address.

        Raises KeyInvalid when it is unknown, revoked or expired, TooManyRequests when it came too often.
        """
        form = _FORM.fullmatch(plaintext)
        if form is None:
            raise KeyInvalid(f"{_NOT_A_KEY}; a key has the form outlay_xxxxxxxx_…")
        prefix, secret = form.groups()
        known = self._read.get(prefix)
        # A clock that was set back must not keep a revoked key alive.
        if known is None or not known.read_at <= now < known.read_at + _STALE:
            known = self._look_up(prefix, now)
        key = known.key
        right = hmac.compare_digest(known.secret_hash, secret_digest(secret))
        if not right or not key.in_force(now) or (known.ends_at is not None and known.ends_at <= now):
            raise KeyInvalid(_NOT_A_KEY)
        if known.barred:
            raise KeyInvalid(known.barred)
        self._allowances.take(key.id)
        self._used[prefix] = _Use(key.organisation, key.id, now, address)
        return key

    def in_use(self, plaintext: str) -> bool:
        """Return whether this is a key that was recognised before, without looking it up."""
        form = _FORM.fullmatch(plaintext)
        known = None if form is None else self._read.get(form[1])
        return form is not None and known is not None and hmac.compare_digest(known.secret_hash, secret_digest(form[2]))

    def write_last_used(self) -> None:
        """Write down when keys were last used, and from where; run about once a minute, apart from requests."""
        used, self._used = self._used, {}
        if not used:
            return
        secrets = api_key_secrets
        with self._control.note() as connection:
            for prefix, use in list(used.items()):  # a request may be adding its last one
                seen = {"last_used_at": use.at, "last_used_from": use.address}
                this = and_(secrets.c.organisation == use.organisation, secrets.c.prefix == prefix)
                # Another process may have seen a later use.
                of_secret = or_(secrets.c.last_used_at.is_(None), secrets.c.last_used_at < use.at)
                of_key = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < use.at)
                connection.execute(update(secrets).where(this, of_secret).values(seen))
                connection.execute(update(api_keys).where(this_key(use.organisation, use.key), of_key).values(seen))

    def _look_up(self, prefix: str, now: datetime) -> _Known:
        secrets = api_key_secrets
        whose = and_(secrets.c.organisation == api_keys.c.organisation, secrets.c.key == api_keys.c.id)
        columns = (*api_keys.c, secrets.c.hash.label("secret_hash"), secrets.c.ends_at)
        with self._control.read() as connection:
            asked = select(*columns).join_from(secrets, api_keys, whose).where(secrets.c.prefix == prefix)
            row = connection.execute(asked).one_or_none()
            barred = "" if row is None or row.user is None else _barred(connection, row.organisation, row.user)
        if row is None:
            self._read.pop(prefix, None)
            raise KeyInvalid(_NOT_A_KEY)
        known = _Known(as_key(row), row.secret_hash, row.ends_at, barred, now)
        self._read[prefix] = known
        return known


def _barred(connection: Connection, organisation: str, user: str) -> str:
    """Return why keys bound to a user open nothing: every member that is this user lost access."""
    asked = select(members.c.disabled_at).where(members.c.organisation == organisation, members.c.user == user)
    ends = connection.execute(asked).scalars().all()
    return "the member this API key is bound to has no access any more" if ends and all(ends) else ""


def secret_digest(secret: str) -> bytes:
    """Return what is stored of a secret. Unlike a password, 256 random bits can't be guessed: a fast hash is enough."""
    return hashlib.sha256(secret.encode()).digest()
