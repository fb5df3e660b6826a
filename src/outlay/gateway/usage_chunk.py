"""Takes the chunk that states a stream's usage out again where the caller didn't ask for it.

Only whole server-sent events are looked at, so one that came in part is held until its end comes; everything else
passes as it is. The chunk is the one with no choices and a usage; Azure also begins with one without choices.
"""

import re
from typing import Any, Final

import msgspec
from msgspec import Struct

_END: Final = re.compile(rb"\r?\n\r?\n")
_LONGEST_HELD: Final = 1024 * 1024


class _Chunk(Struct):
    choices: Any = None
    usage: Any = None


_decode = msgspec.json.Decoder(_Chunk).decode


class UsageChunkRemoval:
    def __init__(self) -> None:
        self._held = b""

    def passed(self, data: bytes) -> bytes:
        """Return what goes on now of what came."""
        if self._held:
            data = self._held + data
            self._held = b""
        end = _end_of_events(data)
        if end < len(data):
            if len(data) - end > _LONGEST_HELD:  # no event is that long; whatever it is, it goes on
                end = len(data)
            data, self._held = data[:end], data[end:]
        if b'"usage"' not in data:
            return data
        return b"".join(event for event in _events_in(data) if not _states_usage_alone(event))

    def rest(self) -> bytes:
        """Return what is held when the stream has ended."""
        held, self._held = self._held, b""
        return b"" if _states_usage_alone(held) else held


def _end_of_events(data: bytes) -> int:
    """Return where the last whole event of the data ends."""
    if data.endswith((b"\n\n", b"\n\r\n")):
        return len(data)
    end = 0
    for found in _END.finditer(data, max(0, data.rfind(b"\n\n") - 2, data.rfind(b"\n\r\n") - 2)):
        end = found.end()
    return end


def _events_in(data: bytes) -> list[bytes]:
    events: list[bytes] = []
    start = 0
    for found in _END.finditer(data):
        events.append(data[start : found.end()])
        start = found.end()
    events.append(data[start:])
    return events


def _states_usage_alone(event: bytes) -> bool:
    if b'"usage"' not in event:
        return False
    lines = [line[5:].strip() for line in event.splitlines() if line.startswith(b"data:")]
    try:
        chunk = _decode(b"\n".join(lines))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return chunk.choices == [] and chunk.usage is not None
