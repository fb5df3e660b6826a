"""Prices made ready to multiply: every rate as a whole-number fraction of picodollars, worked out once per price.

A `Card` holds everything that one price (one model, variant and period) charges for. A kind of token the price list
doesn't name is charged as what it is a part of: cached input as input, audio as text.
"""

from bisect import bisect_left
from collections.abc import Mapping
from decimal import Context, Decimal
from fractions import Fraction
from typing import Final

from msgspec import Struct

from outlay.kit.money import PICO_PER_USD
from outlay.usage import Component

_WIDE: Final = Context(prec=40)
PER_TOKEN: Final = 1_000_000  # prices are told per million tokens

# What a quantity may be counted in -> the price keys it can be charged by, in order, with the parts one unit makes of
# what the key counts (an hour is 3,600 of the seconds that `audio_hours` is told in).
UNITS: Final[dict[str, tuple[tuple[str, int], ...]]] = {
    "annotated_pages": (("input_annotated_document_kpages", 1),),
    "audio_seconds": (("input_audio_hours", 1), ("audio_hours", 1)),
    "characters": (("input_mchars", 1),),
    "code_executions": (("code_executions_kcount", 1),),
    "hours": (("input_audio_hours", 3600), ("audio_hours", 3600)),
    "minutes": (("input_audio_hours", 60), ("audio_hours", 60)),
    "pages": (("input_document_kpages", 1),),
    "rerank_searches": (("rerank_searches_kcount", 1),),
    "searches": (("rerank_searches_kcount", 1), ("web_searches_kcount", 1)),
    "seconds": (("input_audio_hours", 1), ("audio_hours", 1)),
    "social_searches": (("social_searches_kcount", 1),),
    "storage_searches": (("storage_searches_kcount", 1),),
    "text_messages": (("input_text_messages_kcount", 1),),
    "web_searches": (("web_searches_kcount", 1),),
}
# price key -> how many units its price is for; all others are per million tokens
PER: Final[dict[str, int]] = {
    "audio_hours": 3600,
    "code_executions_kcount": 1000,
    "input_annotated_document_kpages": 1000,
    "input_audio_hours": 3600,
    "input_document_kpages": 1000,
    "input_mchars": 1_000_000,
    "input_text_messages_kcount": 1000,
    "requests_kcount": 1000,
    "rerank_searches_kcount": 1000,
    "social_searches_kcount": 1000,
    "storage_searches_kcount": 1000,
    "web_searches_kcount": 1000,
}


class Rate(Struct, frozen=True):
    """The price of one unit: `num / den` picodollars. `usd` for `per` units is how it was told."""

    component: Component
    meter: str
    unit_price: Decimal
    num: int
    den: int
    usd: Decimal
    per: int

    def amount(self, count: int) -> int:
        """Return the exact product in picodollars, rounded half-even only where the rate is a fraction of one."""
        return count * self.num if self.den == 1 else _half_even(count * self.num, self.den)

    def amount_of(self, quantity: Decimal) -> int:
        """As `amount`, for a quantity with decimals."""
        exact = Fraction(quantity) * self.num
        return _half_even(exact.numerator, exact.denominator * self.den)


class TokenRates(Struct, frozen=True):
    """What tokens cost in one context tier; None is a kind this price never charges for (an embedding's output)."""

    input: Rate | None
    cache_read: Rate | None
    cache_write_5m: Rate | None
    cache_write_1h: Rate | None
    cache_write_other: Rate | None
    output: Rate | None
    # priced apart from the kind they are part of; None where they are charged as that kind
    audio_input: Rate | None = None
    audio_cache_read: Rate | None = None
    image_input: Rate | None = None
    audio_output: Rate | None = None
    image_output: Rate | None = None
    reasoning: Rate | None = None

    @property
    def charges(self) -> bool:
        return any(rate is not None for rate in self.stated())

    @property
    def splits(self) -> bool:
        """Whether a subset (audio, image, reasoning) has a rate of its own."""
        return any(getattr(self, name) is not None for name in _SUBSETS)

    def stated(self) -> tuple[Rate | None, ...]:
        return tuple(getattr(self, name) for name in self.__struct_fields__)


_SUBSETS: Final = ("audio_input", "audio_cache_read", "image_input", "audio_output", "image_output", "reasoning")


class Card(Struct, frozen=True):
    """One price, ready to multiply. `tiers[i]` holds for inputs above `starts[i - 1]` tokens."""

    price_id: str
    by_operator: bool
    starts: tuple[int, ...]
    tiers: tuple[TokenRates, ...]
    charges_tokens: bool
    splits: bool
    free: bool
    request: Rate | None
    units: Mapping[str, Rate]

    def rates_for(self, input_total: int) -> TokenRates:
        return self.tiers[bisect_left(self.starts, input_total)]


def make_rate(component: Component, meter: str, usd: Decimal, per: int) -> Rate:
    """Return the rate of a price of `usd` dollars for `per` units."""
    exact = Fraction(usd) * PICO_PER_USD / per
    return Rate(component, meter, _WIDE.divide(usd, Decimal(per)), exact.numerator, exact.denominator, usd, per)


def token_rate(component: Component, meter: str, usd_per_million: Decimal | None) -> Rate | None:
    return None if usd_per_million is None else make_rate(component, meter, usd_per_million, PER_TOKEN)


def make_card(
    price_id: str,
    *,
    by_operator: bool,
    tiers: Mapping[int, TokenRates],
    request: Rate | None,
    units: Mapping[str, Rate],
) -> Card:
    """Return the card of one price; `tiers` is keyed by the input tokens it holds above, the base below all."""
    starts = sorted(tiers)
    rates = tuple(tiers[start] for start in starts)
    every = [rate for tier in rates for rate in tier.stated()] + [request, *units.values()]
    return Card(
        price_id=price_id,
        by_operator=by_operator,
        starts=tuple(starts[1:]),
        tiers=rates,
        charges_tokens=any(tier.charges for tier in rates),
        splits=any(tier.splits for tier in rates),
        free=all(rate is None or rate.num == 0 for rate in every),
        request=request,
        units=units,
    )


def _half_even(numerator: int, denominator: int) -> int:
    quotient, rest = divmod(numerator, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and quotient & 1):
        quotient += 1
    return quotient
