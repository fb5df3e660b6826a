"""The public price list: what the `genai-prices` package says a model costs, found by provider and model name.

Nothing is copied at load: an entry is looked up in the package's own objects when a model is first asked for, and its
prices are read then. The package's data takes a third of a second to import, so it is imported by `Catalogue.load`, at
the latest when a model is first asked for; its version is known without.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cached_property
from importlib import import_module
from importlib.metadata import version as package_version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from outlay.pricing.shelf import Shelf

if TYPE_CHECKING:
    from genai_prices import types as package

_PACKAGE: Final = "genai-prices"
_MODULE: Final = "genai_prices"
_DATA_MODULES: Final = ("data", "data_units")
_MAX_NAME: Final = 256  # the package's patterns are searched with what a stranger typed


class Tiered(Struct, frozen=True):
    """A price with a cliff: above `start` input tokens (cache included) the tier's price holds for all tokens."""

    base: Decimal
    tiers: tuple[tuple[int, Decimal], ...]

    def above(self, start: int | None) -> Decimal:
        """Return the price of a call whose input is just larger than `start` tokens; None is the smallest call."""
        price = self.base
        for tier_start, tier_price in self.tiers:
            if start is not None and tier_start <= start:
                price = tier_price
        return price


class ListPrice(Struct, frozen=True):
    """The prices of one model at one instant: the package's price key -> dollars per the key's unit.

    `since` and `daily_from` say from which date and which time of day (UTC) this price holds, where it has such.
    """

    prices: Mapping[str, Decimal | Tiered]
    since: date | None
    daily_from: time | None


class Entry:
    """One model of the catalogue as one provider sells it."""

    def __init__(self, sold_by: str, model: "package.ModelInfo", *, own: bool) -> None:
        self.sold_by = sold_by
        self.id = model.id
        self.name = model.name
        self._model = model
        # The provider that hosts another's model has that one's list price, but not its batch or priority prices.
        self._variants: Sequence[package.PriceVariant] = (model.price_variants or ()) if own else ()

    def boundaries(self) -> tuple[set[datetime], set[time]]:
        """Return the instants and the times of day (UTC) at which a price of this model may change."""
        instants: set[datetime] = set()
        daily: set[time] = set()
        for constraint in self._constraints():
            if hasattr(constraint, "start_date"):
                instants.add(datetime.combine(constraint.start_date, time(), tzinfo=UTC))
            else:
                daily |= {_utc_time(constraint.start_time), _utc_time(constraint.end_time)}
        return instants, daily

    def _constraints(self) -> "Iterator[package.StartDateConstraint | package.TimeOfDateConstraint]":
        dated = self._model.prices if isinstance(self._model.prices, list) else []
        for constraint in (*(held.constraint for held in dated), *(held.constraint for held in self._variants)):
            if constraint is not None:
                yield constraint

    def standard(self, at: datetime) -> ListPrice | None:
        """Return the standard price in force at an instant; None where the catalogue names the model but no price."""
        prices = self._model.prices
        if not isinstance(prices, list):
            stated = dict(_stated(prices))
            return ListPrice(stated, None, None) if stated else None
        held = _in_force(prices, at)
        stated = {} if held is None else dict(_stated(held.prices))
        if held is None or not stated:
            return None
        daily_from = getattr(held.constraint, "start_time", None)
        return ListPrice(stated, _start_date(held), _utc_time(daily_from) if isinstance(daily_from, time) else None)

    def variant(self, at: datetime, names: frozenset[str]) -> tuple[ListPrice, frozenset[str]]:
        """Return the prices that differ from the standard ones for the named variants, and the names that are known."""
        prices: dict[str, Decimal | Tiered] = {}
        known: set[str] = set()
        since: date | None = None
        for each in self._variants:
            wanted = set(each.when.values())
            if not wanted <= names or not (each.constraint is None or each.constraint.active(at)):
                continue
            known |= wanted
            since = latest(since, _start_date(each))
            for key, price in _stated(each.prices):
                prices.setdefault(key, price)
        return ListPrice(prices, since, None), frozenset(known)


