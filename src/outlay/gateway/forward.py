"""Passes one call on and its answer back: every byte as it came, when it came, and no faster than the caller reads.

Only the usage chunk that Outlay itself asked for is taken out. A kept connection that its other side had closed in the
meantime is replaced once, before anything of an answer came: nobody served that request.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Final

from msgspec import Struct

from outlay.errors import UpstreamFailed, UpstreamTimeout
from outlay.gateway.asked import FORM_REACH, model_in_form
from outlay.gateway.call import NOTHING_USED, Call, Ending
from outlay.gateway.callers import authorised
from outlay.gateway.headers import Header, answered_headers, value_of
from outlay.gateway.request import Body, Receive, Request, Send, head_of, next_piece
from outlay.gateway.signing import ToSign, signed
from outlay.gateway.tap import Tap
from outlay.gateway.upstream import AddressCheck
from outlay.gateway.usage_chunk import UsageChunkRemoval
from outlay.kit.clock import Clock
from outlay.outbound.connection import Connection, Head
from outlay.outbound.pool import Pool
from outlay.usage import Status

CALL_HEADER: Final = b"x-outlay-call"
_END: Final = b"0\r\n\r\n"
_LONGEST_ID: Final = 128
_BODYLESS: Final = frozenset({204, 304})


class Roads(Struct, frozen=True):
    """How calls leave this process."""

    pool: Pool
    check: AddressCheck
    clock: Clock


class Exchange:
    """One call on its way. `call` is None for what is not recorded (lists of models, files …)."""

    def __init__(self, roads: Roads, request: Request, body: Body, call: Call | None, send: Send) -> None:
        self._roads = roads
        self._request = request
        self._body = body
        self._call = call
        self._send = send
        self._connection: Connection | None = None
        self._tap: Tap | None = None
        self._removal: UsageChunkRemoval | None = None
        self._status: int | None = None
        self.answering = False

    async def run(self, receive: Receive, when_received: Callable[[], None]) -> Status:
        """Pass the call on and its answer back; return how it ended. Raises UpstreamFailed, CallerGone.

        `when_received` is called once nothing more of the request is waited for.
        """
        head = await self._answered(receive, when_received)
        return await self._pass_back(head)

    def settle(self, status: Status, error: str | None, *, sent: bool) -> Status:
        """Settle a call whose answer is cut short; `sent`: its provider may have worked for it."""
        if self._call is None or self._call.settled:
            return status
        if status == "cancelled" and not sent:
            return self._call.settle(Ending(status), monotonic(), NOTHING_USED, None)
        served = sent and (self._status is None or self._status < 400)
        reading = self._tap.reading(ended=False) if self._tap is not None else None
        text_bytes = self._tap.text_bytes() if self._tap is not None else None
        ending = Ending(status, self._status, error, whole=not served)
        return self._call.settle(ending, monotonic(), reading, text_bytes)

    def release(self) -> None:
        """Let go of the connection: one whose answer is not complete is closed, so that nobody works for nothing."""
        if self._connection is not None:
            self._roads.pool.give_back(self._connection)
            self._connection = None

    @property
    def sent(self) -> bool:
        return self._connection is not None

    # -- there

    async def _answered(self, receive: Receive, when_received: Callable[[], None]) -> Head:
        request = self._request
        data = head_of(self._request, self._body, self._authorising())
        if self._body.whole:
            data += self._body.data
        waits, bodyless = request.caller.upstream.timeouts, request.method == b"HEAD"
        # What passes as it comes can't be sent twice, so it doesn't meet a connection that is just being closed.
        kept = self._roads.pool.kept(request.way.place) if self._body.whole else None
        if kept is not None:
            self._connection = kept
            kept.begin(data, waits, without_body=bodyless)
            try:
                return await kept.head()
            except UpstreamTimeout:
                raise
            except UpstreamFailed:
                if kept.answered:
                    raise
            self.release()
        connection = await self._connected()
        self._connection = connection
        connection.begin(data, waits, without_body=bodyless)
        if not self._body.whole:
            await self._upload(connection, receive)
            when_received()
        return await connection.head()

    async def _connected(self) -> Connection:
        upstream = self._request.caller.upstream
        allowed = partial(self._roads.check, upstream)
        return await self._roads.pool.connected(self._request.way.place, allowed, upstream.timeouts.connect_seconds)

    def _authorising(self) -> tuple[Header, ...]:
        request, upstream = self._request, self._request.caller.upstream
        headers = authorised(request.caller)
        if upstream.auth != "aws-sigv4" or request.caller.brings_own or upstream.credential is None:
            return headers
        to_sign = ToSign(
            request.method,
            request.way.authority.decode(),
            request.way.path_of(request.rest),
            request.caller.query,
            self._body.data if self._body.whole else None,
            request.headers.content_type,
        )
        return headers + signed(upstream, to_sign, self._roads.clock.now())

    async def _upload(self, connection: Connection, receive: Receive) -> None:
        """Send a body on as it comes; stop, and pretend no end of it, where the answer has begun already."""
        chunked = self._request.headers.content_length is None
        data, last = self._body.data, False
        seen = data
        while True:
            if not connection.listens:
                connection.spoil()
                return
            if data:
                connection.send(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)
                await connection.drained()
            if last:
                break
            data, last = await next_piece(receive)
            if self._call is not None and self._call.model is None:
                seen = seen[-FORM_REACH:] + data
                self._call.model = model_in_form(seen)
        if chunked:
            connection.send(_END)

    # -- and back

    async def _pass_back(self, head: Head) -> Status:
        request, call = self._request, self._call
        self._status = head.status
        if call is not None and request.meaning.api is not None:
            call.request_id = _request_id_in(head)
            self._tap = Tap(request.meaning.api, request.caller.upstream.provider, head.headers)
            if self._body.told_usage and _is_plain_stream(head):
                self._removal = UsageChunkRemoval()
        # A 304 states the length of what it does not send.
        headers = answered_headers(head.headers, keep_length=self._removal is None and head.status not in _BODYLESS)
        headers.append((CALL_HEADER, request.id.encode()))
        self.answering = True
        await self._send({"type": "http.response.start", "status": head.status, "headers": headers})
        return await self._pass_body(head)

    async def _pass_body(self, head: Head) -> Status:
        connection, status = self._connection, _status_of(head.status)
        assert connection is not None  # noqa: S101 - it gave the head
        while True:
            data = await connection.piece()
            last = connection.complete
            if self._tap is not None and self._call is not None and data:
                self._tap.feed(data)
                self._call.heard(self._tap, monotonic())
            if self._removal is not None:
                data = self._removal.passed(data) + (self._removal.rest() if last else b"")
            if last:  # in the journal before its end is passed on: whoever has the whole answer is recorded
                status = await self._settled(status)
                self.release()
                await self._send({"type": "http.response.body", "body": data})
                return status
            if data:
                await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def _settled(self, status: Status) -> Status:
        call, tap = self._call, self._tap
        if call is None or tap is None:
            return status
        if tap.is_large:
            reading = await asyncio.to_thread(tap.reading, ended=True)
        else:
            reading = tap.reading(ended=True)
        return call.settle(Ending(status, self._status), monotonic(), reading, tap.text_bytes())


def _request_id_in(head: Head) -> str | None:
    """Return the id its provider gave the request: Anthropic's header, or the one of most others."""
    stated = value_of(head.headers, b"request-id") or value_of(head.headers, b"x-request-id")
    return stated.decode("latin-1")[:_LONGEST_ID] or None


def _is_plain_stream(head: Head) -> bool:
    """Whether an answer is a stream whose events can be told apart: one that is encoded all the same can't be."""
    is_stream = value_of(head.headers, b"content-type").startswith(b"text/event-stream")
    return is_stream and value_of(head.headers, b"content-encoding") in {b"", b"identity"}


def _status_of(http_status: int) -> Status:
    return "ok" if http_status < 400 else "error"
