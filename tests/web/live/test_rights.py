"""Streams end when the rights they were opened with do, and nobody asks while none is open."""

import asyncio
from collections.abc import Collection, Mapping

import pytest
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.errors import AccessError, NotSignedIn, OutlayError, Unavailable
from outlay.web.live.counters import LiveCounters
from outlay.web.live.hub import Seat
from outlay.web.live.rights import CHECK_SECONDS, Pass, Rights
from outlay.web.live.sent import HEARTBEAT, Sent
from outlay.web.live.streams import HEARTBEAT_SECONDS, events_of
from tests.web.live.jumping import run
from tests.web.live.made import ADMIN, WATCHED, Ledger


class Door:
    """Knows for whom sessions ask now, and counts how often it was asked."""

    def __init__(self) -> None:
        self.known: dict[str, Viewer] = {"a": ADMIN, "b": replace(ADMIN, user="bob")}
        self.asked: list[Collection[str]] = []
        self.fails: Exception | None = None

    async def viewers_of(self, tokens: Collection[str]) -> Mapping[str, Viewer]:
        self.asked.append(set(tokens))
        if self.fails is not None:
            raise self.fails
        return {token: viewer for token, viewer in self.known.items() if token in tokens}


async def reason_of(seat: Seat) -> OutlayError | None:
    """Return why a seat is over; None when it is not."""
    try:
        async with asyncio.timeout(0.001):
            await seat.begun()
    except TimeoutError:
        return None
    except OutlayError as error:
        return error
    return None


def test_who_signs_out_or_gets_another_role_is_shown_nothing_more() -> None:
    async def story() -> None:
        door, ada, bob = Door(), Seat(None), Seat(None)
        rights = Rights(door.viewers_of)
        rights.watch(ada, Pass("a", ADMIN))
        rights.watch(bob, Pass("b", door.known["b"]))
        await asyncio.sleep(10 * CHECK_SECONDS)
        assert (await reason_of(ada), await reason_of(bob)) == (None, None)
        del door.known["a"]
        door.known["b"] = replace(door.known["b"], role="billing")
        await asyncio.sleep(CHECK_SECONDS)
        assert isinstance(await reason_of(ada), NotSignedIn)
        assert type(await reason_of(bob)) is AccessError
        rights.forget(ada)
        rights.forget(bob)

    run(story())


def test_all_streams_are_asked_for_together_and_none_when_there_is_none() -> None:
    async def story() -> None:
        door, seats = Door(), [Seat(None) for _ in range(50)]
        rights = Rights(door.viewers_of)
        for at, seat in enumerate(seats):
            rights.watch(seat, Pass("ab"[at % 2], door.known["ab"[at % 2]]))
        await asyncio.sleep(CHECK_SECONDS + 0.1)
        assert door.asked == [{"a", "b"}]
        for seat in seats:
            rights.forget(seat)
        await asyncio.sleep(100)
        assert len(door.asked) == 1
        rights.watch(seats[0], Pass("a", ADMIN))
        await asyncio.sleep(CHECK_SECONDS + 0.1)
        assert len(door.asked) == 2
        rights.forget(seats[0])

    run(story())


def test_a_busy_database_ends_nothing_and_a_fault_ends_all(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        door, seat = Door(), Seat(None)
        rights = Rights(door.viewers_of)
        rights.watch(seat, Pass("a", ADMIN))
        door.fails = Unavailable("busy")
        await asyncio.sleep(10 * CHECK_SECONDS)
        assert await reason_of(seat) is None
        door.fails = ZeroDivisionError("a fault")
        await asyncio.sleep(CHECK_SECONDS + 0.1)
        assert isinstance(await reason_of(seat), Unavailable)

    run(story())
    assert [record.message for record in caplog.records] == ["rights of live pages can't be checked"]


def test_a_stream_says_something_every_fifteen_seconds_and_why_it_ends() -> None:
    async def story() -> list[tuple[float, Sent]]:
        ledger, loop = Ledger(), asyncio.get_running_loop()
        seat = await ledger.hub.join(WATCHED, None)
        heard = []
        async for chunk in events_of(seat, LiveCounters()):
            heard.append((round(loop.time(), 2), chunk))
            if len(heard) == 4:
                seat.close(NotSignedIn("sign in to see this page"))
        ledger.hub.close()
        return heard

    heard = run(story())
    assert [at for at, _ in heard] == [0, 0, HEARTBEAT_SECONDS, 2 * HEARTBEAT_SECONDS, 2 * HEARTBEAT_SECONDS]
    assert heard[0][1].plain.startswith(b"retry: ")
    assert [chunk for _, chunk in heard[2:4]] == [HEARTBEAT, HEARTBEAT]
    assert heard[4][1].plain.startswith(b'event: ended\ndata: {"code":"not_signed_in"')
