"""Display currencies: which there are, how they are written, and the dated rates by which dollars are shown in them.

The ledger is in USD and stays so. A rate is how many units of a currency one dollar makes, on a day; it holds until the
next one. Who shows money decides for which day, and does so once for all that is shown together.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, select

from outlay.control.conflict import insert_or_replace
from outlay.control.database import Control
from outlay.control.price_tables import currency_rates
from outlay.control.trail import Actor, Change, write_down
from outlay.errors import InputError, NotFound
from outlay.kit.money import plain

USD: Final = "USD"
# What stands before an amount. A currency whose sign others have too is written by its code.
SIGNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AUD": "A$", "BRL": "R$", "CAD": "C$", "CHF": "CHF\u202f", "CNY": "CN¥", "CZK": "CZK\u202f", "DKK": "DKK\u202f",
        "EUR": "€", "GBP": "£", "HKD": "HK$", "HUF": "HUF\u202f", "IDR": "IDR\u202f", "ILS": "₪", "INR": "₹",
        "ISK": "ISK\u202f", "JPY": "¥", "KRW": "₩", "MXN": "MX$", "MYR": "MYR\u202f", "NOK": "NOK\u202f",
        "NZD": "NZ$", "PHP": "₱", "PLN": "PLN\u202f", "RON": "RON\u202f", "SEK": "SEK\u202f", "SGD": "S$",
        "THB": "฿", "TRY": "₺", "TWD": "NT$", "USD": "$", "ZAR": "ZAR\u202f",
    }
)  # fmt: skip
MOST_RATES: Final = 50_000
_FIRST_DAY: Final = date(1999, 1, 1)
_LEAST: Final = Decimal("0.000001")
_MOST: Final = Decimal(1000000)
_PLACES: Final = 12


class Rate(Struct, frozen=True):
    """How many units of the currency one dollar makes, from this day on until a later rate."""

    currency: str
    day: date
    per_usd: Decimal


class Term(Struct, frozen=True):
    """A rate and for how long it holds: until the day `until` (None: it is the last), after `earlier` (None: first)."""

    rate: Rate
    earlier: Rate | None
    until: date | None


def parse_currency(code: str) -> str:
    """Return the currency's code; InputError lists those there are."""
    if code not in SIGNS:
        raise InputError(f"{code!r} is none of the currencies {', '.join(SIGNS)}")
    return code


def parse_rate(text: str) -> Decimal:
    """Read units per dollar; InputError when that is no rate."""
    try:
        rate = Decimal(text.strip())
    except InvalidOperation:
        raise InputError(f"{text!r} is no rate; write how many units one dollar makes, such as 0.9213") from None
    if not (rate.is_finite() and _LEAST <= rate <= _MOST):
        raise InputError(f"a rate lies between {_LEAST:f} and {_MOST:,f} units per dollar")
    return round(rate, _PLACES)


def put_rates(control: Control, organisation: str, rates: Sequence[Rate], source: str, by: Actor, now: datetime) -> int:
    """Keep rates, in place of those of the same days; return how many. `source` is the file they came from, if any."""
    rows = [
        {"organisation": organisation, "currency": each.currency, "day": each.day, "per_usd": plain(_checked(each))}
        for each in {(rate.currency, rate.day): rate for rate in rates}.values()
    ]
    if not rows:
        raise InputError("there is no rate to keep")
    with control.begin() as connection:
        held = select(func.count()).select_from(currency_rates).where(currency_rates.c.organisation == organisation)
        before = None if source else _on(connection, organisation, rates[0].currency, rates[0].day, exactly=True)
        connection.execute(insert_or_replace(currency_rates, "per_usd"), rows)
        if connection.execute(held).scalar_one() > MOST_RATES:
            raise InputError(f"an organisation has at most {MOST_RATES:,} rates; remove some first")
        write_down(connection, organisation, by, _told(rows, source, before), now)
    return len(rows)


