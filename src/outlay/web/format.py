"""Every figure and time as text, by the rules all pages share: the same value reads the same everywhere.

Money comes in as Decimal (None: no data) and never passes through a float. Rounding is half-even and happens here,
last; a value is rounded before its form is chosen, so 999,999.60 reads $1.00M and never $1,000,000.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from outlay.kit.money import plain
from outlay.kit.period import Month
from outlay.web.currency import converted, sign

DASH: Final = "—"
MINUS: Final = "\N{MINUS SIGN}"
TIMES: Final = "\N{MULTIPLICATION SIGN}"
_TO: Final = "\N{EN DASH}"

_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
_TWO_DIGITS: Final = Context(prec=2, rounding=ROUND_HALF_EVEN)
_THREE_DIGITS: Final = Context(prec=3, rounding=ROUND_HALF_EVEN)
_STARTS_FORMULA: Final = "=+-@\t\r\n|%"
_PASSED_OVER: Final = " \xa0\u200b\u2060\u3000\ufeff"  # blanks of every width
_THOUSAND: Final = Decimal(1000)
_MILLION: Final = Decimal(1_000_000)
_SUFFIXES: Final = ("", "K", "M", "B", "T", "Q")
_MAX_PLACES: Final = 12
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


# -- money ---------------------------------------------------------------------------------------
# Amounts come in as USD and are written in the currency of the answer (web/currency.py); prices stay in USD.
def usd(amount: Decimal | None) -> str:
    """Return a sum of money for a card or a total: `$1.23M`, `$12,345`, `$12.34`, `<$0.01`."""
    if amount is None:
        return DASH
    amount = converted(amount)
    size = abs(amount)
    if 0 < size < Decimal("0.01"):
        return _under(amount, f"{sign()}0.01")
    if _rounded(size, 0) >= _MILLION:
        return _signed(amount, f"{sign()}{_scaled(size, 2, first_suffix=2)}")
    return _signed(amount, f"{sign()}{_rounded(size, 2 if _rounded(size, 2) < _THOUSAND else 0):,f}")


def usd_exact(amount: Decimal | None) -> str:
    """Return money with all its decimals, at least two: what stands behind a rounded figure."""
    return DASH if amount is None else _exact_amount(converted(amount), sign())


def price(per_unit_usd: Decimal | None) -> str:
    """Return what something costs by its price, with all its decimals: in USD, whatever amounts are shown in."""
    return DASH if per_unit_usd is None else _exact_amount(per_unit_usd, "$")


def usd_places(amounts: Iterable[Decimal | None]) -> int:
    """Return the decimals a column of money is shown with.

    They come from the smallest amount (2 from a dollar on, 4 from a cent on, below that two significant digits), but no
    more than the middle one can carry: a column of tens is not written with four decimals because of one tiny row,
    nor a column of tenths of a cent with two because of one large one.
    """
    sizes = sorted(abs(converted(amount)) for amount in amounts if amount)
    if not sizes:
        return 2
    return max(2, min(_places_for(sizes[0]), _most_places_beside(sizes[len(sizes) // 2])))


def usd_row(amount: Decimal | None, places: int | None = None) -> str:
    """Return the money of one table row with the column's `places` (from `usd_places`; its own when None).

    An amount too small for the column reads `<$0.01`, never `$0.00`: that is a true zero, whatever the column's places.
    """
    if amount is None:
        return DASH
    if not amount:
        return f"{sign()}0.00"
    shown = usd_places([amount]) if places is None else places
    amount = converted(amount)
    size = abs(amount)
    unit = Decimal(1).scaleb(-shown)
    if 0 < size < unit:
        return _under(amount, f"{sign()}{unit:f}")
    return _signed(amount, f"{sign()}{_rounded(size, shown):,f}")


def usd_difference(amount: Decimal | None, places: int | None = None) -> str:
    """Return by how much a cost of one table row changed: what it rose by has its plus."""
    shown = usd_row(amount, places)
    return shown if amount is None else _with_plus(amount, shown)


def usd_column(amounts: Iterable[Decimal | None]) -> list[str]:
    """Return a whole column of money in one precision."""
    column = list(amounts)
    places = usd_places(column)
    return [usd_row(amount, places) for amount in column]


def unit_price(per_million_usd: Decimal | None) -> str:
    """Return a price per million tokens: `$3.00 / 1M`, `$0.075 / 1M`."""
    return DASH if per_million_usd is None else f"{price(per_million_usd)} / 1M"


# -- counts --------------------------------------------------------------------------------------
def tokens(count: int | None) -> str:
    """Return a count exactly below 10,000, else with three significant digits: `9,999`, `12.3K`, `1.00M`."""
    if count is None:
        return DASH
    if abs(count) < 10_000:
        return counted(count)
    return _signed(count, _significant(abs(Decimal(count))))


def counted(count: int | None) -> str:
    """Return a count exactly: `1,204,112`."""
    return DASH if count is None else _signed(count, f"{abs(count):,}")


def quantity(amount: Decimal | None, unit: str = "") -> str:
    """Return an amount of a service with its unit: `1,234.5 pages`."""
    if amount is None:
        return DASH
    whole, dot, decimals = plain(_rounded(abs(amount), 3)).partition(".")
    return _signed(amount, f"{int(whole):,}{dot}{decimals}") + (f" {unit}" if unit else "")


def average(value: Decimal | None) -> str:
    """Return a mean count, with one decimal below a hundred: `1,234`, `12.3`, `<0.1`."""
    if value is None:
        return DASH
    size = abs(value)
    if 0 < size < Decimal("0.1"):
        return _under(value, "0.1")
    return _signed(value, f"{_rounded(size, 1 if _rounded(size, 1) < 100 and size != int(size) else 0):,f}")


def percent(ratio: Decimal | None) -> str:
    """Return a share or rate of 1 in percent with one decimal: `12.3%`, `6.0%`, `<0.1%`, `0%`, `100%`."""
    if ratio is None:
        return DASH
    points = abs(ratio) * 100
    if 0 < points < Decimal("0.1"):
        return _under(ratio, "0.1%")
    if Decimal("99.9") < points < 100:
        return _signed(ratio, ">99.9%")
    return _signed(ratio, f"{_rounded(points, 1 if 0 < points < 100 else 0)}%")


def milliseconds(value: Decimal | int | None) -> str:
    """Return a latency: `850 ms`, `1.25 s`, `12.5 s`, `3.2 min`."""
    if value is None:
        return DASH
    if value < 0:
        return f"{MINUS}{milliseconds(-value)}"
    size = Decimal(value)
    if _rounded(size, 0) < _THOUSAND:
        return f"{_rounded(size, 0)} ms"
    seconds = size / 1000
    if _rounded(seconds, 1) < 100:
        return f"{_rounded(seconds, 2 if _rounded(seconds, 2) < 10 else 1)} s"
    return f"{_rounded(seconds / 60, 1)} min"


def lasting(length: timedelta) -> str:
    """Return how long something took, of any length: `850 ms`, `12.5 s`, `3.2 min`, `4.5 h`, `2.1 days`."""
    minutes = Decimal(length // timedelta(microseconds=1)).scaleb(-6) / 60
    if minutes < 100:
        return milliseconds(minutes * 60_000)
    hours = minutes / 60
    return f"{_rounded(hours, 1)} h" if hours < 48 else f"{_rounded(hours / 24, 1)} days"


# -- changes -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Change:
    """How a figure moved: an arrow (may be empty), a text with its sign, and the exact difference."""

    arrow: str
    text: str
    exact: str = ""


def change(
    now: Decimal | int | None, before: Decimal | int | None, amount: Callable[[Any], str] | None = None
) -> Change:
    """Return the relative change; both figures must cover equally long elapsed time.

    `amount` (such as `usd` or `tokens`) writes the difference too: `+$1,204 (+12.3%)`.
    """
    if now is None or before is None:
        return Change("", DASH)
    difference = Decimal(now) - Decimal(before)
    exact = _with_plus(difference, usd_exact(difference) if amount is usd else _exact_number(difference))
    if before == 0:
        return Change("", "≈0" if now == 0 else "new", exact)
    ratio = difference / abs(Decimal(before))
    if abs(ratio) < Decimal("0.005"):
        return Change("", "≈0", exact)
    relative = _relative(ratio, Decimal(now) / Decimal(before))
    text = (
        relative
        if amount is None
        else f"{_with_plus(difference, amount(_as_given(difference, now, before)))} ({relative})"
    )
    return Change("↑" if difference > 0 else "↓", text, exact)


def change_in_points(now: Decimal | None, before: Decimal | None) -> Change:
    """Return the change of a ratio in percentage points: `+1.2 pp`."""
    if now is None or before is None:
        return Change("", DASH)
    points = (now - before) * 100
    shown = _rounded(abs(points), 1)
    if not shown:
        return Change("", "≈0", f"{_with_plus(points, _exact_number(points))} pp")
    return Change("↑" if points > 0 else "↓", f"{'+' if points > 0 else MINUS}{shown} pp")


def _relative(ratio: Decimal, factor: Decimal) -> str:
    points = abs(ratio) * 100
    if ratio > 0 and _rounded(points, 0) > 999:
        return f"{TIMES}{_rounded(factor, 0):,f}"
    if points > 999:
        return f"{MINUS}>999%"
    return f"{'+' if ratio > 0 else MINUS}{_rounded(points, 1 if _rounded(points, 1) < 100 else 0)}%"


def _as_given(difference: Decimal, now: Decimal | int, before: Decimal | int) -> Decimal | int:
    return int(difference) if isinstance(now, int) and isinstance(before, int) else difference


# -- time ----------------------------------------------------------------------------------------
def day(value: date) -> str:
    return f"{value.day} {_MONTHS[value.month - 1][:3]} {value.year}"


def day_short(value: date) -> str:
    return f"{value.day} {_MONTHS[value.month - 1][:3]}"


def day_long(value: date) -> str:
    """Return a day with its weekday: `Wed 14 Oct 2026`."""
    return f"{_WEEKDAYS[value.weekday()]} {day(value)}"


def days(first: date, last: date) -> str:
    """Return a range of days, both included, without repeating what they share: the 1st to `14 Oct 2026`."""
    if first == last:
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}{_TO}{day(last)}"
    if first.year == last.year:
        return f"{day_short(first)} {_TO} {day(last)}"
    return f"{day(first)} {_TO} {day(last)}"


def month(value: Month) -> str:
    return f"{_MONTHS[value.month - 1]} {value.year}"


def month_short(value: Month) -> str:
    return _MONTHS[value.month - 1][:3]


def local_time(moment: datetime, zone: ZoneInfo) -> str:
    """Return an instant as local time to the minute: `14 Oct 2026, 13:05`."""
    local = moment.astimezone(zone)
    return f"{day(local.date())}, {local:%H:%M}"


def local_seconds(moment: datetime, zone: ZoneInfo) -> str:
    """Return an instant as local time to the second: `14 Oct 2026, 13:05:09`."""
    local = moment.astimezone(zone)
    return f"{day(local.date())}, {local:%H:%M:%S}"


def zone_name(zone: ZoneInfo, at: datetime) -> str:
    """Return a zone with its offset at an instant: `Europe/Berlin (UTC+2)`, `Asia/Kathmandu (UTC+5:45)`."""
    offset = at.astimezone(zone).utcoffset() or timedelta()
    if not offset:
        return zone.key if zone.key == "UTC" else f"{zone.key} (UTC)"
    minutes = abs(offset) // timedelta(minutes=1)
    tail = f":{minutes % 60:02d}" if minutes % 60 else ""
    return f"{zone.key} (UTC{'+' if offset > timedelta() else MINUS}{minutes // 60}{tail})"


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago something was: `just now`, `3 min ago`, `5 h ago`, `2 days ago`."""
    minutes = (now - moment) // timedelta(minutes=1)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 48 * 60:
        return f"{minutes // 60} h ago"
    return f"{minutes // (24 * 60)} days ago"