class Catalogue:
    """All entries, by provider and model name. `providers` gives them once the first is asked for."""

    def __init__(self, providers: "Callable[[], Sequence[package.Provider]]", version: str) -> None:
        self.version = version
        self._load = providers
        self._shelves: dict[str, Shelf] = {}

    def load(self) -> None:
        """Have the data there, so that the first who asks for a model need not wait."""
        _ = self._providers

    @cached_property
    def _providers(self) -> "dict[str, package.Provider]":
        return {provider.id: provider for provider in self._load()}

    @property
    def provider_ids(self) -> frozenset[str]:
        return frozenset(self._providers)

    def entries(self) -> Iterator[Entry]:
        """Yield every model of every provider."""
        for provider in self._providers.values():
            for model in provider.models:
                yield Entry(provider.id, model, own=True)

    def find(self, provider: str, name: str) -> Entry | None:
        """Return the entry for a model name at a provider: by its exact id, else by the catalogue's patterns."""
        if provider not in self._providers or not 0 < len(name) <= _MAX_NAME:
            return None
        for source in (provider, *self._shelf(provider).fallbacks):
            model = self._shelf(source).find(name)
            if model is not None:
                return Entry(source, model, own=source == provider)
        return None

    def id_of(self, provider: str, name: str) -> str | None:
        """Return the id of a provider's own model that is named exactly so, letter case aside."""
        model = self._shelf(provider).by_id(name) if provider in self._providers else None
        return None if model is None else model.id

    def provider_naming(self, name: str) -> str | None:
        """Return the provider whose own models are named like this one, for a name that came without a provider."""
        if len(name) > _MAX_NAME:
            return None
        for provider in self._providers.values():
            if provider.model_match is not None and provider.model_match.is_match(name.lower()):
                return provider.id
        return None

    def _shelf(self, provider: str) -> Shelf:
        if provider not in self._shelves:
            self._shelves[provider] = Shelf(self._providers[provider])
        return self._shelves[provider]


def load_catalogue() -> Catalogue:
    """Return the catalogue of the installed package; its version names the package's version and its data's hash."""
    found = find_spec(_MODULE)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"the package {_PACKAGE} is not installed", name=_MODULE)
    digest = hashlib.sha256()
    for module in _DATA_MODULES:
        digest.update(Path(found.origin).with_name(f"{module}.py").read_bytes())
    return Catalogue(_providers, f"{_PACKAGE} {package_version(_PACKAGE)} sha256:{digest.hexdigest()[:16]}")


def _providers() -> "Sequence[package.Provider]":
    providers: Sequence[package.Provider] = import_module(f"{_MODULE}.data").providers
    return providers


def _in_force(dated: "list[package.ConditionalPrice]", at: datetime) -> "package.ConditionalPrice | None":
    for held in reversed(dated):  # the last one that holds wins, as the package documents
        if held.constraint is None or held.constraint.active(at):
            return held
    return dated[0] if dated else None


def latest(one: date | None, other: date | None) -> date | None:
    """Return the later of two dates, of which either may be open."""
    return max(one, other) if one and other else one or other


def _stated(prices: "package.ModelPrice") -> Iterator[tuple[str, Decimal | Tiered]]:
    stated: dict[str, Decimal | package.TieredPrices | None] = vars(prices)
    for key, price in stated.items():
        if isinstance(price, Decimal):
            yield key, price
        elif price is not None:
            yield key, Tiered(price.base, tuple((tier.start, tier.price) for tier in price.tiers))


def _start_date(held: "package.ConditionalPrice | package.PriceVariant") -> date | None:
    found = getattr(held.constraint, "start_date", None)
    return found if isinstance(found, date) else None


def _utc_time(moment: time) -> time:
    if moment.tzinfo is None:
        return moment
    return datetime.combine(date(1970, 1, 2), moment).astimezone(UTC).time()
