"""Parts of an answer worked out side by side: they are the same, in whatever order, whoever does them."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from outlay.query.lanes import Lanes, Started


@pytest.fixture
def workers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_a_part_is_worked_out_beside_who_asks(workers: ThreadPoolExecutor) -> None:
    where = Lanes(workers).start(threading.get_ident)
    workers.submit(int).result()  # by now it was the turn of the part
    assert where() != threading.get_ident()


def test_what_has_not_begun_when_it_is_needed_is_done_by_who_needs_it(workers: ThreadPoolExecutor) -> None:
    gate = threading.Event()
    workers.submit(gate.wait)
    where = Lanes(workers).start(threading.get_ident)
    assert where() == threading.get_ident()
    gate.set()


def test_without_lanes_a_part_is_worked_out_when_it_is_needed() -> None:
    assert Started(threading.get_ident)() == threading.get_ident()


def test_what_a_part_raises_is_raised_where_it_is_needed(workers: ThreadPoolExecutor) -> None:
    started = Lanes(workers).start(lambda: int("none"))
    with pytest.raises(ValueError, match="none"):
        started()


def test_closing_waits_for_what_has_begun_and_calls_off_the_rest(workers: ThreadPoolExecutor) -> None:
    begun, gate, done = threading.Event(), threading.Event(), list[str]()

    def slow() -> None:
        begun.set()
        gate.wait()
        done.append("slow")

    lanes = Lanes(workers)
    lanes.start(slow)
    lanes.start(lambda: done.append("never"))
    begun.wait()
    threading.Timer(0.05, gate.set).start()
    lanes.close()
    assert done == ["slow"]
    workers.submit(int).result()
    assert done == ["slow"]


def test_closing_keeps_to_itself_what_nobody_needed(workers: ThreadPoolExecutor) -> None:
    lanes = Lanes(workers)
    lanes.start(lambda: int("none"))
    lanes.close()
