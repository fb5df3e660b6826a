"""What the demo's events cost: all but its own model's calls have a price, in the book its own rules make."""

from collections import Counter
from datetime import UTC, datetime
from importlib import resources

import pytest

from outlay.demo.generate import generate
from outlay.demo.models import OWN_MODEL
from outlay.demo.organisation import DemoSpec
from outlay.pricing.book import PriceBook
from outlay.pricing.catalogue import load_catalogue
from outlay.pricing.rules import parse_rules
from outlay.usage import UsageEvent

SPEC = DemoSpec(events=40_000, months=3, seed=5, end=datetime(2026, 11, 20, 10, 30, tzinfo=UTC), zone="Europe/Berlin")


@pytest.fixture(scope="module")
def costs() -> list[tuple[UsageEvent, int | None]]:
    rules = resources.files("outlay.demo").joinpath("prices.toml").read_text(encoding="utf-8")
    book = PriceBook(load_catalogue(), parse_rules(rules))
    return [(event, book.cost_of(event).pico) for batch in generate(SPEC, "org_demo") for event in batch]


def test_only_the_own_model_is_unpriced(costs: list[tuple[UsageEvent, int | None]]) -> None:
    unpriced = [event for event, pico in costs if pico is None]
    assert {event.model for event in unpriced} == {OWN_MODEL.name}
    assert len(unpriced) > 0.01 * SPEC.events


def test_spend_is_spread_over_agent_types_models_and_services(costs: list[tuple[UsageEvent, int | None]]) -> None:
    total = sum(pico or 0 for _, pico in costs)
    by: dict[str, Counter[str | None]] = {"agent_type": Counter(), "model": Counter(), "service": Counter()}
    for event, pico in costs:
        for field, sums in by.items():
            sums[getattr(event, field)] += pico or 0
    assert all(by["agent_type"][kind] > 0.15 * total for kind in ("api", "framework", "no_code"))
    assert max(by["model"].values()) < 0.5 * total
    assert all(0.01 * total < by["service"][name] < 0.2 * total for name in ("knowledge_graph", "web_access", "ocr"))


def test_the_spend_is_plausible_for_so_many_calls(costs: list[tuple[UsageEvent, int | None]]) -> None:
    mean_usd = sum(pico or 0 for _, pico in costs) / len(costs) / 10**12
    assert 0.008 < mean_usd < 0.03


def test_adjustments_take_money_back(costs: list[tuple[UsageEvent, int | None]]) -> None:
    adjusted = [pico for event, pico in costs if event.adjusts is not None]
    assert len(adjusted) >= 3
    assert all(pico is not None and pico < 0 for pico in adjusted)
