"""Gets finished calls into the ledger, after their answers and beside them: nothing here delays or breaks an answer.

Each call is in the journal first, so what waits in memory may be given up when it becomes too much, and is read from
there again; so is what an earlier process left behind. Sending an event twice changes nothing: it has one identity.
"""

import asyncio
import logging
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from outlay.errors import OutlayError, TooOld
from outlay.gateway.backlog import Backlog
from outlay.gateway.counters import GatewayCounters
from outlay.gateway.journal import Journal, Pending, Segment, Settled, records_of
from outlay.intake.outcome import Outcome
from outlay.intake.prepare import Prepared
from outlay.usage import UsageEvent

GATHER_SECONDS: Final = 0.25  # a commit costs the engine tens of milliseconds, however few events it has
BATCH_EVENTS: Final = 2_000
MOST_WAITING: Final = 20_000
FIRST_PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 10.0
CLOSING_SECONDS: Final = 10.0
NOT_REGISTERED: Final = "not_registered"  # in metadata: what the call said of itself could not all be kept
EVENT_BYTES: Final = 1_000  # about what one takes, for the queue's bound

_CLAIMED: Final = ("user", "team", "agent", "pod", "task")
# What goes for a kind of which there is one name too many.
_MADE_UP: Final[dict[str, tuple[str, ...]]] = {"model": ("model", "model_raw")} | {kind: (kind,) for kind in _CLAIMED}
_TEXTS_OF_OTHERS: Final = (*_CLAIMED, "parent_agent", "run_id", "session_id", "model", "model_raw", "response_id")

_log = logging.getLogger(__name__)


class Funnel(Protocol):
    """What prepares events: the intake."""

    def prepare(self, organisation: str, events: Sequence[UsageEvent]) -> Prepared: ...


class Queue(Protocol):
    """What commits them: the intake queue."""

    async def submit(self, body_bytes: int, prepare: "partial[Prepared]") -> list[Outcome]: ...


Counted = Callable[[str, str, int], None]


class Ended(Struct, frozen=True, gc=False):
    """The events of a call, and where the journal has it."""

    events: tuple[UsageEvent, ...]
    segments: tuple[Segment, ...]


