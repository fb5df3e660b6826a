"""The hub: one rendering a second however many watch, none when nothing happens, and everybody ends up to date."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.errors import Forbidden, Unavailable
from outlay.web.live.hub import AT_ONCE, LINGER_SECONDS, Watched
from tests.web.live.jumping import run
from tests.web.live.made import ADMIN, WATCHED, Ledger, Page

Story = Callable[[Ledger], Awaitable[None]]
START = {"cards": "0", "table": "0"}


def told(story: Story) -> Ledger:
    """Run a story over a fresh ledger; whoever still watches at its end is sent home."""

    async def whole() -> Ledger:
        ledger = Ledger()
        async with asyncio.timeout(86_400):
            await story(ledger)
        ledger.hub.close()
        await asyncio.sleep(0)
        return ledger

    return run(whole())


def watching(ledger: Ledger, *pages: Page, **wanted: Any) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(page.watch(ledger.hub, **wanted)) for page in pages]


def test_two_hundred_viewers_of_a_page_cost_one_rendering_a_second() -> None:
    pages = [Page(START) for _ in range(200)]

    async def story(ledger: Ledger) -> None:
        tasks = watching(ledger, *pages)
        for number in range(1, 6001):
            await asyncio.sleep(0.01)
            ledger.store(cards=str(number))
        await asyncio.sleep(3)
        assert (ledger.counters.viewers, ledger.counters.pages) == (200, 1)
        del tasks

    ledger = told(story)
    assert 59 <= ledger.counters.renderings == len(ledger.begun) <= 63
    assert min(ledger.gaps) >= 1
    assert all(page.panels["cards"] == "6000" for page in pages)
    assert all(len(page.updates) <= len(ledger.begun) for page in pages)


def test_nothing_is_figured_while_nothing_happens() -> None:
    async def story(ledger: Ledger) -> None:
        tasks = watching(ledger, Page(START), Page(START))
        await asyncio.sleep(3600)
        ledger.store("another organisation", cards="theirs")
        await asyncio.sleep(3600)
        assert len(ledger.begun) == 1
        del tasks

    told(story)


def test_an_event_is_seen_at_once_when_the_page_was_at_rest() -> None:
    page = Page(START)

    async def story(ledger: Ledger) -> None:
        tasks = watching(ledger, page)
        await asyncio.sleep(60)
        ledger.store(cards="1")
        await asyncio.sleep(0.1)
        assert page.panels["cards"] == "1"
        del tasks

    told(story)


def test_only_what_differs_is_sent_and_nothing_when_all_is_the_same() -> None:
    page = Page(START)

    async def story(ledger: Ledger) -> None:
        tasks = watching(ledger, page)
        for panels in ({}, {"table": "1"}, {"table": "1"}, {"cards": "1", "table": "2"}):
            ledger.store(**panels)
            await asyncio.sleep(5)
        del tasks

    told(story)
    assert page.updates == [{"table": "1"}, {"cards": "1", "table": "2"}]


def test_a_page_that_does_not_say_what_it_has_gets_everything() -> None:
    page = Page()

    async def story(ledger: Ledger) -> None:
        tasks = watching(ledger, page)
        await asyncio.sleep(1)
        del ledger, tasks

    told(story)
    assert page.updates == [START]


@pytest.mark.parametrize(
    "page",
    [Page(START, frame="the bar of yesterday"), Page({**START, "gone": "0"}), Page({"cards": "0"})],
    ids=["another bar", "a panel less", "a panel more"],
)
def test_where_more_than_panels_differ_the_whole_page_is_asked_for(page: Page) -> None:
    async def story(ledger: Ledger) -> None:
        tasks = watching(ledger, page)
        await asyncio.sleep(1)
        del ledger, tasks

    told(story)
    assert (page.laid_out, page.updates) == (1, [])


def test_a_slow_viewer_misses_states_and_delays_nobody() -> None:
    quick, slow = Page(START), Page(START)

    async def story(ledger: Ledger) -> None:
        tasks = watching(ledger, quick)
        seat = await ledger.hub.join(WATCHED, slow.has)
        for number in range(1, 11):
            ledger.store(cards=str(number))
            await asyncio.sleep(2)
        assert len(quick.updates) == 10
        slow.take(await seat.next(1))
        assert await seat.next(1) is None
        del tasks

    told(story)
    assert slow.updates == [{"cards": "10"}]


@pytest.mark.parametrize(("takes", "least"), [(0.1, 1.0), (0.5, 1.5), (3.0, 9.0)], ids=["quick", "slow", "very slow"])
def test_a_page_that_takes_long_is_figured_less_often_and_never_twice_at_once(takes: float, least: float) -> None:
    async def story(ledger: Ledger) -> None:
        ledger.takes = takes
        tasks = watching(ledger, *(Page(START) for _ in range(5)))
        for number in range(600):
            ledger.store(cards=str(number))
            await asyncio.sleep(0.1)
        del tasks

    ledger = told(story)
    assert ledger.most == 1
    assert min(ledger.gaps) >= least


def test_pages_are_figured_a_few_at_a_time() -> None:
    async def story(ledger: Ledger) -> None:
        ledger.takes = 0.2
        tasks = [
            task for at in range(20) for task in watching(ledger, Page(START), watched=replace(WATCHED, query=str(at)))
        ]
        await asyncio.sleep(30)
        assert (ledger.counters.pages, len(ledger.begun)) == (20, 20)
        del tasks

    assert told(story).most == AT_ONCE


def test_time_alone_changes_a_page_that_says_so() -> None:
    page = Page(START)

    async def story(ledger: Ledger) -> None:
        ledger.stale_in = 60
        tasks = watching(ledger, page)
        await asyncio.sleep(30)
        ledger.panels["cards"] = "the next minute"
        await asyncio.sleep(29)
        assert page.updates == []
        await asyncio.sleep(2)
        del tasks

    ledger = told(story)
    assert page.updates == [{"cards": "the next minute"}]
    assert len(ledger.begun) == 2


def test_a_page_that_is_newer_than_the_last_state_is_not_taken_back() -> None:
    early, late = Page(START), Page({"cards": "1", "table": "0"})

    async def story(ledger: Ledger) -> None:
        ledger.takes = 0.2
        tasks = watching(ledger, early)
        await asyncio.sleep(5)
        ledger.store(cards="1")
        late.watermark = ledger.watermark
        tasks += watching(ledger, late)
        await asyncio.sleep(5)
        del tasks

    told(story)
    assert early.panels["cards"] == "1"
    assert late.updates == []


def test_who_comes_to_a_page_that_was_left_is_shown_no_old_state() -> None:
    page = Page({"cards": "the next minute", "table": "0"})

    async def story(ledger: Ledger) -> None:
        ledger.hub.leave(WATCHED, await ledger.hub.join(WATCHED))
        await asyncio.sleep(LINGER_SECONDS / 2)
        ledger.panels["cards"] = "the next minute"
        tasks = watching(ledger, page)
        await asyncio.sleep(5)
        del tasks

    told(story)
    assert page.updates == []


def test_a_ledger_that_was_taken_back_leaves_nobody_waiting() -> None:
    page = Page(START)
    page.watermark = 1_000_000

    async def story(ledger: Ledger) -> None:
        tasks = watching(ledger, Page(START))
        await asyncio.sleep(5)
        ledger.panels["cards"] = "restored"
        tasks += watching(ledger, page)
        await asyncio.sleep(5)
        del tasks

    told(story)
    assert page.panels["cards"] == "restored"


def test_who_reloads_makes_no_renderings() -> None:
    async def story(ledger: Ledger) -> None:
        for _ in range(100):
            seat = await ledger.hub.join(WATCHED)
            await asyncio.sleep(0.05)
            ledger.hub.leave(WATCHED, seat)

    ledger = told(story)
    assert min(ledger.gaps) >= 1
    assert len(ledger.begun) <= 6


def test_a_page_that_nobody_watches_is_forgotten_after_a_while() -> None:
    async def story(ledger: Ledger) -> None:
        seat = await ledger.hub.join(WATCHED)
        ledger.hub.leave(WATCHED, seat)
        await asyncio.sleep(LINGER_SECONDS / 2)
        assert ledger.counters.pages == 1
        await asyncio.sleep(LINGER_SECONDS + 2)
        assert (ledger.counters.pages, ledger.counters.viewers) == (0, 0)
        ledger.store(cards="1")
        await asyncio.sleep(60)
        assert len(ledger.begun) == 1
        await ledger.hub.join(WATCHED)
        assert len(ledger.begun) == 2

    told(story)


def test_rights_are_asked_by_the_page_first_and_every_time() -> None:
    page = Page(START)

    async def story(ledger: Ledger) -> None:
        ledger.fails = Forbidden("not for you")
        with pytest.raises(Forbidden):
            await ledger.hub.join(WATCHED)
        ledger.fails = None
        tasks = watching(ledger, page)
        await asyncio.sleep(10)
        ledger.fails = Forbidden("not any more")
        ledger.store(cards="secret")
        await asyncio.sleep(10)
        assert ledger.counters.viewers == 0
        del tasks

    told(story)
    assert isinstance(page.over, Forbidden)
    assert page.updates == []


def test_a_page_that_breaks_ends_its_streams_and_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    page = Page(START)

    async def story(ledger: Ledger) -> None:
        tasks = watching(ledger, page)
        await asyncio.sleep(10)
        ledger.fails = ZeroDivisionError("a fault")
        ledger.store(cards="1")
        await asyncio.sleep(10)
        assert isinstance(page.over, Unavailable)
        ledger.fails = None
        tasks += watching(ledger, page)
        await asyncio.sleep(10)
        del tasks

    told(story)
    assert page.panels["cards"] == "1"
    assert [record.message for record in caplog.records] == ["a live page failed"]


def test_closing_ends_every_stream_at_once_and_opens_none() -> None:
    pages = [Page(START) for _ in range(10)]

    async def story(ledger: Ledger) -> None:
        tasks = watching(ledger, *pages)
        await asyncio.sleep(10)
        ledger.hub.close()
        async with asyncio.timeout(0.001):
            await asyncio.gather(*tasks)
        with pytest.raises(Unavailable):
            await ledger.hub.join(WATCHED)

    told(story)
    assert all(isinstance(page.over, Unavailable) for page in pages)


@pytest.mark.parametrize(
    ("other", "channels"),
    [
        (replace(ADMIN, user="bob"), 1),
        (replace(ADMIN, role="billing"), 2),
        (Viewer(organisation="acme", role="member", user="ada"), 2),
        (Viewer(organisation="others", role="admin", user="ada"), 2),
    ],
    ids=["another admin", "another role", "a member", "another organisation"],
)
def test_only_those_who_see_the_same_share_a_rendering(other: Viewer, channels: int) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.hub.join(WATCHED)
        await ledger.hub.join(replace(WATCHED, viewer=other))
        assert ledger.counters.pages == channels

    told(story)


def test_members_and_leads_are_told_apart_by_whom_they_see() -> None:
    mine = Watched(Viewer(organisation="acme", role="lead", user="lin", teams=("core",)), "/usage", "")

    async def story(ledger: Ledger) -> None:
        for viewer in (mine.viewer, replace(mine.viewer, user="lou"), replace(mine.viewer, teams=("growth",))):
            await ledger.hub.join(replace(mine, viewer=viewer))
        assert ledger.counters.pages == 3

    told(story)


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("store"), st.sampled_from(["cards", "table"]), st.integers(0, 3)),
        st.tuples(st.just("pass"), st.floats(0, 3), st.none()),
        st.tuples(st.just("return"), st.integers(0, 2), st.none()),
    ),
    max_size=40,
)


@given(steps=_STEPS, takes=st.sampled_from([0.0, 0.3, 1.5]))
def test_whoever_goes_and_comes_back_ends_up_with_the_newest_state(steps: list[Any], takes: float) -> None:
    pages = [Page(START) for _ in range(3)]

    async def story(ledger: Ledger) -> None:
        ledger.takes = takes
        tasks: list[asyncio.Task[None] | None] = [None] * 3
        for step, what, value in [*steps, *(("return", at, None) for at in range(3))]:
            if step == "store":
                ledger.store(**{what: str(value)})
            elif step == "pass":
                await asyncio.sleep(what)
            else:  # the first return is the first time they come
                if (gone := tasks[what]) is not None:
                    gone.cancel()
                    await asyncio.wait([gone])
                tasks[what] = asyncio.create_task(pages[what].watch(ledger.hub))
        await asyncio.sleep(20)
        assert all(page.panels == ledger.panels for page in pages)
        assert all(gap >= 1 for gap in ledger.gaps)

    told(story)
