"""Finds the few lines of a log that tell of usage without looking at the others: most of a log is what was said.

A line is given with its offset. The last one may lack its end: a tool that was stopped wrote only part of it, one that
ended wrote no newline. It is given all the same, and `Line.ended` says which it is.
"""

import re
from collections.abc import Iterator

from msgspec import Struct


class Line(Struct, frozen=True, gc=False):
    """A line without its newline, where it begins, and whether a newline ended it."""

    offset: int
    raw: bytes
    ended: bool


def lines_with(word: bytes, data: bytes) -> Iterator[Line]:
    """Yield the lines that contain `word`, in order."""
    position = 0
    while (hit := data.find(word, position)) >= 0:
        start = data.rfind(b"\n", position, hit) + 1 or position
        end = data.find(b"\n", hit)
        ended = end >= 0
        end = end if ended else len(data)
        yield Line(start, data[start:end], ended)
        position = end + 1


def lines_matching(pattern: re.Pattern[bytes], data: bytes) -> Iterator[Line]:
    """Yield the lines that match `pattern`, in order."""
    position = 0
    while (hit := pattern.search(data, position)) is not None:
        start = data.rfind(b"\n", position, hit.start()) + 1 or position
        end = data.find(b"\n", hit.end())
        ended = end >= 0
        end = end if ended else len(data)
        yield Line(start, data[start:end], ended)
        position = end + 1


def whole_lines(data: bytes) -> int:
    """Return how many bytes of `data` are lines that a newline ends."""
    return data.rfind(b"\n") + 1
