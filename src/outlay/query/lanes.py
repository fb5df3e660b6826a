"""Works out parts of one answer side by side: most of a small statement is planning, which a core does alone.

What is started but was not begun by the time it is needed is done by who needs it, so nobody waits for others' pages.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Final, Generic, TypeVar

from msgspec import Struct

Answer = TypeVar("Answer")

LANES: Final = 2


class Started(Struct, Generic[Answer], frozen=True):
    """A part of an answer that may be worked out meanwhile. Call it for the part."""

    work: Callable[[], Answer]
    future: "Future[Answer] | None" = None

    def __call__(self) -> Answer:
        if self.future is None or self.future.cancel():
            return self.work()
        return self.future.result()


class Lanes:
    """What one answer has started. `close` before what the parts are made from is gone."""

    def __init__(self, workers: ThreadPoolExecutor) -> None:
        self._workers = workers
        self._futures: list[Future[object]] = []

    def start(self, work: Callable[[], Answer]) -> Started[Answer]:
        future = self._workers.submit(copy_context().run, work)
        self._futures.append(future)  # type: ignore[arg-type] # of any answer: only its end matters here
        return Started(work, future)

    def close(self) -> None:
        """Call off what has not begun, then wait for the rest."""
        begun = [future for future in self._futures if not future.cancel()]
        for future in begun:
            future.exception()
