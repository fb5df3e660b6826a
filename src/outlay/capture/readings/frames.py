"""From chunks of bytes to the JSON texts in them: server-sent events, Amazon's event stream, JSON arrays and lines.

A chunk may end anywhere. What is kept between chunks is at most LONGEST bytes: a piece that is longer is dropped, and
the ones after it are read again. Nothing here parses JSON, and a block of events in which nothing telling is found is
not even taken apart.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from struct import Struct as Packed
from typing import Final, Protocol

LONGEST: Final = 16 * 1024 * 1024

_PRELUDE: Final = Packed(">II")
_SMALLEST_FRAME: Final = 16
_EXCEPTION: Final = re.compile(rb":(?:exception-type|error-code)\x07..([A-Za-z0-9_.-]{1,100})", re.DOTALL)
_STRUCTURE: Final = re.compile(rb'["{}\[\]]')
_IN_TEXT: Final = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)

_EDGE: Final = 64 * 1024
_TELLING_KEY: Final = re.compile(
    rb'"(usage|usageMetadata|usage_info|tool_usage|meta|model|modelVersion|id|responseId|service_tier'
    rb'|inputTextTokenCount|prompt_eval_count)"\s*:\s*'
)
_TEXT_VALUE: Final = re.compile(rb'"[^"\\]{0,200}"|\d{1,15}')
_MOST_KEYS: Final = 40
_LONGEST_COUNTS: Final = 8 * 1024

Wanted = Callable[[bytes], bool]


class Frames(Protocol):
    """Takes chunks apart into pieces; `wanted` says of a block of bytes whether it is worth that."""

    def feed(self, chunk: bytes, wanted: Wanted) -> Iterable[bytes]: ...

    def rest(self) -> Iterable[bytes]:
        """Return what came since the last whole piece: some never close their last one. It is not forgotten by this."""
        ...


class SseFrames:
    """Server-sent events: blocks of lines, closed by an empty one."""

    def __init__(self) -> None:
        self._kept: list[bytes] = []  # what came since the last empty line
        self._size = 0
        self._tail = b""  # its last bytes: an empty line may lie across two chunks

    def feed(self, chunk: bytes, wanted: Wanted) -> Iterable[bytes]:
        if not self._kept and chunk.endswith((b"\n\n", b"\r\n\r\n")):  # as nearly all servers send them: whole events
            block = chunk
        else:
            end = _last_empty_line(self._tail + chunk) - len(self._tail)
            if end <= 0:
                self._keep(chunk)
                return ()
            block = b"".join((*self._kept, chunk[:end]))
            self._kept, self._size, self._tail = [], 0, b""
            if end < len(chunk):
                self._keep(chunk[end:])
        return _events(block) if wanted(block) else ()

    def rest(self) -> Iterable[bytes]:
        return _events(b"".join(self._kept))

    def _keep(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > LONGEST:
            self._kept, self._size = [], 0
        self._kept.append(chunk)
        self._tail = (self._tail + chunk)[-2:]


def _last_empty_line(block: bytes) -> int:
    """Return where the last empty line ends; 0 where none does."""
    ends = ((block.rfind(line), len(line)) for line in (b"\n\n", b"\n\r\n", b"\r\r"))
    return max(start + length if start >= 0 else 0 for start, length in ends)


def _events(block: bytes) -> Iterator[bytes]:
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for event in block.split(b"\n\n"):
        lines = [line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:")]
        if lines:
            yield lines[0] if len(lines) == 1 else b"\n".join(lines)


class AwsFrames:
    """Amazon's event stream: frames with their length in front. An exception becomes an error object."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._broken = False

    def feed(self, chunk: bytes, wanted: Wanted) -> Iterator[bytes]:  # noqa: ARG002  # frames are cheap to step over
        if self._broken:
            return
        self._buffer += chunk
        start = 0
        while len(self._buffer) - start >= _SMALLEST_FRAME:
            total, headers = _PRELUDE.unpack_from(self._buffer, start)
            if not _SMALLEST_FRAME <= total <= LONGEST or headers > total - _SMALLEST_FRAME:
                self._broken = True
                break
            if len(self._buffer) - start < total:
                break
            body = start + 12 + headers
            yield _payload(bytes(self._buffer[start + 12 : body]), bytes(self._buffer[body : start + total - 4]))
            start += total
        del self._buffer[: len(self._buffer) if self._broken else start]

    def rest(self) -> Iterable[bytes]:
        return ()


