"""What an answer of the API says of money: figures are USD; `display` is by which rate pages show them otherwise."""

from datetime import date

from msgspec import Struct

from outlay.kit.money import plain
from outlay.web.currency import Shown


class Display(Struct, frozen=True):
    """The organisation's currency on pages of the same range: one dollar makes `per_usd` of it, a decimal string."""

    currency: str
    per_usd: str
    day: date


def display_of(shown: Shown | None) -> Display | None:
    """Return the currency; None where pages show dollars, because they should or because no rate is known."""
    if shown is None or shown.day is None:
        return None
    return Display(shown.code, plain(shown.per_usd), shown.day)
