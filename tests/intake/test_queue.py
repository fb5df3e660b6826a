import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import cast

import pytest

from outlay.errors import IntakeFull, LedgerFailed
from outlay.intake.accept import Intake
from outlay.intake.outcome import STORED, Outcome
from outlay.intake.prepare import Prepared
from outlay.intake.queue import IntakeQueue, QueueLimits
from outlay.usage import Cost, PricedEvent
from tests.intake.making import event

LIMITS = QueueLimits(events=10, bytes=1000, commit_events=4)


class HeldIntake:
    """Commits only while `open` is set, and remembers how many requests each commit took."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Event()
        self.groups: list[int] = []
        self.failure: Exception | None = None

    def commit(self, several: Sequence[Prepared]) -> list[list[Outcome]]:
        self.entered.set()
        assert self.open.wait(10)
        self.groups.append(len(several))
        if self.failure is not None:
            raise self.failure
        return [[STORED] * len(prepared.events) for prepared in several]


def request(number: int) -> Callable[[], Prepared]:
    events = [PricedEvent(event(str(index)), Cost("free", 0)) for index in range(number)]
    return lambda: Prepared(events, list(range(number)), [None] * number)


class Rest:
    """Remembers its lulls; idle it does what it is told to."""

    def __init__(self, work: Callable[[], bool] = lambda: False) -> None:
        self.lulls = 0
        self._work = work

    def in_a_lull(self) -> None:
        self.lulls += 1

    def when_idle(self) -> bool:
        return self._work()


def queue_over(intake: HeldIntake, rest: Rest | None = None) -> IntakeQueue:
    queue = IntakeQueue(cast("Intake", intake), LIMITS, rest or Rest())
    queue.start()
    return queue


async def _until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("the condition never came true")


def test_requests_that_wait_share_the_next_commit() -> None:
    async def scenario() -> None:
        intake = HeldIntake()
        queue = queue_over(intake)
        first = asyncio.create_task(queue.submit(1, request(1)))
        await _until(intake.entered.is_set)
        others = [asyncio.create_task(queue.submit(1, request(2))) for _ in range(3)]
        await _until(lambda: queue.waiting_events == 6)
        intake.open.set()
        answers = await asyncio.gather(first, *others)
        assert [len(answer) for answer in answers] == [1, 2, 2, 2]
        assert intake.groups == [1, 2, 1]  # no commit takes more than four events
        await asyncio.to_thread(queue.close)

    asyncio.run(scenario())


def test_a_full_queue_refuses_at_once_and_keeps_what_it_has() -> None:
    async def scenario() -> None:
        intake = HeldIntake()
        queue = queue_over(intake)
        first = asyncio.create_task(queue.submit(1, request(1)))
        await _until(intake.entered.is_set)
        waiting = asyncio.create_task(queue.submit(1, request(9)))
        await _until(lambda: queue.waiting_events == 9)
        with pytest.raises(IntakeFull):
            await queue.submit(1, request(2))
        with pytest.raises(IntakeFull):
            await queue.submit(999, request(0))
        intake.open.set()
        assert len(await waiting) == 9
        await first
        assert len(await queue.submit(999, request(1))) == 1
        await asyncio.to_thread(queue.close)

    asyncio.run(scenario())


def test_a_request_larger_than_the_queue_gets_its_turn_when_nothing_waits() -> None:
    async def scenario() -> None:
        intake = HeldIntake()
        intake.open.set()
        queue = queue_over(intake)
        assert len(await queue.submit(1, request(50))) == 50
        await asyncio.to_thread(queue.close)

    asyncio.run(scenario())


def test_a_failed_commit_is_told_to_everyone_in_it_and_the_next_one_is_tried() -> None:
    async def scenario() -> None:
        intake = HeldIntake()
        intake.open.set()
        intake.failure = LedgerFailed("disk full")
        queue = queue_over(intake)
        with pytest.raises(LedgerFailed, match="disk full"):
            await queue.submit(1, request(1))
        intake.failure = None
        assert await queue.submit(1, request(1)) == [STORED]
        await asyncio.to_thread(queue.close)

    asyncio.run(scenario())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_unforeseen_failure_leaves_nobody_waiting_and_shows_in_readiness() -> None:
    async def scenario() -> None:
        intake = HeldIntake()
        intake.open.set()
        intake.failure = RuntimeError("unforeseen")
        queue = queue_over(intake)
        assert queue.works
        with pytest.raises(LedgerFailed, match="intake has stopped"):
            await queue.submit(1, request(1))
        await _until(lambda: not queue.works)
        with pytest.raises(IntakeFull):
            await queue.submit(1, request(1))
        await asyncio.to_thread(queue.close)

    asyncio.run(scenario())


def test_closing_commits_what_waits() -> None:
    async def scenario() -> None:
        intake = HeldIntake()
        queue = queue_over(intake)
        first = asyncio.create_task(queue.submit(1, request(1)))
        await _until(intake.entered.is_set)
        second = asyncio.create_task(queue.submit(1, request(3)))
        await _until(lambda: queue.waiting_events == 3)
        closing = asyncio.create_task(asyncio.to_thread(queue.close))
        intake.open.set()
        await closing
        assert [len(await first), len(await second)] == [1, 3]

    asyncio.run(scenario())


def test_idleness_is_told_after_the_start_and_after_a_commit_until_nothing_is_left_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("outlay.intake.queue.IDLE_SECONDS", 0.02)
    monkeypatch.setattr("outlay.intake.queue.REST_SECONDS", 0.001)

    async def scenario() -> None:
        left = [False]
        idle: list[bool] = []

        def work() -> bool:
            idle.append(left[0])
            return left.pop() if left else False

        intake = HeldIntake()
        intake.open.set()
        queue = queue_over(intake, Rest(work))
        await _until(lambda: idle == [False])
        await asyncio.sleep(0.1)
        assert idle == [False]
        left += [False, True, True]
        await queue.submit(1, request(1))
        await _until(lambda: not left)
        await asyncio.sleep(0.1)
        assert len(idle) == 4
        await asyncio.to_thread(queue.close)

    asyncio.run(scenario())


def test_a_lull_is_told_only_when_nothing_waits() -> None:
    async def scenario() -> None:
        intake, rest = HeldIntake(), Rest()
        queue = queue_over(intake, rest)
        first = asyncio.create_task(queue.submit(1, request(1)))
        await _until(intake.entered.is_set)
        others = [asyncio.create_task(queue.submit(1, request(3))) for _ in range(2)]
        await _until(lambda: queue.waiting_events == 6)
        intake.open.set()
        await asyncio.gather(first, *others)
        await _until(lambda: rest.lulls > 0)
        assert intake.groups == [1, 1, 1]
        assert rest.lulls == 1
        await asyncio.to_thread(queue.close)

    asyncio.run(scenario())


def test_a_request_that_cant_be_kept_fails_alone() -> None:
    class PickyIntake(HeldIntake):
        def commit(self, several: Sequence[Prepared]) -> list[list[Outcome]]:
            stored = super().commit(several)
            if any(len(prepared.events) == 3 for prepared in several):
                raise LedgerFailed("three are too many")
            return stored

    async def scenario() -> None:
        intake = PickyIntake()
        queue = queue_over(intake)
        first = asyncio.create_task(queue.submit(1, request(1)))
        await _until(intake.entered.is_set)
        bad, good = (asyncio.create_task(queue.submit(1, request(number))) for number in (3, 1))
        await _until(lambda: queue.waiting_events == 4)
        intake.open.set()
        assert await first == [STORED]
        with pytest.raises(LedgerFailed, match="three"):
            await bad
        assert await good == [STORED]
        await asyncio.to_thread(queue.close)

    asyncio.run(scenario())
