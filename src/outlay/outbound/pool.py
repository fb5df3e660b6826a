"""Connections to other machines that are kept for the next request, and how new ones are made.

A name is resolved at every new connection and its addresses are checked then, so a name that pointed elsewhere when it
was configured leads nowhere it must not. Connections are kept apart by what their check allowed.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from outlay.errors import UpstreamFailed, UpstreamTimeout
from outlay.outbound.connection import Connection

KEPT_SECONDS: Final = 20.0  # servers close what is idle for longer; a request must not meet that
MOST_KEPT: Final = 200  # to one place

Allowed = Callable[[Sequence[str]], Sequence[str]]


class Place(Struct, frozen=True):
    """Where connections lead. `realm` keeps apart those that were allowed by different rules."""

    secure: bool
    host: str
    port: int
    realm: str = ""

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def place_of(url: str, realm: str = "") -> Place:
    """Return where a URL leads; ValueError when it is none of http or https."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{url[:100]!r} is no http or https URL")
    secure = parts.scheme == "https"
    return Place(secure, parts.hostname, parts.port or (443 if secure else 80), realm)


class Pool:
    """Lives on one event loop."""

    def __init__(self) -> None:
        self._idle: dict[Place, list[Connection]] = {}
        self._places: dict[Connection, Place] = {}
        self._tls: ssl.SSLContext | None = None
        self._sweep: asyncio.TimerHandle | None = None

    @property
    def open_connections(self) -> int:
        return len(self._places)

    def kept(self, place: Place) -> Connection | None:
        """Return a connection that waits for another request, the one used last; None when there is none."""
        idle = self._idle.get(place)
        oldest = asyncio.get_running_loop().time() - KEPT_SECONDS
        while idle:
            connection = idle.pop()
            if not connection.closed and connection.idle_since > oldest:
                return connection
            connection.abort()
        return None

    async def connected(self, place: Place, allowed: Allowed, seconds: float) -> Connection:
        """Return a new connection. `allowed` returns which of the host's addresses may be connected to.

        Raises UpstreamFailed when there is no address, none that may be used, or none that answers; UpstreamTimeout.
        """
        try:
            async with asyncio.timeout(seconds):
                return await self._connected(place, allowed, seconds)
        except TimeoutError:
            raise UpstreamTimeout(f"can't connect to {place.host} within {seconds:g} seconds") from None

    def give_back(self, connection: Connection) -> None:
        """Keep a connection for the next request where that can be, else close it."""
        connection.rest()
        place = self._places.get(connection)
        if place is None or not connection.reusable:
            return
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        idle = self._idle.setdefault(place, [])
        idle.append(connection)
        if len(idle) > MOST_KEPT:
            idle.pop(0).abort()
        if self._sweep is None:
            self._sweep = loop.call_later(KEPT_SECONDS, self._close_old)

    def close(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        for connection in list(self._places):
            connection.abort()
        self._idle.clear()

    def _close_old(self) -> None:
        loop = asyncio.get_running_loop()
        oldest = loop.time() - KEPT_SECONDS
        for place, idle in list(self._idle.items()):
            for connection in [each for each in idle if each.closed or each.idle_since <= oldest]:
                idle.remove(connection)
                connection.abort()
            if not idle:
                del self._idle[place]
        self._sweep = loop.call_later(KEPT_SECONDS, self._close_old) if self._idle else None

    async def _connected(self, place: Place, allowed: Allowed, seconds: float) -> Connection:
        addresses = await _addresses_of(place)
        usable = allowed(addresses)
        if not usable:
            raise UpstreamFailed(f"{place.host} is at an address that may not be called ({', '.join(addresses[:3])})")
        each_seconds = seconds / len(usable)  # an address that swallows everything leaves time for the others
        reasons: list[str] = []
        for address in usable:
            try:
                async with asyncio.timeout(each_seconds):
                    return await self._opened(place, address)
            except TimeoutError:
                reasons.append(f"{address} did not answer")
            except ssl.SSLError as error:
                reasons.append(f"{address}: TLS failed: {error.reason or error}")
            except OSError as error:
                reasons.append(f"{address}: {error.strerror or error}")
        raise UpstreamFailed(f"can't connect to {place.host}: {'; '.join(reasons)}")

    async def _opened(self, place: Place, address: str) -> Connection:
        loop = asyncio.get_running_loop()
        make = partial(Connection, loop, place.host, self._lost)
        tls = self._context() if place.secure else None
        _, connection = await loop.create_connection(
            make, address, place.port, ssl=tls, server_hostname=place.host if tls else None
        )
        self._places[connection] = place
        return connection

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls

    def _lost(self, connection: Connection) -> None:
        place = self._places.pop(connection, None)
        idle = self._idle.get(place) if place is not None else None
        if idle and connection in idle:
            idle.remove(connection)


async def _addresses_of(place: Place) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UpstreamFailed(f"can't find the address of {place.host}: {error}") from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
