"""Takes a JSON array apart into its elements' own text, where the fast decoder finds something malformed in it.

The standard library's parser forgives what the fast one does not (half a surrogate pair, NaN), so it can tell where an
element ends; each element is then judged for itself, and only the bad one is refused.
"""

import json
import re
from typing import Final

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_scan = json.JSONDecoder(parse_float=str, parse_int=str).raw_decode


def pieces_of(body: bytes) -> list[bytes]:
    """Return the text of each element; ValueError or RecursionError where the body is no JSON array."""
    text = body.decode("utf-8", "surrogateescape")
    at = _expected(text, 0, "[")
    pieces: list[bytes] = []
    while text[at : at + 1] != "]":
        if pieces:
            at = _expected(text, at, ",")
        _, end = _scan(text, at)
        pieces.append(text[at:end].encode("utf-8", "surrogateescape"))
        at = _after_space(text, end)
    if _after_space(text, at + 1) != len(text):
        raise ValueError("there is more after the end of the array")
    return pieces


def _expected(text: str, at: int, mark: str) -> int:
    at = _after_space(text, at)
    if text[at : at + 1] != mark:
        raise ValueError(f"a {mark!r} is missing at character {at}")
    return _after_space(text, at + 1)


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
