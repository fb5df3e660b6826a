"""What ties the answer of a provider to the browser that asked: a secret in its cookie, and what is derived from it.

Nothing is stored when a sign-on begins. State, nonce and PKCE verifier all come from the cookie's secret, so an answer
counts in the browser that asked for it alone, and a stolen database holds none of them. That a state counts once is
for the caller to see to.
"""

import base64
import binascii
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct

from outlay.errors import SignInFailed

LASTS: Final = timedelta(minutes=10)
SECRET_CHARS: Final = 43
_LONGEST: Final = 4096
_MAC_BYTES: Final = 32
_TOO_OLD: Final = "this sign-in took too long or was begun in another browser; begin again"


class Begun(Struct, frozen=True):
    """What a state says: with which provider a sign-on began, where it leads afterwards, and until when it counts."""

    provider: str
    way: str
    expires: int


def new_secret() -> str:
    """Return what the browser keeps until the provider answers."""
    return secrets.token_urlsafe(32)


def new_state(secret: str, provider: str, way: str, now: datetime) -> str:
    body = msgspec.json.encode([secrets.token_urlsafe(12), Begun(provider, way, int((now + LASTS).timestamp()))])
    return _as_text(_mac(secret, b"state", body) + body)


def read_state(secret: str, state: str, now: datetime) -> Begun:
    """Return what the state says; SignInFailed unless it was made with this secret and still counts."""
    raw = _as_bytes(state)
    mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    # Base64 has several texts for the same bytes: only one of them counts, so that no state counts twice.
    if len(secret) != SECRET_CHARS or _as_text(raw) != state:
        raise SignInFailed(_TOO_OLD)
    if not hmac.compare_digest(mac, _mac(secret, b"state", body)):
        raise SignInFailed(_TOO_OLD)
    try:
        _, begun = msgspec.json.decode(body, type=tuple[str, Begun])
    except msgspec.DecodeError:
        raise SignInFailed(_TOO_OLD) from None
    # A browser could write itself a later end; how long a used state is remembered depends on it.
    if not now.timestamp() < begun.expires <= (now + LASTS).timestamp():
        raise SignInFailed(_TOO_OLD)
    return begun


def nonce_of(secret: str, state: str) -> str:
    """Return what the provider must repeat in its ID token."""
    return _as_text(_mac(secret, b"nonce", state.encode(errors="replace")))


def verifier_of(secret: str, state: str) -> str:
    """Return the PKCE verifier (RFC 7636): 43 characters."""
    return _as_text(_mac(secret, b"verifier", state.encode(errors="replace")))


def _mac(secret: str, use: bytes, body: bytes) -> bytes:
    return hmac.digest(secret.encode(errors="replace"), use + b"\0" + body, "sha256")


def _as_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _as_bytes(text: str) -> bytes:
    try:
        if len(text) > _LONGEST:
            return b""
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return b""
