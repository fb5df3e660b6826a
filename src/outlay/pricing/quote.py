"""From a price list to cards: the catalogue's dollar figures, with the discounts that apply, become rates."""

import re
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Final

from outlay.pricing.catalogue import Entry, ListPrice, Tiered
from outlay.pricing.rates import PER, UNITS, Card, Rate, TokenRates, make_card, make_rate, token_rate
from outlay.usage import Component

_EXACT: Final = Context(prec=60)
_CACHE_WRITE_1H: Final = Decimal(2)  # times the input price; platform.claude.com, prompt caching
# Anthropic's published factors on every token price; they stack. The batch one is older than the catalogue's dated
# batch prices, `us` (inference_geo) is for models from 4.6 on.
_ANTHROPIC_FACTORS: Final = {"batch": Decimal("0.5"), "us": Decimal("1.1")}
_US_GEO_SINCE: Final = (4, 6)
_CLAUDE_VERSION: Final = re.compile(r"claude-(?:[a-z]+-)?(\d+)(?:[-.](\d{1,2}))?(?!\d)")

_Prices = Mapping[str, Decimal | Tiered]


def variant_prices(
    entry: Entry, standard: ListPrice, changed: ListPrice | None, missing: frozenset[str]
) -> _Prices | None:
    """Return the prices of a variant, or None where one of its names means nothing for this model.

    `changed` are the prices the catalogue states for the variant, `missing` the names it does not know.
    """
    prices: dict[str, Decimal | Tiered] = {**standard.prices, **(changed.prices if changed else {})}
    for name in missing:
        factor = _documented_factor(entry, name)
        if factor is None:
            return None
        prices = {key: scaled(price, factor) if key not in PER else price for key, price in prices.items()}
    return prices


def _documented_factor(entry: Entry, name: str) -> Decimal | None:
    if entry.sold_by != "anthropic" or name not in _ANTHROPIC_FACTORS:
        return None
    if name == "us":
        version = _CLAUDE_VERSION.search(entry.id)
        if version is None or (int(version[1]), int(version[2] or 0)) < _US_GEO_SINCE:
            return None
    return _ANTHROPIC_FACTORS[name]


def scaled(price: Decimal | Tiered, factor: Decimal) -> Decimal | Tiered:
    """Return a price times a factor, exactly."""
    if isinstance(price, Decimal):
        return _EXACT.multiply(price, factor)
    tiers = tuple((start, _EXACT.multiply(each, factor)) for start, each in price.tiers)
    return Tiered(_EXACT.multiply(price.base, factor), tiers)


def list_card(price_id: str, entry: Entry, prices: _Prices, *, by_operator: bool) -> Card:
    """Return the card for a model's list prices."""
    starts = {start for price in prices.values() if isinstance(price, Tiered) for start, _ in price.tiers}
    tiers = {start: _tier(entry, _at(prices, start)) for start in starts}
    # A tier may start above 0 tokens: then only a call without any input pays the base price.
    base = _tier(entry, _at(prices, None))
    flat = _at(prices, None)
    return make_card(
        price_id,
        by_operator=by_operator,
        tiers={-1: base, **tiers},
        request=_unit_rate("request", flat, "requests_kcount", 1),
        units=_unit_rates(flat),
    )


def _at(prices: _Prices, start: int | None) -> dict[str, Decimal]:
    return {key: price if isinstance(price, Decimal) else price.above(start) for key, price in prices.items()}


def _tier(entry: Entry, usd: Mapping[str, Decimal]) -> TokenRates:
    input_usd = usd.get("input_mtok")
    write_5m, write_1h, write_other = _cache_writes(entry, usd)
    return TokenRates(
        input=token_rate("input", "input_uncached", input_usd),
        cache_read=token_rate("cache_read", "cache_read", usd.get("cache_read_mtok", input_usd)),
        cache_write_5m=token_rate("cache_write", "cache_write_5m", write_5m),
        cache_write_1h=token_rate("cache_write", "cache_write_1h", write_1h),
        cache_write_other=token_rate("cache_write", "cache_write_other", write_other),
        output=token_rate("output", "output", usd.get("output_mtok")),
        audio_input=token_rate("input", "audio_input", usd.get("input_audio_mtok")),
        audio_cache_read=token_rate("cache_read", "audio_cache_read", usd.get("cache_audio_read_mtok")),
        image_input=token_rate("input", "image_input", usd.get("input_image_mtok")),
        audio_output=token_rate("output", "audio_output", usd.get("output_audio_mtok")),
        image_output=token_rate("output", "image_output", usd.get("output_image_mtok")),
        reasoning=token_rate("output", "reasoning", usd.get("output_reasoning_mtok")),
    )


def _cache_writes(entry: Entry, usd: Mapping[str, Decimal]) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Return the prices of cache writes for 5 minutes, for an hour, and for an unknown time."""
    input_usd = usd.get("input_mtok")
    stated = usd.get("cache_write_mtok")
    hour = usd.get("cache_write_1h_mtok")
    # One price for writes to Claude's cache is the one for 5 minutes, whoever hosts the model.
    if hour is None and stated is not None and input_usd is not None and "claude" in entry.id:
        hour = _EXACT.multiply(input_usd, _CACHE_WRITE_1H)
    write = input_usd if stated is None else stated
    return usd.get("cache_write_5m_mtok", write), write if hour is None else hour, write


def _unit_rates(usd: Mapping[str, Decimal]) -> dict[str, Rate]:
    rates: dict[str, Rate] = {}
    for unit, keys in UNITS.items():
        for key, parts in keys:
            rate = _unit_rate(unit, usd, key, parts)
            if rate is not None:
                rates.setdefault(unit, rate)
    return rates


def _unit_rate(meter: str, usd: Mapping[str, Decimal], key: str, parts: int) -> Rate | None:
    component: Component = "other"
    price = usd.get(key)
    return None if price is None else make_rate(component, meter, _EXACT.multiply(price, Decimal(parts)), PER[key])
