"""Reading JSON of a stranger's: what is not there, of another type or out of bounds is None, never an error.

Numbers with a point are decimals, so that an amount of money keeps every digit.
"""

from decimal import Decimal
from typing import Any, Final, TypeVar

import msgspec

from outlay.kit.money import MAX_PICO, as_pico
from outlay.usage import MAX_QUANTITY, ReportedCost

Value = dict[str, Any]
Shape = TypeVar("Shape")

MALFORMED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError)
_MOST: Final = 10**15
_LONGEST: Final = 256
_TINIEST: Final = -40
_MOST_USD: Final = 1_000_000


def decoder(shape: type[Shape]) -> "msgspec.json.Decoder[Shape]":
    return msgspec.json.Decoder(shape, float_hook=Decimal)


def decoded(piece: bytes | msgspec.Raw, by: "msgspec.json.Decoder[Shape]") -> Shape | None:
    """Return what a JSON text holds; None where it is no JSON or of another shape."""
    try:
        return by.decode(piece)
    except MALFORMED:
        return None


def count(value: object) -> int | None:
    """Return a number that can count something; Cohere writes its counts as `10.0`."""
    if isinstance(value, Decimal):
        whole = value.is_finite() and 0 <= value <= _MOST and value == value.to_integral_value()
        return int(value) if whole else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _MOST else None


def first_count(values: Value, *names: str) -> int | None:
    """Return the first of several spellings that holds a count."""
    for name in names:
        found = count(values.get(name))
        if found is not None:
            return found
    return None


def text(value: object) -> str | None:
    """Return a text that is a name: not empty, not endless."""
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST else None


def table(value: object) -> Value:
    return value if isinstance(value, dict) else {}


def first_table(values: Value, *names: str) -> Value:
    return next((found for name in names if (found := table(values.get(name)))), {})


def tables(value: object) -> list[Value]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def quantity(value: object) -> Decimal | None:
    """Return an amount that can be a quantity: positive, finite, in bounds."""
    number = _number(value)
    return number if number is not None and 0 < number < MAX_QUANTITY and number.adjusted() > _TINIEST else None


def dollars(value: object) -> Decimal | None:
    """Return an amount of dollars that one call can have cost."""
    number = _number(value)
    if number is None or not 0 <= number < _MOST_USD:
        return None
    return number if number.adjusted() > _TINIEST else Decimal(0)


def billed(usd: Decimal | None) -> ReportedCost | None:
    """Return the cost a provider states that it bills."""
    pico = None if usd is None else as_pico(usd)
    return None if pico is None or pico > MAX_PICO else ReportedCost(pico)


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool):
        return None
    number = Decimal(value) if isinstance(value, int) and abs(value) <= _MOST else value
    return number if isinstance(number, Decimal) and number.is_finite() else None
