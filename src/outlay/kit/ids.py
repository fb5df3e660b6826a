"""Identifiers that Outlay makes itself: random, URL-safe, with a prefix that says what they name."""

import os
from base64 import b32encode


def new_id(prefix: str, length: int = 16) -> str:
    """Return for example `key_4foz…`: `length` characters of base 32 in small letters (5 bits each).

    One is made for every request, so the random bytes are drawn at once.
    """
    drawn = b32encode(os.urandom((length * 5 + 7) // 8)).decode("ascii").lower()
    return f"{prefix}_{drawn[:length]}"
