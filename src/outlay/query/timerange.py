"""Time ranges as people ask for them, and the exact instants they stand for in a zone.

A running range ends with its last local day (so that today's events are all in it, and `mtd` equals the running month);
only `24h` and other hours end now. Every end is exclusive. What a range is compared with is worked out in `baseline`.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.errors import QueryInvalid
from outlay.kit.period import Month, as_micros, day_start, fiscal_months, from_micros, local_day

MOST_DAYS: Final = 3_660
MOST_HOURS: Final = 8_784
MOST_BACK: Final = 40
FIRST_YEAR: Final = 1971
LAST_YEAR: Final = 2200
_DAY: Final = timedelta(days=1)


class Span(Struct, frozen=True):
    """The instants from `start` up to but without `end`, both UTC."""

    start: datetime
    end: datetime


class LastDays(Struct, frozen=True, tag=True):
    """The last `days` local days, today included."""

    days: int

    def __post_init__(self) -> None:
        if not 1 <= self.days <= MOST_DAYS:
            raise QueryInvalid(f"a range of {self.days} days can't be asked for; 1 to {MOST_DAYS} can")


class LastHours(Struct, frozen=True, tag=True):
    """The last `hours` times sixty minutes, up to now."""

    hours: int

    def __post_init__(self) -> None:
        if not 1 <= self.hours <= MOST_HOURS:
            raise QueryInvalid(f"a range of {self.hours} hours can't be asked for; 1 to {MOST_HOURS} can")


class MonthToDate(Struct, frozen=True, tag=True):
    """The current local month up to and with today."""


class OneMonth(Struct, frozen=True, tag=True):
    """A whole local month, whether it is over or running."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (FIRST_YEAR <= self.year <= LAST_YEAR and 1 <= self.month <= 12):
            raise QueryInvalid(f"there is no month {self.year}-{self.month} to ask for")


class Fiscal(Struct, frozen=True, tag=True):
    """The running fiscal quarter or year up to and with today, or the whole one that lies `back` before it.

    Fiscal years begin with the month numbered `starts`; it is part of the range, so that a link means the same to all.
    """

    unit: Literal["quarter", "year"]
    starts: int
    back: int = 0

    def __post_init__(self) -> None:
        if not (1 <= self.starts <= 12 and 0 <= self.back <= MOST_BACK):
            raise QueryInvalid(
                "a fiscal year begins in one of the months 1 to 12; up to 40 periods back can be asked for"
            )

    @property
    def months(self) -> int:
        return 3 if self.unit == "quarter" else 12


class Days(Struct, frozen=True, tag=True):
    """The local days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        _check_years(self.first.year, self.last.year)
        if self.last < self.first:
            raise QueryInvalid(f"the range ends on {self.last}, before it begins on {self.first}")
        if (self.last - self.first).days >= MOST_DAYS:
            raise QueryInvalid(f"the range has more than {MOST_DAYS} days")


class Between(Struct, frozen=True, tag=True):
    """From one moment up to but without another: both local wall-clock times, or both UTC instants.

    Wall-clock times have no zone; one that a clock change repeats means the first, one that it skips the jump.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        _check_years(self.start.year, self.end.year)
        if (self.start.tzinfo is None) != (self.end.tzinfo is None):
            raise QueryInvalid("a range begins and ends either in local times or in UTC (with Z), not in one of each")
        if any(moment.tzinfo not in {None, UTC} for moment in (self.start, self.end)):
            raise QueryInvalid("a range is given in local times or in UTC")
        if self.end <= self.start:
            raise QueryInvalid(f"the range ends at {self.end}, which is not after its begin {self.start}")
        if self.end - self.start > timedelta(days=MOST_DAYS):
            raise QueryInvalid(f"the range has more than {MOST_DAYS} days")


TimeRange = LastDays | LastHours | MonthToDate | OneMonth | Fiscal | Days | Between


def span_of(asked: TimeRange, zone: ZoneInfo, now: datetime) -> Span:
    """Return the instants a range stands for."""
    match asked:
        case LastHours(hours):
            return Span(now - timedelta(hours=hours), now)
        case Between(start, end):
            return Span(instant_of(start, zone), instant_of(end, zone))
        case _:
            first, end_day = day_bounds(asked, local_day(now, zone))
            return Span(day_start(first, zone), day_start(end_day, zone))


def day_bounds(asked: LastDays | MonthToDate | OneMonth | Fiscal | Days, today: date) -> tuple[date, date]:
    """Return the first local day and the day after the last."""
    match asked:
        case LastDays(days):
            return today - (days - 1) * _DAY, today + _DAY
        case MonthToDate():
            return Month.of(today).first_day, today + _DAY
        case OneMonth(year, month):
            return Month(year, month).first_day, Month(year, month).next.first_day
        case Fiscal(_, starts, back):
            begin, end = fiscal_months(today, starts, asked.months, back)
            return begin.first_day, end.first_day if back else today + _DAY
        case Days(first, last):
            return first, last + _DAY


def instant_of(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the UTC instant of a wall-clock time (or of an instant). Midnight is where the local day begins."""
    if moment.tzinfo is not None:
        return moment
    if moment.time() == time.min:
        return day_start(moment.date(), zone)
    found = moment.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == moment:
        return found
    return clock_change(moment.replace(tzinfo=zone, fold=1).astimezone(UTC), found, zone)


def clock_change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant in (before, after] that has another UTC offset than `before`; there must be one."""
    low, high, offset = as_micros(before), as_micros(after), before.astimezone(zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if from_micros(middle).astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return from_micros(high)


def _check_years(*years: int) -> None:
    if not all(FIRST_YEAR <= year <= LAST_YEAR for year in years):
        raise QueryInvalid(f"a range must lie between the years {FIRST_YEAR} and {LAST_YEAR}")
