"""Reads `multipart/form-data` as it streams in: small fields are kept, a file is passed on in pieces and never held.

Only what a browser's form sends: one level, no transfer encodings. Everything else is BodyUnreadable.
"""

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from outlay.errors import BodyTooLarge, BodyUnreadable

MULTIPART: Final = "multipart/form-data"
MOST_HEAD_BYTES: Final = 4096
MOST_FIELD_BYTES: Final = 64 * 1024
MOST_FIELDS: Final = 50

_BOUNDARY: Final = re.compile(r'boundary=(?:"([^"\r\n]{1,70})"|([^\s;,"]{1,70}))', re.IGNORECASE)
_PARAMETER: Final = re.compile(r';\s*(name|filename)="([^"]*)"', re.IGNORECASE)
_ESCAPES: Final = (("%22", '"'), ("%0D", "\r"), ("%0A", "\n"))  # how browsers write these in a name


class Field(Struct, frozen=True):
    """A whole field of the form."""

    name: str
    value: str


class FileBegins(Struct, frozen=True):
    """A file begins; `file_name` is what the browser calls it, empty where none was chosen."""

    name: str
    file_name: str


class FilePiece(Struct, frozen=True):
    data: bytes


class FileEnds(Struct, frozen=True):
    """The file that began is complete."""


Part = Field | FileBegins | FilePiece | FileEnds


def boundary_of(content_type: str) -> bytes:
    """Return what stands between the parts; BodyUnreadable where the header names nothing."""
    found = _BOUNDARY.search(content_type)
    if found is None or not content_type.lower().startswith(MULTIPART):
        raise BodyUnreadable(f"the form can't be read: it is no {MULTIPART} with a boundary")
    return (found[1] or found[2]).encode("latin-1", "replace")


class MultipartReader:
    """Takes the body in any pieces and gives what is complete of it. Holds a boundary's length and one small field."""

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._waiting = b"\r\n"  # the first boundary has no line before it
        self._inside: FileBegins | str | None = None  # a file, a field's name, or before the first part
        self._value = bytearray()
        self._fields = 0
        self._ended = False

    def feed(self, data: bytes) -> Iterator[Part]:
        """Yield what these bytes complete. Raises BodyUnreadable or BodyTooLarge."""
        self._waiting += data
        while not self._ended:
            found = self._waiting.find(self._delimiter)
            if found < 0:
                yield from self._take(max(0, len(self._waiting) - len(self._delimiter)))
                return
            after = found + len(self._delimiter)
            if self._waiting[after : after + 2] == b"--":
                yield from self._take(found)
                yield from self._close()
                self._ended = True
                return
            head_end = self._waiting.find(b"\r\n\r\n", after)
            if head_end < 0:
                if len(self._waiting) - after > MOST_HEAD_BYTES:
                    raise BodyUnreadable("the form can't be read: the head of a part is too long")
                yield from self._take(found)
                return
            yield from self._take(found)
            yield from self._close()
            head = self._waiting[len(self._delimiter) : head_end - found]
            self._waiting = self._waiting[head_end - found + 4 :]
            yield from self._open(head)

    def finish(self) -> None:
        """Raise BodyUnreadable unless the form came to its end."""
        if not self._ended:
            raise BodyUnreadable("the form can't be read: it is cut off")

    def _take(self, size: int) -> Iterator[Part]:
        """Give away the first bytes of what waits, as content of the part that is open."""
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        if isinstance(self._inside, FileBegins):
            if data:
                yield FilePiece(data)
        elif self._inside is not None:
            self._value += data
            if len(self._value) > MOST_FIELD_BYTES:
                raise BodyTooLarge(f"a field of the form is larger than {MOST_FIELD_BYTES // 1024} KiB")

    def _close(self) -> Iterator[Part]:
        if isinstance(self._inside, FileBegins):
            yield FileEnds()
        elif self._inside is not None:
            yield Field(self._inside, _text(bytes(self._value)))
        self._inside, self._value = None, bytearray()

    def _open(self, head: bytes) -> Iterator[Part]:
        self._fields += 1
        if self._fields > MOST_FIELDS:
            raise BodyTooLarge(f"the form has more than {MOST_FIELDS} fields")
        for line in _text(head).split("\r\n"):
            header, _, value = line.partition(":")
            if header.strip().lower() == "content-disposition":
                named = {key.lower(): _unescaped(text) for key, text in _PARAMETER.findall(value)}
                if "name" not in named:
                    break
                self._inside = named["name"]
                if "filename" in named:
                    self._inside = FileBegins(named["name"], named["filename"])
                    yield self._inside
                return
        raise BodyUnreadable("the form can't be read: a part has no name")


def _text(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise BodyUnreadable("the form can't be read: a field is no UTF-8 text") from None
    if "\0" in text:
        raise BodyUnreadable("the form can't be read: it holds a zero character")
    return text


def _unescaped(text: str) -> str:
    for escape, character in _ESCAPES:
        text = text.replace(escape, character)
    return text
