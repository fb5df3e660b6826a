"""Prices by the operator's rules, worked out by hand, and what is shown of a price."""

from datetime import timedelta
from decimal import Decimal

import pytest

from outlay.kit.money import plain
from outlay.pricing.book import PriceLine
from outlay.usage import ReportedCost, Tokens, UsageEvent
from tests.pricing.made import THOUSAND, at, book, event, shown

RULES = """
[[price]]  # 1
provider = "openai"
model = "gpt-4o-2024-08-06"
from = 2026-01-01
input = "2.00"
cache_read = "0.50"
output = "8"
per_request = "0.001"

[[price]]  # 2
provider = "ollama"
model = "*"
from = 2020-01-01
input = 0
output = 0

[[price]]  # 3
provider = "anthropic"
model = "claude-opus-4-5"
from = 2026-01-01
input = 4
output = 20
cache_write_5m = 5

[[price]]  # 4
provider = "acme-gpu"
model = "whatever"
from = 2026-01-01
per_request = "0.02"

[[multiplier]]  # 1
provider = "anthropic"
factor = "0.85"
from = 2026-01-01

[[multiplier]]  # 2
provider = "anthropic"
model = "claude-sonnet-4-6"
factor = "0.5"
from = 2026-01-01

[[multiplier]]  # 3
provider = "openai"
variant = "scale"
factor = "0.7"
from = 2026-01-01T02:00:00+02:00

[[alias]]
name = "prod-chat"
sent_to = "azure"
provider = "azure"
model = "gpt-4o"

[[service]]  # 1
service = "ocr"
unit = "pages"
price = "0.0015"
from = 2026-01-01
until = 2026-07-01

[[service]]  # 2
service = "ocr"
unit = "pages"
price = "0.0012"
from = 2026-07-01

[[service]]  # 3
service = "llm"
unit = "container_hours"
price = "0.03"
from = 2026-01-01

[[service]]  # 4
service = "web_access"
unit = "fetches"
price = 0
from = 2026-01-01
"""


