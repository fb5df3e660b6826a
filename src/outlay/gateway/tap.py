"""Listens to an answer while it passes, and says what it states of its use. It changes nothing and never raises.

An encoded answer is decoded on the side, within bounds; what can't be decoded stays unread, and its usage unknown.
"""

import zlib
from typing import Final, Protocol

from outlay.capture.readings.headers import read_headers
from outlay.capture.readings.reading import Api, Reading
from outlay.capture.readings.stream import stream_reading
from outlay.gateway.estimate import BYTES_PER_TOKEN
from outlay.outbound.connection import Headers

LARGE_BYTES: Final = 1024 * 1024  # what a body this large states takes so long to find that other calls would notice

_READABLE: Final = frozenset({"", "identity", "gzip", "deflate"})
_MOST_DECODED_AT_ONCE: Final = 16 * 1024 * 1024
_GZIP_OR_ZLIB: Final = 47  # window bits: whichever of the two the beginning shows


class _Decoder(Protocol):
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...

    @property
    def unconsumed_tail(self) -> bytes: ...


class Tap:
    """One answer's. `streams` is what its content type says."""

    def __init__(self, api: Api, provider: str, headers: Headers) -> None:
        said = {name: value.decode("latin-1") for name, value in headers}
        content_type = said.get(b"content-type", "")
        encoding = said.get(b"content-encoding", "").strip().lower()
        self._api = api
        self._headers = said
        self._stream = stream_reading(api, provider, content_type)
        self._readable = encoding in _READABLE
        self._decoder: _Decoder | None = zlib.decompressobj(_GZIP_OR_ZLIB) if encoding in {"gzip", "deflate"} else None
        self.streams = "json" not in content_type or "ndjson" in content_type or "stream" in content_type
        self._bytes = 0
        self._events = 0
        self._smallest_event = 0

    @property
    def first_token_seen(self) -> bool:
        return self._stream.first_token_seen

    @property
    def is_large(self) -> bool:
        return self._bytes > LARGE_BYTES and not self.streams

    def feed(self, data: bytes) -> None:
        """Listen to the next piece."""
        if not self._readable:
            return
        if self._decoder is not None:
            data = self._decoded(data, self._decoder)
        self._bytes += len(data)
        if self.streams:
            events = data.count(b"\n\n") or 1
            self._events += events
            size = len(data) // events
            if size < self._smallest_event or not self._smallest_event:
                self._smallest_event = size
        self._stream.feed(data)

    def reading(self, *, ended: bool) -> Reading | None:
        """Return what the answer states; `ended` says that all of it has passed. None: nothing that can be read."""
        found = self._stream.reading(ended=ended)
        if self._api.startswith("bedrock"):
            found = read_headers(
                self._api, found, {name.decode("latin-1"): text for name, text in self._headers.items()}
            )
        return found

    def text_bytes(self) -> int | None:
        """Return about how much text passed, None unless the answer streams.

        It is what events have beyond the smallest of them, and at least a token's worth in each.
        """
        if not self.streams:
            return None
        return max(self._bytes - self._events * self._smallest_event, self._events * BYTES_PER_TOKEN)

    def _decoded(self, data: bytes, decoder: _Decoder) -> bytes:
        try:
            decoded = decoder.decompress(data, _MOST_DECODED_AT_ONCE)
        except zlib.error:
            self._readable = False
            return b""
        if decoder.unconsumed_tail:
            self._readable = False
        return decoded
