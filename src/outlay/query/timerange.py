"""Time ranges as people ask for them, and the exact instants they stand for in a zone.

A running range ends with its last local day (so that today's events are all in it, and `mtd` equals the running month);
only `24h` and other hours end now. Every end is exclusive. What a range is fairly compared with is worked out here too.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.errors import QueryInvalid
from outlay.kit.period import Month, as_micros, day_start, from_micros, local_day

MOST_DAYS: Final = 3_660
MOST_HOURS: Final = 8_784
FIRST_YEAR: Final = 1971
LAST_YEAR: Final = 2200
_DAY: Final = timedelta(days=1)


class Span(Struct, frozen=True):
    """The instants from `start` up to but without `end`, both UTC."""

    start: datetime
    end: datetime


class Baseline(Struct, frozen=True):
    """What a range is compared with. `running`: only as much of it as has elapsed of the asked range; `capped`: the
    earlier period was too short for even that, and is compared as far as it goes.
    """

    span: Span
    running: bool
    capped: bool


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


TimeRange = LastDays | LastHours | MonthToDate | OneMonth | Days | Between


def span_of(asked: TimeRange, zone: ZoneInfo, now: datetime) -> Span:
    """Return the instants a range stands for."""
    match asked:
        case LastHours(hours):
            return Span(now - timedelta(hours=hours), now)
        case Between(start, end):
            return Span(_instant(start, zone), _instant(end, zone))
        case _:
            first, end_day = _day_bounds(asked, local_day(now, zone))
            return Span(day_start(first, zone), day_start(end_day, zone))


def baseline_of(asked: TimeRange, zone: ZoneInfo, now: datetime) -> Baseline | None:
    """Return the fair earlier range: the whole previous one when the asked one is over, the same elapsed local part of
    it when it is running, None when it has not begun.
    """
    span = span_of(asked, zone, now)
    if now <= span.start:
        return None
    whole, elapsed_end = _previous(asked, zone, now)
    if now >= span.end:
        return Baseline(whole, running=False, capped=False)
    capped = elapsed_end > whole.end
    return Baseline(Span(whole.start, min(max(elapsed_end, whole.start), whole.end)), running=True, capped=capped)


def _previous(asked: TimeRange, zone: ZoneInfo, now: datetime) -> tuple[Span, datetime]:
    """Return the whole previous range and the instant in it that corresponds to now."""
    match asked:
        case LastHours(hours):
            back = timedelta(hours=hours)
            return Span(now - 2 * back, now - back), now - back
        case Between(start, end):
            back = end - start
            earlier = Span(_instant(start - back, zone), _instant(end - back, zone))
            return earlier, _wall_shifted(now, back, zone) if start.tzinfo is None else now - back
        case _:
            first, end_day = _day_bounds(asked, local_day(now, zone))
            earlier_first = (
                Month.of(first).previous.first_day
                if isinstance(asked, OneMonth | MonthToDate)
                else first - (end_day - first)
            )
            earlier = Span(day_start(earlier_first, zone), day_start(first, zone))
            return earlier, _wall_shifted(now, first - earlier_first, zone)


def _day_bounds(asked: LastDays | MonthToDate | OneMonth | Days, today: date) -> tuple[date, date]:
    """Return the first local day and the day after the last."""
    match asked:
        case LastDays(days):
            return today - (days - 1) * _DAY, today + _DAY
        case MonthToDate():
            return Month.of(today).first_day, today + _DAY
        case OneMonth(year, month):
            return Month(year, month).first_day, Month(year, month).next.first_day
        case Days(first, last):
            return first, last + _DAY


def _wall_shifted(moment: datetime, back: timedelta, zone: ZoneInfo) -> datetime:
    """Return the instant at which local clocks showed what they show at `moment`, less `back`."""
    return _instant(moment.astimezone(zone).replace(tzinfo=None, fold=0) - back, zone)


def _instant(moment: datetime, zone: ZoneInfo) -> datetime:
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