# What it shows, the event, its cost's status, dollars and price.
OPERATOR = [
    (
        "exact price",
        event("openai", "gpt-4o", tokens=Tokens(input_uncached=1000, cache_read=9000, output=500)),
        ("priced", "0.0115", "rule:price:1"),
    ),
    (
        "exact price before the provider's own figure",
        event("openai", "gpt-4o", tokens=THOUSAND, reported_cost=ReportedCost(7)),
        ("priced", "0.007", "rule:price:1"),
    ),
    (
        "not yet in force",
        event("openai", "gpt-4o", tokens=THOUSAND, time=at("2025-12-31T23:59:59.999999")),
        ("priced", "0.0075", "genai-prices:openai/gpt-4o"),
    ),
    (
        "an exact price is for the standard variant",
        event("openai", "gpt-4o", tokens=THOUSAND, variant="batch"),
        ("priced", "0.00375", "genai-prices:openai/gpt-4o@2026-10-14+batch"),
    ),
    (
        "an exact price's writes: 1h and unknown as 5m",
        event(
            "anthropic",
            "claude-opus-4-5-20251101",
            tokens=Tokens(cache_read=1000, cache_write_5m=1000, cache_write_1h=1000, cache_write_other=1000),
        ),
        ("priced", "0.019", "rule:price:3"),
    ),
    ("per request alone", event("acme-gpu", "Whatever"), ("priced", "0.02", "rule:price:4")),
    ("free by the operator", event("ollama", "llama3", tokens=THOUSAND), ("free", "0", "rule:price:2")),
    ("free whatever the model", event("ollama_chat", None, tokens=THOUSAND), ("free", "0", "rule:price:2")),
    (
        "multiplier",
        event("anthropic", "claude-haiku-4-5", tokens=THOUSAND),
        ("priced", "0.002975", "rule:multiplier:1*genai-prices:anthropic/claude-haiku-4-5"),
    ),
    (
        "the more specific multiplier alone, before the provider's figure",
        event("anthropic", "claude-sonnet-4-6", tokens=THOUSAND, reported_cost=ReportedCost(7)),
        ("priced", "0.00525", "rule:multiplier:2*genai-prices:anthropic/claude-sonnet-4-6@2026-03-13"),
    ),
    (
        "a multiplier on a discounted variant",
        event("anthropic", "claude-haiku-4-5", tokens=THOUSAND, variant="batch"),
        ("priced", "0.0014875", "rule:multiplier:1*genai-prices:anthropic/claude-haiku-4-5@2026-10-14+batch"),
    ),
    (
        "a multiplier that makes a variant",
        event("openai", "gpt-4.1", tokens=THOUSAND, variant="scale"),
        ("priced", "0.0042", "rule:multiplier:3*genai-prices:openai/gpt-4.1+scale"),
    ),
    (
        "a multiplier on nothing leaves the provider's figure",
        event("anthropic", "claude-unheard-of", tokens=THOUSAND, reported_cost=ReportedCost(7)),
        ("reported", "0.000000000007", None),
    ),
    (
        "alias",
        event("azure", None, model_raw="prod-chat", tokens=THOUSAND),
        ("priced", "0.0075", "genai-prices:openai/gpt-4o"),
    ),
    (
        "service, first price",
        event(service="ocr", quantity=Decimal(20), unit="pages", time=at("2026-06-30T23:59:59")),
        ("priced", "0.03", "rule:service:1"),
    ),
    (
        "service, second price",
        event(service="ocr", quantity=Decimal("2.5"), unit="Pages", time=at("2026-07-01")),
        ("priced", "0.003", "rule:service:2"),
    ),
    (
        "service before its first price",
        event(service="ocr", quantity=Decimal(20), unit="pages", time=at("2025-12-31")),
        ("unpriced", None, None),
    ),
    (
        "service price before a reported cost",
        event(service="ocr", quantity=Decimal(20), unit="pages", reported_cost=ReportedCost(9)),
        ("priced", "0.024", "rule:service:2"),
    ),
    (
        "service in another unit",
        event(service="ocr", quantity=Decimal(20), unit="books", reported_cost=ReportedCost(9)),
        ("reported", "0.000000000009", None),
    ),
    (
        "free service",
        event(service="web_access", quantity=Decimal(20), unit="fetches"),
        ("free", "0", "rule:service:4"),
    ),
    (
        "a tool beside the tokens",
        event("openai", "gpt-4.1", tokens=THOUSAND, quantity=Decimal(2), unit="container_hours"),
        ("priced", "0.066", "genai-prices:openai/gpt-4.1"),
    ),
]


@pytest.mark.parametrize(("priced", "expected"), [case[1:] for case in OPERATOR], ids=[case[0] for case in OPERATOR])
def test_operator_prices(priced: UsageEvent, expected: tuple[str, str | None, str | None]) -> None:
    cost = book(RULES).cost_of(priced)
    assert (cost.status, shown(cost.pico), cost.price_id) == expected
    assert sum(line.pico for line in cost.lines) == (cost.pico or 0)


def test_price_on_shows_source_and_period() -> None:
    prices = book(RULES)
    early = prices.price_on("openai", "o3", at("2025-01-01"))
    late = prices.price_on("openai", "o3", at("2026-11-01"))
    assert early is not None
    assert late is not None
    assert (early.since, early.until) == (None, at("2025-06-10"))
    assert (late.since, late.until) == (at("2025-06-10"), None)
    assert (late.price_id, late.by_operator) == ("genai-prices:openai/o3@2025-06-10", False)
    assert {(line.meter, line.usd, line.per) for line in late.lines} >= {
        ("input_uncached", Decimal(2), 10**6),
        ("output", Decimal(8), 10**6),
    }
    assert late.version.startswith("genai-prices ")
    assert " rules sha256:" in late.version


