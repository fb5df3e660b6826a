"""A model call as it came: who calls which upstream, its body as far as it is at hand, and the bytes that go out.

A body that is JSON is read to its end before anything goes out, because it says what the call is; any other (audio,
files) goes on as it comes, and only its first piece is at hand.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from msgspec import Struct

from outlay.capture.encoding import decoded
from outlay.errors import BodyTooLarge, BodyUnreadable, OutlayError
from outlay.gateway.asked import NOTHING_ASKED, Asked, asked_in, asking_for_usage, model_in_form, must_ask_for_usage
from outlay.gateway.callers import Caller
from outlay.gateway.headers import Header, Sorted, readable_encoding
from outlay.gateway.routes import Meaning, Way

MIB: Final = 1024 * 1024
STALLED_SECONDS: Final = 60.0  # who stops within a body must not take a place for ever
# What curl, and browsers that want no preflight, say of whatever they send; Ollama's own examples are called so.
_SAID_OF_JSON_TOO: Final = frozenset(
    {b"", b"application/x-www-form-urlencoded", b"text/plain", b"text/plain;charset=UTF-8"}
)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class CallerGone(Exception):
    """Whoever called went away in the middle of the body: there is nobody to answer."""


class Request(Struct, frozen=True):
    """A call that may go out. `began` is the monotonic time when it came, `most_bytes` how large its body may be."""

    id: str
    method: bytes
    rest: bytes
    headers: Sorted
    caller: Caller
    meaning: Meaning
    way: Way
    began: float
    most_bytes: int


class Body(Struct, frozen=True):
    """A body as it goes out: all of it where it is `whole`. `told_usage`: it was made to ask for its usage."""

    data: bytes
    whole: bool
    asked: Asked = NOTHING_ASKED
    told_usage: bool = False
    plain: bool = False  # an encoding was undone


async def read_body(receive: Receive, request: Request) -> Body:
    """Return the body, or the beginning of one that passes as it comes. Raises BodyTooLarge, CallerGone."""
    content_type = request.headers.content_type
    if b"json" in content_type or content_type in _SAID_OF_JSON_TOO:
        data = await _whole_body(receive, request)
        return _understood(data, request) if request.meaning.api is not None else Body(data, whole=True)
    if request.caller.key is not None and request.caller.key.models:  # a later piece may name another model
        data, whole = await _whole_body(receive, request), True
    else:
        data, whole = await next_piece(receive)
    model = model_in_form(data)
    return Body(data, whole, Asked(model) if model else NOTHING_ASKED)


async def _whole_body(receive: Receive, request: Request) -> bytes:
    headers, most_bytes = request.headers, request.most_bytes
    if (headers.content_length or 0) > most_bytes:
        raise _too_large(most_bytes)
    data, whole = await next_piece(receive)
    if not whole:
        pieces, size = [data], len(data)
        while not whole:
            data, whole = await next_piece(receive)
            size += len(data)
            if size > most_bytes:
                raise _too_large(most_bytes)
            pieces.append(data)
        data = b"".join(pieces)
    return data


def _understood(data: bytes, request: Request) -> Body:
    encoding = request.headers.content_encoding
    plain = data
    if encoding not in {b"", b"identity"}:
        try:
            plain = decoded(data, encoding.decode("latin-1"), request.most_bytes)
        except OutlayError:
            return Body(data, whole=True)
    asked = asked_in(plain)
    if not must_ask_for_usage(request.meaning, asked, request.caller.upstream.provider, request.caller.query):
        return Body(data, whole=True, asked=asked)
    return Body(asking_for_usage(plain), whole=True, asked=asked, told_usage=True, plain=plain is not data)


async def next_piece(receive: Receive) -> tuple[bytes, bool]:
    """Return the next piece of a body, and whether it was the last. Raises CallerGone, BodyUnreadable."""
    try:
        async with asyncio.timeout(STALLED_SECONDS):
            message = await receive()
    except TimeoutError:
        raise BodyUnreadable(f"nothing more of the body came for {STALLED_SECONDS:g} seconds") from None
    if message["type"] == "http.disconnect":
        raise CallerGone
    return message.get("body", b""), not message.get("more_body", False)


def head_of(request: Request, body: Body, authorising: tuple[Header, ...]) -> bytes:
    """Return the first line and the headers of a request as they go out."""
    headers, way, caller = request.headers, request.way, request.caller
    named = {name for name, _ in authorising}
    if body.plain:
        named.add(b"content-encoding")
    lines = [b"%b: %b\r\n" % each for each in authorising]
    lines += [b"%b: %b\r\n" % each for each in headers.travelling if each[0] not in named]
    if body.whole:
        if body.data or request.method not in {b"GET", b"HEAD", b"DELETE", b"OPTIONS"}:
            lines.append(b"content-length: %d\r\n" % len(body.data))
    elif headers.content_length is not None:
        lines.append(b"content-length: %d\r\n" % headers.content_length)
    else:
        lines.append(b"transfer-encoding: chunked\r\n")
    accepts = readable_encoding(headers.accept_encoding, streams=body.asked.streams or request.meaning.streams)
    return b"%b %b%b%b HTTP/1.1\r\nhost: %b\r\naccept-encoding: %b\r\n%b\r\n" % (
        request.method,
        way.path_of(request.rest),
        b"?" if caller.query else b"",
        caller.query,
        way.authority,
        accepts,
        b"".join(lines),
    )


def _too_large(most_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body is larger than {most_bytes // MIB} MiB (setting gateway_body_mb)")
