"""What removing an exchange rate changes, in words: which ranges show other amounts, and by which rate instead."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from msgspec import Struct

from outlay.control.currencies import SIGNS, USD, Rate, Term
from outlay.kit.money import plain
from outlay.web import format as text
from outlay.web.currency import DOLLARS, Shown, amounts_in

_SAMPLE: Final = Decimal(100)


class Removal(Struct, frozen=True):
    """`rate` is what goes; `ranges` whose amounts change, `instead` by what; where none do, `nothing` says why.

    `now` and `then` are what a hundred dollars are shown as.
    """

    rate: str
    ranges: str = ""
    instead: str = ""
    now: str = ""
    then: str = ""
    nothing: str = ""


def removal_of(term: Term, shown: str, today: date) -> Removal:
    """Return what goes with a rate; `shown` is the currency that amounts are in, `today` the organisation's own."""
    rate = f"{plain(term.rate.per_usd)} {term.rate.currency} of {text.day(term.rate.day)}"
    if term.rate.currency != shown:
        dollars = "US dollars" if shown == USD else shown
        return Removal(rate, nothing=f"Amounts are shown in {dollars}, so no page changes.")
    if term.rate.day > today:
        return Removal(rate, nothing=f"It would hold from {text.day(term.rate.day)} on, so no page changes now.")
    return Removal(
        rate,
        ranges=_ranges(term, today),
        instead="in US dollars, because there is no earlier rate"
        if term.earlier is None
        else f"at {plain(term.earlier.per_usd)} of {text.day(term.earlier.day)}",
        now=_sample(term.rate),
        then=_sample(term.earlier),
    )


def _ranges(term: Term, today: date) -> str:
    """Return which last days of ranges the rate is taken for; a range that is not over ends today."""
    first = text.day(term.rate.day)
    if term.until is None or term.until > today:
        return f"on {first} or later, and those that are still running,"
    last = term.until - timedelta(days=1)
    return f"on {first}" if last == term.rate.day else f"from {first} to {text.day(last)}"


def _sample(rate: Rate | None) -> str:
    shown = DOLLARS if rate is None else Shown(rate.currency, SIGNS[rate.currency], rate.per_usd, rate.day)
    with amounts_in(shown):
        return text.usd(_SAMPLE)
