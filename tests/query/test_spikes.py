from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.query.spikes import HISTORY_DAYS, Spike, spikes, worth_a_look
from outlay.query.sql import Value

STEADY = [100, 90, 110, 105, 95, 100]
WEEK = [100, 90, 110, 105, 95, 0, None]


@pytest.mark.parametrize(
    ("values", "marked"),
    [
        pytest.param([*STEADY, 300], [6], id="three times as much"),
        pytest.param([*STEADY, 180], [], id="not twice as much"),
        pytest.param([*WEEK * 4, 300, *WEEK], [28], id="after weekends"),
        pytest.param([*WEEK * 4, None, 0, 100], [], id="back from a holiday"),
        pytest.param([100, 0, 0, None, 0, 0, 500], [], id="one day of use before"),
        pytest.param([100, 90, 110, 105, 500], [], id="too few days before"),
        pytest.param([100, 100, 100, 100, 100, 500], [5], id="days that are all alike"),
        pytest.param([10, 10, 10, 10, 10, 10, 900] * 5, [6], id="a heavy day of every week"),
        pytest.param([1, 900, 5, 300, 40, 7, 600], [], id="no day like another"),
        pytest.param([10, 200, 10, 200, 10, 200, 10, 240], [], id="up and down"),
        pytest.param([*STEADY, 300, 310, 305, 320, 300, 310, 330], [7], id="a new level, at its highest of three days"),
        pytest.param([*STEADY, 300, 400, 20, 100], [7], id="two days"),
        pytest.param([*STEADY, 300, 90, 110, 1000], [6, 9], id="a higher one after it"),
        pytest.param([*STEADY, 300] + [100] * HISTORY_DAYS + [300], [6, 35], id="forgotten after four weeks"),
        pytest.param([*STEADY, 300] + [100] * (HISTORY_DAYS - 1) + [300], [6], id="not forgotten before"),
        pytest.param([*STEADY, -500], [], id="a large correction"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_which_days_stand_out(values: list[Value], marked: list[int]) -> None:
    assert [each.at for each in spikes(values)] == marked


def test_a_spike_says_what_it_was_compared_with() -> None:
    cents = [Decimal("0.10"), Decimal("0.20"), Decimal("0.30"), Decimal("0.20"), None, Decimal("0.20"), Decimal("4.69")]
    assert spikes(cents) == (Spike(6, Decimal("4.69"), Decimal("0.2"), Decimal("23.5")),)
    assert spikes([1, 2, 2, 3, 1, 3, 100]) == (Spike(6, 100, Decimal(2), Decimal("50.0")),)


def test_what_is_small_in_all_of_it_is_not_worth_a_look() -> None:
    least = worth_a_look([None, 30_000, 20_000, 10_000, 0])
    assert least == 200
    assert [each.at for each in spikes([*STEADY, 299], least)] == []
    assert [each.at for each in spikes([*STEADY, 300], least)] == [6]
    assert worth_a_look([]) == worth_a_look([None, 0]) == 0


_DAYS = st.lists(st.none() | st.integers(-5, 10_000), max_size=60)


@given(values=_DAYS, factor=st.integers(2, 1000))
def test_in_another_currency_the_same_days_stand_out(values: list[int | None], factor: int) -> None:
    dearer = [None if value is None else value * factor for value in values]
    assert [(each.at, each.times) for each in spikes(dearer)] == [(each.at, each.times) for each in spikes(values)]
    cents = [None if value is None else Decimal(value) / 100 for value in values]
    assert [each.at for each in spikes(cents)] == [each.at for each in spikes(values)]


@given(values=_DAYS, least=st.integers(0, 5_000))
def test_every_mark_is_twice_the_usual_and_the_highest_so_far(values: list[int | None], least: int) -> None:
    for each in spikes(values, least):
        before = [value or 0 for value in values[max(0, each.at - HISTORY_DAYS) : each.at]]
        assert each.value == values[each.at]
        assert each.value > max(before[:-2])
        assert each.times >= 2
        assert each.value - each.usual >= least


@given(values=_DAYS, later=_DAYS)
def test_what_comes_later_takes_no_mark_away_from_the_past(values: list[int | None], later: list[int | None]) -> None:
    settled = [each for each in spikes(values) if each.at < len(values) - 3]
    assert spikes(values + later)[: len(settled)] == tuple(settled)
