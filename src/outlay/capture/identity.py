"""Gives a row without an id of its own one that every later import of the same row finds again.

The id is made of what the row says and of its number among identical rows of the same file, never of the file's name,
place or compression. So a renamed, recompressed or grown file brings nothing twice, and calls that really look the same
stay separate. The same row in two files counts as one call, which is right for exports that overlap.
"""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, Final

import msgspec

_DIGEST_BYTES: Final = 12  # 96 bits: among a billion different rows, two meet with a chance of 1 in 150 billion
_BETWEEN: Final = "\x1f"
_NAMED: Final = "\x1e"

Content = Callable[[Any], str]

_encode_sorted = msgspec.json.Encoder(order="sorted", enc_hook=str).encode


class RowIds:
    """Numbers the identical rows of one file. Memory: about 100 bytes per row."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._repeats: dict[int, int] = {}

    def id_for(self, content: str) -> str:
        """Return the id of the next row with this content: `a1b2…`, then `a1b2…-2`, `a1b2…-3`."""
        digest = blake2b(content.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()
        # A short key saves memory. Should two different rows share one, an id gets a number it did not need: harmless,
        # because the digest still tells the rows apart and every import numbers them alike.
        key = int(digest[:14], 16)
        if key not in self._seen:
            self._seen.add(key)
            return digest
        number = self._repeats.get(key, 1) + 1
        self._repeats[key] = number
        return f"{digest}-{number}"


def cells_content(columns: Sequence[str], identity: Sequence[str]) -> Content:
    """Return the function from the cells of a table's row to its content.

    With an `identity` that is the named cells, in that order; a column the file lacks counts as empty. Without, it is
    every cell that is not empty, with its column's name, in the order of names: moved and empty columns change nothing.
    """
    if identity:
        places = [_place_of(name, columns) for name in identity]

        def named(cells: Sequence[object]) -> str:
            return _BETWEEN.join(["" if place is None else _text(cells[place]) for place in places])

        return named

    order = sorted((name, place) for place, name in enumerate(columns))

    def whole(cells: Sequence[object]) -> str:
        texts = [(name, _text(cells[place])) for name, place in order]
        return _BETWEEN.join([f"{name}{_NAMED}{text}" for name, text in texts if text])

    return whole


def object_content(identity: Sequence[str]) -> Content:
    """Return the function from a JSON object to its content; the order of keys and white space change nothing."""
    if identity:
        return lambda fields: _encode_sorted([_value_at(name, fields) for name in identity]).decode()
    return lambda fields: _encode_sorted(fields).decode()


def _place_of(name: str, columns: Sequence[str]) -> int | None:
    column = name if name in columns else name.partition(".")[0]
    return columns.index(column) if column in columns else None


def _value_at(name: str, fields: dict[str, object]) -> object:
    if name in fields:
        return fields[name]
    found: object = fields
    for key in name.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _text(cell: object) -> str:
    if cell.__class__ is str:
        return str(cell).strip()
    return "" if cell is None else str(cell)
