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
from outlay.query.notation import parse_range
from outlay.query.result import AddsUp, Compared, Result
from outlay.query.timerange import span_of
from outlay.web.view.ranges import baseline_text, with_changes

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
    ],
)
def test_a_comparison_is_named(written: str, comparison: Comparison, said: str) -> None:
    assert baseline_text(result_of(written, comparison, parse_zone("Europe/Berlin"))) == said


def test_a_subtitle_says_what_changes_are_against() -> None:
    compared = result_of("2026-09", "prev", parse_zone("UTC"))
    assert with_changes("Cost by model", compared) == "Cost by model; changes vs August 2026"
    assert with_changes("", compared) == "Changes vs August 2026"
    assert with_changes("Cost by model", replace(compared, compared=None)) == "Cost by model"
