"""A time range in words (`October 2026`, `14 Oct 2026`, `the last 30 days`), and what it is compared with."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from outlay.kit.period import Month, day_start, fiscal_year, local_day, parse_zone
from outlay.query.baseline import Baseline
from outlay.query.result import Result
from outlay.query.timerange import Between, Days, Fiscal, LastDays, LastHours, MonthToDate, OneMonth, Span, TimeRange
from outlay.web import format as text


def range_text(asked: TimeRange, span: Span, zone: ZoneInfo) -> str:  # noqa: PLR0911 - one for each kind of range
    """Name a range; `span` are the instants it stands for."""
    first = local_day(span.start, zone)
    match asked:
        case OneMonth(year, month):
            return text.month(Month(year, month))
        case MonthToDate():
            return f"{text.month(Month.of(first))} to date"
        case Fiscal():
            return f"{fiscal_name(asked, first)}{'' if asked.back else ' to date'}"
        case LastHours(hours):
            return f"the last {hours} hours"
        case LastDays(days):
            return f"the last {days} days, {text.days(first, local_day(span.end - timedelta(microseconds=1), zone))}"
        case Days(first_day, last_day):
            return text.days(first_day, last_day)
        case Between():
            return f"{text.local_time(span.start, zone)} to {text.local_time(span.end, zone)}"


def fiscal_name(asked: Fiscal, first: date) -> str:
    """Name the fiscal quarter or year that begins on a day: `Q2 FY2027`, by the year it ends in."""
    year = f"FY{fiscal_year(Month.of(first), asked.starts)}"
    return year if asked.unit == "year" else f"Q{(first.month - asked.starts) % 12 // 3 + 1} {year}"


def baseline_text(result: Result) -> str:
    """Name what figures are compared with: `vs September 2026`, `vs 1 to 15 Sep 2026`, of a running range `vs 1 to 20
    Oct, 09:41`. A year is said where it is another than that of the figures. Nothing when nothing is compared.
    """
    if result.compared is None:
        return ""
    baseline, zone = result.compared.baseline, parse_zone(result.zone)
    year = local_day(result.span.start, zone).year
    return f"vs {_span_text(baseline.span, zone, year)}{_remark(baseline)}"


def with_changes(said: str, result: Result) -> str:
    """Return a panel's subtitle with what its changes are against: `Cost by model; changes vs September 2026`."""
    against = baseline_text(result)
    if not against:
        return said
    return f"{said}; changes {against}" if said else f"Changes {against}"


def _span_text(span: Span, zone: ZoneInfo, year: int) -> str:
    first, end = local_day(span.start, zone), local_day(span.end, zone)
    if day_start(first, zone) != span.start:
        return f"{_moment(span.start, zone, year)} \N{EN DASH} {_moment(span.end, zone, year)}"
    if day_start(end, zone) != span.end:
        return _until_a_moment(first, span, zone, year)
    if first == Month.of(first).first_day and end == Month.of(first).next.first_day:
        return text.month(Month.of(first))
    return text.days(first, end - timedelta(days=1))


def _until_a_moment(first: date, span: Span, zone: ZoneInfo, year: int) -> str:
    """Name the days up to the one that is compared in part: `1 to 20 Oct, 09:41`."""
    last = local_day(span.end, zone)
    until = _moment(span.end, zone, year)
    if first == last:
        return until
    begin = str(first.day) if (first.year, first.month) == (last.year, last.month) else f"{text.day_short(first)} "
    return f"{begin}\N{EN DASH}{'' if begin.isdigit() else ' '}{until}"


def _moment(moment: datetime, zone: ZoneInfo, year: int) -> str:
    local = moment.astimezone(zone)
    day = text.day_short(local.date()) if local.year == year else text.day(local.date())
    return f"{day}, {local:%H:%M}"


def _remark(baseline: Baseline) -> str:
    if baseline.capped:
        return ", which is shorter"
    if baseline.uneven:
        return ", of another length"
    return ", which is not over" if baseline.unfinished else ""
