"""The async front of the funnel: requests wait for a group commit and are answered after it.

Two threads work beside the event loop: one reads and prices (Python), one commits (the engine, mostly outside Python's
lock), so both cores have something to do. What waits is bounded in events and bytes; beyond that IntakeFull is raised
and nothing of the request is kept.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Final, Protocol

from msgspec import Struct

from outlay.errors import IntakeFull, LedgerFailed, OutlayError
from outlay.intake.accept import Intake
from outlay.intake.outcome import Outcome
from outlay.intake.prepare import Prepared

IDLE_SECONDS: Final = 2.0
REST_SECONDS: Final = 0.1  # between two pieces of work while idle, so that who asks meanwhile has a core
RETRY_AFTER_SECONDS: Final = 1
_STOPPED: Final = "intake has stopped; restart Outlay and see its log for the reason"

_Answer = asyncio.Future[list[Outcome]]


class QueueLimits(Struct, frozen=True):
    """How much may wait, and how much goes into one commit."""

    events: int
    bytes: int
    commit_events: int


class Between(Protocol):
    """What the committing thread does when it has nothing to commit. What comes meanwhile waits for it."""

    def in_a_lull(self) -> None:
        """Called after a commit that leaves nothing waiting."""

    def when_idle(self) -> bool:
        """Called once nothing came for a while after the start or the last commit; again while it returns True."""


class IntakeQueue:
    def __init__(self, intake: Intake, limits: QueueLimits, between: Between) -> None:
        self._intake = intake
        self._limits = limits
        self._between = between
        self._preparing = ThreadPoolExecutor(1, "intake-prepare")
        self._committing = threading.Thread(target=self._commit_forever, name="intake-commit")
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Prepared, _Answer]] = deque()
        self._waiting_events = 0
        self._waiting_bytes = 0
        self._closing = False

    @property
    def waiting_events(self) -> int:
        return self._waiting_events

    @property
    def works(self) -> bool:
        """Whether events can be committed: the thread that does it runs and is not being closed."""
        return self._committing.is_alive() and not self._closing

    def start(self) -> None:
        self._committing.start()

    def close(self) -> None:
        """Commit what waits, then stop."""
        self._preparing.shutdown(wait=True)
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._committing.is_alive():
            self._committing.join()

    async def submit(self, body_bytes: int, prepare: Callable[[], Prepared]) -> list[Outcome]:
        """Run `prepare` beside the loop, commit its events with others', and return their outcomes.

        Raises IntakeFull, LedgerFailed, and whatever `prepare` raises. A caller that goes away loses its answer, not
        its events.
        """
        if self._waiting_bytes + body_bytes > self._limits.bytes:
            raise self._full()
        loop = asyncio.get_running_loop()
        self._waiting_bytes += body_bytes
        try:
            prepared = await loop.run_in_executor(self._preparing, prepare)
            answer: _Answer = loop.create_future()
            self._enqueue(prepared, answer)
            return await answer
        finally:
            self._waiting_bytes -= body_bytes

    def _enqueue(self, prepared: Prepared, answer: _Answer) -> None:
        number = len(prepared.events)
        with self._changed:
            # A single request that is larger than the whole queue still gets its turn once nothing else waits.
            if self._closing or (self._waiting_events and self._waiting_events + number > self._limits.events):
                raise self._full()
            self._waiting_events += number
            self._waiting.append((prepared, answer))
            self._changed.notify()

    def _full(self) -> IntakeFull:
        return IntakeFull(f"intake is full; nothing was stored, send it again after {RETRY_AFTER_SECONDS} s")

    def _commit_forever(self) -> None:
        try:
            self._commit_until_closed()
        finally:
            with self._changed:
                self._closing = True
                abandoned = list(self._waiting)
                self._waiting.clear()
            for _, answer in abandoned:
                _tell(answer, LedgerFailed(_STOPPED))

    def _commit_until_closed(self) -> None:
        idle_at: float | None = monotonic() + IDLE_SECONDS
        while True:
            group = self._next_group(idle_at)
            if group:
                self._commit(group)
                if not self._waiting:
                    self._between.in_a_lull()
                idle_at = monotonic() + IDLE_SECONDS
            elif self._closing:
                return
            else:
                idle_at = monotonic() + REST_SECONDS if self._between.when_idle() else None

    def _next_group(self, idle_at: float | None) -> list[tuple[Prepared, _Answer]]:
        """Wait for requests; return an empty list when closing, or when none came until `idle_at`."""
        with self._changed:
            while not self._waiting and not self._closing:
                if idle_at is None:
                    self._changed.wait()
                elif not self._changed.wait(max(0.0, idle_at - monotonic())):
                    return []
            group: list[tuple[Prepared, _Answer]] = []
            events = 0
            while self._waiting and (not group or events + self._next_events() <= self._limits.commit_events):
                group.append(self._waiting.popleft())
                events += len(group[-1][0].events)
            self._waiting_events -= events
            return group

    def _next_events(self) -> int:
        return len(self._waiting[0][0].events)

    def _commit(self, group: list[tuple[Prepared, _Answer]]) -> None:
        results: Sequence[list[Outcome] | OutlayError] = [LedgerFailed(_STOPPED)] * len(group)
        try:
            results = self._results_of([prepared for prepared, _ in group])
        finally:  # whatever happens, nobody is left waiting for an answer
            for (_, answer), result in zip(group, results, strict=True):
                _tell(answer, result)

    def _results_of(self, several: Sequence[Prepared]) -> Sequence[list[Outcome] | OutlayError]:
        try:
            return self._intake.commit(several)
        except OutlayError as error:
            if len(several) == 1:
                return [error]
        # Should the reason lie in one request, only that one may fail.
        return [result for each in several for result in self._results_of([each])]


def _tell(answer: _Answer, result: list[Outcome] | OutlayError) -> None:
    def deliver() -> None:
        if answer.done():
            return
        if isinstance(result, OutlayError):
            answer.set_exception(result)
        else:
            answer.set_result(result)

    loop = answer.get_loop()
    if not loop.is_closed():
        loop.call_soon_threadsafe(deliver)
