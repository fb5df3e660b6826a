"""Takes a JSON array of objects apart while it is read, so that a large one is never in memory as a whole.

The array may be the whole file or stand in an object under `data`, as APIs answer. Each element is given as its own
text, to be judged for itself; but where an element does not end, nobody can say where the next one begins.
"""

import codecs
import io
import json
import re
from collections.abc import Iterator
from typing import Final

from outlay.errors import ImportFailed

_PIECE: Final = 1 << 18
_AHEAD: Final = 4096
_BOM: Final = "\ufeff"
_BEGIN: Final = re.compile(r'\ufeff?\s*(?:\{\s*"data"\s*:\s*)?\[')
_BETWEEN: Final = re.compile(r"[\s,]*")
_scan = json.JSONDecoder(parse_float=str, parse_int=str).raw_decode


def begins_as_json(stream: io.BufferedReader) -> bool:
    return _beginning(stream).lstrip(f"{_BOM} \t\r\n")[:1] in {"[", "{"}


def is_array(stream: io.BufferedReader) -> bool:
    """Whether the stream begins with an array, or with an object that has one under `data`."""
    return _BEGIN.match(_beginning(stream)) is not None


def elements(stream: io.BufferedReader, most_bytes: int) -> Iterator[tuple[int, bytes]]:
    """Yield the number (from 1) and the text of each element. ImportFailed where one can't be told from the next."""
    source = _Text(stream)
    source.fill(_AHEAD)
    begin = _BEGIN.match(source.text)
    if begin is None:
        raise ImportFailed("the file holds no JSON array")
    source.drop(begin.end())
    number = 0
    while True:
        source.skip_between()
        if source.text.startswith("]"):
            return
        if not source.text:
            raise ImportFailed(f"the JSON array is cut off after {number} elements")
        number += 1
        yield number, source.next_element(number, most_bytes)


class _Text:
    """What is read of a stream and not yet given away."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._ended = False
        self.text = ""

    def fill(self, chars: int) -> None:
        """Read until there are so many characters, or no more."""
        while len(self.text) < chars and not self._ended:
            piece = self._stream.read(_PIECE)
            self._ended = not piece
            self.text += self._decode(piece, final=self._ended)

    def drop(self, chars: int) -> None:
        self.text = self.text[chars:]

    def skip_between(self) -> None:
        """Pass over blanks and commas."""
        while True:
            self.fill(1)
            between = _BETWEEN.match(self.text)
            end = between.end() if between else 0
            self.drop(end)
            if self.text or self._ended:
                return

    def next_element(self, number: int, most_bytes: int) -> bytes:
        wanted = _AHEAD
        while True:
            self.fill(wanted)
            try:
                _, end = _scan(self.text)
            except (ValueError, RecursionError):
                end = 0
            # A number or word at the very end of what is read may go on.
            if end and (end < len(self.text) or self._ended):
                found = self.text[:end].encode("utf-8", "surrogateescape")
                self.drop(end)
                return found
            if self._ended or wanted > most_bytes:
                raise ImportFailed(
                    f"element {number} of the JSON array is no valid JSON, or longer than {most_bytes} bytes"
                )
            wanted *= 4


def _beginning(stream: io.BufferedReader) -> str:
    return stream.peek(_AHEAD)[:_AHEAD].decode(errors="replace")
