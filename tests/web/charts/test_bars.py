"""Stacked bars: heights that are the figures, gaps, hatching, links, and nothing a label could break out of."""

import gzip
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.web.charts import Bucket, Series, TimeChart, stacked_bars
from outlay.web.charts.bars import segments
from outlay.web.charts.scale import PLOT_HEIGHT, TOP, scale_over
from outlay.web.charts.spec import Value
from tests.web.specimens import corrected, spend_by_type, tokens_by_team

HOSTILE = """"><script>alert('1')</script>&{{x}}"""


def chart_of(*rows: tuple[Value, ...], partial: str = "") -> TimeChart:
    count = len(rows[0])
    buckets = [Bucket(label=f"{at + 1} Oct 2026", tick=f"{at + 1} Oct", href=f"/d/{at}") for at in range(count)]
    buckets[-1] = replace(buckets[-1], partial=partial)
    return TimeChart(
        id="chart",
        title="Spend",
        period="October 2026",
        unit="usd",
        buckets=tuple(buckets),
        series=tuple(
            Series(name=f"Row {slot}", slot=slot, values=values, hrefs=tuple(f"/r/{slot}/{at}" for at in range(count)))
            for slot, values in enumerate(rows)
        ),
    )


def svg_of(html: str) -> ET.Element:
    """Return the plot, read by a strict parser: broken markup fails here."""
    found = re.search(r'<svg width="100%".*</svg>(?=</div>)', html, re.DOTALL)
    assert found
    return ET.fromstring(found[0])  # noqa: S314 - our own output


@given(
    st.lists(
        st.lists(st.decimals(min_value=0, max_value=10**6, places=6), min_size=3, max_size=3), min_size=1, max_size=7
    )
)
def test_segments_fill_the_bar_from_zero_to_its_sum(rows: list[list[Decimal]]) -> None:
    chart = chart_of(*(tuple(row) for row in rows))
    scale = scale_over(0, max(total or Decimal(0) for total in chart.totals), whole=False)
    for index, total in enumerate(chart.totals):
        placed = segments(chart, scale, index)
        drawn = [at for at, _, _ in placed]
        assert drawn == [at for at, row in enumerate(rows) if row[index] > 0]
        if not placed:
            continue
        top, bottom = min(y for _, y, _ in placed), max(y + height for _, y, height in placed)
        assert bottom == TOP + PLOT_HEIGHT
        assert abs(top - scale.y(total or 0)) <= len(placed)
        gaps = (bottom - top) - sum(height for _, _, height in placed)
        assert 0 <= gaps <= len(placed) - 1


def test_neighbouring_segments_have_one_pixel_between_them() -> None:
    chart = chart_of((Decimal(50),), (Decimal(30),), (Decimal(20),))
    placed = segments(chart, scale_over(0, 100, whole=False), 0)
    assert placed == [(0, 121, 109), (1, 55, 65), (2, 10, 44)]


def test_a_figure_too_small_for_a_pixel_is_drawn() -> None:
    chart = chart_of((Decimal("0.000001"),), (Decimal(100),), (Decimal("0.000001"),))
    placed = segments(chart, scale_over(0, 100, whole=False), 0)
    assert [(at, height) for at, _, height in placed] == [(0, 1), (1, 218), (2, 1)]


def test_corrections_hang_below_zero() -> None:
    chart = corrected()
    placed = segments(chart, scale_over(-45, 300, whole=False), 1)
    zero = scale_over(-45, 300, whole=False).y(0)
    assert placed[0][1] + placed[0][2] == zero
    assert placed[1][1] == zero


def test_every_segment_is_a_link_with_its_exact_figure_and_no_tab_stop() -> None:
    svg = svg_of(stacked_bars(chart_of((Decimal("1.5"), Decimal(2)), (Decimal(3), None))))
    links = {link.get("href"): link for link in svg.iter("a")}
    assert set(links) == {"/d/0", "/d/1", "/r/0/0", "/r/0/1", "/r/1/0"}
    assert links["/r/0/0"].findtext("rect/title") == "1 Oct 2026 · Row 0 · $1.50"
    assert {link.get("tabindex") for link in links.values()} == {"-1"}


