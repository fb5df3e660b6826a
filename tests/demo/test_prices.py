"""The demo's own prices fit what its events meter, and leave its own model without a price."""

import tomllib
from decimal import Decimal
from importlib import resources

from outlay.demo.models import OWN_MODEL

TEXT = resources.files("outlay.demo").joinpath("prices.toml").read_text(encoding="utf-8")


def test_every_service_and_unit_has_a_price() -> None:
    services = tomllib.loads(TEXT)["service"]
    assert {(rule["service"], rule["unit"]) for rule in services} == {
        ("knowledge_graph", "GB-hours"),
        ("web_access", "searches"),
        ("ocr", "pages"),
    }
    assert all(Decimal(rule["price"]) > 0 for rule in services)


def test_the_own_model_stays_unpriced_and_credits_are_not_multiplied() -> None:
    rules = tomllib.loads(TEXT)
    assert OWN_MODEL.name in TEXT
    assert "price" not in rules
    # A multiplier goes before a reported cost, so it must not hold for the provider whose credits are reported.
    assert {rule["provider"] for rule in rules["multiplier"]} == {"anthropic"}
