"""Calls a gateway (or a provider) from a process of its own, each of some connections as fast as it is answered.

`python -m tests.bench.callers URL CONNECTIONS CALLS STREAM HEADERS` prints, as JSON, the seconds it took and each
call's seconds; STREAM is 1 or 0, HEADERS a JSON object. Raw sockets: it shares the machine with what it measures.
"""

import asyncio
import sys
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import httptools
import msgspec
import uvloop


class _Call(asyncio.Protocol):
    """One connection, which calls until no call is left."""

    def __init__(self, request: bytes, left: list[None], seconds: list[float]) -> None:
        self._request = request
        self._left = left
        self._seconds = seconds
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._call()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the connection was closed"))

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self.done.set_exception(error)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() != 200:
            raise RuntimeError(f"answered {self._parser.get_status_code()}")
        self._seconds.append(perf_counter() - self._began)
        asyncio.get_running_loop().call_soon(self._call)

    def _call(self) -> None:
        if not self._left:
            if not self.done.done():
                self.done.set_result(None)
            self._transport.close()
            return
        self._left.pop()
        self._parser = httptools.HttpResponseParser(self)
        self._began = perf_counter()
        self._transport.write(self._request)


def request_of(url: str, headers: dict[str, str], *, streams: bool) -> bytes:
    """Return the bytes of a chat of about 420 tokens."""
    asked: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "word " * 400}]}
    body = msgspec.json.encode({**asked, "stream": True} if streams else asked)
    address = urlsplit(url)
    told = {"host": address.netloc, "content-type": "application/json", "content-length": str(len(body)), **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"POST {address.path} HTTP/1.1\r\n{lines}\r\n".encode() + body


async def _all(url: str, connections: int, calls: int, request: bytes) -> tuple[float, list[float]]:
    loop, address = asyncio.get_running_loop(), urlsplit(url)
    left: list[None] = [None] * calls
    seconds: list[float] = []
    began = perf_counter()
    made = [
        await loop.create_connection(lambda: _Call(request, left, seconds), address.hostname or "", address.port or 80)
        for _ in range(connections)
    ]
    await asyncio.gather(*(call.done for _, call in made))
    return perf_counter() - began, seconds


def main() -> None:
    url, connections, calls, stream, headers = sys.argv[1:]
    request = request_of(url, msgspec.json.decode(headers, type=dict[str, str]), streams=stream == "1")
    found = uvloop.run(_all(url, int(connections), int(calls), request))
    # Where Python's own streams are unbuffered, one write to a pipe may take a part only.
    with open(sys.stdout.fileno(), "wb", closefd=False) as out:
        out.write(msgspec.json.encode(found))


if __name__ == "__main__":
    main()
