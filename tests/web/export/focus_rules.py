"""What FOCUS 1.2 asks of a cost and usage file, as far as our file has the columns: a table of facts, and its checks.

Written from the conformance rules of the specification (github.com/FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec,
specification/conformance, dataset CostAndUsage, version 1.2). Rules of columns that are asked for only where
something is supported which Outlay knows nothing of are left out with those columns.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from msgspec import Struct

Row = Mapping[str, str]  # as a CSV has it: nothing is null

# CostAndUsage-D-005 … D-065, those ending in M or O, and those of what is supported: usage measurement, sub accounts,
# tags, resources, unit pricing by meter.
PRESENT: Final = (
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingAccountType",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceId",
    "InvoiceIssuerName",
    "ListCost",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "ServiceSubcategory",
    "SkuId",
    "SkuMeter",
    "SkuPriceDetails",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "SubAccountType",
    "Tags",
)
DECIMALS: Final = (
    "BilledCost",
    "ConsumedQuantity",
    "ContractedCost",
    "EffectiveCost",
    "ListCost",
    "PricingQuantity",
)
DATE_TIMES: Final = ("BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart")
UNITS: Final = ("ConsumedUnit", "PricingUnit")
KEY_VALUES: Final = ("SkuPriceDetails", "Tags")
NEVER_NULL: Final = (
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingAccountType",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "ProviderName",
    "PublisherName",
    "ServiceCategory",
    "ServiceName",
    "ServiceSubcategory",
)
# …-C-005-C and alike: of usage that is no correction.
NOT_NULL_OF_USAGE: Final = ("ConsumedQuantity", "PricingCategory", "PricingQuantity", "SkuId", "SkuPriceId")
# The first is null exactly where the second is.
NULL_TOGETHER: Final = (
    ("BillingAccountType", "BillingAccountId"),
    ("ConsumedUnit", "ConsumedQuantity"),
    ("PricingUnit", "PricingQuantity"),
    ("ResourceType", "ResourceId"),
    ("SkuMeter", "SkuId"),
    ("SubAccountName", "SubAccountId"),
    ("SubAccountType", "SubAccountId"),
)
ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    "ChargeCategory": frozenset({"Usage", "Purchase", "Tax", "Credit", "Adjustment"}),
    "ChargeClass": frozenset({"", "Correction"}),
    "ChargeFrequency": frozenset({"One-Time", "Recurring", "Usage-Based"}),
    "PricingCategory": frozenset({"", "Standard", "Committed", "Dynamic", "Other"}),
    "ServiceCategory": frozenset(
        {
            "AI and Machine Learning",
            "Analytics",
            "Business Applications",
            "Compute",
            "Databases",
            "Developer Tools",
            "Identity",
            "Integration",
            "Internet of Things",
            "Management and Governance",
            "Media",
            "Migration",
            "Mobile",
            "Multicloud",
            "Networking",
            "Other",
            "Security",
            "Storage",
            "Web",
        }
    ),
    # ServiceSubcategory-C-004-M: those whose parent is AI and Machine Learning, the one category that we write.
    "ServiceSubcategory": frozenset(
        {
            "AI Platforms",
            "Bots",
            "Generative AI",
            "Machine Learning",
            "Natural Language Processing",
            "Other (AI and Machine Learning)",
        }
    ),
}
# ServiceName-C-005, C-008; SkuPriceId-C-008: the first has one value only of the second.
ONE_OF: Final = (
    ("ServiceName", "ServiceCategory"),
    ("ServiceName", "ServiceSubcategory"),
    ("SkuPriceId", "SkuId"),
    ("SkuId", "SkuMeter"),
    ("SkuPriceId", "SkuPriceDetails"),
)
_DATE_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([Ee][+-]?\d+)?")
_UNIT: Final = re.compile(r"(\d+ )?[A-Z][A-Za-z0-9]*(-[A-Z][A-Za-z0-9]*)*(/(\d+ )?[A-Z][a-z]+)?")
_COLUMN: Final = re.compile(r"[A-Z][A-Za-z0-9]*|x_[A-Z][A-Za-z0-9]*")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


class Broken(Struct, frozen=True):
    """A rule that does not hold, and where."""

    rule: str
    column: str
    value: str


def broken_rules(columns: list[str], rows: Sequence[Row]) -> list[Broken]:
    """Return every rule that a file breaks."""
    found = list(_of_columns(columns))
    for row in rows:
        found += _of_row(row)
    return found + list(_of_all(rows))


def _of_columns(columns: list[str]) -> Iterator[Broken]:
    yield from (Broken("is present", each, "") for each in PRESENT if each not in columns)
    yield from (Broken("is named so", each, "") for each in columns if not _COLUMN.fullmatch(each))
    own = [each.startswith("x_") for each in columns]
    if own != sorted(own):
        yield Broken("custom columns come last", "", ",".join(columns))


def _of_row(row: Row) -> Iterator[Broken]:
    checks: tuple[tuple[str, tuple[str, ...], Callable[[str], bool]], ...] = (
        ("is not null", NEVER_NULL, bool),
        ("is not null of usage", NOT_NULL_OF_USAGE, bool),
        ("is a decimal", DECIMALS, lambda value: not value or _is_decimal(value)),
        ("is a UTC time", DATE_TIMES, lambda value: bool(_DATE_TIME.fullmatch(value)) and _is_time(value)),
        ("is a unit", UNITS, lambda value: not value or bool(_UNIT.fullmatch(value))),
        ("is key and value", KEY_VALUES, lambda value: not value or _is_key_value(value)),
        ("is a currency", ("BillingCurrency", "PricingCurrency"), lambda value: bool(_CURRENCY.fullmatch(value))),
    )
    for rule, columns, holds in checks:
        yield from (Broken(rule, each, row[each]) for each in columns if not holds(row[each]))
    for column, allowed in ALLOWED.items():
        if row[column] not in allowed:
            yield Broken("is allowed", column, row[column])
    for column, other in NULL_TOGETHER:
        if bool(row[column]) != bool(row[other]):
            yield Broken(f"is null as {other}", column, row[column])
    yield from _of_meaning(row)


def _of_meaning(row: Row) -> Iterator[Broken]:
    if row["ChargeCategory"] == "Purchase" and row["ChargeFrequency"] == "Usage-Based":
        yield Broken("ChargeFrequency-C-004", "ChargeFrequency", row["ChargeFrequency"])
    # BilledCost-C-004: who is not billed by the provider pays the provider nothing.
    if row["ProviderName"] != row["InvoiceIssuerName"] and Decimal(row["BilledCost"]):
        yield Broken("BilledCost-C-004", "BilledCost", row["BilledCost"])
    for start, end in (("ChargePeriodStart", "ChargePeriodEnd"), ("BillingPeriodStart", "BillingPeriodEnd")):
        if not row[start] < row[end]:
            yield Broken("ends after it starts", end, row[end])
    if not row["BillingPeriodStart"] <= row["ChargePeriodStart"] <= row["ChargePeriodEnd"] <= row["BillingPeriodEnd"]:
        yield Broken("is in its billing period", "ChargePeriodStart", row["ChargePeriodStart"])


def _of_all(rows: Sequence[Row]) -> Iterator[Broken]:
    for column, other in ONE_OF:
        seen: dict[str, str] = {}
        for row in rows:
            if seen.setdefault(row[column], row[other]) != row[other]:
                yield Broken(f"has one {other}", column, row[column])


def _is_decimal(value: str) -> bool:
    try:
        return bool(_NUMBER.fullmatch(value)) and Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _is_time(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_key_value(value: str) -> bool:
    """Whether it is a JSON object without another object or list in it, and no key twice."""
    keys: list[str] = []

    def read(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys.extend(key for key, _ in pairs)
        return dict(pairs)

    try:
        found = json.loads(value, object_pairs_hook=read)
    except ValueError:
        return False
    flat = isinstance(found, dict) and not any(isinstance(each, dict | list) for each in found.values())
    return flat and len(keys) == len(set(keys))
