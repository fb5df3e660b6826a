"""A provider that answers at once, from a process of its own: what a gateway adds is what is left.

`python -m tests.bench.provider PORT` answers every POST with a chat of 60 tokens, streamed in 20 pieces when the body
asks for a stream. It does as little as it can, because it shares the machine with what is measured.
"""

import asyncio
import sys
from typing import Any, Final

import httptools
import msgspec
import uvloop

_USAGE: Final = {"prompt_tokens": 420, "completion_tokens": 60, "total_tokens": 480}
_FIELDS: Final = {"id": "chatcmpl-1", "created": 1_790_000_000, "model": "gpt-4o"}
_CHOICE: Final = {"index": 0, "message": {"role": "assistant", "content": "word " * 60}, "finish_reason": "stop"}
_BODY: Final = msgspec.json.encode({**_FIELDS, "object": "chat.completion", "choices": [_CHOICE], "usage": _USAGE})
_PLAIN: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
    len(_BODY),
    _BODY,
)
_HEAD: Final = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_PIECES: Final = 20


def _chunk(**fields: Any) -> bytes:
    data = b"data: %b\n\n" % msgspec.json.encode({**_FIELDS, "object": "chat.completion.chunk", **fields})
    return _framed(data)


def _framed(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


_DELTA: Final = _chunk(choices=[{"index": 0, "delta": {"content": "word word word "}, "finish_reason": None}])
_END: Final = _chunk(choices=[], usage=_USAGE) + _framed(b"data: [DONE]\n\n") + b"0\r\n\r\n"


class _Served(asyncio.Protocol):
    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        body, self._body = b"".join(self._body), []
        if b'"stream":true' not in body:
            self._transport.write(_PLAIN)
            return
        self._transport.write(_HEAD)
        for _ in range(_PIECES):
            self._transport.write(_DELTA)
        self._transport.write(_END)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Served, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
