"""How ranges, filters and dimensions are written in one parameter of a URL, and read back. `parse` reads whole URLs.

Values that have a comma or percent sign are written with that character percent-encoded inside the parameter, so that
it makes no difference what forms and clients encode around it.
"""

import re
from datetime import UTC, date, datetime
from typing import Final
from urllib.parse import unquote

from outlay.errors import QueryInvalid
from outlay.kit.money import plain
from outlay.query.amounts import parse_bound
from outlay.query.ask import OPERATORS, Filter, Order
from outlay.query.baseline import COMPARISONS, Comparison
from outlay.query.catalogue import TAG, TAG_KEY
from outlay.query.timerange import Between, Days, Fiscal, LastDays, LastHours, MonthToDate, OneMonth, TimeRange

_RELATIVE: Final = re.compile(r"([1-9][0-9]{0,4})([hd])")
_FISCAL: Final = re.compile(r"f([qy])(1[0-2]|[1-9])(?:-([1-9][0-9]?))?")
_MONTH: Final = re.compile(r"([0-9]{4})-([0-9]{2})")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_OF_MONTH: Final = re.compile(r"[0-9]{2}")
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?Z?")


def parse_range(text: str) -> TimeRange:
    """Read `30d`, `24h`, `mtd`, `2026-10`, `2026-10-01`, `2026-10-01..15`, `2026-10-01..2026-11-15`, two moments, or a
    fiscal quarter or year by the month its years begin in: `fq7`, `fy7`, the one before `fq7-1`.
    """
    if text == "mtd":
        return MonthToDate()
    if relative := _RELATIVE.fullmatch(text):
        count = int(relative[1])
        return LastHours(count) if relative[2] == "h" else LastDays(count)
    if fiscal := _FISCAL.fullmatch(text):
        return Fiscal("quarter" if fiscal[1] == "q" else "year", int(fiscal[2]), int(fiscal[3] or 0))
    if month := _MONTH.fullmatch(text):
        return OneMonth(int(month[1]), int(month[2]))
    first, dots, last = text.partition("..")
    if _DAY.fullmatch(first):
        last = (first[:8] + last if _DAY_OF_MONTH.fullmatch(last) else last) if dots else first
        return Days(_day(first), _day(last))
    if _MOMENT.fullmatch(first) and _MOMENT.fullmatch(last):
        return Between(_moment(first), _moment(last))
    raise QueryInvalid(
        f"{text!r} is no time range; write 30d, 24h, mtd, 2026-10, 2026-10-01..15, 2026-10-01..2026-11-15 "
        "or 2026-10-01T05:00..2026-10-02T00:00"
    )


def write_range(asked: TimeRange) -> str:  # noqa: PLR0911 - one for each kind of range
    """Return the shortest text that `parse_range` reads as this range."""
    match asked:
        case LastDays(days):
            return f"{days}d"
        case LastHours(hours):
            return f"{hours}h"
        case MonthToDate():
            return "mtd"
        case OneMonth(year, month):
            return f"{year:04d}-{month:02d}"
        case Fiscal(unit, starts, back):
            return f"f{unit[0]}{starts}{f'-{back}' if back else ''}"
        case Days(first, last):
            same_month = (first.year, first.month) == (last.year, last.month)
            shown = f"{last.day:02d}" if same_month else last.isoformat()
            return first.isoformat() if first == last else f"{first}..{shown}"
        case Between(start, end):
            return f"{_written_moment(start)}..{_written_moment(end)}"


def parse_comparison(text: str) -> Comparison:
    """Read `none`, `prev`, `year`, `weekdays`, or a range as it is written elsewhere."""
    for known in COMPARISONS:
        if text == known:
            return known
    try:
        return parse_range(text)
    except QueryInvalid as error:
        raise QueryInvalid(
            f"{text!r} is no comparison; write {', '.join(COMPARISONS)}, or a range: {error.message}"
        ) from None


def write_comparison(comparison: Comparison) -> str:
    return comparison if isinstance(comparison, str) else write_range(comparison)


def parse_filter(text: str) -> Filter:
    """Read `team:is:growth,core`, `tag:is:env:prod`, `tag:env:is:prod`, `team:none`, `latency_ms:over:5000`."""
    dimension, *rest = text.split(":")
    if dimension == TAG and rest and rest[0] not in OPERATORS:
        dimension, rest = TAG_KEY + unquote(rest[0]), rest[1:]
    for operator in OPERATORS:
        if rest and rest[0] == operator:
            # Only the first colons divide: a tag has one of its own.
            listed = ":".join(rest[1:]).split(",") if len(rest) > 1 else []
            found = Filter(dimension, operator, tuple(unquote(value) for value in listed))
            if operator in {"over", "under"}:  # equal numbers are written alike
                found = Filter(dimension, operator, (plain(parse_bound(found.values[0])),))
            return found
    raise QueryInvalid(
        f"{text!r} is no filter; write DIMENSION:is:VALUE,VALUE with is, not, has, none or none_or, "
        "or AMOUNT:over:NUMBER with over or under"
    )


def write_filter(asked: Filter) -> str:
    """Return the text that `parse_filter` reads as this filter."""
    head = f"{write_dimension(asked.dimension)}:{asked.operator}"
    return f"{head}:{','.join(_protected(value) for value in asked.values)}" if asked.values else head


def parse_list(text: str) -> tuple[str, ...]:
    """Read `model,tag:env`: ids of measures or dimensions."""
    return tuple(parse_dimension(each) for each in text.split(",")) if text else ()


def write_list(names: tuple[str, ...]) -> str:
    return ",".join(write_dimension(each) for each in names)


def parse_dimension(text: str) -> str:
    return TAG_KEY + unquote(text.removeprefix(TAG_KEY)) if text.startswith(TAG_KEY) else text


def write_dimension(dimension: str) -> str:
    """Return the id; in a tag's key, what would divide the parameter (or be an operator) is percent-encoded."""
    if not dimension.startswith(TAG_KEY):
        return dimension
    key = _protected(dimension.removeprefix(TAG_KEY)).replace(":", "%3A")
    return TAG_KEY + (f"%{ord(key[0]):02X}{key[1:]}" if key in OPERATORS else key)


def parse_order(text: str) -> Order | None:
    """Read `-cost` (descending) or `model`; nothing is the default order."""
    if not text:
        return None
    return Order(parse_dimension(text.removeprefix("-")), descending=text.startswith("-"))


def write_order(order: Order | None) -> str:
    return f"{'-' if order.descending else ''}{write_dimension(order.by)}" if order else ""


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise QueryInvalid(f"{text!r} is no day; write YYYY-MM-DD") from None


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        raise QueryInvalid(f"{text!r} is no moment; write YYYY-MM-DDTHH:MM, with Z for UTC") from None
    return found.replace(tzinfo=UTC) if text.endswith("Z") else found


def _written_moment(moment: datetime) -> str:
    timespec = "minutes" if not (moment.second or moment.microsecond) else "auto"
    return moment.replace(tzinfo=None).isoformat(timespec=timespec) + ("" if moment.tzinfo is None else "Z")


def _protected(text: str) -> str:
    return text.replace("%", "%25").replace(",", "%2C")
