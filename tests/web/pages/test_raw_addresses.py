"""What reaches the site as no browser would send it: addresses with raw bytes in them."""

from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.web.pages.made import Made


class _AsSent:
    """Puts a query string into a request as it is: the client would encode it."""

    def __init__(self, app: ASGIApp, query: bytes) -> None:
        self._app = app
        self._query = query

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "query_string": self._query}, receive, send)


@pytest.mark.parametrize("query", [b"q=\xff", "q=日".encode(), b'q="><x>'], ids=["no text", "no header", "markup"])
@pytest.mark.parametrize("path", ["/usage", "/calls/export.csv"])
def test_a_query_string_of_any_bytes_is_answered(shop: Made, admin: dict[str, str], path: str, query: bytes) -> None:
    client: Any = TestClient(_AsSent(shop.site.client.app, query), follow_redirects=False)
    answer = client.get(path, headers=admin)
    assert answer.status_code == 200
    assert all(part not in answer.headers.get("link", "") for part in ("<x>", '">'))