class Recorder:
    """Lives on one event loop."""

    def __init__(
        self, funnel: Funnel, queue: Queue, journal: Journal, counters: GatewayCounters, count: Counted
    ) -> None:
        """`count` is told how many events of a kind of source came to which result."""
        self._count = count
        self._funnel = funnel
        self._queue = queue
        self._journal = journal
        self._counters = counters
        self._waiting: deque[Ended] = deque()
        self.backlog = Backlog()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    def start(self) -> None:
        self._run_on(self._replay_and_run())

    def begun(self, event: UsageEvent) -> Segment | None:
        """Write down that a call goes out."""
        self.backlog.begun()
        return self._journal.pending(event)

    async def on_disk(self) -> None:
        """Return once what was written down survives the death of the machine."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._journal.synced(partial(_finish_soon, loop, done))
        await done

    def ended(self, begun: Segment | None, events: tuple[UsageEvent, ...]) -> None:
        """Write down how a call ended, and have its events recorded soon."""
        settled = self._journal.settled(events)
        segments = tuple(segment for segment in (begun, settled) if segment is not None)
        if len(self._waiting) >= MOST_WAITING and settled is not None:
            self.backlog.ended(kept=False)
            self._give_up(segments)
            return
        self.backlog.ended(kept=True)
        self._waiting.append(Ended(events, segments))
        self._counters.waiting_calls = len(self._waiting)
        self._changed.set()

    async def close(self) -> None:
        """Record what waits; what can't be soon is left to the next start."""
        self._closing = True
        self._changed.set()
        if self._task is not None:
            with suppress(TimeoutError, asyncio.CancelledError):
                async with asyncio.timeout(CLOSING_SECONDS):
                    await self._task
        self._journal.close()

    def _give_up(self, segments: Iterable[Segment]) -> None:
        for segment in segments:
            segment.left = True
            self._journal.committed(segment)

    def _run_on(self, work: Coroutine[None, None, None]) -> None:
        self._task = asyncio.get_running_loop().create_task(work, name="gateway-recorder")
        self._task.add_done_callback(self._stopped)

    def _stopped(self, task: asyncio.Task[None]) -> None:
        """Go on after an error nobody foresaw: what was being recorded then stays in the journal for the next start."""
        if not task.cancelled() and task.exception() is not None and not self._closing:
            _log.error("recording calls failed; going on with the next ones", exc_info=task.exception())
            self._run_on(self._run())

    async def _replay_and_run(self) -> None:
        try:
            await self._replay(self._journal.earlier)
        except OSError as error:
            _log.error("can't read the gateway's journal", extra={"fields": {"reason": str(error)}})
        await self._run()

    async def _run(self) -> None:
        while True:
            await self._changed.wait()
            if not self._closing:
                await asyncio.sleep(GATHER_SECONDS)
            self._changed.clear()
            await self._record_all()
            await self._read_again()
            if self._closing and not self._waiting:
                return

    async def _record_all(self) -> None:
        while self._waiting:
            batch: list[Ended] = []
            events = 0
            while self._waiting and events < BATCH_EVENTS:
                batch.append(self._waiting.popleft())
                events += len(batch[-1].events)
            await self._stored([event for ended in batch for event in ended.events])
            for ended in batch:
                for segment in ended.segments:
                    self._journal.committed(segment)
            self.backlog.recorded(len(batch))
            self._counters.waiting_calls = len(self._waiting)

    async def _stored(self, events: Sequence[UsageEvent]) -> None:
        """Have events committed, however long that takes: organisation by organisation."""
        of: defaultdict[str, list[UsageEvent]] = defaultdict(list)
        for event in events:
            of[event.organisation].append(event)
        for organisation, theirs in of.items():
            left = await self._committed(organisation, theirs)
            while left:
                fewer = [(event, with_less(event, refused)) for event, refused in left]
                for event in (event for event, less in fewer if less is None):
                    self._counters.lost_events += 1
                    _log.error("the ledger refuses a call of the gateway", extra={"fields": {"id": event.id}})
                left = await self._committed(organisation, [less for _, less in fewer if less is not None])

    async def _committed(self, organisation: str, events: Sequence[UsageEvent]) -> list[tuple[UsageEvent, Outcome]]:
        """Commit events; return those that were refused, and why."""
        if not events:
            return []
        outcomes = await self._outcomes(organisation, events)
        for result, number in Counter(outcome.result for outcome in outcomes).items():
            self._count("gateway", result, number)
        reasons = {outcome.message for outcome in outcomes if outcome.result == "rejected"}
        for reason in sorted(filter(None, reasons)):
            _log.warning("calls of the gateway are recorded with less than they say", extra={"fields": {"why": reason}})
        return [each for each in zip(events, outcomes, strict=True) if each[1].result == "rejected"]

    async def _outcomes(self, organisation: str, events: Sequence[UsageEvent]) -> list[Outcome]:
        pause = FIRST_PAUSE_SECONDS
        prepare = partial(self._funnel.prepare, organisation, events)
        while True:
            try:
                return await self._queue.submit(len(events) * EVENT_BYTES, prepare)
            except OutlayError as error:
                _log.warning("can't record calls yet, trying again", extra={"fields": {"reason": error.message}})
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _read_again(self) -> None:
        self._journal.seal_given_up()
        for segment in self._journal.given_up():
            await self._settle_from([segment.path])
            self._journal.remove(segment)

    async def _replay(self, paths: Sequence[Path]) -> None:
        """Record what an earlier process wrote down, and remove its segments; calls without an end become pending."""
        unsettled = await self._settle_from(paths)
        self._counters.replayed_calls += len(unsettled)
        await self._stored(list(unsettled.values()))
        for path in paths:
            path.unlink(missing_ok=True)

    async def _settle_from(self, paths: Iterable[Path]) -> dict[str, UsageEvent]:
        """Record the settled calls of segments; return the pending ones of which no end is written, by their ids."""
        unsettled: dict[str, UsageEvent] = {}
        for path in paths:
            records = records_of(path)
            while found := await asyncio.to_thread(_next_of, records):
                settled: list[UsageEvent] = []
                for record in found:
                    if isinstance(record, Pending):
                        unsettled[record.event.id] = record.event
                    else:
                        unsettled.pop(record.events[0].id, None)
                        settled.extend(record.events)
                        self._counters.replayed_calls += 1
                await self._stored(settled)
        return unsettled


def _next_of(records: Iterator[Pending | Settled]) -> list[Pending | Settled]:
    return list(islice(records, BATCH_EVENTS))


def with_less(event: UsageEvent, refused: Outcome) -> UsageEvent | None:
    """Return an event without what it was refused for, None where nothing is left: one name too many loses no call.

    Only the names that are too many go: what a key is bound to must not be lost by what its caller makes up beside it.
    """
    if refused.code == TooOld.code:  # also of an organisation that was deleted
        return None
    metadata: dict[str, Any] = event.metadata or {}
    fields: dict[str, Any]
    if refused.kind == "tag":
        fields = {"tags": tuple(tag for tag in event.tags if tag not in refused.names)}
    elif refused.kind in _MADE_UP:
        fields = dict.fromkeys(_MADE_UP[refused.kind])
    else:
        fields = {**dict.fromkeys(_TEXTS_OF_OTHERS), "tags": ()}
        # What marks say of the tokens stays: an estimate without its mark would pass for a figure of the provider's.
        metadata = {name: True for name, value in metadata.items() if value is True}
    less = replace(event, **fields, metadata={**metadata, NOT_REGISTERED: True})
    return None if less == event else less


def _finish_soon(loop: asyncio.AbstractEventLoop, future: "asyncio.Future[None]") -> None:
    """Finish a future from another thread."""

    def finish() -> None:
        if not future.done():
            future.set_result(None)

    if not loop.is_closed():
        loop.call_soon_threadsafe(finish)