def test_price_on_follows_rules_and_tiers() -> None:
    prices = book(RULES)
    assert prices.price_on("openai", "gpt-99", at("2026-01-01")) is None
    ruled = prices.price_on("openai", "gpt-4o", at("2026-01-01"))
    before = prices.price_on("openai", "gpt-4o", at("2026-01-01") - timedelta(microseconds=1))
    assert ruled is not None
    assert before is not None
    assert (ruled.price_id, ruled.by_operator, ruled.since, ruled.until) == (
        "rule:price:1",
        True,
        at("2026-01-01"),
        None,
    )
    assert (before.since, before.until) == (None, at("2026-01-01"))
    tiered = book().price_on("anthropic", "claude-sonnet-4-5", at("2026-01-01"))
    assert tiered is not None
    output = [(line.usd, line.above_input_tokens) for line in tiered.lines if line.meter == "output"]
    assert output == [(Decimal(15), None), (Decimal("22.5"), 200_000)]


def test_other_rules_are_another_version() -> None:
    assert len({book().version, book(RULES).version, book(RULES + "\n").version}) == 2


_STEPS = """
[[price]]
provider = "selfhosted"
model = "m"
input = "2"
output = "8"
from = "2026-03-01"
until = "2026-05-01"

[[price]]
provider = "selfhosted"
model = "m"
input = "2"
output = "6"
from = "2026-05-01"
until = "2026-07-01"

[[price]]
provider = "selfhosted"
model = "m"
input = "2"
output = "6"
from = "2026-07-01"
until = "2026-08-01"
"""


def test_changes_are_told_with_both_sides() -> None:
    changes = book(_STEPS).changes_between("selfhosted", "m", at("2026-01-01"), at("2027-01-01"))
    told = [(each.at, _by_meter(each.before), _by_meter(each.after)) for each in changes]
    assert told == [
        (at("2026-03-01"), None, ("2", "8")),
        (at("2026-05-01"), ("2", "8"), ("2", "6")),
        (at("2026-08-01"), ("2", "6"), None),  # another rule with the same price changed nothing in July
    ]


def test_changes_are_those_within_the_time_asked_for() -> None:
    prices = book(_STEPS)
    within = prices.changes_between("selfhosted", "m", at("2026-03-01"), at("2026-05-01"))
    assert [each.at for each in within] == [at("2026-03-01")]
    assert prices.changes_between("selfhosted", "m", at("2026-03-02"), at("2026-05-01")) == ()
    assert prices.changes_between("selfhosted", "unknown", at("2026-01-01"), at("2027-01-01")) == ()


def test_a_multiplier_changes_what_the_catalogue_says() -> None:
    rules = '[[multiplier]]\nprovider = "openai"\nfactor = "0.5"\nfrom = "2026-01-01"\n'
    (change,) = book(rules).changes_between("openai", "gpt-4o", at("2025-06-01"), at("2026-06-01"))
    assert (change.at, _by_meter(change.before), _by_meter(change.after)) == (
        at("2026-01-01"),
        ("2.5", "10"),
        ("1.25", "5"),
    )


def test_a_price_that_changes_every_day_changes_nothing() -> None:
    daily = [
        entry
        for entry in ("deepseek-chat", "deepseek-reasoner")
        if book().price_on("deepseek", entry, at("2025-06-01T03:00"))
        != book().price_on("deepseek", entry, at("2025-06-01T20:00"))
    ]
    assert daily, "the catalogue has models that cost less at night"
    for model in daily:
        assert book().changes_between("deepseek", model, at("2025-06-01"), at("2025-06-08")) == ()


def _by_meter(lines: tuple[PriceLine, ...] | None) -> tuple[str, ...] | None:
    if lines is None:
        return None
    stated = {each.meter: plain(each.usd) for each in lines if each.above_input_tokens is None}
    return stated["input_uncached"], stated["output"]
