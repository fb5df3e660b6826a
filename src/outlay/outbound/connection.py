"""One HTTP/1.1 connection to another machine: a request goes out, the answer comes back piece by piece, as it was sent.

Nothing of a body is decoded or changed. Whoever reads slower than the other side sends stops it (back-pressure), and a
connection is used again only when its answer was complete and nothing came after it.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol, cast

import httptools
from msgspec import Struct

from outlay.errors import UpstreamFailed, UpstreamTimeout

HIGH_BYTES: Final = 256 * 1024  # of an answer that nobody has taken yet
MOST_HEADER_BYTES: Final = 128 * 1024
HEADER_OVERHEAD_BYTES: Final = 32  # what one costs beside its text
_HIGHEST_STATUS: Final = 599

Headers = list[tuple[bytes, bytes]]


class Head(Struct, frozen=True, gc=False):
    """The beginning of an answer; header names are in small letters."""

    status: int
    headers: Headers


class Waits(Protocol):
    """How long to wait for the beginning of an answer, and then between two pieces of it; None is for ever."""

    @property
    def first_byte_seconds(self) -> float | None: ...

    @property
    def idle_seconds(self) -> float | None: ...


class Connection(asyncio.Protocol):
    """One exchange at a time: `begin`, any number of `send`, then `head` once and `piece` until it is empty."""

    def __init__(self, loop: asyncio.AbstractEventLoop, name: str, when_lost: Callable[["Connection"], None]) -> None:
        self._loop = loop
        self._name = name
        self._when_lost = when_lost
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._drain: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._paused_writing = False
        self.idle_since = 0.0
        self._reset()
        self._busy = False

    def _reset(self) -> None:
        self._busy = True
        self._parser = httptools.HttpResponseParser(self)
        self._headers: Headers = []
        self._header_bytes = 0
        self._unparsed_bytes = 0  # since the last piece of a body
        self._unsent_bytes = 0
        self._head: Head | None = None
        self._parts: list[bytes] = []
        self._buffered = 0
        self._paused_reading = False
        self._until_closed = False
        self._without_body = False
        self._reusable = True
        self._error: UpstreamFailed | None = None
        self._last = self._loop.time()
        self.complete = False
        self.answered = False

    # -- what the owner calls

    @property
    def closed(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    @property
    def reusable(self) -> bool:
        """Whether the next exchange may use it: this one is complete, and both sides want to go on."""
        # Where nobody took all of its answer, reading may still be stopped.
        return self.complete and self._reusable and not self._paused_reading and not self.closed

    def begin(self, data: bytes, waits: Waits, *, without_body: bool = False) -> None:
        """Send the head of a request (and its body, if at hand); `without_body`: the answer has none (HEAD)."""
        self._reset()
        self._without_body = without_body
        self._waits = waits
        self._watch(waits.first_byte_seconds)
        self.send(data)

    def send(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    async def drained(self) -> None:
        """Return once more may be sent, or nothing more needs to be."""
        if self._paused_writing and self.listens:
            self._drain = self._loop.create_future()
            self._last = self._loop.time()
            await self._drain

    async def head(self) -> Head:
        """Return the beginning of the answer. Raises UpstreamFailed, UpstreamTimeout."""
        while self._head is None:
            await self._more()
        return self._head

    async def piece(self) -> bytes:
        """Return what came of the body since the last call, waiting for it; empty at its end. Raises as `head`."""
        while not self._parts and not self.complete:
            await self._more()
        parts = self._parts
        if not parts:
            return b""
        self._parts = []
        self._buffered = 0
        self._last = self._loop.time()
        if self._paused_reading and self._transport is not None:
            self._paused_reading = False
            self._transport.resume_reading()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    @property
    def listens(self) -> bool:
        """Whether the other side may still want the request: it has neither answered nor gone away."""
        return self._head is None and self._error is None and not self.closed

    def spoil(self) -> None:
        """Never use it again: the other side waits for the rest of a request, and would take the next one for it."""
        self._reusable = False

    def rest(self) -> None:
        """End the exchange: what may be used again waits for that, anything else is closed."""
        self._unwatch()
        self._busy = False
        if not self.reusable:
            self.abort()

    def abort(self) -> None:
        """Close at once: the other side stops working for nobody."""
        self._unwatch()
        if self._transport is not None:
            self._transport.abort()

    def fail(self, error: UpstreamFailed) -> None:
        """Have whoever waits get this error, and close."""
        if self._error is None and not self.complete:
            self._error = error
        self.abort()
        self._wake()

    # -- what the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by its methods, not by its class

    def data_received(self, data: bytes) -> None:
        if not self._busy:  # nobody asked for anything
            self.abort()
            return
        self._last = self._loop.time()
        if not self.answered:
            self.answered = True
            self._watch(self._waits.idle_seconds)
        self._unparsed_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.fail(UpstreamFailed(f"{self._name} wants to change the protocol"))
        except httptools.HttpParserError:
            self.fail(UpstreamFailed(f"{self._name} answered with what is not HTTP"))
        if self._unparsed_bytes > MOST_HEADER_BYTES:  # the parser keeps a header until its end comes
            self.fail(UpstreamFailed(f"{self._name} answered with headers of more than {MOST_HEADER_BYTES} bytes"))
        if self._buffered > HIGH_BYTES and not self._paused_reading and self._transport is not None:
            self._paused_reading = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self._ended_by_closing()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        if error is not None:  # what ends by closing has then not come to its end
            self._until_closed = False
        self._ended_by_closing()
        self._transport = None
        self._unwatch()
        self._when_lost(self)

    def pause_writing(self) -> None:
        self._paused_writing = True

    def resume_writing(self) -> None:
        self._paused_writing = False
        self._wake()

    # -- what the parser calls

    def on_message_begin(self) -> None:
        if self.complete:  # a second answer to one question
            self._reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_bytes += len(name) + len(value) + HEADER_OVERHEAD_BYTES
        if self._header_bytes > MOST_HEADER_BYTES:
            self.fail(UpstreamFailed(f"{self._name} answered with headers of more than {MOST_HEADER_BYTES} bytes"))
        elif self._head is None:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            self._headers = []
            return
        if self._head is not None or self._error is not None:
            return
        if status > _HIGHEST_STATUS:
            self.fail(UpstreamFailed(f"{self._name} answered with the status {status}, which is none"))
            return
        names = {name for name, _ in self._headers}
        bodyless = self._without_body or status in {204, 304}
        self._until_closed = not bodyless and not names & {b"content-length", b"transfer-encoding"}
        self._head = Head(status, self._headers)
        if self._without_body:  # the parser would wait for the body that was announced
            self._reusable = False
            self.complete = True

    def on_body(self, body: bytes) -> None:
        self._unparsed_bytes = 0
        if not self.complete:
            self._parts.append(body)
            self._buffered += len(body)

    def on_message_complete(self) -> None:
        if self._head is None:  # what comes before the answer: 100, 103
            return
        self._reusable = self._reusable and self._parser.should_keep_alive()
        self.complete = True

    # -- inside

    async def _more(self) -> None:
        if self._error is not None:
            raise self._error
        if self.closed:
            raise UpstreamFailed(f"{self._name} closed the connection before its answer was complete")
        self._waiter = self._loop.create_future()
        self._last = self._loop.time()
        try:
            await self._waiter
        finally:
            self._waiter = None
        if self._error is not None:
            raise self._error

    def _wake(self) -> None:
        for future in (self._waiter, self._drain):
            if future is not None and not future.done():
                future.set_result(None)
        self._drain = None

    def _ended_by_closing(self) -> None:
        if self._busy and not self.complete:
            if self._until_closed and self._error is None:
                self.complete = True
                self._reusable = False
            elif self._error is None:
                self._error = UpstreamFailed(f"{self._name} closed the connection before its answer was complete")
        self._wake()

    def _watch(self, seconds: float | None) -> None:
        self._unwatch()
        if seconds is not None:
            self._timer = self._loop.call_later(seconds, self._look)

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """Fail the exchange when nothing came for too long; else look again when that could be next."""
        allowed = self._waits.idle_seconds if self.answered else self._waits.first_byte_seconds
        if allowed is None or self.complete:
            return
        now, unsent = self._loop.time(), self._transport.get_write_buffer_size() if self._transport is not None else 0
        if unsent != self._unsent_bytes:  # the other side still takes the request
            self._unsent_bytes, self._last = unsent, now
        silent = now - self._last
        # Who doesn't take what is there can't blame the other side.
        waits = self._waiter is not None or self._drain is not None
        if waits and silent >= allowed:
            what = "sent nothing more" if self.answered else "did not answer"
            self.fail(UpstreamTimeout(f"{self._name} {what} for {allowed:g} seconds"))
        else:
            self._watch(max(0.05, allowed - silent) if waits else allowed)
