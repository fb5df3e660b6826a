"""Reads single cells: a text, a count, an amount of money, a decimal, an instant.

A cell is what a CSV, JSON or Parquet reader yields. None stays None (not stated); a cell that states something else
than its field can hold raises FieldInvalid naming the field. No amount ever goes through a float: a Parquet double is
taken by its shortest decimal text, which is what its writer meant.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from outlay.errors import FieldInvalid
from outlay.kit.money import as_pico
from outlay.kit.period import from_micros

MAX_COUNT: Final = 10**12  # far above any count of one call
MAX_USD: Final = 1_000_000
_SURELY_A_COUNT: Final = 12  # so many digits can't pass MAX_COUNT
MAX_NUMBER_CHARS: Final = 64

UNIX_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
RFC3339: Final = "rfc3339"
_MICROS_PER: Final = {"s": 1_000_000, "ms": 1_000, "us": 1}
UNIX_FORMATS: Final = {"unix": "s", "unix_s": "s", "unix_ms": "ms", "unix_us": "us"}
START_FORMATS: Final = {"s_from_start": "s", "ms_from_start": "ms", "us_from_start": "us"}

_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_DATE_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)? ?([Zz]|UTC|[+-]\d{2}(:?\d{2})?)?")
_EARLIEST: Final = 0
_LATEST: Final = 253_370_764_800_000_000  # the year 9999, less a day for any zone

TimeReader = Callable[[object], datetime | None]
Row = Any  # a list of cells, a tuple of values or a JSON object: whatever the reader of the format yields
Cell = Callable[[Row], object]
Cells = Callable[[str], Cell]
Refusal = Callable[[Row], tuple[str, str] | None]  # code and message


def as_text(field: str, cell: object) -> str | None:
    """Return the cell as text, without space around it; an empty one is None."""
    if cell.__class__ is str:
        text = str(cell).strip()
    elif cell is None:
        return None
    elif isinstance(cell, bool | bytes | list | dict | tuple):
        raise FieldInvalid(f"{field} is {shown(cell)}; it must be a text")
    else:
        text = str(cell)
    if not text.isascii():
        _refuse_surrogates(field, text)
    return text or None


def parse_count(field: str, cell: object) -> int | None:
    """Read a whole number that is not negative: `1234`, `1,234`, `1234.0`, `1.2e3`."""
    if cell.__class__ is str:
        text = str(cell)
        if text.isdigit() and text.isascii() and len(text) <= _SURELY_A_COUNT:
            return int(text)
    number = parse_number(field, cell)
    if number is None:
        return None
    if number < 0:
        raise FieldInvalid(f"{field} is {shown(cell)}; a count can't be negative")
    if number > MAX_COUNT:
        raise FieldInvalid(f"{field} is {shown(cell)}; more than {MAX_COUNT} is no count of one call")
    if number != number.to_integral_value():
        raise FieldInvalid(f"{field} is {shown(cell)}; it must be a whole number")
    return int(number)


def parse_milliseconds(field: str, cell: object) -> int | None:
    """Read a duration in milliseconds; a fraction of one is rounded half-even."""
    number = parse_number(field, cell)
    if number is None:
        return None
    if not 0 <= number <= MAX_COUNT:
        raise FieldInvalid(f"{field} is {shown(cell)}; it must be a duration in milliseconds, 0 or more")
    return int(number.to_integral_value())


def parse_pico(field: str, cell: object) -> int | None:
    """Read dollars, such as `0.052`, `$1,234.50` or `1e-05`, into picodollars.

    More than twelve decimals are rounded half-even: they are the noise of the tool's own floating point.
    """
    if cell.__class__ is str:
        cell = str(cell).strip().removeprefix("$")
    number = parse_number(field, cell)
    if number is None:
        return None
    if number < 0:
        raise FieldInvalid(f"{field} is {shown(cell)}; a call can't cost less than nothing")
    if number >= MAX_USD:
        raise FieldInvalid(f"{field} is {shown(cell)}; a million dollars or more is too much for one event")
    return as_pico(number)


def parse_number(field: str, cell: object) -> Decimal | None:
    """Read a finite decimal number; commas may group thousands, as in `1,234.5`."""
    if cell is None:
        return None
    if isinstance(cell, bool):
        raise FieldInvalid(f"{field} is {shown(cell)}; it must be a number")
    if isinstance(cell, float) and math.isnan(cell):
        return None  # how data frames write an empty cell of a numeric column
    text = str(cell).strip()
    if not text:
        return None
    if len(text) > MAX_NUMBER_CHARS or not text.isascii() or "_" in text:
        raise FieldInvalid(f"{field} is {shown(cell)}; it must be a number")
    if "," in text and _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise FieldInvalid(f"{field} is {shown(cell)}; it must be a number") from None
    if not number.is_finite():
        raise FieldInvalid(f"{field} is {shown(cell)}; it must be a finite number")
    return number


def time_reader(form: str, zone: tzinfo, start: datetime) -> TimeReader:
    """Return the function that reads instants of one format, as UTC cut (not rounded) to the microsecond.

    `form` is `rfc3339`, one of UNIX_FORMATS, one of START_FORMATS (counted from `start`), or a strptime pattern.
    `zone` is used where a date and time states none; of an hour that DST repeats it means the first.
    """
    if form in UNIX_FORMATS:
        return _counted(_MICROS_PER[UNIX_FORMATS[form]], UNIX_EPOCH)
    if form in START_FORMATS:
        return _counted(_MICROS_PER[START_FORMATS[form]], start)
    if form == RFC3339:
        return _written(_from_rfc3339, zone)
    return _written(lambda text: datetime.strptime(text, form), zone)  # noqa: DTZ007 - `_written` sets the zone


def shown(cell: object, limit: int = 60) -> str:
    """Return the cell as it is quoted in a message: short, and without characters that act on a terminal."""
    text = str(cell) if not isinstance(cell, bytes) else cell[:limit].decode("latin-1")
    cut = text[:limit]
    clean = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in cut)
    return repr(clean + "…" if len(text) > limit else clean)


def _counted(micros_per_unit: int, origin: datetime) -> TimeReader:
    first = (origin - UNIX_EPOCH) // timedelta(microseconds=1)

    def read(cell: object) -> datetime | None:
        if cell.__class__ is str:
            text = str(cell)
            if text.isdigit() and text.isascii() and len(text) < 18:
                return _instant(first + int(text) * micros_per_unit, cell)
        if isinstance(cell, date):
            return _as_utc(cell, UTC)
        number = parse_number("time", cell)
        if number is None:
            return None
        if abs(number) > _LATEST:
            raise _out_of_range(cell)
        return _instant(first + math.floor(number * micros_per_unit), cell)

    return read


def _written(parse: Callable[[str], datetime], zone: tzinfo) -> TimeReader:
    def read(cell: object) -> datetime | None:
        if cell is None:
            return None
        if cell.__class__ is str:
            text = str(cell).strip()
            if not text:
                return None
            try:
                return _as_utc(parse(text), zone)
            except (ValueError, OverflowError):
                raise FieldInvalid(f"time is {shown(cell)}; it does not have the format of this column") from None
        if isinstance(cell, date):
            return _as_utc(cell, zone)
        raise FieldInvalid(f"time is {shown(cell)}; a number needs time_format, such as unix_s or unix_ms")

    return read


def _from_rfc3339(text: str) -> datetime:
    # fromisoformat alone would also take week dates, bare dates and run-together digits.
    if not _DATE_TIME.fullmatch(text):
        raise ValueError(text)
    if text.endswith("UTC"):
        text = f"{text[:-3].rstrip()}Z"
    return datetime.fromisoformat(text.upper().replace(" +", "+").replace(" -", "-").replace(" Z", "Z"))


def _as_utc(stated: date, zone: tzinfo) -> datetime:
    if not isinstance(stated, datetime):
        stated = datetime(stated.year, stated.month, stated.day, tzinfo=zone)
    if stated.tzinfo is None:
        stated = stated.replace(tzinfo=zone)
    if stated.tzinfo is not UTC:
        try:
            stated = stated.astimezone(UTC)
        except OverflowError:
            raise _out_of_range(stated) from None
    if not 1970 <= stated.year < 9999:
        raise _out_of_range(stated)
    return stated


def _instant(micros: int, cell: object) -> datetime:
    if not _EARLIEST <= micros < _LATEST:
        raise _out_of_range(cell)
    return from_micros(micros)


def _out_of_range(cell: object) -> FieldInvalid:
    return FieldInvalid(f"time is {shown(cell)}; it must lie between the years 1970 and 9998 (check time_format)")


def _refuse_surrogates(field: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise FieldInvalid(f"{field} is {shown(text)}, which is not valid Unicode text") from None