def test_only_the_running_bucket_is_hatched_and_the_legend_says_so() -> None:
    html = stacked_bars(chart_of((Decimal(1), Decimal(2)), partial="partial, 14 h"))
    svg = svg_of(html)
    buckets = [each for each in svg.iter("svg") if each.get("class") == "b"]
    assert [len(each.findall("rect[@class='over']")) for each in buckets] == [0, 1]
    assert buckets[1].find("rect[@class='over']").get("fill") == "url(#chart-hatch)"  # type: ignore[union-attr]  # found above
    assert html.count("partial, 14 h") == 2  # legend and table
    assert "hatch" not in stacked_bars(chart_of((Decimal(1), Decimal(2))))


def test_more_than_seven_series_become_seven_and_other() -> None:
    chart = tokens_by_team()
    folded = chart.folded()
    assert [each.slot for each in folded.series[-1:]] == [None]
    assert len(folded.series) == 8
    assert folded.totals == chart.totals
    kept = {each.name for each in folded.series[:-1]}
    dropped = [each.total or 0 for each in chart.series if each.name not in kept]
    assert max(dropped) <= min(each.total or 0 for each in chart.series if each.name in kept)
    slots = [each.slot for each in folded.series[:-1]]
    stored = [each.slot for each in chart.series if each.name in kept]
    assert [None if slot is None else slot % 7 for slot in slots] == stored
    assert len(set(slots)) == len(slots)


def test_two_series_of_one_colour_are_told_apart_by_shade() -> None:
    chart = chart_of((Decimal(1),), (Decimal(2),), (Decimal(3),))
    alike = replace(chart, series=tuple(replace(each, slot=4) for each in chart.series))
    assert re.findall(r'class="s (c4[^"]*)"', stacked_bars(alike)) == ["c4", "c4 shade1", "c4 shade2"]
    assert 'class="dot c4 shade1"' in stacked_bars(alike)


def test_a_colour_belongs_to_the_series_not_to_its_rank() -> None:
    chart = chart_of((Decimal(1),), (Decimal(9),))
    alone = replace(chart, series=chart.series[1:])
    assert 'class="s c1"' in stacked_bars(alone)
    assert 'class="s c0"' not in stacked_bars(alone)


def test_a_hostile_label_stays_text_everywhere() -> None:
    bucket = Bucket(label=HOSTILE, tick=HOSTILE, href=f"/d?{HOSTILE}", partial=HOSTILE)
    series = Series(name=HOSTILE, slot=0, values=(Decimal(1),), href=HOSTILE, hrefs=(HOSTILE,))
    html = stacked_bars(
        TimeChart(id="x", title=HOSTILE, period=HOSTILE, unit="usd", buckets=(bucket,), series=(series, series))
    )
    assert "<script" not in html
    assert svg_of(html).find(".//title").text == f"{HOSTILE} · {HOSTILE} · $1.00"  # type: ignore[union-attr]  # or fail
    assert not re.search(r"=\"[^\"]*<", html)


