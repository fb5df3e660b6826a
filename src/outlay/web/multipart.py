"""Reads `multipart/form-data` as it streams in: small fields are kept, a file is passed on in pieces and never held.

Only what a browser's form sends: one level, no transfer encodings. Everything else is BodyUnreadable. python-multipart
finds the parts; what they may hold is decided here.
"""

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from outlay.errors import BodyTooLarge, BodyUnreadable

MULTIPART: Final = "multipart/form-data"
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
    """Takes the body in any pieces and gives what is complete of it. Holds one head and one small field."""

    def __init__(self, boundary: bytes) -> None:
        self._found: list[Part] = []
        self._header = bytearray()
        self._content = bytearray()
        self._named: dict[str, str] = {}
        self._inside: FileBegins | str = ""
        self._fields = 0
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._add_to_header,
                "on_header_value": self._add_to_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._open,
                "on_part_data": self._take,
                "on_part_end": self._close,
                "on_end": self._end,
            },
        )

    def feed(self, data: bytes) -> Iterator[Part]:
        """Yield what these bytes complete. Raises BodyUnreadable or BodyTooLarge."""
        try:
            self._parser.write(data)
        except MultipartParseError as error:
            raise BodyUnreadable(f"the form can't be read: {error}") from None
        found, self._found = self._found, []
        yield from found

    def finish(self) -> None:
        """Raise BodyUnreadable unless the form came to its end."""
        if not self._ended:
            raise BodyUnreadable("the form can't be read: it is cut off")

    def _begin(self) -> None:
        self._fields += 1
        if self._fields > MOST_FIELDS:
            raise BodyTooLarge(f"the form has more than {MOST_FIELDS} fields")
        self._named = {}

    def _add_to_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def _end_header(self) -> None:
        if bytes(self._header).strip().lower() == b"content-disposition":
            told = _PARAMETER.findall(f";{_text(bytes(self._content)).partition(';')[2]}")
            self._named = {key.lower(): _unescaped(text) for key, text in told}
        self._header.clear()
        self._content.clear()

    def _open(self) -> None:
        if "name" not in self._named:
            raise BodyUnreadable("the form can't be read: a part has no name")
        self._inside = self._named["name"]
        if "filename" in self._named:
            self._inside = FileBegins(self._named["name"], self._named["filename"])
            self._found.append(self._inside)

    def _take(self, data: bytes, start: int, end: int) -> None:
        if isinstance(self._inside, FileBegins):
            self._found.append(FilePiece(data[start:end]))
            return
        self._content += data[start:end]
        if len(self._content) > MOST_FIELD_BYTES:
            raise BodyTooLarge(f"a field of the form is larger than {MOST_FIELD_BYTES // 1024} KiB")

    def _close(self) -> None:
        ended = FileEnds() if isinstance(self._inside, FileBegins) else Field(self._inside, _text(bytes(self._content)))
        self._found.append(ended)
        self._content.clear()

    def _end(self) -> None:
        self._ended = True


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
