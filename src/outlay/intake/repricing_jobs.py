"""Repricings in the server: one at a time in a thread of their own, beside the pages and the queue.

What is written goes through the queue like everything else. A server that ends leaves a repricing where it is; the next
start goes on with it.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from outlay.control.repricings import NewRepricing, Repricing, move_on, repricing_of, repricings_in
from outlay.control.trail import Actor
from outlay.errors import IntakeFull, OutlayError
from outlay.intake.accept import Intake
from outlay.intake.prepare import Prepared
from outlay.intake.queue import IntakeQueue
from outlay.intake.repricing_work import (
    Means,
    Stopped,
    decide,
    drop,
    open_repricing,
    run_preview,
    run_writing,
)
from outlay.usage import PricedEvent

RETRY_SECONDS: Final = 0.25
_INTERRUPTED: Final = "Outlay was stopped meanwhile; look at it again"

_log = logging.getLogger(__name__)


class RepricingJobs:
    def __init__(self, means: Means, intake: Intake, queue: IntakeQueue) -> None:
        """`means` may have any `commit` and `settle`: here both go through the queue."""
        self._intake = intake
        self._queue = queue
        self.means = replace(means, commit=self._commit, settle=self._settle)
        self._worker = ThreadPoolExecutor(1, "reprice")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = threading.Event()
        self._deciding = threading.Lock()  # one after the other: each finds the prices that the last one made
        self._progress: dict[str, tuple[int, int]] = {}

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Go on with what an earlier process left; `loop` is the one the queue is used from."""
        self._loop = loop
        for repricing in repricings_in(self.means.control, ("previewing", "writing")):
            if repricing.state == "writing":
                self._run(repricing, run_writing)
            else:
                move_on(self.means.control, repricing, (repricing.state,), "failed", error=_INTERRUPTED)

    def close(self) -> None:
        """Stop at the next piece of work; call it while the queue still takes events."""
        self._stopping.set()
        self._worker.shutdown(wait=True, cancel_futures=True)

    def progress_of(self, repricing: str) -> tuple[int, int] | None:
        """Return how many events of how many were looked at; None where nothing runs."""
        return self._progress.get(repricing)

    def open(self, organisation: str, wanted: NewRepricing) -> Repricing:
        """Record a repricing and begin to preview it. Raises PriceInvalid or Conflict."""
        repricing = open_repricing(self.means, organisation, wanted)
        self._run(repricing, run_preview)
        return repricing

    def decide(self, repricing: Repricing, by: Actor, *, adjust: bool) -> Repricing:
        """Make the change, and begin to write what it changes where that is wanted. Raises Conflict."""
        with self._deciding:
            decided = decide(self.means, self.of(repricing.organisation, repricing.id), by, adjust=adjust)
        if adjust:
            self._run(decided, run_writing)
        return decided

    def drop(self, repricing: Repricing, by: Actor) -> None:
        with self._deciding:
            drop(self.means, repricing, by)

    def go_on(self, repricing: Repricing) -> None:
        """Go on with one that broke off while it was written."""
        if repricing.state == "writing" and self.progress_of(repricing.id) is None:
            self._run(repricing, run_writing)

    def of(self, organisation: str, repricing: str) -> Repricing:
        return repricing_of(self.means.control, organisation, repricing)

    def _run(self, repricing: Repricing, work: Callable[..., Repricing]) -> None:
        self._progress[repricing.id] = (0, 0)
        self._worker.submit(self._work, repricing, work).add_done_callback(_log_unforeseen)

    def _work(self, repricing: Repricing, work: Callable[..., Repricing]) -> None:
        try:
            work(self.means, repricing, partial(self._hear, repricing.id))
        except Stopped:
            _log.info("a repricing waits for the next start", extra={"fields": {"repricing": repricing.id}})
        except OutlayError:  # the control database can't be used: the record stays as it is
            _log.exception("a repricing broke off", extra={"fields": {"repricing": repricing.id}})
        finally:
            self._progress.pop(repricing.id, None)

    def _hear(self, repricing: str, done: int, total: int) -> None:
        if self._stopping.is_set():
            raise Stopped
        self._progress[repricing] = (done, total)

    def _commit(self, events: Sequence[PricedEvent]) -> None:
        self._submit(partial(self._intake.prepare_priced, events))

    def _settle(self) -> None:
        # Preparing and committing each keep their order: once this is through, all before it is.
        self._submit(partial(self._intake.prepare_priced, ()))

    def _submit(self, prepare: Callable[[], Prepared]) -> None:
        if self._loop is None:
            raise RuntimeError("jobs are started before they run")
        while True:
            sent = asyncio.run_coroutine_threadsafe(self._queue.submit(0, prepare), self._loop)
            try:
                self._wait(sent)
            except IntakeFull:
                self._stopping.wait(RETRY_SECONDS)
            else:
                return

    def _wait(self, sent: Future[Any]) -> None:
        """Wait for an answer, but not for that of a loop that was ended meanwhile."""
        while True:
            if self._stopping.is_set():
                raise Stopped
            with suppress(TimeoutError):
                sent.result(RETRY_SECONDS)
                return


def _log_unforeseen(done: Future[None]) -> None:
    error = None if done.cancelled() else done.exception()
    if error is not None:
        _log.error("the work on a repricing failed", exc_info=error)
