"""Reads files of exchange rates: Outlay's own columns `day,currency,rate`, or the European Central Bank's history.

The bank's file has a column for each currency and states units per euro; all is brought to units per dollar here.
"""

import csv
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Context, Decimal
from io import StringIO
from typing import Final

from outlay.control.currencies import MOST_RATES, SIGNS, USD, Rate, parse_currency, parse_rate
from outlay.errors import InputError

_DIVIDING: Final = Context(prec=20)
_NONE: Final = ("", "N/A")


def parse_rate_file(text: str, wanted: Collection[str] | None = None) -> list[Rate]:
    """Return the rates of a CSV, of the `wanted` currencies where some are; InputError names the line that is wrong."""
    rows = csv.DictReader(StringIO(text.lstrip("\ufeff"), newline=None), skipinitialspace=True)
    try:
        rates = [each for each in _found(rows) if wanted is None or each.currency in wanted]
    except csv.Error as error:
        raise InputError(f"line {rows.reader.line_num} can't be read as CSV: {error}") from None
    if not rates:
        raise InputError("there is no rate in the file of a currency that is wanted")
    if len(rates) > MOST_RATES:
        raise InputError(f"the file has more than {MOST_RATES:,} rates")
    return rates


def _found(rows: "csv.DictReader[str]") -> Iterator[Rate]:
    columns = {name.strip().lower(): name for name in rows.fieldnames or () if name}
    if {"day", "currency", "rate"} <= set(columns):
        return _own(rows, columns)
    if "date" in columns and "usd" in columns:
        return _per_euro(rows, columns)
    raise InputError("the file needs the columns day, currency and rate, or those of the European Central Bank")


def _own(rows: "csv.DictReader[str]", columns: Mapping[str, str]) -> Iterator[Rate]:
    for row in rows:
        try:
            currency = parse_currency((row[columns["currency"]] or "").strip().upper())
            rate = parse_rate(row[columns["rate"]] or "")
            yield Rate(currency, date.fromisoformat((row[columns["day"]] or "").strip()), rate)
        except (InputError, ValueError) as error:
            raise InputError(f"line {rows.line_num}: {error}") from None


def _per_euro(rows: "csv.DictReader[str]", columns: Mapping[str, str]) -> Iterator[Rate]:
    known = [code for code in SIGNS if code.lower() in columns and code != USD]
    for row in rows:
        dollars = (row[columns["usd"]] or "").strip()
        if dollars in _NONE:
            continue
        try:
            day, per_euro = date.fromisoformat((row[columns["date"]] or "").strip()), parse_rate(dollars)
            yield Rate("EUR", day, parse_rate(str(_DIVIDING.divide(Decimal(1), per_euro))))
            for code in known:
                units = (row[columns[code.lower()]] or "").strip()
                if units not in _NONE:
                    yield Rate(code, day, parse_rate(str(_DIVIDING.divide(parse_rate(units), per_euro))))
        except (InputError, ValueError) as error:
            raise InputError(f"line {rows.line_num}: {error}") from None
