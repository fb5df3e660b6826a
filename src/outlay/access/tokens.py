"""Random tokens that stand for a person: 256 bits, of which only the SHA-256 is ever stored.

A fast hash is right here: nobody can guess 256 random bits, however fast.
"""

import hashlib
import secrets
from typing import Final

TOKEN_BYTES: Final = 32


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> bytes:
    """Return what is stored of a token, and what it is found by."""
    return hashlib.sha256(token.encode(errors="replace")).digest()