def remove_rate(control: Control, organisation: str, currency: str, day: date, by: Actor, now: datetime) -> None:
    """Remove one; NotFound when there is none of that day."""
    with control.begin() as connection:
        rate = _on(connection, organisation, currency, day, exactly=True)
        if rate is None:
            raise NotFound(f"there is no rate of {currency} of {day}")
        connection.execute(delete(currency_rates).where(_of(organisation, currency), currency_rates.c.day == day))
        name = f"{currency} of {day}"
        change = Change("rate.remove", "rate", name, name, before={"per_usd": plain(rate.per_usd)})
        write_down(connection, organisation, by, change, now)


def rate_on(control: Control, organisation: str, currency: str, day: date) -> Rate | None:
    """Return the rate that holds on a day: the last one up to then; None before the first."""
    with control.read() as connection:
        return _on(connection, organisation, currency, day)


def term_of(control: Control, organisation: str, currency: str, day: date) -> Term:
    """Return the rate that begins on this very day and for how long it holds; NotFound when none does."""
    table = currency_rates
    later = select(func.min(table.c.day)).where(_of(organisation, currency), table.c.day > day)
    with control.read() as connection:
        rate = _on(connection, organisation, currency, day, exactly=True)
        if rate is None:
            raise NotFound(f"there is no rate of {currency} of {day}")
        earlier = _on(connection, organisation, currency, day - timedelta(days=1))
        return Term(rate, earlier, connection.execute(later).scalar_one())


def rates_of(
    control: Control, organisation: str, currency: str, limit: int, before: date | None = None, skipped: int = 0
) -> list[Rate]:
    """Return the newest rates of a currency, of before a day where one is given, without the first `skipped`."""
    asked = select(currency_rates).where(_of(organisation, currency, before)).order_by(currency_rates.c.day.desc())
    with control.read() as connection:
        return [_as_rate(row) for row in connection.execute(asked.limit(limit).offset(skipped))]


def count_rates(control: Control, organisation: str, currency: str, before: date | None = None) -> int:
    with control.read() as connection:
        counted = select(func.count()).select_from(currency_rates).where(_of(organisation, currency, before))
        return int(connection.execute(counted).scalar_one())


def currencies_kept(control: Control, organisation: str) -> list[str]:
    """Return the currencies that an organisation has rates of, by their codes."""
    code = currency_rates.c.currency
    mine = select(code).where(currency_rates.c.organisation == organisation).distinct().order_by(code)
    with control.read() as connection:
        return list(connection.execute(mine).scalars())


def _on(connection: Connection, organisation: str, currency: str, day: date, *, exactly: bool = False) -> Rate | None:
    table = currency_rates
    held = table.c.day == day if exactly else table.c.day <= day
    asked = select(table).where(_of(organisation, currency), held).order_by(table.c.day.desc()).limit(1)
    row = connection.execute(asked).one_or_none()
    return None if row is None else _as_rate(row)


def _of(organisation: str, currency: str, before: date | None = None) -> ColumnElement[bool]:
    table = currency_rates
    mine = and_(table.c.organisation == organisation, table.c.currency == currency)
    return mine if before is None else and_(mine, table.c.day < before)


def _as_rate(row: Row[Any]) -> Rate:
    return Rate(row.currency, row.day, Decimal(row.per_usd))


def _checked(rate: Rate) -> Decimal:
    """Return how many units are kept: amounts at them are exact to twenty-four decimals, wherever they came from."""
    if parse_currency(rate.currency) == USD:
        raise InputError("a dollar is a dollar: rates are of other currencies")
    if not _FIRST_DAY <= rate.day <= date(2200, 12, 31):
        raise InputError(f"a rate's day lies between {_FIRST_DAY} and 2200; {rate.day} does not")
    return parse_rate(str(rate.per_usd))


def _told(rows: Sequence[Mapping[str, object]], source: str, before: Rate | None) -> Change:
    days = [str(row["day"]) for row in rows]
    if source:
        currencies = sorted({str(row["currency"]) for row in rows})
        after = {"rates": len(rows), "currencies": currencies, "first": min(days), "last": max(days)}
        return Change("rate.import", "rate", source, source, after=after)
    name = f"{rows[0]['currency']} of {days[0]}"
    was = None if before is None else {"per_usd": plain(before.per_usd)}
    return Change("rate.set", "rate", name, name, was, {"per_usd": rows[0]["per_usd"]})
