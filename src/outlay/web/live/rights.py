"""Ends the streams of those who may not see them any more: signed out, disabled, or of another role than before.

A page checks rights when it is asked; a stream is asked once and lasts, so somebody has to look again.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Final

from msgspec import Struct
from starlette.concurrency import run_in_threadpool

from outlay.access.viewer import Viewer
from outlay.errors import AccessError, NotSignedIn, Unavailable
from outlay.web.live.hub import Seat

CHECK_SECONDS: Final = 3.0


class Pass(Struct, frozen=True):
    """With what a stream was opened: the session's token, and for whom it asked then."""

    token: str
    viewer: Viewer


class Rights:
    """Looks at all open streams together every few seconds, and not at all while there are none."""

    def __init__(self, viewers_of: Callable[[Collection[str]], Mapping[str, Viewer]]) -> None:
        """`viewers_of` tells for whom sessions ask now; those that are over are missing."""
        self._viewers_of = viewers_of
        self._passes: dict[Seat, Pass] = {}
        self._looking: asyncio.Task[None] | None = None

    def watch(self, seat: Seat, shown: Pass) -> None:
        self._passes[seat] = shown
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())

    def forget(self, seat: Seat) -> None:
        self._passes.pop(seat, None)
        if not self._passes and self._looking is not None:
            self._looking.cancel()

    async def _look(self) -> None:
        try:
            while True:
                await asyncio.sleep(CHECK_SECONDS)
                with suppress(Unavailable):  # the control database is busy: it will be asked again
                    await self._check()
        finally:
            for seat in self._passes:  # who can't be checked is not shown anything either
                seat.close(Unavailable("rights can't be checked; live updates ended"))

    async def _check(self) -> None:
        tokens = {each.token for each in self._passes.values()}
        now = await run_in_threadpool(self._viewers_of, tokens)
        for seat, shown in self._passes.items():
            if shown.token in tokens and now.get(shown.token) != shown.viewer:
                seat.close(_reason(now.get(shown.token)))


def _reason(viewer: Viewer | None) -> AccessError:
    return NotSignedIn("sign in to see this page") if viewer is None else AccessError("your rights have changed")
