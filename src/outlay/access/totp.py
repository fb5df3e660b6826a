"""One-time codes of authenticator apps (RFC 6238): six digits, every 30 seconds others, SHA-1 as all apps have it."""

import base64
import hmac
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

SECRET_BYTES: Final = 20
STEP_SECONDS: Final = 30
DIGITS: Final = 6
_CLOCKS_DIFFER_BY: Final = 1  # steps, either way


def new_secret() -> str:
    """Return a random secret in base 32, as people may type it."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def step_at(moment: datetime) -> int:
    return int(moment.timestamp()) // STEP_SECONDS


def code_at(secret: str, step: int) -> str:
    # 7 MB of library that nobody without a second factor needs.
    from cryptography.hazmat.primitives.hashes import SHA1  # noqa: PLC0415
    from cryptography.hazmat.primitives.twofactor.hotp import HOTP  # noqa: PLC0415

    algorithm = SHA1()  # noqa: S303 - as a MAC it is sound, and what the apps compute
    return HOTP(base64.b32decode(secret), DIGITS, algorithm).generate(step).decode()


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the step whose code this is, of the one now and those beside it; None when it is of none."""
    asked, found = code.encode(), None
    for step in range(step_at(now) - _CLOCKS_DIFFER_BY, step_at(now) + _CLOCKS_DIFFER_BY + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), asked):
            found = step
    return found


def enrolment_uri(secret: str, issuer: str, account: str) -> str:
    """Return what the QR code says to an authenticator app."""
    issuer = issuer.replace(":", " ")  # it ends the issuer
    values = {"secret": secret, "issuer": issuer, "algorithm": "SHA1", "digits": DIGITS, "period": STEP_SECONDS}
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{urlencode(values, quote_via=quote)}"
