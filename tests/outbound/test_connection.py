"""Connections to other machines: what servers do wrong is named, what they send passes as it is, and no faster."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import pytest
from msgspec import Struct

from outlay.errors import UpstreamFailed, UpstreamTimeout
from outlay.outbound.connection import HIGH_BYTES, Connection
from outlay.outbound.pool import Place, Pool, place_of

REQUEST: Final = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Waits(Struct, frozen=True):
    first_byte_seconds: float | None = 2.0
    idle_seconds: float | None = 2.0


def anywhere(addresses: Sequence[str]) -> Sequence[str]:
    return addresses


async def asked(handler: Handler, work: Callable[[Pool, Place], Awaitable[None]]) -> None:
    """Run a server, and `work` with a pool and the server's place."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    pool = Pool()
    try:
        await work(pool, place_of(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    finally:
        pool.close()
        server.close()
        await asyncio.sleep(0.01)


def answering(answer: bytes, *, closes: bool = False) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(answer)
            await writer.drain()
            if closes:
                return
            if reader.at_eof():
                return

    async def until_gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return

    return until_gone


async def exchanged(pool: Pool, place: Place, *, without_body: bool = False) -> tuple[int, bytes, Connection]:
    connection = pool.kept(place) or await pool.connected(place, anywhere, 2.0)
    connection.begin(REQUEST, Waits(), without_body=without_body)
    head = await connection.head()
    body = b""
    while piece := await connection.piece():
        body += piece
    return head.status, body, connection


async def _to_the_end(connection: Connection) -> None:
    await connection.head()
    while await connection.piece():
        pass


@pytest.mark.parametrize(
    ("answer", "closes", "expected", "reusable"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi", False, (200, b"hi"), True),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", False, (200, b"hi"), True),
        (b"HTTP/1.1 204 No\r\n\r\n", False, (204, b""), True),
        (b"HTTP/1.1 200 OK\r\n\r\nto the end", True, (200, b"to the end"), False),
        (b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi", True, (200, b"hi"), False),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi", True, (200, b"hi"), False),
        (
            b"HTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi",
            False,
            (200, b"hi"),
            True,
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            False,
            (200, b"hi"),
            False,
        ),
    ],
    ids=["length", "chunked", "no body", "until closed", "says close", "http/1.0", "early hints", "a second answer"],
)
def test_answers(answer: bytes, *, closes: bool, expected: tuple[int, bytes], reusable: bool) -> None:
    async def work(pool: Pool, place: Place) -> None:
        status, body, connection = await exchanged(pool, place)
        assert (status, body) == expected
        pool.give_back(connection)
        assert (pool.kept(place) is connection) == reusable

    asyncio.run(asked(answering(answer, closes=closes), work))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"this is no HTTP\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhi", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhi", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 40_000 + b"\r\n", "headers of more than"),
        (b"HTTP/1.1 101 Switching\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n", "protocol|closed"),
        (b"HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n", "status 999"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 400_000, "headers of more than"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nx: " + b"y" * 4_000_000,
            "headers of more than",
        ),
        (b"", "closed the connection"),
    ],
    ids=[
        "no http",
        "too short",
        "cut in a chunk",
        "endless headers",
        "upgrade",
        "no status",
        "an endless header",
        "an endless trailer",
        "nothing",
    ],
)
def test_what_servers_do_wrong_is_named(answer: bytes, said: str) -> None:
    async def work(pool: Pool, place: Place) -> None:
        with pytest.raises(UpstreamFailed, match=said):
            await exchanged(pool, place)

    asyncio.run(asked(answering(answer, closes=True), work))


