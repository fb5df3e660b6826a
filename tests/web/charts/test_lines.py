"""Lines: gaps where nothing is known, the running bucket dashed, no total of what can't be added."""

from decimal import Decimal

import pytest

from outlay.web.charts import Bucket, Series, TimeChart, lines
from outlay.web.charts.lines import runs
from outlay.web.charts.spec import Value
from tests.web.charts.test_bars import HOSTILE, svg_of


def chart_of(values: tuple[Value, ...], partial: str = "", name: str = "p50") -> TimeChart:
    buckets = tuple(
        Bucket(label=f"Day {at}", tick=str(at), partial=partial if at == len(values) - 1 else "")
        for at in range(len(values))
    )
    series = Series(name=name, slot=2, values=values)
    return TimeChart(id="c", title=name, period="p", unit="ms", buckets=buckets, series=(series,), adds_up=False)


def paths_of(chart: TimeChart) -> list[tuple[str | None, str | None]]:
    return [(path.get("class"), path.get("d")) for path in svg_of(lines(chart)).iter("path")]


@pytest.mark.parametrize(
    ("values", "stretches"),
    [
        ((), []),
        ((None, None), []),
        ((1, 2, 3), [[0, 1, 2]]),
        ((1, None, None, 2, 3, None), [[0], [3, 4]]),
        ((0, 0), [[0, 1]]),
    ],
)
def test_a_missing_figure_is_a_gap_and_zero_is_not(values: tuple[Value, ...], stretches: list[list[int]]) -> None:
    assert runs(Series(name="x", slot=0, values=values)) == stretches


def test_points_stand_in_the_middle_of_their_bucket_at_their_height() -> None:
    assert paths_of(chart_of((0, 50, None, 100, 50))) == [("l c2", "M0.5 230L1.5 120M3.5 10L4.5 120")]


def test_the_way_to_the_running_bucket_is_dashed() -> None:
    assert paths_of(chart_of((100, 100, 50), "partial, 2 h")) == [
        ("l c2", "M0.5 10L1.5 10"),
        ("l dash c2", "M1.5 10L2.5 120"),
    ]


def test_a_figure_without_neighbours_is_a_dot() -> None:
    circles = list(svg_of(lines(chart_of((100, None, 100, 50)))).iter("circle"))
    assert ["lone" in (each.get("class") or "") for each in circles] == [True, False, False]


def test_averages_get_no_total() -> None:
    html = lines(chart_of((100, None)))
    assert "Total" not in html
    assert "<tfoot>" not in html
    assert '<td class="num">—</td>' in html


def test_a_hostile_name_stays_text() -> None:
    html = lines(chart_of((Decimal(1), Decimal(2)), name=HOSTILE))
    assert "<script" not in html
    svg_of(html)


def test_nothing_to_draw_is_no_error() -> None:
    assert "<figure" in lines(chart_of(()))
    assert "<figure" in lines(chart_of((None,)))
