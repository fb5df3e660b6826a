"""Files on their way: how many there may be, and no longer than somebody reads them.

What is sent holds a snapshot of the ledger or room on the disk for as long as its reader takes. So one viewer has a few
files open and all together a bounded number, and who reads nothing for a while loses the connection.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from outlay.access.viewer import Viewer
from outlay.errors import Unavailable

MOST_OPEN: Final = 60
MOST_OF_VIEWER: Final = 8
STALLED_SECONDS: Final = 60.0


class Outgoing:
    """Counts the files that are made and sent, of whom. Used from several threads."""

    def __init__(self, most: int = MOST_OPEN, most_of_viewer: int = MOST_OF_VIEWER) -> None:
        self._most = most
        self._most_of_viewer = most_of_viewer
        self._open: Counter[Viewer] = Counter()
        self._counting = Lock()

    @contextmanager
    def one_more(self, viewer: Viewer) -> Iterator[None]:
        """Count a file for as long as it is open; Unavailable when there are too many."""
        with self._counting:
            if self._open[viewer] >= self._most_of_viewer:
                raise Unavailable(f"{self._most_of_viewer} files for your role are on their way; wait for one of them")
            if self._open.total() >= self._most:
                raise Unavailable("too many exports at this moment; try again shortly")
            self._open[viewer] += 1
        try:
            yield
        finally:
            with self._counting:
                self._open[viewer] -= 1
                self._open += Counter()  # forgets who has none


class FileResponse(StreamingResponse):
    """A file that tells when it is over, however it ends: also when it never began, or its reader stopped reading."""

    def __init__(
        self, pieces: AsyncIterator[bytes], media_type: str, headers: Mapping[str, str], when_over: Callable[[], None]
    ) -> None:
        super().__init__(pieces, media_type=media_type, headers=headers)
        self._when_over = when_over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(STALLED_SECONDS):
                await send(message)

        try:
            await super().__call__(scope, receive, send_in_time)
        finally:
            self._when_over()
