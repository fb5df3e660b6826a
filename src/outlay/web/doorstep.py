"""What every request passes before anything else, calls of models included: the host it names, and how many come.

It looks at headers alone and keeps only numbers, so it costs microseconds; whoever is refused here costs no more.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import msgspec
from msgspec import Struct
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outlay.access.allowances import Allowances
from outlay.config import Settings
from outlay.errors import HostUnknown, OutlayError, TooManyRequests
from outlay.kit.addresses import counted_as
from outlay.kit.ids import new_id
from outlay.web.gate import KEY_HEADERS
from outlay.web.own_address import Hosts, host_of
from outlay.web.problems import PROBLEM_JSON, Problem

# Probes and scrapers come by whatever name or number they know.
_WATCHED: Final = ("/healthz", "/readyz", "/metrics")
_KEYS_IN: Final = frozenset(name.encode() for name in (*KEY_HEADERS, "x-outlay-key", "authorization"))


class Visitors(Struct, frozen=True):
    """How many requests one address may make, and how many of them may end as not signed in."""

    requests: Allowances
    failures: Allowances


def visitors_of(settings: Settings) -> Visitors:
    return Visitors(
        Allowances(settings.address_requests_a_minute, "this address"),
        Allowances(settings.address_failures_a_minute, "without a valid key or session this address"),
    )


class Doorstep:
    """Stands before gateway and site. `in_use` says whether a plain API key was recognised a moment ago."""

    def __init__(
        self, app: ASGIApp, hosts: Hosts, visitors: Visitors, in_use: Callable[[str], bool], root_path: str = ""
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._visitors = visitors
        self._in_use = in_use
        # A proxy may or may not have cut the root path off.
        self._watched = frozenset(f"{prefix}{path}" for prefix in ("", root_path) for path in _WATCHED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        address = counted_as(client[0]) if client else ""
        try:
            self._check(scope, address)
        except (HostUnknown, TooManyRequests) as error:
            await _refuse(error, send)
            return

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == HTTPStatus.UNAUTHORIZED:
                self._failed(address)
            await send(message)

        await self._app(scope, receive, counting)

    def _check(self, scope: Scope, address: str) -> None:
        if not self._hosts.any and scope["path"] not in self._watched:
            self._check_host(scope)
        self._visitors.requests.take(address)
        if self._visitors.failures.used_up(address) and not self._may_stay(scope):
            self._visitors.failures.take(address)  # refuses, and says for how long

    def _check_host(self, scope: Scope) -> None:
        named = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
        host = host_of(named)
        if not self._hosts.answers_to(host):
            raise HostUnknown(
                f"this Outlay does not answer to the name {host[:100]!r}; the setting allowed_hosts adds one"
            )

    def _may_stay(self, scope: Scope) -> bool:
        """Say whether somebody else behind the same address asks: a browser, or a program whose key is in use.

        What shows a key is no browser: a cookie beside it would let every wrong key pass.
        """
        keys = [value.decode("latin-1") for name, value in scope["headers"] if _shows_key(name, value)]
        if keys:
            return any(self._in_use(each.rpartition(" ")[2]) for each in keys)
        return any(name == b"cookie" for name, _ in scope["headers"])

    def _failed(self, address: str) -> None:
        try:
            self._visitors.failures.take(address)
        except TooManyRequests:
            return  # known already


def _shows_key(name: bytes, value: bytes) -> bool:
    """Say whether a header holds a key; a browser's may hold what a proxy before us asks for."""
    return name in _KEYS_IN and (name != b"authorization" or value[:7].lower() == b"bearer ")


async def _refuse(error: OutlayError, send: Send) -> None:
    status = HTTPStatus(error.status)
    problem = Problem(status.phrase, error.status, error.code, error.message, new_id("req"))
    body = msgspec.json.encode(problem)
    headers = [(b"content-type", PROBLEM_JSON.encode()), (b"content-length", str(len(body)).encode())]
    if isinstance(error, TooManyRequests):
        headers.append((b"retry-after", str(error.retry_after).encode()))
    headers += [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