def partial(elapsed: timedelta) -> str:
    """Return the note of a running bucket, by whole hours, minutes below one hour, days from two on."""
    hours = elapsed // timedelta(hours=1)
    if hours < 1:
        return f"partial, {elapsed // timedelta(minutes=1)} min"
    return f"partial, {hours} h" if hours < 48 else f"partial, {hours // 24} days"


# -- words ---------------------------------------------------------------------------------------
def capital(words: str) -> str:
    """Return words as a line begins with them: with a capital, the rest as it is."""
    return words[:1].upper() + words[1:]


# -- exports -------------------------------------------------------------------------------------
def listed(words: Sequence[str]) -> str:
    """Return `a, b and c`."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def csv_text(value: str) -> str:
    """Return a text cell of a CSV that no spreadsheet takes for a formula. Numbers don't go through here."""
    if value[:1].isalnum():
        return value
    # Spreadsheets pass over blanks, and take the full-width forms of these signs for the signs.
    first = unicodedata.normalize("NFKC", value.lstrip(_PASSED_OVER)[:1])
    return f"'{value}" if first and first in _STARTS_FORMULA else value


# -- how -----------------------------------------------------------------------------------------
def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), context=_WIDE)


def _signed(value: Decimal | int, text: str) -> str:
    return f"{MINUS}{text}" if value < 0 else text


