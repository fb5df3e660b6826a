"""Lets slow work run in threads, a few at a time, in the order it came.

Pages share a limited number of threads. Without turns, a burst of sign-ins (each 40 ms of a whole core) would hold all
of them while every other page waits.
"""

import asyncio
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool

from outlay.errors import Unavailable

AT_ONCE: Final = 2
MOST_WAITING: Final = 200

P = ParamSpec("P")
R = TypeVar("R")


class Turns:
    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING, what: str = "sign-ins") -> None:
        self._free = asyncio.Semaphore(at_once)
        self._most = at_once + most_waiting
        self._what = what
        self._here = 0

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what `work` returns; Unavailable when too many wait already."""
        if self._here >= self._most:
            raise Unavailable(f"too many {self._what} at this moment; try again shortly")
        self._here += 1
        try:
            async with self._free:
                return await run_in_threadpool(work, *args, **kwargs)
        finally:
            self._here -= 1
