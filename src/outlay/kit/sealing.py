"""Seals short texts with AES-256-GCM, so that whoever reads a database or a backup alone learns nothing.

A seal is bound to its context (whose it is): moved to another row it can't be opened. Where keys come from, and which
is in force, is `access/secrets.py`.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_ID_CHARS: Final = 12


class SealingKey(Struct, frozen=True):
    """A key and its id, which is made from the key and may be shown."""

    id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"SealingKey(id={self.id!r})"


class Sealed(Struct, frozen=True):
    """A sealed text: the id of the key that opens it, and nonce and ciphertext in one."""

    key: str
    content: bytes

    def __repr__(self) -> str:
        return f"Sealed(key={self.key!r})"


def new_sealing_key() -> SealingKey:
    return _with_id(secrets.token_bytes(KEY_BYTES))


def parse_sealing_keys(text: str) -> tuple[SealingKey, ...]:
    """Read keys with commas or line ends between; what follows a # is for people. ValueError when one is none."""
    lines = (line.partition("#")[0] for line in text.splitlines())
    return tuple(_parse(each.strip()) for line in lines for each in line.split(",") if each.strip())


def _parse(text: str) -> SealingKey:
    """Read one key from base64, usual or URL-safe; a ValueError does not repeat the text."""
    try:
        secret = base64.b64decode(text.translate(str.maketrans("-_", "+/")) + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES:
        raise ValueError(f"a secret key is {KEY_BYTES} random bytes as base64; `openssl rand -base64 32` makes one")
    return _with_id(secret)


def written(key: SealingKey) -> str:
    """Return the key as text that `parse_sealing_keys` reads."""
    return base64.urlsafe_b64encode(key.secret).decode()


def seal(key: SealingKey, text: str, context: str) -> Sealed:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return Sealed(key.id, nonce + _cipher(key).encrypt(nonce, text.encode(), context.encode()))


def unseal(key: SealingKey, sealed: Sealed, context: str) -> str:
    """Return the text; ValueError when it was altered, or sealed with another key or for another context."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as in _cipher

    try:
        nonce, ciphertext = sealed.content[:_NONCE_BYTES], sealed.content[_NONCE_BYTES:]
        return _cipher(key).decrypt(nonce, ciphertext, context.encode()).decode()
    except (InvalidTag, ValueError):
        raise ValueError("the seal is broken, or was made with another key") from None


def mac(key: SealingKey, message: bytes) -> bytes:
    """Return what proves that a holder of the key had this message. Messages begin with what they are for."""
    return hmac.digest(key.secret, b"message\n" + message, hashlib.sha256)


def is_mac(key: SealingKey, message: bytes, tag: bytes) -> bool:
    return hmac.compare_digest(mac(key, message), tag)


def _cipher(key: SealingKey) -> "AESGCM":
    # 8 MB of memory that an Outlay without sealed texts never needs.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    return AESGCM(key.secret)


def _with_id(secret: bytes) -> SealingKey:
    return SealingKey(hmac.digest(secret, b"id of a sealing key", hashlib.sha256).hex()[:_ID_CHARS], secret)
