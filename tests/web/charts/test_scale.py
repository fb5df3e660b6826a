"""Axes: ticks of 1, 2 or 5, zero always on them, labels that never touch."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.web.charts.scale import PLOT_HEIGHT, TOP, axis_label, label_density, scale_over, share_text
from outlay.web.charts.spec import Unit

D = Decimal
AMOUNTS = st.decimals(min_value=-(10**12), max_value=10**12, places=12)


@pytest.mark.parametrize(
    ("least", "most", "whole", "ticks"),
    [
        (0, 0, False, [0, 1]),
        (0, 1, True, [0, 1]),
        (0, 3, True, [0, 1, 2, 3]),
        (0, 1081, False, [0, 200, 400, 600, 800, 1000, 1200]),
        (0, 1000, False, [0, 200, 400, 600, 800, 1000]),
        (5, 61_000_000, True, [0, 20_000_000, 40_000_000, 60_000_000, 80_000_000]),
        (-45, 300, False, [-100, 0, 100, 200, 300]),
        (-45, 0, False, [-50, -40, -30, -20, -10, 0]),
        (0, D("0.000042"), False, [D("0.00001") * each for each in range(6)]),
    ],
)
def test_ticks(least: Decimal | int, most: Decimal | int, whole: bool, ticks: list[Decimal | int]) -> None:  # noqa: FBT001 - a column of the table
    assert list(scale_over(least, most, whole=whole).ticks) == ticks


@given(AMOUNTS, AMOUNTS, st.booleans())
def test_an_axis_holds_every_value_and_zero_in_few_even_steps(one: Decimal, two: Decimal, whole: bool) -> None:  # noqa: FBT001 - drawn
    scale = scale_over(min(one, two), max(one, two), whole=whole)
    assert scale.low <= min(one, two, D(0))
    assert scale.high >= max(one, two, D(0))
    assert Decimal(0) in scale.ticks
    assert 1 <= scale.step_count <= 6
    assert scale.step.normalize().as_tuple().digits[0] in {1, 2, 5}
    assert not whole or scale.step >= 1


@given(AMOUNTS, AMOUNTS)
def test_higher_values_stand_higher_and_inside(one: Decimal, two: Decimal) -> None:
    low, high = sorted((one, two))
    scale = scale_over(low, high, whole=False)
    assert TOP <= scale.y(high) <= scale.y(low) <= TOP + PLOT_HEIGHT


@pytest.mark.parametrize(
    ("value", "unit", "label"),
    [
        ("0", "usd", "$0"),
        ("0", "tokens", "0"),
        ("0.002", "usd", "$0.002"),
        ("200", "usd", "$200"),
        ("1200", "usd", "$1.2K"),
        ("10000", "usd", "$10K"),
        ("-100", "usd", "\N{MINUS SIGN}$100"),
        ("2500000", "tokens", "2.5M"),
        ("2E+9", "tokens", "2B"),
        ("0.4", "percent", "40%"),
        ("500", "ms", "500 ms"),
        ("2000", "ms", "2 s"),
    ],
)
def test_labels(value: str, unit: Unit, label: str) -> None:
    assert axis_label(D(value), unit) == label


@given(st.integers(min_value=1, max_value=400), st.integers(min_value=1, max_value=12))
def test_labels_fit_at_every_width(count: int, length: int) -> None:
    density = label_density(("x" * length,) * count)
    for step, plot_px in ((density.narrow, 280), (density.medium, 420), (density.wide, 760)):
        shown = [index for index in range(count) if index % step == 0]
        assert len(shown) == 1 or plot_px / len(shown) >= length * 6.4
    assert density.narrow % density.medium == 0
    assert density.medium % density.wide == 0


def test_a_narrow_chart_shows_a_part_of_the_labels_of_a_wide_one() -> None:
    density = label_density(("31 Oct",) * 31)
    classes = [density.class_of(index) for index in range(31)]
    assert classes.count("") < classes.count("") + classes.count("t1") < 31
    assert classes[0] == ""
    assert None in classes


def test_lengths_are_short_percentages() -> None:
    assert [share_text(each) for each in (0, 1 / 3, 0.5, 1)] == ["0%", "33.333%", "50%", "100%"]
