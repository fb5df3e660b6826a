"""Priced events for ledger tests, made with as little said as each test needs."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from outlay.kit.money import as_pico
from outlay.usage import Cost, CostLine, PricedEvent, Tokens, UsageEvent

NOON = datetime(2026, 10, 15, 12, tzinfo=UTC)


def priced(event_id: str, usd: str | None = "0.01", **fields: Any) -> PricedEvent:
    """Return one event of organisation `acme` costing `usd` dollars of output (None: unpriced)."""
    values: dict[str, Any] = {
        "organisation": "acme",
        "source": "api:test",
        "id": event_id,
        "time": NOON,
        "received_at": NOON,
        "tokens": Tokens(input_uncached=100, output=10),
    }
    event = UsageEvent(**(values | fields))
    if usd is None:
        return PricedEvent(event, Cost("unpriced", None))
    pico = as_pico(Decimal(usd))
    line = CostLine("output", "output", 10, Decimal(usd) / 10, pico)
    return PricedEvent(event, Cost("priced", pico, (line,), "test"))
