"""Slow work goes a few at a time, and not without end."""

import asyncio
from threading import Event, Lock

import pytest

from outlay.errors import Unavailable
from outlay.web.turns import Turns


class Counted:
    """Work that notes how many of it run at once, and waits until it may end."""

    def __init__(self) -> None:
        self.most = self._now = 0
        self._lock = Lock()
        self.two_run = Event()
        self.may_end = Event()

    def __call__(self) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            if self._now == 2:
                self.two_run.set()
        assert self.may_end.wait(10)
        with self._lock:
            self._now -= 1


def test_no_more_than_allowed_run_at_once() -> None:
    work = Counted()

    async def burst() -> None:
        turns = Turns(at_once=2)
        running = [asyncio.create_task(turns.run(work)) for _ in range(9)]
        assert await asyncio.to_thread(work.two_run.wait, 9)
        await asyncio.sleep(0.05)  # a third would come now
        work.may_end.set()
        await asyncio.gather(*running)

    asyncio.run(burst())
    assert work.most == 2


def test_beyond_the_queue_it_is_refused_at_once_and_taken_again_later() -> None:
    work = Counted()

    async def flood() -> None:
        turns = Turns(at_once=1, most_waiting=2)
        waiting = [asyncio.create_task(turns.run(work)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await turns.run(work)
        work.may_end.set()
        await asyncio.gather(*waiting)
        await turns.run(work)

    asyncio.run(flood())


def test_work_that_fails_gives_its_turn_back() -> None:
    async def fails_and_goes_on() -> int:
        turns = Turns(at_once=1, most_waiting=0)
        with pytest.raises(ZeroDivisionError):
            await turns.run(lambda: 1 // 0)
        return await turns.run(lambda: 7)

    assert asyncio.run(fails_and_goes_on()) == 7
