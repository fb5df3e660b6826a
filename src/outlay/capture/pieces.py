"""Takes a JSON array apart into its elements' own text, so that each is judged for itself and only a bad one refused.

The standard library's parser forgives what the fast one does not (half a surrogate pair, NaN), so it can tell where an
element ends. It also stops where it is told to: millions of tiny elements never become millions of objects.
"""

import json
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from outlay.errors import BodyTooLarge

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_COMMAS_PER_ELEMENT: Final = 64
_VALUES_PER_EVENT: Final = 256
_ALWAYS_VALUES: Final = 10_000 * _VALUES_PER_EVENT
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_scan = json.JSONDecoder(parse_float=str, parse_int=str).raw_decode


def check_values(body: bytes, most: int) -> None:
    """Raise BodyTooLarge where a body for `most` events has far more values in it than they can need.

    A value takes two bytes to write and a hundred to hold, so the size of a body alone bounds no memory.
    """
    values = body.count(b",")
    if values > max(_ALWAYS_VALUES, most * _VALUES_PER_EVENT):
        raise BodyTooLarge(f"the body has {values:,} values in it, too many for one request; send smaller batches")


def elements_of(body: bytes, most: int) -> Sequence[msgspec.Raw | bytes]:
    """Return the text of each element, of an array with more than `most` at least one more than that.

    Raises ValueError or RecursionError where the body is no JSON array.
    """
    if body.count(b",") <= _COMMAS_PER_ELEMENT * most:
        try:
            return _decode_list(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
    return pieces_of(body, most)


def pieces_of(body: bytes, most: int) -> list[bytes]:
    """Return the text of the first `most` elements and one more; ValueError or RecursionError as `elements_of`."""
    text = body.decode("utf-8", "surrogateescape")
    at = _expected(text, 0, "[")
    pieces: list[bytes] = []
    while text[at : at + 1] != "]":
        if len(pieces) > most:
            return pieces
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
