"""E-mail addresses: which text is one, and which two are the same."""

import re
import unicodedata
from typing import Final

from outlay.control.storable import storable
from outlay.errors import InputError

_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+")
_LONGEST: Final = 254  # RFC 5321


def parse_email(text: str) -> str:
    """Return the address without surrounding space, as written otherwise; InputError when it is none."""
    address = unicodedata.normalize("NFC", text).strip()
    if not is_email(address):
        raise InputError(f"{text[:80]!r} is no e-mail address; write one such as ada@example.com")
    return address


def is_email(text: str) -> bool:
    return len(text) <= _LONGEST and text.isprintable() and _ADDRESS.fullmatch(text) is not None


def email_key(address: str) -> str:
    """Return what addresses are compared by: two that differ only in case or Unicode composition have the same key."""
    # Not casefold(): it makes `ß` and `ss` one, and with them two people.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", storable(address)).strip().lower())
