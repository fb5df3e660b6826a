"""Ring and sparkline: parts that make the whole, at most six of them; trends that keep their gaps."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from outlay.web.charts import PieChart, Slice, pie, sparkline
from outlay.web.charts.spec import Value
from tests.web.charts.test_bars import HOSTILE
from tests.web.specimens import spend_by_model


def pie_of(*values: int, name: str = "Model") -> PieChart:
    return PieChart(
        id="pie",
        title="Spend",
        unit="usd",
        slices=tuple(Slice(name=f"{name} {at}", slot=at, value=Decimal(each)) for at, each in enumerate(values)),
    )


def test_at_most_six_parts_and_their_table_adds_up() -> None:
    html = pie(spend_by_model())
    assert html.count('class="s ') == 6
    assert html.count("<tr>") == 7
    assert ">Other</th>" in html
    shares = [Decimal(each) for each in re.findall(r">([\d.]+)%<", html)]
    assert abs(sum(shares, Decimal(-100))) <= Decimal("0.3")


def test_parts_are_ordered_by_size_and_keep_their_colour() -> None:
    assert re.findall(r'class="s (c\d)"', pie(pie_of(1, 5, 3))) == ["c1", "c2", "c0"]


def test_two_parts_of_one_colour_are_told_apart_by_shade() -> None:
    chart = pie_of(3, 2)
    alike = PieChart(id="pie", title="Spend", unit="usd", slices=tuple(replace(each, slot=2) for each in chart.slices))
    assert re.findall(r'class="s (c2[^"]*)"', pie(alike)) == ["c2", "c2 shade1"]


def test_a_quarter_is_a_quarter_turn() -> None:
    assert 'd="M90.0 2.0A88 88 0 1 1 2.0 90.0L32.0 90.0A58 58 0 1 0 90.0 32.0Z"' in pie(pie_of(75, 25))


def test_the_only_part_is_a_full_ring() -> None:
    html = pie(pie_of(7))
    assert "A88 88 0 1 1 90 178A88 88 0 1 1 90 2Z" in html
    assert ">100%<" in html


@pytest.mark.parametrize("values", [(), (0, 0), (-5, 10)], ids=["none", "zero", "a correction"])
def test_what_has_no_angle_is_not_drawn(values: tuple[int, ...]) -> None:
    assert pie(pie_of(*values)).count('class="s ') == sum(each > 0 for each in values)


def test_links_and_hostile_names() -> None:
    html = pie(
        PieChart(id="x", title=HOSTILE, unit="usd", slices=(Slice(name=HOSTILE, slot=0, value=1, href=HOSTILE),))
    )
    assert "<script" not in html
    assert html.count("<a href=") == 2


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ((0, 10), "M4 20l88-16"),
        ((10, None, 5, 0), "M4 4h.1M62.66 12l29.33 8"),
        ((0, 0), "M4 20l88 0"),
        ((7,), "M4 4h.1"),
        ((None,), ""),
        ((), ""),
    ],
)
def test_sparklines(values: tuple[Value, ...], path: str) -> None:
    assert f'd="{path}"' in sparkline(values)


def test_a_marked_point_and_a_spoken_trend() -> None:
    html = sparkline((1, 2, 1), mark=1, label="spike on 14 Oct")
    assert '<circle class="mark" cx="48" cy="4"' in html
    assert 'role="img" aria-label="spike on 14 Oct"' in html
    assert "<circle" not in sparkline((1, None), mark=1)
    assert 'aria-hidden="true"' in sparkline((1, 2))
