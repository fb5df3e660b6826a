"""The operator's rules, found by what they are for: which rule holds for a model at an instant.

Rules are held under canonical names, so a rule for `claude-sonnet-4-5-20250929` holds for every spelling of that
model. Of several rules that fit, the most specific one holds alone; equally specific ones are refused.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from outlay.pricing.catalogue import Catalogue
from outlay.pricing.fields import ANY
from outlay.pricing.match import ModelName, identify
from outlay.pricing.providers import canonical_provider
from outlay.pricing.rates import Card, Rate, TokenRates, make_card, make_rate, token_rate
from outlay.pricing.rules import MultiplierRule, PriceRule, Rules, refuse_overlaps
from outlay.pricing.variants import variant_key

_Rule = TypeVar("_Rule", PriceRule, MultiplierRule)
_LOWEST: Final = -1


class _ServicePrice(Struct, frozen=True):
    start: datetime
    until: datetime | None
    rate: Rate
    price_id: str


class Rulebook:
    """All rules of the operator, under canonical names."""

    def __init__(self, rules: Rules, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._prices = tuple(_price_named(rule, catalogue) for rule in rules.prices)
        self._multipliers = tuple(_multiplier_named(rule, catalogue) for rule in rules.multipliers)
        refuse_overlaps("price", self._prices)
        refuse_overlaps("multiplier", self._multipliers)
        self._aliases = {
            (rule.name.lower(), rule.sent_to): identify(rule.provider, rule.model, catalogue) for rule in rules.aliases
        }
        self._services: dict[tuple[str, str], list[_ServicePrice]] = {}
        for rule in rules.services:
            rate = make_rate("other", rule.unit, rule.price, 1)
            priced = _ServicePrice(rule.start, rule.until, rate, f"rule:service:{rule.number}")
            self._services.setdefault((rule.service.lower(), rule.unit.lower()), []).append(priced)

    def aliased(self, provider: str | None, model_raw: str | None) -> ModelName | None:
        """Return what a name stands for by an alias; the alias for the provider it was sent to comes first."""
        if not self._aliases or not model_raw:
            return None
        plain = identify(provider, model_raw, self._catalogue)
        names = (model_raw.strip(), plain.model)
        for sent_to in (canonical_provider(provider) or plain.provider, None):
            for name in names:
                found = self._aliases.get((name.lower(), sent_to)) if name else None
                if found is not None:
                    return found
        return None

    def service_price(self, service: str, unit: str, at: datetime) -> tuple[Rate, str] | None:
        """Return the rate of one unit of a service at an instant, and the price's id."""
        for held in self._services.get((service.lower(), unit.lower()), ()):
            if _holds(held.start, held.until, at):
                return held.rate, held.price_id
        return None

    def boundaries(self, name: ModelName) -> set[datetime]:
        """Return the instants at which a rule that fits a model begins or ends to hold."""
        rules: list[PriceRule | MultiplierRule] = [*self._prices, *self._multipliers]
        fitting = [rule for rule in rules if _fits(rule, name)]
        ends = {rule.until for rule in fitting if rule.until is not None}
        return {rule.start for rule in fitting} | ends

    def price_at(self, name: ModelName, variants: frozenset[str], at: datetime) -> PriceRule | None:
        """Return the exact price that holds: one for the model before one for all models of the provider."""
        wanted = variant_key(variants)
        fitting = [rule for rule in _holding(self._prices, name, at) if rule.variant == wanted]
        return max(fitting, key=lambda rule: rule.model != ANY, default=None)

    def multiplier_at(self, name: ModelName, variants: frozenset[str], at: datetime) -> MultiplierRule | None:
        """Return the most specific multiplier that holds: by variant, then model, then provider."""
        wanted = variant_key(variants)
        fitting = [rule for rule in _holding(self._multipliers, name, at) if rule.variant in {None, wanted}]
        return max(
            fitting,
            key=lambda rule: (rule.variant is not None, rule.model is not None, rule.provider is not None),
            default=None,
        )


def exact_card(rule: PriceRule) -> Card:
    """Return the card of an exact price; what it doesn't state is charged as what it is a part of."""
    stated = rule.amounts
    input_usd, output_usd = stated.get("input"), stated.get("output")
    write_5m = stated.get("cache_write_5m", input_usd)
    rates = TokenRates(
        input=token_rate("input", "input_uncached", input_usd),
        cache_read=token_rate("cache_read", "cache_read", stated.get("cache_read", input_usd)),
        cache_write_5m=token_rate("cache_write", "cache_write_5m", write_5m),
        cache_write_1h=token_rate("cache_write", "cache_write_1h", stated.get("cache_write_1h", write_5m)),
        cache_write_other=token_rate("cache_write", "cache_write_other", write_5m),
        output=token_rate("output", "output", output_usd),
    )
    per_request = stated.get("per_request")
    request = None if per_request is None else make_rate("other", "request", per_request, 1)
    return make_card(f"rule:price:{rule.number}", by_operator=True, tiers={_LOWEST: rates}, request=request, units={})


def _price_named(rule: PriceRule, catalogue: Catalogue) -> PriceRule:
    if rule.model == ANY:
        return rule
    name = identify(rule.provider, rule.model, catalogue)
    return replace(rule, provider=name.provider or rule.provider, model=_folded(name.model) or rule.model)


def _multiplier_named(rule: MultiplierRule, catalogue: Catalogue) -> MultiplierRule:
    if rule.model is None:
        return rule
    name = identify(rule.provider, rule.model, catalogue)
    return replace(rule, model=_folded(name.model) or rule.model)


def _folded(model: str | None) -> str | None:
    return None if model is None else model.lower()


def _fits(rule: PriceRule | MultiplierRule, name: ModelName) -> bool:
    return rule.provider in {None, name.provider} and rule.model in {None, ANY, _folded(name.model)}


def _holding(rules: tuple[_Rule, ...], name: ModelName, at: datetime) -> Iterator[_Rule]:
    return (rule for rule in rules if _fits(rule, name) and _holds(rule.start, rule.until, at))


def _holds(start: datetime, until: datetime | None, at: datetime) -> bool:
    return start <= at and (until is None or at < until)
