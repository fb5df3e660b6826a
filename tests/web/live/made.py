"""Live pages made to order: what a page shows is set by the test, and every rendering is noted."""

import asyncio
import json
from contextlib import suppress
from typing import Any, Final

from markupsafe import Markup, escape

from outlay.access.viewer import Viewer
from outlay.errors import OutlayError
from outlay.usage import Cost, PricedEvent
from outlay.web.live.counters import LiveCounters
from outlay.web.live.figured import FRAME, Digests, Figured
from outlay.web.live.hub import Hub, Seat, Watched
from outlay.web.live.sent import Sent
from tests.intake.making import event

ADMIN: Final = Viewer(organisation="acme", role="admin", user="ada")
WATCHED: Final = Watched(ADMIN, "/usage", "r=7d")


class Ledger:
    """What pages show, and how long figuring them takes. `begun` holds when each rendering began, `most` overlapped."""

    def __init__(self) -> None:
        self.panels: dict[str, str] = {"cards": "0", "table": "0"}
        self.frame = "bar"
        self.watermark = 0
        self.takes = 0.0
        self.stale_in: float | None = None
        self.fails: Exception | None = None
        self.begun: list[float] = []
        self.most = self._now = 0
        self.counters = LiveCounters()
        self.hub = Hub(self._figure, self.counters)

    def store(self, organisation: str = "acme", **panels: str) -> None:
        """Change what pages show, as a commit does, and tell the hub."""
        self.panels.update(panels)
        self.watermark += 1
        self.hub.stored([PricedEvent(event(str(self.watermark), organisation=organisation), Cost("free", 0))])

    async def _figure(self, watched: Watched) -> Figured:
        del watched
        self.begun.append(asyncio.get_running_loop().time())
        self._now += 1
        self.most = max(self.most, self._now)
        state = Figured(_marked(self.panels), self.frame, self.watermark, self.stale_in)
        await asyncio.sleep(self.takes)
        self._now -= 1
        if self.fails is not None:
            raise self.fails
        return state

    @property
    def gaps(self) -> list[float]:
        """Return the seconds from each rendering to the next."""
        return [round(later - earlier, 6) for earlier, later in zip(self.begun, self.begun[1:], strict=False)]


class Page:
    """A viewer's page: takes updates as a browser does."""

    def __init__(self, panels: dict[str, str] | None = None, frame: str = "bar") -> None:
        """`panels` None is a page that doesn't say what it has."""
        loaded = None if panels is None else Figured(_marked(panels), frame, 0)
        self.has: Digests | None = None if loaded is None else loaded.digests
        self.panels = dict(panels or {})
        self.watermark = 0
        self.updates: list[dict[str, str]] = []
        self.laid_out = 0
        self.over: OutlayError | None = None

    async def watch(self, hub: Hub, watched: Watched = WATCHED, within: float = 15.0) -> None:
        """Follow the stream until it ends; what it ended with is kept."""
        with suppress(OutlayError):
            seat = await hub.join(watched, self.has, self.watermark)
            try:
                await self._follow(seat, within)
            finally:
                hub.leave(watched, seat)

    async def _follow(self, seat: Seat, within: float) -> None:
        try:
            while True:
                self.take(await seat.next(within))
        except OutlayError as error:
            self.over = error
            raise

    def take(self, update: Sent | None) -> None:
        if update is None:
            return
        fields = dict(line.split(": ", 1) for line in update.plain.decode().strip().split("\n"))
        self.watermark = int(fields["id"])
        if fields["event"] == "layout":
            self.laid_out += 1
            return
        data: dict[str, Any] = json.loads(fields["data"])
        self.updates.append({name: html for name, (_, html) in data.items()})
        self.panels |= self.updates[-1]
        frame = {} if self.has is None else {FRAME: self.has[FRAME]}
        self.has = {**(self.has or {}), **{name: digest for name, (digest, _) in data.items()}, **frame}


def _marked(panels: dict[str, str]) -> dict[str, Markup]:
    return {name: escape(text) for name, text in panels.items()}
