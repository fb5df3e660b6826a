"""The price book: which price held for an event, by the operator's rules and the catalogue, and what it makes it cost.

Order: the operator's exact price, the operator's multiplier on the catalogue's price, what the provider says it bills,
the catalogue's price, what a tool reckoned; else the event is unpriced, never zero. A book never changes; other rules
make another book. Its caches are bounded, because the names in them come from outside.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import Struct

from outlay.pricing.catalogue import Catalogue, Entry, ListPrice, latest
from outlay.pricing.charged import as_charged
from outlay.pricing.cost import (
    FREE,
    UNPRICED,
    counts_known,
    quantity_line,
    reported,
    request_line,
    size_of_each,
    summed,
    token_lines,
)
from outlay.pricing.match import ModelName, identify
from outlay.pricing.quote import list_card, scaled, variant_prices
from outlay.pricing.rates import Card, Rate
from outlay.pricing.rulebook import Alias, Rulebook, exact_card, price_id_of
from outlay.pricing.rules import NO_RULES, MultiplierRule, Rules
from outlay.pricing.timeline import Timeline
from outlay.pricing.variants import stated_context, variant_key, variant_names
from outlay.usage import ESTIMATED, LLM, Cost, CostLine, CostStatus, UsageEvent

_NAMES_KEPT: Final = 16_384
_TIMELINES_KEPT: Final = 8_192


class PriceLine(Struct, frozen=True):
    """`usd` dollars for `per` units of a meter, in calls whose input is above so many tokens."""

    meter: str
    usd: Decimal
    per: int
    above_input_tokens: int | None


class PriceShown(Struct, frozen=True):
    """One price with where it is from and when it holds: what a page shows beside a figure."""

    price_id: str
    by_operator: bool
    since: datetime | None
    until: datetime | None
    lines: tuple[PriceLine, ...]
    version: str


class PriceChange(Struct, frozen=True):
    """What a model cost before an instant and from it on; None on the side where it has no price."""

    at: datetime
    before: tuple[PriceLine, ...] | None
    after: tuple[PriceLine, ...] | None


class _Named(Struct, frozen=True):
    """What a name means: by itself, and at times by an alias."""

    plain: ModelName
    aliases: tuple[Alias, ...]


class PriceBook:
    """Prices events, in the order the module tells. `own` are the rules of one organisation, `rules` those of all."""

    def __init__(self, catalogue: Catalogue, rules: Rules = NO_RULES, own: Rules = NO_RULES) -> None:
        self._catalogue = catalogue
        self.made_of = (rules, own)
        self._rules = Rulebook(rules, own, catalogue)
        self._named = lru_cache(maxsize=_NAMES_KEPT)(self._make_named)
        self._timeline = lru_cache(maxsize=_TIMELINES_KEPT)(self._make_timeline)
        self.version = f"{catalogue.version}{_mark('rules', rules)}{_mark('own', own)}"

    def book_of(self, organisation: str) -> "PriceBook":
        """Return this one: a book alone prices everybody's events."""
        del organisation
        return self

    def identify(self, provider: str | None, model_raw: str | None, at: datetime | None = None) -> ModelName:
        """Return who bills and which model is meant, with the aliases in force at an instant.

        Without an instant, those that have no end.
        """
        named = self._named(provider, model_raw)
        for alias in named.aliases:
            if alias.until is None if at is None else alias.holds(at):
                return alias.meant
        return named.plain

    def names_ever(self, provider: str | None, model_raw: str | None) -> tuple[ModelName, ...]:
        """Return every model that a name means at some time."""
        named = self._named(provider, model_raw)
        return (named.plain, *(alias.meant for alias in named.aliases))

    def named_again(self, event: UsageEvent) -> ModelName:
        """Return who bills and which model is meant by an event that was named before, by the aliases of today.

        A name it got from an alias that is gone stays: that is how the event is known.
        """
        if event.model_raw is not None:
            for alias in self._named(event.provider, event.model_raw).aliases:
                if alias.holds(event.time):
                    return alias.meant
        return self.identify(event.provider, event.model or event.model_raw, event.time)

    def touches(self, names: Iterable[ModelName], service: str, unit: str | None) -> bool:
        """Say whether any rule of this book, of whatever time, is about one of the models or about the service."""
        return self._rules.touches(names, service, unit)

    def cost_of(self, event: UsageEvent) -> Cost:
        """Return what an event cost, at the price in force at its own time.

        Raises FieldInvalid only where its counts make more money than one event can cost.
        """
        stated = event.reported_cost
        if _never_served(event):
            return FREE
        if stated is not None and event.adjusts is not None:
            return reported(stated)
        if event.service != LLM and (cost := self._service_cost(event)) is not None:
            return cost
        if event.metadata is not None:
            event = as_charged(event)
        card = self._card(event)
        if stated is not None and stated.by == "provider" and not (card is not None and card.by_operator):
            return reported(stated)
        if card is not None and (cost := self._multiplied(card, event)) is not None:
            return cost
        # A tool that reckons 0 for a model it doesn't know says nothing; a provider's 0 does.
        return reported(stated) if stated is not None and (stated.pico or stated.by == "provider") else UNPRICED

    def price_on(
        self, provider: str | None, model: str | None, at: datetime, variant: str | None = None
    ) -> PriceShown | None:
        """Return the price that holds for a model at an instant, and its source; None where it is unpriced."""
        timeline = self._timeline(provider, model, variant)
        card = timeline.at(at)
        if card is None:
            return None
        since, until = timeline.around(at)
        return PriceShown(card.price_id, card.by_operator, since, until, tuple(_price_lines(card)), self.version)

    def changes_between(
        self, provider: str | None, model: str | None, start: datetime, end: datetime
    ) -> tuple[PriceChange, ...]:
        """Return when a model's standard price changed, from `start` up to but without `end`, in order."""
        timeline = self._timeline(provider, model, None)
        sides = (
            PriceChange(at, _lines_of(before), _lines_of(after)) for at, before, after in timeline.changes(start, end)
        )
        return tuple(each for each in sides if each.before != each.after)

    def _make_named(self, provider: str | None, model_raw: str | None) -> _Named:
        return _Named(identify(provider, model_raw, self._catalogue), self._rules.aliases_of(provider, model_raw))

    def _card(self, event: UsageEvent) -> Card | None:
        provider, model = event.provider, event.model
        if model is None or provider is None:
            name = self.identify(provider, model or event.model_raw, event.time)
            provider, model = name.provider, name.model
        return self._timeline(provider, model, event.variant).at(event.time)

    def _make_timeline(self, provider: str | None, model: str | None, variant: str | None) -> Timeline:
        name = identify(provider, model, self._catalogue)
        variants = variant_names(variant)
        entry, listed = self._entry(name, variants)
        instants, daily = entry.boundaries() if entry is not None else (set(), set())

        def make(at: datetime) -> Card | None:
            rule = self._rules.price_at(name, variants, at)
            if rule is not None:
                return exact_card(rule)
            multiplier = self._rules.multiplier_at(name, variants, at)
            return None if entry is None else _list_price(entry, listed, multiplier, at)

        return Timeline(instants | self._rules.boundaries(name), daily, make)

    def _entry(self, name: ModelName, variants: frozenset[str]) -> tuple[Entry | None, frozenset[str]]:
        """Return the model's entry and the variants it still has to know: some are models of their own (`x:batch`)."""
        if name.provider is None or name.model is None:
            return None, variants
        for variant in sorted(variants):
            if self._catalogue.id_of(name.provider, f"{name.model}:{variant}") is not None:
                return self._catalogue.find(name.provider, f"{name.model}:{variant}"), variants - {variant}
        return self._catalogue.find(name.provider, name.model), variants

    def _multiplied(self, card: Card, event: UsageEvent) -> Cost | None:
        """Return the cost by a card, or None where the event doesn't say how much of what the card charges for."""
        counted = counts_known(event.tokens)
        if not counted and event.service != LLM and event.quantity is not None and event.unit is not None:
            return self._fee(card, event, event.quantity, event.unit)
        if card.charges_tokens and not counted:
            return None
        difference = event.adjusts is not None
        size = None if event.calls == 1 and event.variant is None else size_of_each(event)
        lines = token_lines(card, event.tokens, difference=difference, size=size)
        if event.quantity is not None and event.unit is not None:
            line = self._quantity_line(card, event, event.quantity, event.unit)
            counted = counted or line is not None
            if line is not None:
                lines.append(line)
        if card.request is not None:
            counted = True
            if not difference:
                lines.append(request_line(card.request, event.calls))
        if not counted or not (card.charges_tokens or lines or card.request is not None):
            return None
        free = card.free and not any(line.pico for line in lines)
        averaged = bool(card.starts) and event.requests > 1 and stated_context(event.variant) is None
        guessed = event.metadata is not None and event.metadata.get(ESTIMATED) is True
        status: CostStatus = "free" if free else "estimated" if averaged or guessed else "priced"
        return summed(status, lines, card.price_id)

    def _fee(self, card: Card, event: UsageEvent, quantity: Decimal, unit: str) -> Cost | None:
        """Return what a model's tool cost (a web search): its tokens and its request are charged with the call."""
        line = self._quantity_line(card, event, quantity, unit)
        if line is None:
            return None
        return summed("priced" if line.unit_price else "free", [line], card.price_id)

    def _quantity_line(self, card: Card, event: UsageEvent, quantity: Decimal, unit: str) -> CostLine | None:
        found = self._rules.service_price(event.service, unit, event.time)
        rate: Rate | None = found[0] if found is not None else card.units.get(unit.lower())
        return None if rate is None else quantity_line(rate, quantity)

    def _service_cost(self, event: UsageEvent) -> Cost | None:
        if event.quantity is None or event.unit is None:
            return None
        found = self._rules.service_price(event.service, event.unit, event.time)
        if found is None:
            return None
        rate, price_id = found
        return summed("priced" if rate.num else "free", [quantity_line(rate, event.quantity)], price_id)


