"""The operator's rules, found by what they are for: which rule holds for a model at an instant.

Rules are held under canonical names, so a rule for `claude-sonnet-4-5-20250929` holds for every spelling of that
model. Of several rules that fit, the most specific one holds alone; of equally specific ones, the organisation's own
before that of the installation's file. Two equally specific ones of one file are refused.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from outlay.pricing.catalogue import Catalogue
from outlay.pricing.fields import ANY
from outlay.pricing.match import ModelName, identify
from outlay.pricing.providers import canonical_provider
from outlay.pricing.rates import Card, Rate, TokenRates, make_card, make_rate, token_rate
from outlay.pricing.rules import MultiplierRule, PriceRule, Rule, Rules, refuse_overlaps
from outlay.pricing.variants import variant_key

_Rule = TypeVar("_Rule", PriceRule, MultiplierRule)
_LOWEST: Final = -1


class _ServicePrice(Struct, frozen=True):
    start: datetime
    until: datetime | None
    rate: Rate
    price_id: str


class Alias(Struct, frozen=True):
    """What a name stands for from `start` up to but without `until`."""

    start: datetime
    until: datetime | None
    meant: ModelName

    def holds(self, at: datetime) -> bool:
        return _holds(self.start, self.until, at)


class Rulebook:
    """All rules of the operator, under canonical names: those of the file, and an organisation's own."""

    def __init__(self, rules: Rules, own: Rules, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        filed = tuple(_price_named(rule, catalogue) for rule in rules.prices)
        filed_multipliers = tuple(_multiplier_named(rule, catalogue) for rule in rules.multipliers)
        refuse_overlaps("price", filed)
        refuse_overlaps("multiplier", filed_multipliers)
        # Own rules come first, the newest of them first: a new catalogue may give two of them one name.
        self._prices = (*(_price_named(rule, catalogue) for rule in reversed(own.prices)), *filed)
        self._multipliers = (
            *(_multiplier_named(rule, catalogue) for rule in reversed(own.multipliers)),
            *filed_multipliers,
        )
        self._aliases: dict[tuple[str, str | None], list[Alias]] = {}
        for alias in (*reversed(own.aliases), *rules.aliases):
            meant = identify(alias.provider, alias.model, catalogue)
            dated = self._aliases.setdefault((alias.name.lower(), alias.sent_to), [])
            dated.append(Alias(alias.start, alias.until, meant))
        self._services: dict[tuple[str, str], list[_ServicePrice]] = {}
        for rule in (*reversed(own.services), *rules.services):
            rate = make_rate("other", rule.unit, rule.price, 1)
            priced = _ServicePrice(rule.start, rule.until, rate, price_id_of("service", rule))
            self._services.setdefault((rule.service.lower(), rule.unit.lower()), []).append(priced)

    def aliases_of(self, provider: str | None, model_raw: str | None) -> tuple[Alias, ...]:
        """Return what a name stands for by aliases, first the one that counts where several hold: the one for the
        provider it was sent to comes first.
        """
        if not self._aliases or not model_raw:
            return ()
        plain = identify(provider, model_raw, self._catalogue)
        names = dict.fromkeys(name.lower() for name in (model_raw.strip(), plain.model) if name)
        targets = dict.fromkeys((canonical_provider(provider) or plain.provider, None))
        return tuple(alias for sent_to in targets for name in names for alias in self._aliases.get((name, sent_to), ()))

    def touches(self, names: Iterable[ModelName], service: str, unit: str | None) -> bool:
        """Say whether any price, of whatever time, is for one of the models or for the service."""
        if unit is not None and (service.lower(), unit.lower()) in self._services:
            return True
        rules: list[PriceRule | MultiplierRule] = [*self._prices, *self._multipliers]
        return any(_fits(rule, name) for name in names for rule in rules)

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
        return max(fitting, key=lambda rule: (rule.model != ANY, rule.is_own), default=None)

    def multiplier_at(self, name: ModelName, variants: frozenset[str], at: datetime) -> MultiplierRule | None:
        """Return the most specific multiplier that holds: by variant, then model, then provider."""
        wanted = variant_key(variants)
        fitting = [rule for rule in _holding(self._multipliers, name, at) if rule.variant in {None, wanted}]
        return max(
            fitting,
            key=lambda rule: (
                rule.variant is not None,
                rule.model is not None,
                rule.provider is not None,
                rule.is_own,
            ),
            default=None,
        )


def price_id_of(kind: str, rule: Rule) -> str:
    """Return what a cost by this rule names as its price."""
    return f"rule:{rule.id}" if rule.is_own else f"rule:{kind}:{rule.number}"


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
    return make_card(price_id_of("price", rule), by_operator=True, tiers={_LOWEST: rates}, request=request, units={})


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
