"""The work on uploads: each piece once, broken off when nobody wants it, and no state kept of what is gone."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from outlay.errors import ImportFailed, Unavailable
from outlay.web.pages.imports.staging import shown_name
from outlay.web.pages.imports.told import size_text
from outlay.web.pages.imports.work import State, Work


@pytest.fixture
def work() -> Work:
    return Work()


def done(work: Work, run: Callable[[], State]) -> State | None:
    begun = work.begin("u", (None, State("reading")), run)
    assert begun is not None
    begun.result(10)
    return work.state("u")


def test_only_one_of_many_begins(work: Work) -> None:
    go_on = threading.Event()

    def wait() -> State:
        assert go_on.wait(10)
        return State("read", rows=3)

    first = work.begin("u", (None, State("reading")), wait)
    assert [work.begin("u", (None, State("reading")), wait) for _ in range(5)] == [None] * 5
    go_on.set()
    assert first is not None
    first.result(10)
    assert work.state("u") == State("read", rows=3)
    assert work.begin("u", ("stored", State("storing")), wait) is None


def test_an_error_for_people_is_told_and_no_other(work: Work) -> None:
    def fail() -> State:
        raise ImportFailed("it has no rows")

    state = done(work, fail)
    assert state is not None
    assert (state.stage, state.error) == ("failed", "It has no rows.")


def test_what_nobody_foresaw_ends_the_work_and_tells_no_detail(work: Work, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> State:
        raise ZeroDivisionError("secret")

    begun = work.begin("u", (None, State("reading")), fail)
    assert begun is not None
    with pytest.raises(ZeroDivisionError):
        begun.result(10)
    state = work.state("u")
    assert state is not None
    assert (state.stage, state.error) == ("failed", "Something went wrong inside Outlay; its log says what.")
    assert "ZeroDivisionError: secret" in caplog.text


def test_what_is_forgotten_breaks_off_and_leaves_nothing(work: Work) -> None:
    def forgotten() -> State:
        work.forget("u")
        work.progressed("u", 5, 100)
        return State("read")

    assert done(work, forgotten) is None


def test_the_end_of_the_server_breaks_the_work_off(work: Work) -> None:
    begun, broken = threading.Event(), threading.Event()

    def endless() -> State:
        begun.set()
        try:
            while True:
                work.progressed("u", 1, 1)
        except Unavailable:
            broken.set()
            raise

    work.begin("u", (None, State("reading")), endless)
    assert begun.wait(10)
    asyncio.run(work.close())
    assert broken.is_set()
    state = work.state("u")
    assert state is not None
    assert "Upload the file again: nothing is stored twice" in state.error


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("usage.csv", "usage.csv"),
        ("C:\\Users\\me\\usage.csv", "usage.csv"),
        ("../../etc/passwd", "passwd"),
        ("", "file"),
        ("a\x1b[31m\u202eb", "a\ufffd[31m\ufffdb"),
        ("x" * 500, "x" * 120),
    ],
)
def test_a_name_is_shown_short_and_harmless(sent: str, shown: str) -> None:
    assert shown_name(sent) == shown


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (20_714_705, "20.7 MB"), (3_210_000_000, "3.21 GB")],
)
def test_a_size_is_told(size: int, shown: str) -> None:
    assert size_text(size) == shown