def _never_served(event: UsageEvent) -> bool:
    """Whether nothing was there to be charged: a call that was blocked, or failed without a word of usage or cost."""
    if event.status == "error":
        nothing_counted = event.quantity is None and not counts_known(event.tokens)
        return nothing_counted and event.reported_cost is None
    return event.status == "blocked"


def _list_price(entry: Entry, variants: frozenset[str], multiplier: MultiplierRule | None, at: datetime) -> Card | None:
    standard = entry.standard(at)
    if standard is None:
        return None
    changed, known = entry.variant(at, variants) if variants else (None, variants)
    missing = variants - known
    if multiplier is not None and multiplier.variant is not None:
        missing = frozenset()  # the operator says what this variant costs: a factor on what the catalogue has
    prices = variant_prices(entry, standard, changed, missing)
    if prices is None:
        return None
    price_id = _price_id(entry, standard, changed, variants)
    if multiplier is not None:
        prices = {key: scaled(price, multiplier.factor) for key, price in prices.items()}
        price_id = f"{price_id_of('multiplier', multiplier)}*{price_id}"
    return list_card(price_id, entry, prices, by_operator=multiplier is not None)


def _price_id(entry: Entry, standard: ListPrice, changed: ListPrice | None, variants: frozenset[str]) -> str:
    since = latest(standard.since, changed.since if changed is not None else None)
    return "".join(
        (
            f"genai-prices:{entry.sold_by}/{entry.id}",
            f"@{since:%Y-%m-%d}" if since else "",
            f"@{standard.daily_from:%H:%M}Z" if standard.daily_from else "",
            f"+{variant_key(variants)}" if variants else "",
        )
    )


def _mark(name: str, rules: Rules) -> str:
    """Return what tells these rules from others: nothing where there are none."""
    if rules == NO_RULES:
        return ""
    return f" {name} sha256:{hashlib.sha256(msgspec.json.encode(rules)).hexdigest()[:16]}"


def _lines_of(card: Card | None) -> tuple[PriceLine, ...] | None:
    return None if card is None else tuple(_price_lines(card))


def _price_lines(card: Card) -> Iterator[PriceLine]:
    for above, tier in zip((None, *card.starts), card.tiers, strict=True):
        for rate in tier.stated():
            if rate is not None:
                yield PriceLine(rate.meter, rate.usd, rate.per, above)
    for rate in (card.request, *card.units.values()):
        if rate is not None:
            yield PriceLine(rate.meter, rate.usd, rate.per, None)
