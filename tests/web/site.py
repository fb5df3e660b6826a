"""A whole site in this process, on a data directory of its own, with a clock that stands still."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from starlette.testclient import TestClient

from outlay.access.keys import NewKey
from outlay.app import Outlay, open_outlay
from outlay.config import Settings
from outlay.testing import FrozenClock
from outlay.wiring.site import assemble
from tests.keys import issued

NOW: Final = datetime(2026, 10, 20, 12, tzinfo=UTC)


class Site(Struct, frozen=True):
    outlay: Outlay
    client: TestClient
    clock: FrozenClock
    token: str

    def key(self, name: str, **wanted: Any) -> dict[str, str]:
        """Return the headers of a request with a new key."""
        new = NewKey(name=name, **wanted)
        _, plaintext = issued(self.outlay.control, self.outlay.organisation, new, self.clock.now())
        return {"authorization": f"Bearer {plaintext}"}


@contextmanager
def open_site(data: Path, **settings: Any) -> Iterator[Site]:
    """Yield a running site; `settings` override the defaults."""
    clock = FrozenClock(NOW)
    with open_outlay(Settings(data=str(data), **settings), clock) as outlay:
        serving = assemble(outlay)
        with TestClient(serving.site, follow_redirects=False) as client:
            yield Site(outlay, client, clock, serving.token)
