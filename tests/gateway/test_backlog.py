"""Who waits for the gateway is let go once what had ended before is recorded, and after a while in any case."""

import asyncio

import pytest

from outlay.gateway import backlog as module
from outlay.gateway.backlog import Backlog


def test_nothing_to_wait_for() -> None:
    asyncio.run(asyncio.wait_for(Backlog().caught_up(), 1))


def test_it_waits_for_what_had_ended_before_only() -> None:
    async def scene() -> None:
        backlog = Backlog()
        for _ in range(2):
            backlog.begun()
            backlog.ended(kept=True)
        waiting = asyncio.create_task(backlog.caught_up())
        await asyncio.sleep(0)
        backlog.begun()
        backlog.ended(kept=True)
        backlog.recorded(1)
        await asyncio.sleep(0)
        assert not waiting.done()
        backlog.recorded(1)
        await asyncio.wait_for(waiting, 1)

    asyncio.run(scene())


def test_what_is_left_to_the_journal_is_not_waited_for() -> None:
    async def scene() -> None:
        backlog = Backlog()
        backlog.begun()
        backlog.ended(kept=False)
        await asyncio.wait_for(backlog.caught_up(), 1)

    asyncio.run(scene())


def test_a_call_that_is_about_to_end_gets_a_moment() -> None:
    async def scene() -> None:
        backlog = Backlog()
        backlog.begun()
        waiting = asyncio.create_task(backlog.caught_up())
        await asyncio.sleep(0)
        backlog.ended(kept=True)
        await asyncio.sleep(2 * module.ENDING_SECONDS)
        assert not waiting.done()
        backlog.recorded(1)
        await asyncio.wait_for(waiting, 1)

    asyncio.run(scene())


def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        backlog = Backlog()
        for _ in range(2):
            backlog.begun()
            backlog.ended(kept=True)
        await asyncio.wait_for(backlog.caught_up(), 1)
        backlog.recorded(2)  # nobody listens any more

    monkeypatch.setattr(module, "LONGEST_SECONDS", 0.02)
    asyncio.run(scene())
