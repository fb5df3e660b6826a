"""Who watches which page, and the one rendering a second that all of its viewers share.

A channel is one page in one state as one kind of viewer may see it. It is figured when events of its organisation were
stored or time itself changes it, at most once a second, never twice at the same time, and not at all while nothing
happens or nobody watches. A viewer takes the newest state when they can: a slow one misses states and delays nobody.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack, suppress
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.errors import OutlayError, Unavailable
from outlay.usage import PricedEvent
from outlay.web.live.counters import LiveCounters
from outlay.web.live.figured import Digests, Figured
from outlay.web.live.sent import Sent

AT_ONCE: Final = 2  # renderings, of all channels together: intake and pages need the cores too
PACE_SECONDS: Final = 1.0  # from the begin of one rendering of a channel to the next
REST: Final = 3  # a channel is figured for a third of the time at most: a slow page is figured less often
GATHER_SECONDS: Final = 0.02  # commits come by the hundred a second, and one wake is enough for many
LINGER_SECONDS: Final = 5.0  # a channel outlives its last viewer: who reloads a page must not make renderings

_log = logging.getLogger(__name__)


class Watched(Struct, frozen=True):
    """What a channel shows: a page in one state, for a viewer."""

    viewer: Viewer
    path: str
    query: str


Figure = Callable[[Watched], Awaitable[Figured]]


def shared(watched: Watched) -> Watched:
    """Return the channel's name: who sees all sees the same whoever they are, so all of one role share it."""
    viewer = watched.viewer
    return replace(watched, viewer=replace(viewer, user=None, teams=())) if viewer.sees_all else watched


class Seat:
    """One viewer's place: knows what their page has, holds the newest state until they take it."""

    def __init__(self, has: Digests | None) -> None:
        self._has = has
        self._state: Figured | None = None
        self._over: OutlayError | None = None
        self._news = asyncio.Event()

    def show(self, state: Figured) -> None:
        self._state = state
        self._news.set()

    def close(self, reason: OutlayError) -> None:
        """End it: from now on `next` raises the reason."""
        self._over = self._over or reason
        self._news.set()

    async def begun(self) -> None:
        """Return once there is a state to show. Raises the reason when there will be none."""
        await self._news.wait()
        if self._over is not None:
            raise self._over

    async def next(self, within: float) -> Sent | None:
        """Return the event that brings this viewer's page up to date; None when it is so for `within` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while True:
                    await self.begun()
                    self._news.clear()
                    update = self._update()
                    if update is not None:
                        return update
        return None

    def _update(self) -> Sent | None:
        if self._state is None:
            return None
        update, self._has = self._state.since(self._has), self._state.digests
        return update


class Hub:
    """All channels of this process. Everything but `stored` belongs to the event loop."""

    def __init__(self, figure: Figure, counters: LiveCounters) -> None:
        self._figure = figure
        self._counters = counters
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._channels: dict[Watched, _Channel] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken: set[str] = set()
        self._waking = threading.Lock()
        self._closed = False

    def stored(self, events: Sequence[PricedEvent]) -> None:
        """Note whose pages have changed; an intake listener, called in the committing thread."""
        loop = self._loop
        if not self._channels or loop is None or loop.is_closed():
            return
        with self._waking:
            asleep = not self._woken
            self._woken.update({priced.event.organisation for priced in events})
        if asleep:
            loop.call_soon_threadsafe(loop.call_later, GATHER_SECONDS, self._wake)

    async def join(self, watched: Watched, has: Digests | None = None, watermark: int = 0) -> Seat:
        """Return a place at a page that was figured for its kind of viewer; `watermark` is the state their page has.

        Raises what figuring the page raises (Forbidden …), and Unavailable while this process stops.
        """
        if self._closed:
            raise Unavailable("Outlay stops; live pages come back with it")
        self._loop = asyncio.get_running_loop()
        watched = shared(watched)
        channel = self._channels.get(watched) or self._open(watched)
        seat = Seat(has)
        is_allowed = channel.add(seat, watermark)
        self._counters.viewers += 1
        with ExitStack() as undo:
            undo.callback(self.leave, watched, seat)
            if not is_allowed:
                await seat.begun()
            undo.pop_all()
        return seat

    def leave(self, watched: Watched, seat: Seat) -> None:
        self._counters.viewers -= 1
        channel = self._channels.get(shared(watched))
        if channel is not None:
            channel.remove(seat)

    def close(self) -> None:
        """End every stream at once."""
        self._closed = True
        for channel in list(self._channels.values()):
            channel.close()

    def _open(self, watched: Watched) -> "_Channel":
        channel = _Channel(watched, self._figured, lambda: self._gone(watched))
        self._channels[watched] = channel
        self._counters.pages = len(self._channels)
        return channel

    def _gone(self, watched: Watched) -> None:
        del self._channels[watched]
        self._counters.pages = len(self._channels)

    def _wake(self) -> None:
        with self._waking:
            organisations, self._woken = self._woken, set()
        for watched, channel in self._channels.items():
            if watched.viewer.organisation in organisations:
                channel.wake()

    async def _figured(self, watched: Watched) -> tuple[Figured, float]:
        """Return a state of a page and when it was begun, in seconds of the loop's clock."""
        async with self._turns:
            begun_at = asyncio.get_running_loop().time()
            state = await self._figure(watched)
        self._counters.renderings += 1
        self._counters.rendering_seconds += asyncio.get_running_loop().time() - begun_at
        return state, begun_at


