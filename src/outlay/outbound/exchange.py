"""One small request to another machine and its whole answer, on a connection of its own: for questions, not streams.

Nothing is followed and nothing is decompressed: a redirect is an answer like any other, and whoever asks says how large
an answer may be and how long all of it may take.
"""

import asyncio
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from outlay import __version__
from outlay.errors import UpstreamFailed, UpstreamTimeout
from outlay.outbound.connection import Connection
from outlay.outbound.pool import Allowed, Pool, place_of

_OWN: Final = {"user-agent": f"outlay/{__version__}", "accept-encoding": "identity", "connection": "close"}


class Asked(Struct, frozen=True, kw_only=True):
    """A request. `headers` and `url` are ASCII without line ends; with a `body` it is a POST."""

    url: str
    headers: Mapping[str, str] = {}
    body: bytes | None = None


class Answered(Struct, frozen=True):
    status: int
    body: bytes


class Within(Struct, frozen=True):
    """What an exchange may cost."""

    seconds: float = 10.0
    most_bytes: int = 1024 * 1024


class _Waits(Struct, frozen=True):
    first_byte_seconds: float | None
    idle_seconds: float | None


async def exchange(asked: Asked, allowed: Allowed, within: Within = Within()) -> Answered:  # noqa: B008 - frozen
    """Return the answer. `allowed` returns which of the host's addresses may be connected to.

    Raises UpstreamFailed when it can't be reached, breaks off or is too large, UpstreamTimeout when it takes too long;
    ValueError when the URL is none of http or https.
    """
    place = place_of(asked.url)
    pool = Pool()
    try:
        async with asyncio.timeout(within.seconds):
            connection = await pool.connected(place, allowed, within.seconds)
            connection.begin(_request(asked, place.authority), _Waits(within.seconds, within.seconds))
            return await _answer(connection, place.host, within.most_bytes)
    except TimeoutError:
        raise UpstreamTimeout(f"{place.host} took more than {within.seconds:g} seconds") from None
    finally:
        pool.close()


async def _answer(connection: Connection, host: str, most_bytes: int) -> Answered:
    head = await connection.head()
    pieces, size = [], 0
    while piece := await connection.piece():
        size += len(piece)
        if size > most_bytes:
            raise UpstreamFailed(f"{host} answered with more than {most_bytes:,} bytes")
        pieces.append(piece)
    return Answered(head.status, b"".join(pieces))


def _request(asked: Asked, authority: str) -> bytes:
    parts = urlsplit(asked.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    method = "GET" if asked.body is None else "POST"
    headers = {"host": authority, **_OWN, **asked.headers}
    if asked.body is not None:
        headers["content-length"] = str(len(asked.body))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if any(not line.isascii() or not line.isprintable() for line in lines) or " " in target:
        raise ValueError("a request is printable ASCII")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + (asked.body or b"")
