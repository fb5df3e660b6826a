"""Ends the streams of those who may not see them any more: signed out, disabled, or of another role than before.

A page checks rights when it is asked; a stream is asked once and lasts, so somebody has to look again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from typing import Final

from msgspec import Struct

from outlay.access.viewer import Viewer
from outlay.errors import AccessError, NotSignedIn, Unavailable
from outlay.web.live.hub import Seat

CHECK_SECONDS: Final = 3.0

_log = logging.getLogger(__name__)


class Pass(Struct, frozen=True):
    """With what a stream was opened: the session's token, and for whom it asked then."""

    token: str
    viewer: Viewer


class Rights:
    """Looks at all open streams together every few seconds, and not at all while there are none."""

    def __init__(self, viewers_of: Callable[[Collection[str]], Awaitable[Mapping[str, Viewer]]]) -> None:
        """`viewers_of` tells for whom sessions ask now; those that are over are missing."""
        self._viewers_of = viewers_of
        self._passes: dict[Seat, Pass] = {}
        self._looking: asyncio.Task[None] | None = None

    def watch(self, seat: Seat, shown: Pass) -> None:
        self._passes[seat] = shown
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
            self._looking.add_done_callback(self._ended)

    def forget(self, seat: Seat) -> None:
        self._passes.pop(seat, None)
        if not self._passes and self._looking is not None:
            self._looking.cancel()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            with suppress(Unavailable):  # the control database is busy: it will be asked again
                await self._check()

    async def _check(self) -> None:
        tokens = {each.token for each in self._passes.values()}
        now = await self._viewers_of(tokens)
        for seat, shown in self._passes.items():
            if shown.token in tokens and now.get(shown.token) != shown.viewer:
                seat.close(_reason(now.get(shown.token)))

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        _log.error("rights of live pages can't be checked", exc_info=error)
        for seat in self._passes:  # who can't be checked is not shown anything either
            seat.close(Unavailable("rights can't be checked; live updates ended"))


def _reason(viewer: Viewer | None) -> AccessError:
    return NotSignedIn("sign in to see this page") if viewer is None else AccessError("your rights have changed")
