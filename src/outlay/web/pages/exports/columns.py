"""The columns of the FOCUS file: those of FOCUS 1.2 that Outlay can fill, by name, then its own, which begin with x_.

Columns for what Outlay knows nothing of are left out, as FOCUS asks where something is not supported: availability
zones, regions, commitment discounts, capacity reservations, and unit prices (a day's sum has no single one).
"""

from typing import Final

from outlay.web.export import Column, Kind

VERSION: Final = "1.2"

_FOCUS: Final[tuple[tuple[str, Kind], ...]] = (
    ("BilledCost", "money"),
    ("BillingAccountId", "text"),
    ("BillingAccountName", "text"),
    ("BillingAccountType", "text"),
    ("BillingCurrency", "text"),
    ("BillingPeriodEnd", "time"),
    ("BillingPeriodStart", "time"),
    ("ChargeCategory", "text"),
    ("ChargeClass", "text"),
    ("ChargeDescription", "text"),
    ("ChargeFrequency", "text"),
    ("ChargePeriodEnd", "time"),
    ("ChargePeriodStart", "time"),
    ("ConsumedQuantity", "quantity"),
    ("ConsumedUnit", "text"),
    ("ContractedCost", "money"),
    ("EffectiveCost", "money"),
    ("InvoiceId", "text"),
    ("InvoiceIssuerName", "text"),
    ("ListCost", "money"),
    ("PricingCategory", "text"),
    ("PricingCurrency", "text"),
    ("PricingQuantity", "quantity"),
    ("PricingUnit", "text"),
    ("ProviderName", "text"),
    ("PublisherName", "text"),
    ("ResourceId", "text"),
    ("ResourceName", "text"),
    ("ResourceType", "text"),
    ("ServiceCategory", "text"),
    ("ServiceName", "text"),
    ("ServiceSubcategory", "text"),
    ("SkuId", "text"),
    ("SkuMeter", "text"),
    ("SkuPriceDetails", "text"),
    ("SkuPriceId", "text"),
    ("SubAccountId", "text"),
    ("SubAccountName", "text"),
    ("SubAccountType", "text"),
    ("Tags", "text"),
)
_OWN: Final = (
    "x_AgentType",
    "x_ApiKeyId",
    "x_ApiKeyName",
    "x_CostStatus",
    "x_Model",
    "x_PodId",
    "x_PodName",
    "x_Service",
    "x_UserId",
    "x_UserName",
    "x_Variant",
)
COLUMNS: Final = tuple(Column(name, kind) for name, kind in _FOCUS) + tuple(Column(name) for name in _OWN)

# What the page says of them: FOCUS columns, and what Outlay puts there.
EXPLAINED: Final = (
    ("ChargePeriodStart, ChargePeriodEnd", "One day of your organisation's zone, as UTC instants"),
    ("BillingPeriodStart, BillingPeriodEnd", "The calendar month of that day"),
    ("BilledCost, EffectiveCost, ContractedCost, ListCost", "The cost Outlay knows: what you pay, by your own prices"),
    (
        "x_CostStatus, PricingCategory",
        "unpriced, Other: no price is known; the cost reads 0, since FOCUS wants a number",
    ),
    ("PricingQuantity, ConsumedQuantity", "Tokens of one kind, or what a service counts: pages, searches, requests"),
    ("SkuMeter, SkuId, SkuPriceId", "Input, cache read, cache write or output tokens of a model; fees and services"),
    ("ProviderName, ServiceName", "Who served the model, and which of its services"),
    ("SubAccountId, SubAccountName", "The team"),
    ("ResourceId, ResourceName", "The agent"),
    ("Tags", "The tags of the requests, as JSON"),
    ("x_UserId, x_ApiKeyId, x_PodId …", "User, API key, pod, agent type, model and price variant"),
)
