"""One request and its whole answer: bounded in time and size, and never to where it may not go."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import pytest

from outlay.errors import UpstreamFailed, UpstreamTimeout
from outlay.outbound.exchange import Answered, Asked, Within, exchange

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SHORT: Final = Within(seconds=0.3, most_bytes=1000)


def anywhere(addresses: Sequence[str]) -> Sequence[str]:
    return addresses


def exchanged(handler: Handler, within: Within = SHORT, path: str = "/", body: bytes | None = None) -> Answered:
    """Ask a server that answers by the handler."""

    async def run() -> Answered:
        gone = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await handler(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()
                gone.set()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            return await exchange(Asked(url=f"http://127.0.0.1:{port}{path}", body=body), anywhere, within)
        finally:
            await asyncio.wait_for(gone.wait(), 5)  # what is left open would fail the test after this one
            server.close()
            await asyncio.sleep(0.01)

    return asyncio.run(run())


def answering(answer: bytes) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    return handler


def test_the_whole_answer_comes_back_whatever_its_status() -> None:
    answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\n\r\nhello"
    assert exchanged(answering(answer)) == Answered(404, b"hello")
    redirect = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
    assert exchanged(answering(redirect)) == Answered(302, b"")


def test_a_body_makes_it_a_post() -> None:
    seen: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        seen.append(await reader.readexactly(3))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    exchanged(handler, path="/token?a=b", body=b"x=y")
    assert seen[0].startswith(b"POST /token?a=b HTTP/1.1\r\nhost: 127.0.0.1:")
    assert b"content-length: 3\r\n" in seen[0]
    assert seen[1] == b"x=y"


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    del writer
    await reader.read()


async def hanging_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    for _ in range(100):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("handler", [silent, dripping])
def test_all_of_it_takes_no_longer_than_allowed(handler: Handler) -> None:
    with pytest.raises(UpstreamTimeout):
        exchanged(handler)


def test_an_answer_that_is_too_large_is_refused() -> None:
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"200\r\n" + b"x" * 512 + b"\r\n"
    with pytest.raises(UpstreamFailed, match="more than 1,000 bytes"):
        exchanged(answering(chunked + b"200\r\n" + b"x" * 512 + b"\r\n0\r\n\r\n"))


def test_nothing_is_sent_to_an_address_that_may_not_be_called() -> None:
    with pytest.raises(UpstreamFailed, match="may not be called"):
        asyncio.run(exchange(Asked(url="http://127.0.0.1:9/"), lambda _: [], SHORT))


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(Asked(url="file:///etc/passwd"), id="a file"),
        pytest.param(Asked(url="http://"), id="no host"),
        pytest.param(Asked(url="http://127.0.0.1:9/a b"), id="a blank in the path"),
        pytest.param(Asked(url="http://127.0.0.1:9/", headers={"x": "a\r\nb: c"}), id="a header within a header"),
        pytest.param(Asked(url="http://127.0.0.1:9/ü"), id="no ASCII"),
    ],
)
def test_what_is_no_request_is_refused(asked: Asked) -> None:
    async def run() -> None:
        server = await asyncio.start_server(hanging_up, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        moved = Asked(url=asked.url.replace(":9/", f":{port}/"), headers=asked.headers)
        try:
            await exchange(moved, anywhere, SHORT)
        finally:
            server.close()
            await asyncio.sleep(0.05)  # the server notices that nobody asks

    with pytest.raises(ValueError, match=r"ASCII|URL|port"):
        asyncio.run(run())
