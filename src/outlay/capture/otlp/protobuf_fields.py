"""Walks a protobuf body field by field without building it: two bytes of it, an empty message, take dozens in memory.

A body is taken apart into its records here, which are built one at a time, and counted on the way.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from outlay.capture.otlp.most import MOST_PARTS, check_parts, check_records
from outlay.errors import BodyUnreadable

LARGE_BYTES: Final = 1024 * 1024  # a record up to this size may be made of anything: that takes 50 MB at most

Place = tuple[int, int]  # where a message begins and ends in its body
Shape = Mapping[int, "Shape"]  # the fields of a message that are messages with such in them

_WITH_LENGTH: Final = 2
_FIXED: Final[Mapping[int, int]] = {1: 8, 5: 4}
_MORE: Final = 0x80
_MOST_SHIFT: Final = 63
_DEEPEST: Final = 100  # as protobuf's own readers have it


class Walk:
    """One body. Raises BodyUnreadable where it is no protobuf, BodyTooLarge where there is too much of it."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._fields = 0
        self._built_so_far = 0

    @property
    def whole(self) -> Place:
        return 0, len(self._body)

    def inside(self, place: Place, field: int) -> Iterator[Place]:
        """Yield where the messages of a field of a message are."""
        return ((start, end) for number, start, end in self._walked(place) if number == field)

    def once(self, place: Place, field: int, shape: Shape) -> bytes:
        """Return the bytes of a message that is there once: of one that is repeated the parts count together."""
        self._one_more()
        return b"".join(self._built(each, shape) for each in self.inside(place, field))

    def record(self, place: Place, shape: Shape) -> bytes:
        """Return the bytes of one more record, whose messages are of this shape."""
        self._one_more()
        return self._built(place, shape)

    def pass_over(self, place: Place) -> None:
        """Look at a message of which nothing is wanted but that it is one."""
        for _ in self._walked(place):
            pass

    def _one_more(self) -> None:
        self._built_so_far += 1
        check_records(self._built_so_far)

    def _built(self, place: Place, shape: Shape) -> bytes:
        start, end = place
        if end - start > LARGE_BYTES:
            self._count(place, shape, _DEEPEST)
        return self._body[start:end]

    def _count(self, place: Place, shape: Shape, deepest: int) -> None:
        if not deepest:
            raise _broken()
        for number, start, end in self._walked(place):
            if number in shape:
                self._count((start, end), shape[number], deepest - 1)

    def _walked(self, place: Place) -> Iterator[tuple[int, int, int]]:
        """Yield number, begin and end of every field that has a length."""
        at, end = place
        while at < end:
            self._fields += 1
            if self._fields > MOST_PARTS:
                check_parts(self._fields)
            tag, at = self._varint(at, end)
            kind = tag & 7
            if kind == _WITH_LENGTH:
                size, at = self._varint(at, end)
                if size > end - at:
                    raise _broken()
                yield tag >> 3, at, at + size
                at += size
            elif kind == 0:
                _, at = self._varint(at, end)
            elif kind in _FIXED:
                at += _FIXED[kind]
            else:
                raise _broken()
        if at != end:
            raise _broken()

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        number = shift = 0
        while at < end and shift <= _MOST_SHIFT:
            byte = self._body[at]
            at += 1
            number |= (byte & 0x7F) << shift
            if byte < _MORE:
                return number, at
            shift += 7
        raise _broken()


def _broken() -> BodyUnreadable:
    return BodyUnreadable("the body is no OTLP protobuf message")
