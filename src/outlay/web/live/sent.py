"""What goes over a stream: server-sent events, as they are or compressed once for all who get them.

A compressed stream is one gzip body put together from pieces that were compressed apart: each begins with nothing to
refer back to and ends at a whole byte (a full flush), so any pieces after the same head make a valid body.
"""

import zlib
from functools import cached_property
from typing import Final

import msgspec

# A gzip member without name or time; its end with the checksum never comes, since a stream is cut, not finished.
GZIP_HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LEVEL: Final = 5
_RAW_DEFLATE: Final = -15


class Sent:
    """Some bytes of a stream, and the same compressed."""

    def __init__(self, plain: bytes) -> None:
        self.plain = plain

    @cached_property
    def packed(self) -> bytes:
        compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW_DEFLATE)
        return compressor.compress(self.plain) + compressor.flush(zlib.Z_FULL_FLUSH)


HEARTBEAT: Final = Sent(b":\n\n")


def event(kind: str, data: object, watermark: int | None = None) -> Sent:
    """Return one server-sent event."""
    name = b"" if watermark is None else b"id: %d\n" % watermark
    return Sent(b"%bevent: %b\ndata: %b\n\n" % (name, kind.encode(), msgspec.json.encode(data)))
