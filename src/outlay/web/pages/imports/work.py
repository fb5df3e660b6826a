"""What is done with uploads in the background: one after the other, in a thread, with a state that pages can show.

A preview or an import of a large file takes longer than a browser waits for an answer. States are of this process:
after a restart the uploads are gone, and what was stored of them is found as duplicates when they are uploaded again.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from time import sleep
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from outlay.errors import IntakeFull, OutlayError, Unavailable
from outlay.intake.import_report import ImportReport
from outlay.intake.outcome import Outcome
from outlay.intake.preview import Preview
from outlay.query.overlap import Beside
from outlay.usage import UsageEvent
from outlay.web.api.events import IntakeFront
from outlay.web.forms import as_sentence

RETRY_SECONDS: Final = 0.5
RETRIES: Final = 1200
BYTES_PER_EVENT: Final = 400
UPLOAD_AGAIN: Final = "Upload the file again: nothing is stored twice"

_log = logging.getLogger(__name__)

Stage = Literal["reading", "read", "storing", "stored", "failed"]


class Looked(Struct, frozen=True):
    """What a preview found, and what the ledger has beside it."""

    kind: str
    source: str
    preview: Preview
    beside: list[Beside]


class State(Struct, frozen=True):
    """How far the work on an upload is: `done` of `size` bytes, and what came out of it so far."""

    stage: Stage
    rows: int = 0
    done: int = 0
    size: int = 0
    looked: Looked | None = None
    report: ImportReport | None = None
    error: str = ""


class Work:
    """Runs the work on uploads, and keeps the state of each until it is forgotten."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(1, "imports")
        self._lock = threading.Lock()
        self._states: dict[str, State] = {}
        self._closing = False

    async def close(self) -> None:
        """Break off what runs at its next batch, and begin nothing more."""
        self._closing = True
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)

    def state(self, upload: str) -> State | None:
        return self._states.get(upload)

    def progressed(self, upload: str, rows: int, done: int) -> None:
        """Hear how far the work is. Raises Unavailable where it must break off: at the end, or when nobody wants it."""
        with self._lock:
            state = self._states.get(upload)
            if state is not None:
                self._states[upload] = replace(state, rows=rows, done=done)
        if self._closing or state is None:
            raise Unavailable(f"Outlay was stopped meanwhile. {UPLOAD_AGAIN}")

    def forget(self, upload: str) -> None:
        with self._lock:
            self._states.pop(upload, None)

    def begin(self, upload: str, start: tuple[Stage | None, State], run: Callable[[], State]) -> Future[None] | None:
        """Run in the background what makes the next state, if the stage is the one that is expected; else None.

        So a button that is pressed twice does its work once.
        """
        expected, state = start
        with self._lock:
            now = self._states.get(upload)
            if (now.stage if now is not None else None) != expected:
                return None
            self._states[upload] = state
        begun = self._threads.submit(self._run, upload, run)
        begun.add_done_callback(_log_unforeseen)
        return begun

    def _run(self, upload: str, run: Callable[[], State]) -> None:
        now = self._states.get(upload)
        looked = now.looked if now is not None else None
        state = State("failed", error="Something went wrong inside Outlay; its log says what.", looked=looked)
        try:
            state = run()
        except OutlayError as error:
            state = State("failed", error=as_sentence(error.message), looked=looked)
        finally:
            with self._lock:
                if upload in self._states:
                    self._states[upload] = state


def _log_unforeseen(done: Future[None]) -> None:
    error = None if done.cancelled() else done.exception()
    if error is not None:
        _log.error("the work on an upload failed", exc_info=error)


class QueueSink:
    """The server's own intake as a sink for an import that runs in a thread beside its loop."""

    def __init__(self, front: IntakeFront, loop: asyncio.AbstractEventLoop) -> None:
        self._front = front
        self._loop = loop

    def accept(self, organisation: str, events: Sequence[UsageEvent]) -> list[Outcome]:
        """Have the events committed with those of others; waits while the intake is full."""
        for _ in range(RETRIES):
            try:
                return self._accepted(organisation, events)
            except IntakeFull:
                sleep(RETRY_SECONDS)
        raise IntakeFull(f"the intake stayed full. {UPLOAD_AGAIN}")

    def _accepted(self, organisation: str, events: Sequence[UsageEvent]) -> list[Outcome]:
        submitted = self._front.queue.submit(
            len(events) * BYTES_PER_EVENT, lambda: self._front.intake.prepare(organisation, events)
        )
        outcomes = asyncio.run_coroutine_threadsafe(submitted, self._loop).result()
        for outcome in outcomes:
            self._front.counters.add("import", outcome.result, 1)
        return outcomes
