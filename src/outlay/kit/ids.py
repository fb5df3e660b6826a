"""Identifiers that Outlay makes itself: random, URL-safe, with a prefix that says what they name."""

import secrets
import string

_ALPHABET = string.digits + string.ascii_lowercase


def new_id(prefix: str, length: int = 16) -> str:
    """Return for example `key_4f0z…`: `length` characters of a 36-letter alphabet (5.17 bits each)."""
    return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(length))}"
