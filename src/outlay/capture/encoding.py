"""Undoes `Content-Encoding` without ever holding more than the allowed size, however small the bomb that was sent."""

import zlib
from collections import deque
from typing import Final

import zstandard

from outlay.errors import BodyTooLarge, BodyUnreadable, MediaTypeUnsupported

ENCODINGS: Final = ("identity", "gzip", "zstd")
_GZIP: Final = 16 + zlib.MAX_WBITS
_FEED_BYTES: Final = 1024


def decoded(body: bytes, encoding: str, most_bytes: int) -> bytes:
    """Return the body as it was before encoding.

    Raises MediaTypeUnsupported for an unknown encoding, BodyUnreadable where the body is not in it, BodyTooLarge above
    `most_bytes` after decoding.
    """
    name = encoding.strip().lower() or "identity"
    if name == "identity":
        plain = body
    elif name == "gzip":
        plain = _gunzip(body, most_bytes)
    elif name == "zstd":
        plain = _unzstd(body, most_bytes)
    else:
        raise MediaTypeUnsupported(f"content encoding {encoding[:32]!r} is not read here; use {', '.join(ENCODINGS)}")
    if len(plain) > most_bytes:
        raise BodyTooLarge(f"the body is larger than {most_bytes:,} bytes after decoding; send smaller batches")
    return plain


def _gunzip(body: bytes, most_bytes: int) -> bytes:
    plain = bytearray()
    rest = body
    while rest and len(plain) <= most_bytes:  # a gzip body may have several members
        member = zlib.decompressobj(_GZIP)
        try:
            plain += member.decompress(rest, most_bytes + 1 - len(plain))
        except zlib.error as error:
            raise BodyUnreadable(f"the body is not valid gzip: {error}") from None
        if not member.eof:
            if len(plain) <= most_bytes:
                raise BodyUnreadable("the gzip body ends too early")
            break
        rest = member.unused_data
    return bytes(plain)


def _unzstd(body: bytes, most_bytes: int) -> bytes:
    plain = bytearray()
    frame = None
    view = memoryview(body)
    # A few bytes can stand for a block of 128 KiB, so little is fed at a time: what one feed can swell to stays small.
    chunks = deque(bytes(view[start : start + _FEED_BYTES]) for start in range(0, len(body), _FEED_BYTES))
    try:
        while chunks and len(plain) <= most_bytes:
            frame = frame or zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj()
            plain += frame.decompress(chunks.popleft())
            if frame.eof:  # a zstd body may have several frames
                chunks.extendleft([frame.unused_data] if frame.unused_data else [])
                frame = None
    except zstandard.ZstdError as error:
        raise BodyUnreadable(f"the body is not valid zstd: {error}") from None
    if frame is not None and len(plain) <= most_bytes:
        raise BodyUnreadable("the zstd body ends too early")
    return bytes(plain)
