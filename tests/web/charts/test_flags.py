"""Marks on the time axis: flags that don't touch at any width, a list that holds all of them, and safe markup."""

import re
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.web.charts import Mark, MarkKind, TimeChart, lines, stacked_bars
from outlay.web.charts.flags import FLAG_PX, GLYPHS, KIND_NAMES, OPEN_UP_TO, WIDTHS_PX, grouped
from tests.web.charts.test_bars import HOSTILE, chart_of, svg_of
from tests.web.specimens import active_users

SVG = "{http://www.w3.org/2000/svg}"


def chart_over(days: int, rows: int = 1) -> TimeChart:
    return chart_of(*((Decimal(5),) * days for _ in range(rows)))


def marked(*marks: Mark, days: int = 31) -> TimeChart:
    return replace(chart_over(days), marks=marks)


def marks_in(*buckets: int, kind: MarkKind = "note") -> tuple[Mark, ...]:
    return tuple(Mark(bucket=bucket, kind=kind, text=f"Mark {at}") for at, bucket in enumerate(buckets))


def flags_of(html: str) -> list[ET.Element]:
    return [each for each in svg_of(html).iter() if "flag" in (each.get("class") or "").split()]


def layouts_of(flag: ET.Element) -> set[str]:
    return {each for each in (flag.get("class") or "").split() if re.fullmatch(r"w\d", each)}


@given(
    days=st.integers(1, 400),
    places=st.lists(st.floats(0, 0.999), min_size=1, max_size=60),
)
def test_flags_hold_every_mark_once_and_never_touch(days: int, places: list[float]) -> None:
    chart = marked(*marks_in(*sorted(int(place * days) for place in places)), days=days)
    for width in WIDTHS_PX:
        groups = list(grouped(chart, width))
        assert sorted(number for group in groups for number in group) == list(range(len(places)))
        starts = [(chart.marks[group[0]].bucket + 0.5) / days * width for group in groups]
        assert all(later - earlier >= FLAG_PX for earlier, later in pairwise(starts))


@pytest.mark.parametrize("draw", [stacked_bars, lines])
def test_every_layout_shows_every_mark(draw: object) -> None:
    chart = replace(chart_over(31), marks=marks_in(0, 0, 1, 2, 15, 30))
    html = str(draw(chart))  # type: ignore[operator] # both draw a chart
    for layout in ("w0", "w1", "w2"):
        shown = [each for each in flags_of(html) if layout in layouts_of(each)]
        told = [line for each in shown for line in (each.findtext(".//title") or "").split("\n")]
        assert [line.partition(" · ")[2] for line in told] == [f"Mark {at}" for at in range(6)]


def test_a_flag_stands_over_its_bucket_with_the_sign_of_its_kind() -> None:
    for kind, glyph in GLYPHS.items():
        (flag,) = flags_of(stacked_bars(marked(Mark(bucket=10, kind=kind, text="Something", href="/x"), days=20)))
        assert (flag.get("x"), flag.get("data-buckets"), flag.findtext(".//text")) == ("52.5%", "10", glyph)
        assert kind in (flag.get("class") or "").split()
        assert layouts_of(flag) == {"w0", "w1", "w2"}
        link = flag.find("a")
        assert link is not None
        assert (link.get("href"), link.get("tabindex")) == ("/x", "-1")
        assert flag.findtext(".//title") == "11 Oct 2026 · Something"


def test_several_share_a_flag_with_their_number_that_leads_to_the_list() -> None:
    html = stacked_bars(marked(*marks_in(3, 3, kind="price"), *marks_in(3, kind="key")))
    (flag,) = flags_of(html)
    assert flag.findtext(".//text") == "3"
    assert "several" in (flag.get("class") or "")
    link = flag.find("a")
    assert link is not None
    assert link.get("href") == "#chart-marks"
    assert 'id="chart-marks"' in html


def test_each_marked_bucket_has_one_line_in_its_middle() -> None:
    html = stacked_bars(marked(*marks_in(0, 0, 9), days=10))
    found = [each.get("x1") for each in svg_of(html).iter() if each.get("class") == "marked-at"]
    assert found == ["5%", "95%"]


def test_the_list_tells_every_mark_with_its_time_kind_and_link() -> None:
    html = stacked_bars(
        marked(
            Mark(bucket=0, kind="price", text="m: input $3.00 → $2.50 / 1M", href="/calls?a=1&b=2"),
            Mark(bucket=4, kind="note", text="Launch", when="5 Oct 2026, 09:30"),
        )
    )
    listed = re.findall(r'<li data-bucket="(\d+)">(.*?)</li>', html)
    assert [bucket for bucket, _ in listed] == ["0", "4"]
    assert '<a href="/calls?a=1&amp;b=2">m: input $3.00 → $2.50 / 1M</a>' in listed[0][1]
    assert f'<span class="quiet">{KIND_NAMES["price"]}: </span>' in listed[0][1]
    assert '<span class="at">1 Oct 2026</span>' in listed[0][1]
    assert '<span class="at">5 Oct 2026, 09:30</span>' in listed[1][1]
    assert ", 2 marks. Arrow keys read each step." in html


@pytest.mark.parametrize(("count", "is_open"), [(1, True), (OPEN_UP_TO, True), (OPEN_UP_TO + 1, False)])
def test_few_marks_are_listed_at_once(count: int, *, is_open: bool) -> None:
    html = stacked_bars(marked(*marks_in(*range(count))))
    assert ('-marks" open>' in html) is is_open
    assert f"<summary>{count} mark{'' if count == 1 else 's'}</summary>" in html


def test_a_chart_without_marks_has_nothing_of_them() -> None:
    for html in (stacked_bars(chart_over(2)), lines(active_users())):
        for word in ("marked", "flag", "noted", 'class="marks"'):
            assert word not in html


def test_what_a_mark_says_can_not_become_markup() -> None:
    mark = Mark(bucket=0, kind="note", text=HOSTILE, href=HOSTILE, when=HOSTILE)
    for marks in ((mark,), (mark, mark)):
        html = stacked_bars(marked(*marks))
        assert "<script>" not in html
        assert "alert('1')" not in html
        for flag in flags_of(html):
            assert HOSTILE in (flag.findtext(".//title") or "")


@pytest.mark.parametrize("bucket", [-1, 3])
def test_a_mark_outside_the_chart_is_refused(bucket: int) -> None:
    with pytest.raises(ValueError, match=f"bucket {bucket} of 3"):
        replace(chart_over(3), marks=marks_in(bucket))


def test_folding_series_keeps_the_marks() -> None:
    chart = replace(chart_over(2, rows=9), marks=marks_in(1))
    assert chart.folded().marks == chart.marks
