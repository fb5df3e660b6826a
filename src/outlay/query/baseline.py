"""What a range is compared with, and how to make that fair: a running period meets only the same elapsed local part of
the other one, by the wall clock.

`prev` is the range before, `year` the same local dates a year earlier, `weekdays` as many whole weeks back as the range
needs so that Mondays meet Mondays; any other range can be named itself. Bucket n always meets bucket n.
"""

from datetime import datetime, time, timedelta
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.kit.period import Month, fiscal_months, local_day
from outlay.query.timerange import (
    Between,
    Days,
    Fiscal,
    LastDays,
    LastHours,
    MonthToDate,
    OneMonth,
    Span,
    TimeRange,
    day_bounds,
    instant_of,
    span_of,
)

Named = Literal["none", "prev", "year", "weekdays"]
Comparison = Named | TimeRange

COMPARISONS: Final[tuple[Named, ...]] = get_args(Named)
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
_ALIKE: Final = ("prev", "weekdays")  # where months differ in length, everyone knows


class Baseline(Struct, frozen=True):
    """What a range is compared with. `running`: only as much of it as has elapsed of the asked range; `capped`: the
    other period was too short for even that, and is compared as far as it goes. `uneven`: both are over and differ in
    length; `unfinished`: the other period, named by the reader, is not over yet.
    """

    span: Span
    running: bool = False
    capped: bool = False
    uneven: bool = False
    unfinished: bool = False


class _Clocked(Struct, frozen=True):
    """A range as its clock shows it: local wall-clock times, which have no zone, or UTC instants."""

    begin: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.begin


def baseline_of(asked: TimeRange, comparison: Comparison, zone: ZoneInfo, now: datetime) -> Baseline | None:
    """Return what a range is compared with; None when that is nothing, or when one of the two has not begun."""
    if comparison == "none":
        return None
    span, clocked = span_of(asked, zone, now), _clocked(asked, zone, now)
    other = _other(asked, clocked, comparison, zone, now)
    whole = Span(instant_of(other.begin, zone), instant_of(other.end, zone))
    if now <= span.start or now <= whole.start:
        return None
    running = now < span.end
    wanted = max(_counterpart(now, clocked, other, zone), whole.start) if running else whole.end
    end = min(wanted, whole.end)
    return Baseline(
        Span(whole.start, min(end, now)),
        running=running,
        capped=wanted > whole.end,
        uneven=not running and comparison not in _ALIKE and clocked.length != other.length,
        unfinished=end > now,
    )


def _clocked(asked: TimeRange, zone: ZoneInfo, now: datetime) -> _Clocked:
    match asked:
        case Between(start, end):
            return _Clocked(start, end)
        case LastHours(hours):
            return _Clocked(now - timedelta(hours=hours), now)
        case _:
            first, end_day = day_bounds(asked, local_day(now, zone))
            return _Clocked(datetime.combine(first, time.min), datetime.combine(end_day, time.min))


def _other(asked: TimeRange, clocked: _Clocked, comparison: Comparison, zone: ZoneInfo, now: datetime) -> _Clocked:
    if not isinstance(comparison, str):
        return _clocked(comparison, zone, now)
    if comparison == "prev":
        return _previous(asked, clocked)
    weeks = -(-clocked.length // _WEEK) * _WEEK
    if isinstance(asked, LastHours):
        # So many hours, up to what local clocks showed then: 10:00 meets 10:00, whether or not they were changed.
        wall = _on_the_wall(now, zone)
        end = instant_of(_year_before(wall) if comparison == "year" else wall - weeks, zone)
        return _Clocked(end - clocked.length, end)
    if comparison == "year":
        return _same_dates(asked, clocked)
    return _Clocked(clocked.begin - weeks, clocked.end - weeks)


def _previous(asked: TimeRange, clocked: _Clocked) -> _Clocked:
    if isinstance(asked, OneMonth | MonthToDate):
        first = Month.of(clocked.begin.date()).previous.first_day
        return _Clocked(datetime.combine(first, time.min), clocked.begin)
    if isinstance(asked, Fiscal):
        earlier, _ = fiscal_months(clocked.begin.date(), asked.starts, asked.months, 1)
        return _Clocked(datetime.combine(earlier.first_day, time.min), clocked.begin)
    return _Clocked(clocked.begin - clocked.length, clocked.begin)


def _same_dates(asked: TimeRange, clocked: _Clocked) -> _Clocked:
    """Return the dates of the year before. A month stays a whole month; of days, the last one decides, so that the
    28th of February is one day in every year.
    """
    begin, end = _year_before(clocked.begin), _year_before(clocked.end)
    running = isinstance(asked, Fiscal) and not asked.back
    if running or isinstance(asked, LastDays | MonthToDate | Days):
        end = _year_before(clocked.end - _DAY) + _DAY
    return _Clocked(begin, end if end > begin else begin + clocked.length)


def _year_before(moment: datetime) -> datetime:
    """Return what calendars showed a year earlier: 28 February for the 29th."""
    leap_day = (moment.month, moment.day) == (2, 29)
    return moment.replace(year=moment.year - 1, day=28 if leap_day else moment.day)


def _counterpart(now: datetime, clocked: _Clocked, other: _Clocked, zone: ZoneInfo) -> datetime:
    """Return the instant at which as much of the other range had gone by as now has of this one."""
    if clocked.begin.tzinfo is not None and other.begin.tzinfo is not None:
        return other.begin + (now - clocked.begin)
    gone = _on_the_wall(now, zone) - _on_the_wall(clocked.begin, zone)
    return instant_of(_on_the_wall(other.begin, zone) + gone, zone)


def _on_the_wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return what local clocks show at an instant; a wall-clock time as it is."""
    return moment if moment.tzinfo is None else moment.astimezone(zone).replace(tzinfo=None, fold=0)
