"""Exact money: inside, an amount is an int of picodollars (10⁻¹² USD); at every edge it is a Decimal or its string.

Integers add in any order without rounding and cost a third of what Decimal costs, and every price per million tokens
with up to six decimals multiplies to a whole number of picodollars. Nothing here ever takes or gives a float.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation
from typing import Final

PLACES: Final = 12
PICO_PER_USD: Final = 10**PLACES
MAX_PICO: Final = 10**18 - 1  # what DECIMAL(18,12) holds: just under a million dollars for one event

_UNIT: Final = Decimal(1).scaleb(-PLACES)
_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)


def as_usd(pico: int) -> Decimal:
    """Return picodollars as dollars, exactly, with twelve decimals."""
    return Decimal(pico).scaleb(-PLACES, _WIDE)


def as_pico(usd: Decimal) -> int:
    """Return dollars as picodollars, rounded half-even where `usd` has more than twelve decimals."""
    return int(usd.quantize(_UNIT, context=_WIDE).scaleb(PLACES, _WIDE))


def parse_usd(text: str) -> int:
    """Read a decimal string such as `"0.052005"` into picodollars.

    Raises ValueError when it is no finite decimal number, has more than twelve decimals, or is a million or more.
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is no decimal number") from None
    if not value.is_finite():
        raise ValueError(f"{text!r} is no finite number")
    if not -1_000_000 < value < 1_000_000:  # abs() would overflow
        raise ValueError(f"{text} is a million dollars or more, too much for one event")
    exact = Context(prec=60, traps=[Inexact])
    try:
        return int(value.quantize(_UNIT, context=exact).scaleb(PLACES, _WIDE))
    except Inexact:
        raise ValueError(f"{text} has more than {PLACES} decimals") from None


def plain(value: Decimal) -> str:
    """Write a decimal without exponent and without trailing zeros: `0.052005`, `12`, `0`."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
