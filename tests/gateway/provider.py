"""A provider in this process: answers as it is told, and remembers what it was asked. Speaks plain HTTP/1.1.

`Provider.answers` maps the end of a path to what is answered; an answer may come in pieces, with pauses, and may break
off. What it saw of a request (headers, body, and whether its caller went away) is in `seen`.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import httptools
from msgspec import Struct, field

JSON: Final = "application/json"
SSE: Final = "text/event-stream"


class Answer(Struct):
    """What is answered: pieces of a body, a pause in seconds before each but the first, and how it ends."""

    pieces: Sequence[bytes]
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] = {}
    pause: float = 0.0
    delay: float = 0.0  # before anything
    breaks_off: bool = False
    streams: bool = False

    @classmethod
    def json(cls, body: bytes, **more: Any) -> "Answer":
        return cls([body], **more)

    @classmethod
    def sse(cls, *pieces: bytes, **more: Any) -> "Answer":
        return cls(pieces, content_type=SSE, streams=True, **more)


class Seen(Struct):
    """One request as it came."""

    method: str = ""
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    gone: bool = False


class Provider:
    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.seen: list[Seen] = []
        self.connections = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer_to(self, url: str) -> Answer:
        path = url.partition("?")[0]
        found = [answer for ending, answer in self.answers.items() if path.endswith(ending)]
        return found[-1] if found else Answer.json(b'{"error":{"message":"no such path"}}', status=404)


class _Served(asyncio.Protocol):
    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._parser = httptools.HttpRequestParser(self)
        self._request = Seen()
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self._provider.connections += 1

    def connection_lost(self, error: Exception | None) -> None:
        del error
        if self._task is not None and not self._task.done():
            self._request.gone = True
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._request = Seen()

    def on_url(self, url: bytes) -> None:
        self._request.url += url.decode()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._request.headers[name.decode().lower()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self._request.body += body

    def on_message_complete(self) -> None:
        self._request.method = self._parser.get_method().decode()
        self._provider.seen.append(self._request)
        answer = self._provider.answer_to(self._request.url)
        self._task = asyncio.get_running_loop().create_task(self._answer(answer))

    async def _answer(self, answer: Answer) -> None:
        await asyncio.sleep(answer.delay)
        told = {"content-type": answer.content_type, **answer.headers}
        chunked = answer.streams
        if chunked:
            told["transfer-encoding"] = "chunked"
        else:
            told["content-length"] = str(sum(len(piece) for piece in answer.pieces))
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        self.transport.write(f"HTTP/1.1 {answer.status} Told\r\n{lines}\r\n".encode())
        for number, piece in enumerate(answer.pieces):
            if number:
                await asyncio.sleep(answer.pause)
            self.transport.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if answer.breaks_off:
            self.transport.close()
        elif chunked:
            self.transport.write(b"0\r\n\r\n")


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Yield a provider that listens on the loopback, on a loop in a thread of its own."""
    provider, ready, loop, stopping = Provider(), threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        served: list[_Served] = []

        def make() -> _Served:
            served.append(_Served(provider))
            return served[-1]

        server = await loop.create_server(make, "127.0.0.1", 0)
        provider.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stopping.wait()
        server.close()
        for each in served:
            each.transport.abort()
        await asyncio.sleep(0.01)

    thread = threading.Thread(target=lambda: _run(loop, serve()))
    thread.start()
    ready.wait(10)
    try:
        yield provider
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()


def _run(loop: asyncio.AbstractEventLoop, work: Coroutine[None, None, None]) -> None:
    loop.run_until_complete(work)
    loop.close()