def test_the_table_shows_the_same_figures_with_totals() -> None:
    html = stacked_bars(chart_of((Decimal("1.25"), Decimal(2)), (Decimal(3), Decimal(4))))
    table = ET.fromstring(html[html.index("<table>") : html.index("</table>") + 8])  # noqa: S314 - our own output
    rows = [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")]
    assert rows == [
        ["When", "Row 0", "Row 1", "Total"],
        ["1 Oct 2026", "$1.25", "$3.00", "$4.25"],
        ["2 Oct 2026", "$2.00", "$4.00", "$6.00"],
        ["Total", "$3.25", "$7.00", "$10.25"],
    ]
    assert [link.get("href") for link in table.iter("a")][:3] == ["/d/0", "/r/0/0", "/r/1/0"]


def test_the_chart_has_a_name_that_says_its_total() -> None:
    html = stacked_bars(chart_of((Decimal(1), Decimal(2))))
    assert 'role="group" aria-roledescription="chart" aria-label="Spend, October 2026, total $3.00. Arrow' in html
    assert html.count('tabindex="0"') == 2  # the plot and the scrolling table


def test_nothing_needs_a_style_or_a_script() -> None:
    html = stacked_bars(spend_by_type())
    assert not re.search(r"style|<script|\son\w+=|javascript:", html)


@pytest.mark.parametrize("count", [1, 3, 31, 96])
def test_bars_stay_inside_the_plot_and_slim(count: int) -> None:
    svg = svg_of(stacked_bars(chart_of(tuple(Decimal(at + 1) for at in range(count)))))
    for bucket in (each for each in svg.iter("svg") if each.get("class") == "b"):
        x, width = (float((bucket.get(side) or "").rstrip("%")) for side in ("x", "width"))
        assert x + width <= 100.01
        bar = bucket.find(".//rect[@class='s c0']")
        assert bar is not None
        assert float((bar.get("width") or "").rstrip("%")) * width / 100 <= 6.001


def test_no_buckets_or_no_series_is_an_empty_plot() -> None:
    empty = TimeChart(id="x", title="t", period="p", unit="usd", buckets=(), series=())
    assert "<figure" in stacked_bars(empty)
    assert "<figure" in stacked_bars(chart_of((None, None)))


def test_a_series_must_have_a_value_for_each_bucket() -> None:
    chart = chart_of((Decimal(1), Decimal(2)))
    with pytest.raises(ValueError, match="1 values for 2 buckets"):
        replace(chart, series=(Series(name="x", slot=0, values=(Decimal(1),)),))
    with pytest.raises(ValueError, match="1 hrefs for 2 buckets"):
        replace(chart, series=(Series(name="x", slot=0, values=(Decimal(1), Decimal(1)), hrefs=("/",)),))


def test_a_month_of_four_series_is_small() -> None:
    chart = spend_by_type(running=False)
    fourth = replace(chart.series[0], name="Worker", slot=3, values=tuple(each for each in chart.series[1].values))
    html = stacked_bars(replace(chart, series=(*chart.series, fourth)))
    svg = html[html.index("<svg") : html.rindex("</svg>")]
    assert len(gzip.compress(svg.encode())) <= 4096


def test_golden() -> None:
    """The whole markup of a small chart; when a change is meant, write the file anew and look at it."""
    golden = Path(__file__).parent / "golden_bars.html"
    html = stacked_bars(chart_of((Decimal(10), Decimal(20)), (Decimal(5), Decimal(0)), partial="partial, 14 h"))
    assert str(html).replace("><", ">\n<") == golden.read_text(encoding="utf-8").rstrip("\n")


@pytest.mark.parametrize(
    ("values", "total"),
    [
        pytest.param((0, None), None, id="a gap beside what is unknown"),
        pytest.param((0, Decimal(0)), Decimal(0), id="nothing but true zeros"),
        pytest.param((0, None, Decimal("0.5")), Decimal("0.5"), id="what is known of it"),
        pytest.param((Decimal("-0.5"), None), Decimal("-0.5"), id="a correction"),
        pytest.param((), None, id="no values"),
    ],
)
def test_a_sum_of_gaps_makes_nothing_known(values: tuple[Value, ...], total: Value) -> None:
    assert Series(name="Row", slot=0, values=values).total == total


@pytest.mark.parametrize(("values", "shown"), [((0, 0), "$0.00"), ((0, None), "—")])
def test_a_chart_of_nothing_or_of_unknown_costs_is_drawn(values: tuple[Value, ...], shown: str) -> None:
    assert f">{shown}<" in stacked_bars(chart_of(values))
