"""How often somebody may ask, on a clock that is turned by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.access.allowances import MINUTE_SECONDS, Allowances
from outlay.errors import TooManyRequests


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def taken(allowances: Allowances, who: str, times: int) -> int:
    """Ask so often, and return how often it was granted."""
    granted = 0
    for _ in range(times):
        try:
            allowances.take(who)
        except TooManyRequests:
            continue
        granted += 1
    return granted


def test_a_minutes_allowance_may_be_used_at_once_and_returns_bit_by_bit() -> None:
    clock = Clock()
    allowances = Allowances(60, "this key", clock)
    assert taken(allowances, "a", 100) == 60
    assert taken(allowances, "b", 1) == 1  # each has their own
    clock.now += 1.001
    assert taken(allowances, "a", 100) == 1
    clock.now += MINUTE_SECONDS
    assert taken(allowances, "a", 100) == 60


def test_the_refusal_says_whose_limit_it_is_and_how_long_to_wait() -> None:
    clock = Clock()
    allowances = Allowances(2, "this key", clock)
    taken(allowances, "a", 2)
    assert allowances.used_up("a")
    assert not allowances.used_up("b")
    with pytest.raises(TooManyRequests, match=r"^this key may ask 2 times a minute; wait a moment$") as refused:
        allowances.take("a")
    assert refused.value.retry_after == 30
    clock.now += 30
    assert not allowances.used_up("a")
    allowances.take("a")


def test_no_limit_remembers_nobody() -> None:
    allowances = Allowances(0, "this key")
    assert taken(allowances, "a", 10_000) == 10_000
    assert not allowances.used_up("a")
    assert not allowances._whole_at


def test_memory_is_bounded_and_who_used_most_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outlay.access.allowances.MOST_ASKERS", 10)
    clock = Clock()
    allowances = Allowances(5, "this address", clock)
    assert taken(allowances, "greedy", 9) == 5
    for number in range(100):
        allowances.take(f"passing {number}")
        assert len(allowances._whole_at) <= 10
    assert taken(allowances, "greedy", 9) == 0


@given(
    a_minute=st.integers(1, 1000),
    pauses=st.lists(st.floats(0, 90, allow_nan=False), min_size=1, max_size=200),
)
def test_no_minute_grants_more_than_twice_the_allowance(a_minute: int, pauses: list[float]) -> None:
    clock = Clock()
    allowances = Allowances(a_minute, "this key", clock)
    granted: list[float] = []
    for pause in pauses:
        clock.now += pause
        granted += [clock.now] * taken(allowances, "a", 20)
    for start in granted:
        within = sum(start <= at < start + MINUTE_SECONDS for at in granted)
        assert within <= 2 * a_minute + 1