def _payload(headers: bytes, payload: bytes) -> bytes:
    failed = _EXCEPTION.search(headers)
    return payload if failed is None else b'{"error":{"code":"' + failed[1] + b'"}}'


class JsonFrames:
    """The objects of a JSON array, or of JSON written one after the other, each as its own text."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._at = 0  # up to where the buffer is looked through
        self._start: int | None = None  # where the object being read begins
        self._depth = 0
        self._in_text = False

    def feed(self, chunk: bytes, wanted: Wanted) -> Iterator[bytes]:  # noqa: ARG002  # objects can't be told without looking
        self._buffer += chunk
        for end in self._object_ends():
            yield bytes(self._buffer[self._start : end])
            self._start = None
        self._drop()

    def rest(self) -> Iterable[bytes]:
        return ()

    def _object_ends(self) -> Iterator[int]:
        while self._at < len(self._buffer):
            if self._in_text and not self._leave_text():
                return
            found = _STRUCTURE.search(self._buffer, self._at)
            if found is None:
                self._at = len(self._buffer)
                return
            self._at = found.end()
            mark = found[0]
            if mark == b'"':
                self._in_text = True
            elif mark == b"{":
                self._start = found.start() if self._depth == 0 else self._start
                self._depth += 1
            elif mark == b"}" and self._depth:
                self._depth -= 1
                if self._depth == 0:
                    yield self._at

    def _leave_text(self) -> bool:
        found = _IN_TEXT.match(self._buffer, self._at)
        self._at = found.end() if found is not None else self._at
        if self._at >= len(self._buffer) or self._buffer[self._at] != ord('"'):
            return False
        self._at += 1
        self._in_text = False
        return True

    def _drop(self) -> None:
        """Forget what is read; an object longer than LONGEST is forgotten too, and where it ends is still found."""
        keep = self._at if self._start is None else self._start
        if len(self._buffer) - keep > LONGEST:
            keep, self._start = self._at, self._at
        del self._buffer[:keep]
        self._at -= keep
        if self._start is not None:
            self._start -= keep


class WholeFrames:
    """A body that is one JSON text; of one that is too long to keep, what its beginning and its end tell."""

    def __init__(self) -> None:
        self._kept: list[bytes] = []
        self._size = 0
        self._tail: bytes | None = None  # once the body is too long

    def feed(self, chunk: bytes, wanted: Wanted) -> Iterable[bytes]:  # noqa: ARG002  # it is read at its end
        self._size += len(chunk)
        if self._tail is not None:
            self._tail = (self._tail + chunk)[-_EDGE:]
        else:
            self._kept.append(chunk)
            if self._size > LONGEST:
                whole = b"".join(self._kept)
                self._kept, self._tail = [whole[:_EDGE]], whole[-_EDGE:]
        return ()

    def rest(self) -> Iterable[bytes]:
        body = b"".join(self._kept)
        return (body if self._tail is None else _salvaged(body, self._tail),)


def _salvaged(head: bytes, tail: bytes) -> bytes:
    """Return an object of the values, found at either edge of a long one, that tell what was used."""
    found = dict[bytes, bytes]()
    keys = [*islice(_TELLING_KEY.finditer(head), _MOST_KEYS), *deque(_TELLING_KEY.finditer(tail), _MOST_KEYS)]
    for key in keys:
        value = _TEXT_VALUE.match(key.string, key.end())
        stated = _first_object(key.string[key.end() :][:_LONGEST_COUNTS]) if value is None else value[0]
        if stated is not None:
            found[key[1]] = stated
    return b"{" + b",".join(b'"' + key + b'":' + value for key, value in found.items()) + b"}"


def _first_object(text: bytes) -> bytes | None:
    return next(iter(JsonFrames().feed(text, bool)), None) if text.startswith(b"{") else None
