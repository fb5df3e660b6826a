"""What figures are compared with, in words."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.kit.period import parse_zone
from outlay.query.ask import Query
from outlay.query.baseline import Comparison, baseline_of
from outlay.query.notation import parse_range, write_range
from outlay.query.result import AddsUp, Compared, Result
from outlay.query.timerange import span_of
from outlay.web.view.ranges import baseline_text, range_text, with_changes
from outlay.web.view.steps import days_of

NOW: Final = datetime(2026, 10, 20, 12, 30, tzinfo=UTC)
ADMIN: Final = Viewer(organisation="default", role="admin")


def result_of(written: str, comparison: Comparison, zone: ZoneInfo) -> Result:
    asked = parse_range(written)
    baseline = baseline_of(asked, comparison, zone, NOW) if comparison != "none" else None
    none = AddsUp((), None)
    return Result(
        query=Query(ADMIN, range=asked),
        columns=(),
        rows=(),
        totals=(),
        adds_up=none,
        span=span_of(asked, zone, NOW),
        zone=zone.key,
        watermark=0,
        compared=None if baseline is None else Compared(baseline, (), (), (), none),
    )


@pytest.mark.parametrize(
    ("written", "comparison", "said"),
    [
        ("2026-09", "prev", "vs August 2026"),
        ("2026-09", "year", "vs September 2025"),
        ("2026-10", "prev", "vs 1\N{EN DASH}20 Sep, 14:30"),
        ("2026-10", "year", "vs 1\N{EN DASH}20 Oct 2025, 14:30"),
        ("2026-10-01..07", "prev", "vs 24\N{EN DASH}30 Sep 2026"),
        ("2026-09", "weekdays", "vs 28 Jul \N{EN DASH} 26 Aug 2026"),
        ("2026-09", parse_range("2026-08-03..09"), "vs 3\N{EN DASH}9 Aug 2026, of another length"),
        ("24h", "prev", "vs 18 Oct, 14:30 \N{EN DASH} 19 Oct, 14:30"),
        ("7d", "prev", "vs 7\N{EN DASH}13 Oct, 14:30"),
        ("2026-09", "none", ""),
        ("fq7", "prev", "vs 1\N{EN DASH}20 Jul, 14:30"),
        ("fq7-1", "prev", "vs 1 Apr \N{EN DASH} 30 Jun 2026"),
        ("fy7-1", "year", "vs 1 Jul 2024 \N{EN DASH} 30 Jun 2025"),
    ],
)
def test_a_comparison_is_named(written: str, comparison: Comparison, said: str) -> None:
    assert baseline_text(result_of(written, comparison, parse_zone("Europe/Berlin"))) == said


def test_a_subtitle_says_what_changes_are_against() -> None:
    compared = result_of("2026-09", "prev", parse_zone("UTC"))
    assert with_changes("Cost by model", compared) == "Cost by model; changes vs August 2026"
    assert with_changes("", compared) == "Changes vs August 2026"
    assert with_changes("Cost by model", replace(compared, compared=None)) == "Cost by model"


@pytest.mark.parametrize(
    ("written", "said", "first", "last"),
    [
        ("fq7", "Q2 FY2027 to date", "2026-10-01", "2026-10-20"),
        ("fq7-1", "Q1 FY2027", "2026-07-01", "2026-09-30"),
        ("fq7-2", "Q4 FY2026", "2026-04-01", "2026-06-30"),
        ("fy7", "FY2027 to date", "2026-07-01", "2026-10-20"),
        ("fy7-1", "FY2026", "2025-07-01", "2026-06-30"),
        ("fy1", "FY2026 to date", "2026-01-01", "2026-10-20"),
        ("fq12-1", "Q3 FY2026", "2026-06-01", "2026-08-31"),
    ],
)
def test_fiscal_periods_have_names(written: str, said: str, first: str, last: str) -> None:
    zone = parse_zone("Asia/Kathmandu")
    asked = parse_range(written)
    span = span_of(asked, zone, NOW)
    assert range_text(asked, span, zone) == said
    assert write_range(asked) == written
    assert tuple(str(each) for each in days_of(asked, zone, NOW)) == (first, last)
