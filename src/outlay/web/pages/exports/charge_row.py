"""One charge as a row of FOCUS 1.2: who provided what to whom, how much of it, and what it cost.

FOCUS lets no cost be empty. Where no price is known the costs read 0, PricingCategory is Other, and x_CostStatus and
the description say that the cost is unknown.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.kit.period import Month
from outlay.query.charges import Charge, Day
from outlay.usage import LLM
from outlay.web.export import Record
from outlay.web.view.names import Label, Names

CURRENCY: Final = "USD"
CATEGORY: Final = "AI and Machine Learning"
NOT_STATED: Final = "Provider not stated"
UNPRICED: Final = "unpriced"

_NAMED: Final = ("provider", "service", "model", "team", "agent", "user", "api_key", "pod")
_METERS: Final[Mapping[str, str]] = {
    "input": "Input Tokens",
    "cache_read": "Cache Read Tokens",
    "cache_write": "Cache Write Tokens",
    "output": "Output Tokens",
}


class Account(Struct, frozen=True):
    """Who is billed: the organisation."""

    id: str
    name: str


class Used(Struct, frozen=True):
    """How much of what: the amount with its unit, and the name of what is metered."""

    amount: Decimal
    unit: str
    meter: str
    id: str


class ChargeRows:
    """Makes the rows of one file. Names are looked up for a whole day at once."""

    def __init__(self, account: Account, names: Names, zone: ZoneInfo) -> None:
        self._account = account
        self._names = names
        self._zone = zone

    def rows(self, day: Day, charges: Sequence[Charge]) -> list[Record]:
        labels = {each: self._names.of(each, _ids(each, charges)) for each in _NAMED}
        shared = self._shared(day)
        return [{**shared, **_row(charge, labels)} for charge in charges]

    def _shared(self, day: Day) -> Record:
        """Return what every row of a day says."""
        start, end = Month.of(day.day).bounds(self._zone)
        return {
            "BillingAccountId": self._account.id,
            "BillingAccountName": self._account.name,
            "BillingAccountType": "Organisation",
            "BillingCurrency": CURRENCY,
            "BillingPeriodStart": start,
            "BillingPeriodEnd": end,
            "ChargeCategory": "Usage",
            "ChargeFrequency": "Usage-Based",
            "ChargePeriodStart": day.span.start,
            "ChargePeriodEnd": day.span.end,
            "PricingCurrency": CURRENCY,
            "ServiceCategory": CATEGORY,
        }


def _row(charge: Charge, labels: Mapping[str, Mapping[str | None, Label]]) -> Record:
    cost = charge.cost or Decimal(0)
    provider = labels["provider"][charge.provider].name if charge.provider else NOT_STATED
    used = used_of(charge)
    return {
        "BilledCost": cost,
        "ContractedCost": cost,
        "EffectiveCost": cost,
        "ListCost": cost,
        "ChargeDescription": _description(charge, used, labels),
        "ConsumedQuantity": used.amount,
        "ConsumedUnit": used.unit,
        "InvoiceIssuerName": provider,
        "ProviderName": provider,
        "PublisherName": provider,
        "PricingCategory": "Other" if charge.cost_status == UNPRICED else "Standard",
        "PricingQuantity": used.amount,
        "PricingUnit": used.unit,
        **_service(charge, provider, labels),
        **_sku(charge, used),
        **_who(charge, labels),
        "x_CostStatus": charge.cost_status,
        "x_Model": charge.model,
        "x_Service": charge.service,
        "x_Variant": charge.variant,
    }


def used_of(charge: Charge) -> Used:
    """Return how much a charge is for: tokens of a kind, a service's quantity, or requests."""
    if charge.meter in _METERS:
        return Used(Decimal(charge.tokens or 0), "Tokens", _METERS[charge.meter], charge.meter)
    if charge.quantity is not None:
        unit = focus_unit(charge.unit or "units")
        return Used(charge.quantity, unit, unit, (charge.unit or "units").lower())
    if charge.tokens:
        return Used(Decimal(charge.tokens), "Tokens", "Tokens", "tokens")
    return Used(Decimal(charge.requests), "Requests", "Requests", "requests")


@lru_cache(maxsize=1024)
def focus_unit(unit: str) -> str:
    """Return a unit as FOCUS writes them: `GB-Hours`, `Pages`; what has a capital of its own keeps it."""
    return "-".join(part[:1].upper() + part[1:] for part in unit.strip().split("-"))


def _description(charge: Charge, used: Used, labels: Mapping[str, Mapping[str | None, Label]]) -> str:
    what = labels["model"][charge.model].name if charge.model else labels["service"][charge.service].name
    unknown = "; no price is known, so the cost is unknown, not zero" if charge.cost_status == UNPRICED else ""
    meter = used.meter.lower() if charge.meter in _METERS else used.meter
    return f"{what}: {meter}{unknown}"


def _service(charge: Charge, provider: str, labels: Mapping[str, Mapping[str | None, Label]]) -> Record:
    """Return the service; each name stands for one service of one provider."""
    name = labels["service"][charge.service].name
    return {
        "ServiceName": f"{provider}: {name}" if charge.provider else name,
        "ServiceSubcategory": "Generative AI" if charge.service == LLM else f"Other ({CATEGORY})",
    }


def _sku(charge: Charge, used: Used) -> Record:
    sku = "/".join((charge.provider or "unstated", charge.model or charge.service, used.id))
    details = {"x_Meter": used.id, "x_Model": charge.model, "x_Variant": charge.variant}
    return {
        "SkuId": sku,
        "SkuMeter": used.meter,
        "SkuPriceId": f"{sku}/{charge.variant}" if charge.variant else sku,
        "SkuPriceDetails": _json({name: value for name, value in details.items() if value is not None}),
    }


def _who(charge: Charge, labels: Mapping[str, Mapping[str | None, Label]]) -> Record:
    def name(dimension: str, value: str | None) -> str | None:
        return None if value is None else labels[dimension][value].name

    return {
        "ResourceId": charge.agent,
        "ResourceName": name("agent", charge.agent),
        "ResourceType": None if charge.agent is None else "Agent",
        "SubAccountId": charge.team,
        "SubAccountName": name("team", charge.team),
        "SubAccountType": None if charge.team is None else "Team",
        "Tags": tags_text(charge.tags or ()),
        "x_AgentType": charge.agent_type,
        "x_ApiKeyId": charge.api_key,
        "x_ApiKeyName": name("api_key", charge.api_key),
        "x_PodId": charge.pod,
        "x_PodName": name("pod", charge.pod),
        "x_UserId": charge.user,
        "x_UserName": name("user", charge.user),
    }


def tags_text(tags: Collection[str]) -> str | None:
    """Return tags as a JSON object; a key that is there several times has its values in one, divided by commas."""
    found: dict[str, list[str]] = {}
    for tag in sorted(tags):
        key, colon, value = tag.partition(":")
        found.setdefault(key, []).extend([value] if colon else [])
    return _json({key: ",".join(values) if values else True for key, values in found.items()}) if found else None


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _ids(dimension: str, charges: Sequence[Charge]) -> set[str | None]:
    return {getattr(charge, dimension) for charge in charges}
