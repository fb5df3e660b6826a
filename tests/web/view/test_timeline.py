"""Steps of charts: hours, days, weeks and months, cut by the range or by now, with the range each stands for."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from outlay.query.buckets import Grain, buckets_of
from outlay.query.timerange import Between, Days, Span, TimeRange
from outlay.web.view.timeline import as_bucket, range_of, step_name

KATHMANDU = ZoneInfo("Asia/Kathmandu")
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)  # 17:45 there
MONTH = Span(datetime(2026, 9, 30, 18, 15, tzinfo=UTC), datetime(2026, 10, 31, 18, 15, tzinfo=UTC))
DAY = Span(datetime(2026, 10, 19, 12, tzinfo=UTC), NOW)


@pytest.mark.parametrize(
    ("grain", "span", "at", "named"),
    [
        ("day", MONTH, 0, ("Thu 1 Oct 2026", "1 Oct", "", "1 Oct")),
        ("day", MONTH, 19, ("Tue 20 Oct 2026", "20 Oct", "partial, 17 h", "20 Oct")),
        ("week", MONTH, 0, ("Week of 28 Sep 2026", "28 Sep", "partial, 4 days", "the week of 28 Sep")),
        ("week", MONTH, 1, ("Week of 5 Oct 2026", "5 Oct", "", "the week of 5 Oct")),
        ("month", MONTH, 0, ("October 2026", "Oct", "partial, 19 days", "October 2026")),
        ("hour", DAY, 0, ("Mon 19 Oct 2026, 17:00", "17:00", "partial, 15 min", "19 Oct, 17:45")),
        ("hour", DAY, 1, ("Mon 19 Oct 2026, 18:00", "18:00", "", "19 Oct, 18:00")),
        ("15m", DAY, 0, ("Mon 19 Oct 2026, 17:45", "17:45", "", "19 Oct, 17:45")),
    ],
)
def test_a_step_is_named(grain: Grain, span: Span, at: int, named: tuple[str, ...]) -> None:
    step = buckets_of(grain, span, KATHMANDU, NOW)[at]
    found = as_bucket(step, grain, KATHMANDU, NOW, "/calls")
    assert (found.label, found.tick, found.partial, step_name(step, grain, KATHMANDU)) == named
    assert found.href == "/calls"


@pytest.mark.parametrize(
    ("grain", "span", "at", "wanted"),
    [
        ("day", MONTH, 0, Days(date(2026, 10, 1), date(2026, 10, 1))),
        ("week", MONTH, 0, Days(date(2026, 10, 1), date(2026, 10, 4))),
        ("month", MONTH, 0, Days(date(2026, 10, 1), date(2026, 10, 31))),
        ("day", DAY, 0, Between(DAY.start, datetime(2026, 10, 19, 18, 15, tzinfo=UTC))),
        (
            "hour",
            MONTH,
            5,
            Between(datetime(2026, 9, 30, 23, 15, tzinfo=UTC), datetime(2026, 10, 1, 0, 15, tzinfo=UTC)),
        ),
    ],
)
def test_a_step_stands_for_a_range(grain: Grain, span: Span, at: int, wanted: TimeRange) -> None:
    assert range_of(buckets_of(grain, span, KATHMANDU, NOW)[at], KATHMANDU) == wanted


def test_a_day_of_a_changed_clock_is_a_whole_day() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    span = Span(datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC))  # 25 hours
    (step,) = buckets_of("day", span, berlin, NOW)
    assert range_of(step, berlin) == Days(date(2026, 10, 25), date(2026, 10, 25))
