"""An intake over a real ledger in a temporary folder, with prices and names that are as small as can be."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from outlay.intake.check import Limits
from outlay.pricing.match import ModelName
from outlay.usage import Cost, CostLine, Tokens, UsageEvent

NOW = datetime(2026, 10, 15, 12, tzinfo=UTC)
LIMITS = Limits(max_field_chars=64, max_tags=3, max_metadata_bytes=100)


def event(event_id: str, **fields: Any) -> UsageEvent:
    values: dict[str, Any] = {
        "organisation": "acme",
        "source": "api:test",
        "id": event_id,
        "time": NOW,
        "received_at": NOW,
        "tokens": Tokens(input_uncached=10, output=1),
        "provider": "openai",
        "model": "gpt-4o",
        "model_raw": "gpt-4o",
    }
    return UsageEvent(**(values | fields))


class OneDollarEach:
    """Prices every event at a dollar, and knows `alias` as another name of `gpt-4o`."""

    version = "one dollar each"

    def book_of(self, organisation: str) -> "OneDollarEach":
        del organisation
        return self

    def identify(self, provider: str | None, model_raw: str | None, at: datetime | None = None) -> ModelName:
        del at
        return ModelName(provider, "gpt-4o" if model_raw == "alias" else model_raw)

    def cost_of(self, event: UsageEvent) -> Cost:
        dollars = Decimal(1) if event.quantity is None else event.quantity
        pico = int(dollars * 10**12)
        return Cost("priced", pico, (CostLine("other", "event", 1, dollars, pico),), "test")


class RememberedNames:
    """Registers names in memory; `full` are the kinds that take no new one."""

    def __init__(self, *full: str) -> None:
        self.full = set(full)
        self.found: dict[str, set[str]] = {}

    def admit(self, organisation: str, kind: str, ids: Collection[str]) -> set[str]:
        del organisation
        return set(ids) - self.found.get(kind, set()) if kind in self.full else set()

    def register(self, organisation: str, found: Mapping[Any, Collection[str]]) -> None:
        del organisation
        for kind, ids in found.items():
            self.found.setdefault(kind, set()).update(ids)
