"""Sign-in by e-mail and password, with a limit on guessing.

Failures are counted per address and account, and per address: whoever guesses locks out themselves, never the owner of
the account, who comes from elsewhere. The answer, and the time it takes, don't tell whether an account exists.
"""

import hashlib
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

from sqlalchemy import Connection, and_, delete, func, insert, select

from outlay.access.passwords import Passwords
from outlay.control.database import Control
from outlay.control.emails import email_key
from outlay.control.members import Member, credentials_of, member_of_id, set_password_hash
from outlay.control.tables import sign_in_failures
from outlay.errors import SignInFailed, TooManyAttempts
from outlay.kit.ids import new_id

FAILURES_PER_ACCOUNT: Final = 5
FAILURES_PER_ADDRESS: Final = 50
WINDOW: Final = timedelta(minutes=15)


class SignIn:
    """Checks e-mail and password; one for the whole process."""

    def __init__(self, control: Control, passwords: Passwords) -> None:
        self._control = control
        self._passwords = passwords

    def sign_in(self, organisation: str, email: str, password: str, address: str, now: datetime) -> Member:
        """Return the member; SignInFailed when e-mail and password don't match, TooManyAttempts after several.

        `address` is where the request came from. The session is opened by the caller.
        """
        account, source = _account(organisation, email), _source(address)
        attempt = self._begin_attempt(account, source, now)
        credentials = credentials_of(self._control, organisation, email)
        stored = None if credentials is None else credentials.password_hash
        if not self._passwords.matches(stored, password) or credentials is None or stored is None:
            raise SignInFailed("e-mail and password don't match")
        self._forget(attempt, account, source)
        if self._passwords.is_outdated(stored):
            set_password_hash(self._control, organisation, credentials.member, self._passwords.hash(password))
        return member_of_id(self._control, organisation, credentials.member)

    def _begin_attempt(self, account: bytes, source: str, now: datetime) -> str:
        # Counted as failed before the password is checked, and forgotten when it was right: otherwise a hundred
        # guesses sent at once would all be let through by the same count.
        attempt = new_id("try")
        with self._control.begin() as connection:
            connection.execute(delete(sign_in_failures).where(sign_in_failures.c.failed_at <= now - WINDOW))
            _check(connection, account, source, now)
            connection.execute(
                insert(sign_in_failures).values(id=attempt, account=account, address=source, failed_at=now)
            )
        return attempt

    def _forget(self, attempt: str, account: bytes, source: str) -> None:
        theirs = and_(sign_in_failures.c.account == account, sign_in_failures.c.address == source)
        with self._control.begin() as connection:
            connection.execute(delete(sign_in_failures).where(theirs | (sign_in_failures.c.id == attempt)))


def _check(connection: Connection, account: bytes, source: str, now: datetime) -> None:
    table = sign_in_failures
    from_here = table.c.address == source
    for most, which in (
        (FAILURES_PER_ACCOUNT, and_(from_here, table.c.account == account)),
        (FAILURES_PER_ADDRESS, from_here),
    ):
        count, oldest = connection.execute(select(func.count(), func.min(table.c.failed_at)).where(which)).one()
        if count >= most:
            minutes = max(1, -((now - WINDOW - oldest) // timedelta(minutes=1)))
            unit = "minute" if minutes == 1 else "minutes"
            raise TooManyAttempts(f"too many failed sign-ins; try again in {minutes} {unit}")


def _account(organisation: str, email: str) -> bytes:
    return hashlib.sha256(f"{organisation}\n{email_key(email)}".encode(errors="replace")).digest()


def _source(address: str) -> str:
    """Return what an address is counted as: an IPv6 network of 64 bits is one household's, so it counts as one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return hashlib.sha256(address.encode(errors="replace")).hexdigest()
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((int(parsed), 64), strict=False))
