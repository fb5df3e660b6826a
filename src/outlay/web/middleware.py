"""What every request passes first: its path without the root path, a request id, headers that keep browsers safe."""

from string import punctuation
from typing import Final
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outlay.kit.ids import new_id

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
# Said where people come by https: browsers then never try http again, where somebody between could answer.
STRICT_TRANSPORT: Final = "max-age=31536000"
_KEPT_IN_QUERIES: Final = "".join(each for each in punctuation if each not in '"<>')


class Outermost:
    """Wraps the whole site. Pure ASGI, so that streams pass through it unbuffered."""

    def __init__(self, app: ASGIApp, root_path: str, *, https: bool) -> None:
        """`https` says that people come by https alone."""
        self._app = app
        self._root_path = root_path
        strict = {"strict-transport-security": STRICT_TRANSPORT} if https else {}
        self._headers = SECURITY_HEADERS | strict

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_id("req")
        scope = self._without_root_path(scope)
        scope["state"] = {**scope.get("state", {}), "request_id": request_id}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _without_root_path(self, scope: Scope) -> Scope:
        """Return the scope with the product's own path: a proxy may or may not have cut the prefix off."""
        path: str = scope["path"]
        if self._root_path and (path == self._root_path or path.startswith(f"{self._root_path}/")):
            path = path[len(self._root_path) :] or "/"
        own = {"path": path, "raw_path": None, "root_path": "", "outlay_path": path}
        return {**scope, **own, "query_string": _in_ascii(scope["query_string"])}


def _in_ascii(query: bytes) -> bytes:
    """Return a query string as addresses have it: raw bytes of a client could be no text, and stand in no header."""
    return quote(query, safe=_KEPT_IN_QUERIES).encode()
