"""A time range in words: `October 2026`, `14 Oct 2026`, `the last 30 days`."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from outlay.kit.period import Month, local_day
from outlay.query.timerange import Between, Days, LastDays, LastHours, MonthToDate, OneMonth, Span, TimeRange
from outlay.web import format as text


def range_text(asked: TimeRange, span: Span, zone: ZoneInfo) -> str:
    """Name a range; `span` are the instants it stands for."""
    first = local_day(span.start, zone)
    match asked:
        case OneMonth(year, month):
            return text.month(Month(year, month))
        case MonthToDate():
            return f"{text.month(Month.of(first))} to date"
        case LastHours(hours):
            return f"the last {hours} hours"
        case LastDays(days):
            return f"the last {days} days, {text.days(first, local_day(span.end - timedelta(microseconds=1), zone))}"
        case Days(first_day, last_day):
            return text.days(first_day, last_day)
        case Between():
            return f"{text.local_time(span.start, zone)} to {text.local_time(span.end, zone)}"
