"""A member's second factor: an authenticator app's code, or one of the recovery codes for who has lost it.

A code is taken once. Guessing needs the first factor and is limited for each account, wherever it comes from: whoever
locks an owner out that way has their password already.
"""

import secrets
from base64 import b32encode
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, update

from outlay.access.attempts import Attempts, Limits
from outlay.access.secrets import SecretKeys
from outlay.access.tokens import digest
from outlay.access.totp import DIGITS, enrolment_uri, new_secret, step_of
from outlay.control.database import Control
from outlay.control.members import Member
from outlay.control.sealed import SealedColumn
from outlay.control.sign_in_tables import recovery_codes, second_factors
from outlay.control.tables import members
from outlay.control.trail import Actor, Change, write_down
from outlay.errors import Conflict, NotFound, SignInFailed
from outlay.kit.sealing import Sealed

CODES: Final = 10
_CODE_BYTES: Final = 10  # 80 bits: too many to try even where the hashes are known
_LIMITS: Final = Limits(5, 50, 20, "wrong codes")
_WRONG: Final = "this code is wrong or was used already"


class SecondFactor(Struct, frozen=True):
    """A second factor in force."""

    since: datetime
    codes_left: int


class Enrolment(Struct, frozen=True):
    """One that is being set up: what the app is given, as text and as the address in the QR code."""

    secret: str
    uri: str

    def __repr__(self) -> str:
        return "Enrolment()"


class SecondFactors:
    """Everyone's second factors; safe to use from several threads and beside other processes."""

    def __init__(self, control: Control, keys: SecretKeys) -> None:
        self._control = control
        self._keys = keys
        self._attempts = Attempts(control)

    def of(self, member: Member) -> SecondFactor | None:
        """Return the member's second factor, None without one in force."""
        codes = select(func.count()).select_from(recovery_codes).where(_codes_of(member.organisation, member.id))
        with self._control.read() as connection:
            row = _row(connection, member.organisation, member.id)
            if row is None or row.confirmed_at is None:
                return None
            return SecondFactor(row.confirmed_at, connection.execute(codes).scalar_one())

    def begin(self, member: Member, now: datetime) -> None:
        """Begin to set one up, with a new secret; Conflict when there is one in force."""
        with self._control.begin() as connection:
            known = _row(connection, member.organisation, member.id)
            if known is not None and known.confirmed_at is not None:
                raise Conflict("there is a second factor already; remove it first")
            connection.execute(delete(second_factors).where(_this(member.organisation, member.id)))
            sealed = self._keys.seal(new_secret(), _context(member.organisation, member.id))
            row = {"organisation": member.organisation, "member": member.id, "last_step": 0, "created_at": now}
            row |= {"secret": sealed.content, "secret_key": sealed.key}
            connection.execute(insert(second_factors).values(row))

    def pending(self, member: Member, issuer: str) -> Enrolment:
        """Return the one being set up; NotFound when there is none."""
        with self._control.read() as connection:
            row = _row(connection, member.organisation, member.id)
        if row is None or row.confirmed_at is not None:
            raise NotFound("no second factor is being set up")
        secret = self._secret(row)
        return Enrolment(secret, enrolment_uri(secret, issuer, member.email))

    def confirm(self, member: Member, code: str, by: Actor, now: datetime) -> tuple[str, ...]:
        """Put the one being set up in force, with a code its app shows now; return the recovery codes.

        Raises SignInFailed when the code is wrong, TooManyAttempts, NotFound when none is being set up.
        """
        attempt = self._attempts.begin(_account(member), by.address or "", _LIMITS, now)
        codes = _new_codes()
        with self._control.begin() as connection:
            row = _row(connection, member.organisation, member.id)
            if row is None or row.confirmed_at is not None:
                raise NotFound("no second factor is being set up")
            self._take(connection, row, code, now)
            this = _this(member.organisation, member.id)
            connection.execute(update(second_factors).where(this).values(confirmed_at=now))
            _replace_codes(connection, member, codes)
            change = Change("second_factor.add", "member", member.id, member.email)
            write_down(connection, member.organisation, by, change, now)
        self._attempts.forget(attempt)
        return codes

    def check(self, member: Member, code: str, by: Actor, now: datetime) -> None:
        """Take a code of the app, or a recovery code. Raises SignInFailed when it is neither, TooManyAttempts."""
        attempt = self._attempts.begin(_account(member), by.address or "", _LIMITS, now)
        typed = "".join(code.split()).replace("-", "").upper()
        with self._control.begin() as connection:
            row = _row(connection, member.organisation, member.id)
            if row is None or row.confirmed_at is None:
                raise SignInFailed(_WRONG)
            if len(typed) == DIGITS:
                self._take(connection, row, typed, now)
            else:
                _use_recovery_code(connection, member, typed, by, now)
        self._attempts.forget(attempt)

    def renew_codes(self, member: Member, by: Actor, now: datetime) -> tuple[str, ...]:
        """Return new recovery codes; those of before count no more. NotFound without a second factor."""
        codes = _new_codes()
        with self._control.begin() as connection:
            row = _row(connection, member.organisation, member.id)
            if row is None or row.confirmed_at is None:
                raise NotFound("there is no second factor")
            _replace_codes(connection, member, codes)
            change = Change("second_factor.renew", "member", member.id, member.email)
            write_down(connection, member.organisation, by, change, now)
        return codes

    def _take(self, connection: Connection, row: Row[Any], code: str, now: datetime) -> None:
        step = step_of(self._secret(row), "".join(code.split()), now)
        # The condition is part of the UPDATE: of any number of simultaneous uses of a code one changes the row.
        older = and_(_this(row.organisation, row.member), second_factors.c.last_step < (step or 0))
        if step is None or connection.execute(update(second_factors).where(older).values(last_step=step)).rowcount != 1:
            raise SignInFailed(_WRONG)

    def _secret(self, row: Row[Any]) -> str:
        return self._keys.unseal(Sealed(row.secret_key, row.secret), _context(row.organisation, row.member))


