"""A served organisation for the journeys of one page: the made shop, on a port of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from msgspec import Struct
from playwright.sync_api import Page

from outlay.kit.ids import new_id
from outlay.wiring.site import assemble
from tests.live import free_port, wait_until_ready
from tests.web.pages.made import Made, made


class Shop(Struct, frozen=True):
    url: str
    made: Made

    def sign_in(self, page: Page, role: str = "admin", **cookies: str) -> None:
        token = self.made.as_role(role, user=new_id("user"))["cookie"].partition("=")[2]
        for name, value in {"outlay_session": token, **cookies}.items():
            page.context.add_cookies([{"name": name, "value": value, "url": self.url}])


@contextmanager
def served(data: Path) -> Iterator[Shop]:
    with made(data) as found:
        port = free_port()
        site = assemble(found.site.outlay).site
        server = uvicorn.Server(uvicorn.Config(site, port=port, log_level="warning", lifespan="on"))
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            wait_until_ready(f"http://127.0.0.1:{port}", thread.is_alive)
            yield Shop(f"http://127.0.0.1:{port}", found)
        finally:
            server.should_exit = True
            thread.join()