class _Channel:
    """One page that is watched, and the task that keeps it up to date."""

    def __init__(
        self,
        watched: Watched,
        figure: Callable[[Watched], Awaitable[tuple[Figured, float]]],
        when_over: Callable[[], None],
    ) -> None:
        self._watched = watched
        self._figure = figure
        self._when_over = when_over
        self._seats: set[Seat] = set()
        self._state: Figured | None = None
        self._due = asyncio.Event()
        self._joined = asyncio.Event()
        self._task = asyncio.create_task(self._keep())
        self._task.add_done_callback(self._ended)

    def add(self, seat: Seat, watermark: int) -> bool:
        """Give a viewer a seat; say whether the page was figured already, so that its kind of viewer may see it."""
        is_kept = bool(self._seats)
        self._seats.add(seat)
        self._joined.set()
        if self._state is not None and is_kept and self._state.watermark >= watermark:
            seat.show(self._state)
        else:  # their page may be newer than what is here: sending this would take them back
            self._due.set()
        return self._state is not None

    def remove(self, seat: Seat) -> None:
        self._seats.discard(seat)
        if not self._seats:
            self._joined.clear()
            self._due.set()

    def wake(self) -> None:
        self._due.set()

    def close(self) -> None:
        self._task.cancel()  # it may have to wait for a rendering; those who watch do not
        self._close_all(Unavailable("Outlay stops; live pages come back with it"))

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while await self._is_watched():
                self._due.clear()
                self._state, begun_at = await self._figure(self._watched)
                took = loop.time() - begun_at
                for seat in self._seats:
                    seat.show(self._state)
                await self._until_due(self._state.stale_in)
                await asyncio.sleep(begun_at + max(PACE_SECONDS, REST * took) - loop.time())
        finally:
            self._when_over()

    async def _is_watched(self) -> bool:
        """Say whether anybody watches, or begins to within a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                await self._joined.wait()
        return bool(self._seats)

    async def _until_due(self, stale_in: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(stale_in):
                await self._due.wait()

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, OutlayError):
            _log.error("a live page failed", extra={"fields": {"path": self._watched.path}}, exc_info=error)
        self._close_all(error if isinstance(error, OutlayError) else Unavailable("live updates of this page ended"))

    def _close_all(self, reason: OutlayError) -> None:
        for seat in self._seats:
            seat.close(reason)