def test_the_answer_to_head_has_no_body_whatever_it_announces() -> None:
    async def work(pool: Pool, place: Place) -> None:
        status, body, _ = await exchanged(pool, place, without_body=True)
        assert (status, body) == (200, b"")

    asyncio.run(asked(answering(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n"), work))


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhi"], ids=["no answer", "stops within"]
)
def test_silence_ends_in_a_timeout(answer: bytes) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await reader.read()

    async def work(pool: Pool, place: Place) -> None:
        connection = await pool.connected(place, anywhere, 2.0)
        connection.begin(REQUEST, Waits(first_byte_seconds=0.1, idle_seconds=0.1))
        with pytest.raises(UpstreamTimeout):
            await _to_the_end(connection)

    asyncio.run(asked(silent, work))


def test_a_server_is_stopped_while_nobody_takes_what_it_sends() -> None:
    sent = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 65_536)
                await writer.drain()
                sent += 65_536
        except ConnectionError:
            return

    async def work(pool: Pool, place: Place) -> None:
        connection = await pool.connected(place, anywhere, 2.0)
        connection.begin(REQUEST, Waits())
        await connection.head()
        await asyncio.sleep(0.5)
        before = sent
        await asyncio.sleep(0.2)
        assert sent == before, "it goes on although nobody reads"
        taken = await connection.piece()
        assert len(taken) < HIGH_BYTES + 1024 * 1024
        await connection.piece()
        await asyncio.sleep(0.1)
        assert sent > before
        connection.abort()

    asyncio.run(asked(endless, work))


def test_an_answer_that_is_reset_before_its_end_did_not_come_to_it() -> None:
    async def resetting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nhalf of")
        await writer.drain()
        await asyncio.sleep(0.05)
        at_once = struct.pack("ii", 1, 0)  # closing sends a reset
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        writer.transport.abort()

    async def work(pool: Pool, place: Place) -> None:
        with pytest.raises(UpstreamFailed, match="closed the connection"):
            await exchanged(pool, place)

    asyncio.run(asked(resetting, work))


def test_an_answer_nobody_took_leaves_no_connection_that_is_stopped() -> None:
    body = b"x" * (HIGH_BYTES + 1)
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)

    async def work(pool: Pool, place: Place) -> None:
        connection = await pool.connected(place, anywhere, 2.0)
        connection.begin(REQUEST, Waits())
        await connection.head()
        for _ in range(100):
            if connection.complete:
                break
            await asyncio.sleep(0.01)
        assert connection.complete, "all of it is here, and not read"
        pool.give_back(connection)
        assert pool.kept(place) is None
        assert (await exchanged(pool, place))[1] == body

    asyncio.run(asked(answering(answer), work))


def test_a_server_that_takes_no_more_of_a_request_ends_in_a_timeout() -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader, writer
        await asyncio.sleep(1.5)

    async def work(pool: Pool, place: Place) -> None:
        connection = await pool.connected(place, anywhere, 2.0)
        connection.begin(REQUEST, Waits(first_byte_seconds=0.1))
        async with asyncio.timeout(1.0):
            while connection.listens:
                connection.send(b"x" * 1_000_000)
                await connection.drained()
        with pytest.raises(UpstreamTimeout):
            await connection.head()

    asyncio.run(asked(deaf, work))


def test_only_allowed_addresses_are_connected_to() -> None:
    async def work(pool: Pool, place: Place) -> None:
        with pytest.raises(UpstreamFailed, match="may not be called"):
            await pool.connected(place, lambda _: (), 2.0)

    asyncio.run(asked(answering(b""), work))


def test_connections_allowed_by_other_rules_are_not_shared() -> None:
    async def work(pool: Pool, place: Place) -> None:
        _, _, connection = await exchanged(pool, place)
        pool.give_back(connection)
        assert pool.kept(Place(place.secure, place.host, place.port, "other")) is None
        assert pool.kept(place) is connection

    asyncio.run(asked(answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"), work))


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://api.openai.com", "api.openai.com"),
        ("http://127.0.0.1:8080/x", "127.0.0.1:8080"),
        ("https://[::1]:443/", "[::1]"),
        ("http://x:443", "x:443"),
    ],
)
def test_places(url: str, authority: str) -> None:
    assert place_of(url).authority == authority


@pytest.mark.parametrize("url", ["ftp://x", "https://", "nonsense", "http://x:99999"])
def test_what_is_no_place(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        place_of(url)
