"""Reads the time of an event: RFC 3339 text, or unix seconds or milliseconds. A time without zone is refused."""

from datetime import UTC, datetime, timedelta
from typing import Final

from outlay.errors import FieldInvalid

MILLISECONDS_FROM: Final = 100_000_000_000  # as seconds this is the year 5138, as milliseconds 1973
_LATEST: Final = 253_402_300_800  # the year 10000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse_moment(value: str | float) -> datetime:
    """Return the instant in UTC, to the microsecond; FieldInvalid says what is wrong with `value`."""
    return _from_text(value) if isinstance(value, str) else _from_unix(value)


def _from_text(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.upper())  # RFC 3339 takes t and z too
    except ValueError:
        raise FieldInvalid(f"time {text[:40]!r} is no RFC 3339 time; write 2026-10-01T12:00:00Z") from None
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        raise FieldInvalid(f"time {text[:40]!r} has no zone; add Z for UTC or an offset such as +02:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise FieldInvalid(f"time {text[:40]!r} lies outside the years 1 to 9999") from None


def _from_unix(number: float) -> datetime:
    scale = 1000 if abs(number) >= MILLISECONDS_FROM else 1
    if not 0 <= number < _LATEST * scale:
        raise FieldInvalid(f"time {number} is no unix time in seconds or milliseconds")
    whole, part = divmod(number, scale)
    micros = round(part * (1_000_000 // scale))
    return _EPOCH + timedelta(seconds=int(whole), microseconds=micros)
