"""The ranges a reader steps and types through: the one before, the one after, and what people write for a range."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from outlay.errors import QueryInvalid
from outlay.kit.period import Month, local_day
from outlay.query.notation import parse_range
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
    span_of,
)

_DAY: Final = timedelta(days=1)
_LAST: Final = re.compile(r"(?:the )?(?:last|past) (\d{1,4}) ?(h|d|w|hours?|days?|weeks?)")
_BETWEEN: Final = re.compile("\\s*(?:\\.\\.|\N{EN DASH}|\N{EM DASH}|\\bto\\b|\\buntil\\b|\\s-\\s|\\s+)\\s*")
_DAY_FORMS: Final = ("%Y-%m-%d", "%Y/%m/%d", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d.%m.%Y")
_MONTH_FORMS: Final = ("%Y-%m", "%B %Y", "%b %Y")


def stepped(asked: TimeRange, zone: ZoneInfo, now: datetime, *, back: bool) -> TimeRange | None:
    """Return the range of the same length before or after; None where the one after has not begun."""
    found = _neighbour(asked, zone, now, -1 if back else 1)
    if found is None or span_of(found, zone, now).start >= now:
        return None
    return found


def _neighbour(  # noqa: PLR0911 - one for each kind of range
    asked: TimeRange, zone: ZoneInfo, now: datetime, step: int
) -> TimeRange | None:
    try:
        match asked:
            case OneMonth(year, month):
                there = Month(year, month).next if step > 0 else Month(year, month).previous
                return OneMonth(there.year, there.month)
            case MonthToDate():
                before = Month.of(local_day(now, zone)).previous
                return None if step > 0 else OneMonth(before.year, before.month)
            case Fiscal(unit, starts, ago):
                return Fiscal(unit, starts, ago - step) if ago >= step else None
            case LastDays() | Days():
                return _days_moved(span_of(asked, zone, now), zone, step)
            case LastHours(hours):
                back, whole = timedelta(hours=hours), now.replace(second=0, microsecond=0)
                return None if step > 0 else Between(whole - 2 * back, whole - back)
            case Between(start, end):
                return Between(start + step * (end - start), end + step * (end - start))
    except (QueryInvalid, OverflowError):  # beyond the years that can be asked for
        return None


def _days_moved(span: Span, zone: ZoneInfo, step: int) -> Days:
    first, last = local_day(span.start, zone), local_day(span.end - timedelta(microseconds=1), zone)
    moved = step * (last - first + _DAY)
    return Days(first + moved, last + moved)


def read_typed(text: str, zone: ZoneInfo, now: datetime) -> TimeRange:
    """Return the range that someone wrote or pasted: what URLs take, or `last 14 days`, `Oct 2026`, `1 Oct 2026 to
    15 Oct 2026`, `yesterday`. Raises QueryInvalid, which says what can be written.
    """
    plain = " ".join(text.split())
    found = _named(plain.casefold(), local_day(now, zone)) or _month(plain) or _days(plain)
    return found or parse_range(plain.replace(" ", ""))


def days_of(asked: TimeRange, zone: ZoneInfo, now: datetime) -> tuple[date, date]:
    """Return the first and the last local day that a range touches."""
    span = span_of(asked, zone, now)
    return local_day(span.start, zone), local_day(span.end - timedelta(microseconds=1), zone)


def _named(text: str, today: date) -> TimeRange | None:
    if last := _LAST.fullmatch(text):
        count = int(last[1])
        return LastHours(count) if last[2][0] == "h" else LastDays(count * (7 if last[2][0] == "w" else 1))
    month = Month.of(today)
    named: dict[str, TimeRange] = {
        "today": Days(today, today),
        "yesterday": Days(today - _DAY, today - _DAY),
        "this month": OneMonth(month.year, month.month),
        "last month": OneMonth(month.previous.year, month.previous.month),
        "this week": Days(today - today.weekday() * _DAY, today - today.weekday() * _DAY + 6 * _DAY),
    }
    return named.get(text)


def _month(text: str) -> OneMonth | None:
    found = _first_read(text, _MONTH_FORMS)
    return None if found is None else OneMonth(found.year, found.month)


def _days(text: str) -> Days | None:
    whole = _first_read(text, _DAY_FORMS)
    if whole is not None:
        return Days(whole, whole)
    for divider in _BETWEEN.finditer(text):
        first = _first_read(text[: divider.start()], _DAY_FORMS)
        last = _first_read(text[divider.end() :], _DAY_FORMS)
        if first is not None and last is not None:
            return Days(first, last)
    return None


def _first_read(text: str, forms: tuple[str, ...]) -> date | None:
    for form in forms:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None
