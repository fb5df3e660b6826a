"""Tells when the calls that have ended by now are recorded. Lives on one event loop.

A program's telemetry of a call may be here before the gateway has recorded it. What the gateway read from the answer
itself is the better report, so telemetry waits for it, but not for ever.
"""

import asyncio
from collections import deque
from typing import Final

ENDING_SECONDS: Final = 0.05  # a caller may stop listening a moment before its answer ends
LONGEST_SECONDS: Final = 2.0


class Backlog:
    def __init__(self) -> None:
        self._open = 0
        self._ended = 0
        self._recorded = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    def begun(self) -> None:
        self._open += 1

    def ended(self, *, kept: bool) -> None:
        """Note that a call has ended; `kept`: its end waits to be recorded, in the order of ends."""
        self._open -= 1
        self._ended += kept

    def recorded(self, number: int) -> None:
        """Note that this many more ends are recorded."""
        self._recorded += number
        while self._waiting and self._waiting[0][0] <= self._recorded:
            _, done = self._waiting.popleft()
            if not done.done():
                done.set_result(None)

    async def caught_up(self) -> None:
        """Return once every call that has ended by now is recorded, or after LONGEST_SECONDS."""
        if self._open > 0:
            await asyncio.sleep(ENDING_SECONDS)
        if self._recorded >= self._ended:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((self._ended, done))
        await asyncio.wait([done], timeout=LONGEST_SECONDS)
