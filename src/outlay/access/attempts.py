"""Counts attempts to get in, so that guessing ends soon; knows nothing of what is guessed.

An attempt is counted as failed before it is checked, and forgotten when it was right: otherwise a hundred guesses sent
at once would all be let through by the same count.
"""

import hashlib
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select

from outlay.control.database import Control
from outlay.control.sign_in_tables import sign_in_failures
from outlay.errors import TooManyAttempts
from outlay.kit.ids import new_id

WINDOW: Final = timedelta(minutes=15)


class Limits(Struct, frozen=True):
    """How many attempts within WINDOW: from one address for one account, from one address, for one account.

    A limit on an account alone locks its owner out, too: only for what nobody can try without a secret of theirs.
    """

    from_here: int
    per_address: int
    per_account: int | None = None
    what: str = "failed sign-ins"


class Attempt(Struct, frozen=True):
    """One attempt that counts. `last` says that it is the last one let through: the next is refused."""

    id: str
    account: bytes
    source: str
    last: bool


class Attempts:
    def __init__(self, control: Control) -> None:
        self._control = control

    def begin(self, account: str, address: str, limits: Limits, now: datetime) -> Attempt:
        """Count one more; TooManyAttempts when there were too many. `account` says what is tried, and for whom."""
        hashed, source = hashlib.sha256(account.encode(errors="replace")).digest(), _source(address)
        table = sign_in_failures
        from_here, for_it = table.c.address == source, table.c.account == hashed
        with self._control.begin() as connection:
            connection.execute(delete(table).where(table.c.failed_at <= now - WINDOW))
            counted = _counted(connection, and_(from_here, for_it), limits.from_here, limits.what, now)
            _counted(connection, from_here, limits.per_address, limits.what, now)
            if limits.per_account is not None:
                _counted(connection, for_it, limits.per_account, limits.what, now)
            made = Attempt(new_id("try"), hashed, source, last=counted + 1 == limits.from_here)
            row = {"id": made.id, "account": hashed, "address": source, "failed_at": now}
            connection.execute(insert(table).values(row))
        return made

    def forget(self, attempt: Attempt, *, alone: bool = False) -> None:
        """Take back an attempt that was right, and the wrong ones before it from the same address; or it `alone`."""
        theirs = and_(sign_in_failures.c.account == attempt.account, sign_in_failures.c.address == attempt.source)
        this = sign_in_failures.c.id == attempt.id
        with self._control.begin() as connection:
            connection.execute(delete(sign_in_failures).where(this if alone else theirs | this))


def _counted(connection: Connection, which: ColumnElement[bool], most: int, what: str, now: datetime) -> int:
    count, oldest = connection.execute(select(func.count(), func.min(sign_in_failures.c.failed_at)).where(which)).one()
    if count >= most:
        minutes = max(1, -((now - WINDOW - oldest) // timedelta(minutes=1)))
        raise TooManyAttempts(f"too many {what}; try again in {minutes} {'minute' if minutes == 1 else 'minutes'}")
    return int(count)


def _source(address: str) -> str:
    """Return what an address is counted as: an IPv6 network of 64 bits is one household's, so it counts as one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return hashlib.sha256(address.encode(errors="replace")).hexdigest()
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((int(parsed), 64), strict=False))