def _with_plus(value: Decimal, text: str) -> str:
    return f"+{text}" if value > 0 else text


def _under(value: Decimal, limit: str) -> str:
    return f"<{limit}" if value > 0 else f">{MINUS}{limit}"


def _scaled(size: Decimal, places: int, first_suffix: int) -> str:
    """Return `size` in the smallest suffix from `first_suffix` on that keeps it, rounded, below a thousand."""
    for power in range(first_suffix, len(_SUFFIXES)):
        value = _rounded(size.scaleb(-3 * power, _WIDE), places)
        if value < _THOUSAND or power == len(_SUFFIXES) - 1:
            break
    return f"{value:,f}{_SUFFIXES[power]}"


def _significant(size: Decimal) -> str:
    """Return three significant digits with a suffix, trailing zeros kept: `1.00M`, `12.3K`, `999K`."""
    shown = _THREE_DIGITS.create_decimal(size)
    power = min(shown.adjusted() // 3, len(_SUFFIXES) - 1)
    digits_before = shown.adjusted() - 3 * power + 1
    return f"{_rounded(shown.scaleb(-3 * power), max(0, 3 - digits_before)):,f}{_SUFFIXES[power]}"


def _places_for(size: Decimal) -> int:
    if size >= 1:
        return 2
    if size >= Decimal("0.01"):
        return 4
    two_digits = _TWO_DIGITS.create_decimal(size)
    return min(_MAX_PLACES, 1 - two_digits.adjusted())


def _most_places_beside(size: Decimal) -> int:
    if size >= 10:
        return 2
    if size >= 1:
        return 4
    return 6 if size >= Decimal("0.01") else _MAX_PLACES


def _exact_amount(amount: Decimal, before: str) -> str:
    whole, _, decimals = plain(abs(amount)).partition(".")
    return _signed(amount, f"{before}{int(whole):,}.{decimals:0<2}")


def _exact_number(value: Decimal) -> str:
    whole, dot, decimals = plain(abs(value)).partition(".")
    return _signed(value, f"{int(whole):,}{dot}{decimals}")


FILTERS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        function.__name__: function
        for function in (
            usd, usd_exact, usd_row, unit_price, tokens, counted, quantity, percent, milliseconds,
            day, day_short, day_long, month, local_time, local_seconds, ago,
        )
    }
)  # fmt: skip
