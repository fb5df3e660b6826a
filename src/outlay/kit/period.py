"""Local calendars: where days and months really begin in an IANA zone, to the microsecond, DST days included.

A local day is the stretch between two consecutive first midnights; it may have 23, 24 or 25 hours, half-hour
offsets, or (in a zone that skipped one) no length at all. Every boundary in Outlay comes from `day_start`.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


@lru_cache(maxsize=1024)
def parse_zone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name such as `Asia/Kathmandu`; ValueError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no IANA time zone; write one such as Europe/Berlin or UTC") from None


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return the zones to choose from: none that is another on every machine, none that counts leap seconds."""
    return frozenset(available_timezones() - {"Factory", "localtime"})


def as_micros(moment: datetime) -> int:
    """Return an instant as whole microseconds since 1970-01-01 UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


@lru_cache(maxsize=65_536)
def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a local day, in UTC."""
    # With fold=0 a midnight that DST skips resolves to the very instant of the jump, which is where the day begins.
    return datetime(day.year, day.month, day.day, tzinfo=zone, fold=0).astimezone(UTC)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the local day an instant belongs to, by the boundaries of `day_start`."""
    day = moment.astimezone(zone).date()
    while moment >= day_start(day + _DAY, zone):
        day += _DAY
    while moment < day_start(day, zone):
        day -= _DAY
    return day


@dataclass(frozen=True)
class Month:
    """A calendar month, such as 2026-10."""

    year: int
    month: int

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def next(self) -> "Month":
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def previous(self) -> "Month":
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return first instant and first instant after, in UTC."""
        return day_start(self.first_day, zone), day_start(self.next.first_day, zone)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.year, day.month)


def fiscal_months(day: date, starts: int, months: int, back: int = 0) -> tuple[Month, Month]:
    """Return first month and month after of the fiscal quarter (3 months) or year (12) that a day lies in, or of the
    one `back` before it. Fiscal years begin with the month numbered `starts`.
    """
    number = day.year * 12 + day.month - 1
    first = number - (day.month - starts) % months - back * months
    return _numbered(first), _numbered(first + months)


def fiscal_year(month: Month, starts: int) -> int:
    """Return the fiscal year of a month, by the calendar year that it ends in."""
    return month.year + (1 < starts <= month.month)


def _numbered(number: int) -> Month:
    return Month(number // 12, number % 12 + 1)


def parse_month(text: str) -> Month:
    """Read `2026-10`; ValueError when it is no month."""
    year, dash, month = text.partition("-")
    well_formed = dash and year.isascii() and year.isdigit() and month.isascii() and month.isdigit()
    if not (well_formed and len(year) == 4 and len(month) == 2 and 1 <= int(month) <= 12 and int(year)):
        raise ValueError(f"{text!r} is no month; write YYYY-MM")
    return Month(int(year), int(month))


def each_day(first: date, end: date) -> Iterator[date]:
    """Yield the days from `first` up to but without `end`."""
    while first < end:
        yield first
        first += _DAY


class LocalDays:
    """Finds the local day of many instants quickly: the boundaries around the last ones asked for are kept sorted."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._starts: list[int] = []
        self._days: list[date] = []

    def day_of(self, micros: int) -> date:
        """Return the local day of an instant given in microseconds since 1970 UTC."""
        if not self._starts or not self._starts[0] <= micros < self._starts[-1]:
            self._reach(micros)
        return self._days[bisect_right(self._starts, micros) - 1]

    def _reach(self, micros: int) -> None:
        day = local_day(from_micros(micros), self._zone)
        first, end = day - _DAY, day + 2 * _DAY
        if self._days:
            first, end = min(first, self._days[0]), max(end, self._days[-1] + _DAY)
        if (end - first).days > 200_000:
            first, end = day - _DAY, day + 2 * _DAY
        self._days = list(each_day(first, end))
        self._starts = [as_micros(day_start(each, self._zone)) for each in self._days]