SECRETS: Final = SealedColumn(
    second_factors, "secret", "secret_key", lambda row: _context(row.organisation, row.member)
)


def count_with_second_factor(control: Control, organisation: str) -> tuple[int, int]:
    """Return how many members in force have one, and how many members in force there are."""
    in_force = and_(members.c.organisation == organisation, members.c.disabled_at.is_(None))
    factor = second_factors
    theirs = and_(factor.c.organisation == members.c.organisation, factor.c.member == members.c.id)
    asked = select(func.count(factor.c.confirmed_at), func.count()).select_from(members.outerjoin(factor, theirs))
    with control.read() as connection:
        having, all_of_them = connection.execute(asked.where(in_force)).one()
    return having, all_of_them


def second_factor_since(control: Control, member: Member) -> datetime | None:
    """Return since when a member has one in force; None without."""
    with control.read() as connection:
        row = _row(connection, member.organisation, member.id)
    return None if row is None else row.confirmed_at


def remove_second_factor(control: Control, member: Member, by: Actor, now: datetime) -> None:
    """Take a member's second factor away, also one being set up: theirs, or as an admin for who lost it.

    NotFound when there is none.
    """
    with control.begin() as connection:
        connection.execute(delete(recovery_codes).where(_codes_of(member.organisation, member.id)))
        if connection.execute(delete(second_factors).where(_this(member.organisation, member.id))).rowcount != 1:
            raise NotFound(f"{member.email} has no second factor")
        change = Change("second_factor.remove", "member", member.id, member.email)
        write_down(connection, member.organisation, by, change, now)


def _use_recovery_code(connection: Connection, member: Member, typed: str, by: Actor, now: datetime) -> None:
    this = and_(_codes_of(member.organisation, member.id), recovery_codes.c.code_hash == _code_hash(member, typed))
    if connection.execute(delete(recovery_codes).where(this)).rowcount != 1:
        raise SignInFailed(_WRONG)
    change = Change("second_factor.recover", "member", member.id, member.email)
    write_down(connection, member.organisation, by, change, now)


def _new_codes() -> tuple[str, ...]:
    drawn = [b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower() for _ in range(CODES)]
    return tuple("-".join(each[at : at + 4] for at in range(0, len(each), 4)) for each in drawn)


def _replace_codes(connection: Connection, member: Member, codes: tuple[str, ...]) -> None:
    connection.execute(delete(recovery_codes).where(_codes_of(member.organisation, member.id)))
    rows = [
        {
            "code_hash": _code_hash(member, each.replace("-", "").upper()),
            "organisation": member.organisation,
            "member": member.id,
        }
        for each in codes
    ]
    connection.execute(insert(recovery_codes), rows)


def _code_hash(member: Member, typed: str) -> bytes:
    return digest(f"recovery\n{member.organisation}\n{member.id}\n{typed}")


def _account(member: Member) -> str:
    return f"second factor\n{member.organisation}\n{member.id}"


def _context(organisation: str, member: str) -> str:
    return f"second factor:{organisation}:{member}"


def _this(organisation: str, member: str) -> ColumnElement[bool]:
    return and_(second_factors.c.organisation == organisation, second_factors.c.member == member)


def _codes_of(organisation: str, member: str) -> ColumnElement[bool]:
    return and_(recovery_codes.c.organisation == organisation, recovery_codes.c.member == member)


def _row(connection: Connection, organisation: str, member: str) -> Row[Any] | None:
    return connection.execute(select(second_factors).where(_this(organisation, member))).one_or_none()
