"""Money recomputed by hand: every expected amount below is worked out on paper from the provider's price list."""

from datetime import datetime
from decimal import Decimal

import pytest

from outlay.errors import FieldInvalid
from outlay.usage import ReportedCost, Tokens, UsageEvent
from tests.pricing.made import THOUSAND, at, book, event, shown

# What it shows, the event, the dollars it costs.
CATALOGUE = [
    ("plain", event("openai", "gpt-4o", tokens=THOUSAND), "0.0075"),
    ("cached", event("openai", "gpt-4o", tokens=Tokens(input_uncached=1000, cache_read=9000, output=500)), "0.01875"),
    (
        "cache writes 5m 1h other",
        event(
            "anthropic",
            "claude-haiku-4-5",
            tokens=Tokens(
                input_uncached=100,
                cache_read=2000,
                cache_write_5m=1000,
                cache_write_1h=1000,
                cache_write_other=400,
                output=200,
            ),
        ),
        "0.00505",
    ),
    (
        "1h write is twice the input where only one write price is listed",
        event("aws", "us.anthropic.claude-3-5-haiku-20241022-v1:0", tokens=Tokens(cache_write_1h=1000)),
        "0.0016",
    ),
    (
        "no write price: as input",
        event("openai", "gpt-4o", tokens=Tokens(cache_write_5m=1000, cache_write_other=1000)),
        "0.005",
    ),
    (
        "tier, at the cliff",
        event("anthropic", "claude-sonnet-4-5", tokens=Tokens(input_uncached=200_000, output=1000)),
        "0.615",
    ),
    (
        "tier, one token over",
        event("anthropic", "claude-sonnet-4-5", tokens=Tokens(input_uncached=200_001, output=1000)),
        "1.222506",
    ),
    (
        "tier counts the cache",
        event("anthropic", "claude-sonnet-4-5", tokens=Tokens(input_uncached=150_000, cache_read=50_001)),
        "0.9300006",
    ),
    ("batch", event("anthropic", "claude-sonnet-4-5", tokens=THOUSAND, variant="batch"), "0.00525"),
    (
        "batch before the list had it",
        event("anthropic", "claude-sonnet-4-5", tokens=THOUSAND, variant="batch", time=at("2025-12-01")),
        "0.00525",
    ),
    (
        "batch as a model of its own",
        event("openrouter", "anthropic/claude-haiku-4.5", tokens=THOUSAND, variant="batch"),
        "0.00175",
    ),
    ("flex", event("openai", "o3", tokens=THOUSAND, variant="flex"), "0.003"),
    ("priority", event("openai", "gpt-4o", tokens=THOUSAND, variant="Priority"), "0.01275"),
    ("default is standard", event("openai", "gpt-4o", tokens=THOUSAND, variant="default"), "0.0075"),
    ("us inference", event("anthropic", "claude-sonnet-4-6", tokens=THOUSAND, variant="us"), "0.01155"),
    ("batch and us", event("anthropic", "claude-sonnet-4-6", tokens=THOUSAND, variant="batch+us"), "0.005775"),
    ("last day", event("openai", "o3", tokens=THOUSAND, time=at("2025-06-09T23:59:59.999999")), "0.03"),
    ("first instant", event("openai", "o3", tokens=THOUSAND, time=at("2025-06-10")), "0.006"),
    (
        "the price's day is a day of UTC",
        event("openai", "o3", tokens=THOUSAND, time=datetime.fromisoformat("2025-06-10T01:59:59+02:00")),
        "0.03",
    ),
    (
        "off-peak",
        event("deepseek", "deepseek-chat", tokens=Tokens(input_uncached=10**6), time=at("2025-04-01")),
        "0.135",
    ),
    (
        "peak begins",
        event("deepseek", "deepseek-chat", tokens=Tokens(input_uncached=10**6), time=at("2025-04-01T00:30")),
        "0.27",
    ),
    (
        "peak's last instant",
        event("deepseek", "deepseek-chat", tokens=Tokens(input_uncached=10**6), time=at("2025-04-01T16:29:59.999999")),
        "0.27",
    ),
    (
        "peak is over",
        event("deepseek", "deepseek-chat", tokens=Tokens(input_uncached=10**6), time=at("2025-04-01T16:30")),
        "0.135",
    ),
    (
        "audio in",
        event("google", "gemini-2.5-flash", tokens=Tokens(input_uncached=1000, audio_input=400, output=100)),
        "0.00083",
    ),
    (
        "cached audio",
        event(
            "openai",
            "gpt-realtime",
            tokens=Tokens(input_uncached=1000, cache_read=200, audio_input=400, audio_cache_read=50),
        ),
        "0.01388",
    ),
    ("audio out", event("openai", "gpt-realtime", tokens=Tokens(output=500, audio_output=300)), "0.0224"),
    ("image in", event("openai", "gpt-realtime", tokens=Tokens(input_uncached=1000, image_input=400)), "0.0044"),
    (
        "images that were cached cost what the cache costs",
        event("openai", "gpt-realtime", tokens=Tokens(input_uncached=100, cache_read=900, image_input=400)),
        "0.00086",
    ),
    (
        "images get what audio leaves of the fresh input",
        event("openai", "gpt-realtime", tokens=Tokens(input_uncached=1000, audio_input=800, image_input=800)),
        "0.0266",
    ),
    (
        "audio without a price of its own is input",
        event("openai", "gpt-4o-audio-preview", tokens=Tokens(input_uncached=1000, audio_input=400)),
        "0.0025",
    ),
    ("request fee", event("perplexity", "sonar", tokens=THOUSAND), "0.0135"),
    (
        "searches",
        event(
            "anthropic",
            "claude-haiku-4-5",
            tokens=Tokens(input_uncached=1000),
            quantity=Decimal(3),
            unit="web_searches",
        ),
        "0.031",
    ),
    (
        "a unit without a price adds nothing",
        event("openai", "gpt-4o", tokens=THOUSAND, quantity=Decimal(3), unit="elephants"),
        "0.0075",
    ),
    ("embedding", event("openai", "text-embedding-3-small", tokens=Tokens(input_uncached=10**6)), "0.02"),
    ("seconds", event("openai", "whisper-1", quantity=Decimal(90), unit="seconds"), "0.009"),
    ("minutes", event("openai", "whisper-1", quantity=Decimal("1.5"), unit="minutes"), "0.009"),
    (
        "rounded to a picodollar",
        event("groq", "whisper-large-v3", quantity=Decimal(7), unit="seconds"),
        "0.000215833333",
    ),
    ("failed but served", event("openai", "gpt-4o", tokens=THOUSAND, status="error"), "0.0075"),
    ("cancelled", event("openai", "gpt-4o", tokens=THOUSAND, status="cancelled"), "0.0075"),
    ("hosted by another", event("azure", "gpt-4o", tokens=THOUSAND), "0.0075"),
    ("regional", event("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", tokens=THOUSAND), "0.01155"),
    ("named only as it was typed", event(None, None, model_raw="openai/gpt-4o", tokens=THOUSAND), "0.0075"),
    ("nothing was sent", event("openai", "gpt-4o", tokens=Tokens(input_uncached=0, output=0)), "0"),
]


@pytest.mark.parametrize(("priced", "usd"), [case[1:] for case in CATALOGUE], ids=[case[0] for case in CATALOGUE])
def test_catalogue_prices(priced: UsageEvent, usd: str) -> None:
    cost = book().cost_of(priced)
    assert (cost.status, shown(cost.pico)) == ("priced", usd)
    assert sum(line.pico for line in cost.lines) == cost.pico
    assert cost.price_id
    assert cost.price_id.startswith("genai-prices:")


NO_PRICE = [
    ("unknown model", event("openai", "gpt-99", tokens=THOUSAND), "unpriced", None),
    ("unknown provider", event("acme", "gpt-4o", tokens=THOUSAND), "unpriced", None),
    ("no model", event("ollama", None, tokens=THOUSAND), "unpriced", None),
    ("listed without a price", event("cerebras", "qwen-3-coder-480b", tokens=THOUSAND), "unpriced", None),
    ("unknown variant", event("openai", "gpt-4o", tokens=THOUSAND, variant="scale"), "unpriced", None),
    ("variant known only in part", event("openai", "gpt-4o", tokens=THOUSAND, variant="batch+moon"), "unpriced", None),
    (
        "us is dearer from 4.6 on",
        event("anthropic", "claude-haiku-4-5", tokens=THOUSAND, variant="us"),
        "unpriced",
        None,
    ),
    (
        "batch before OpenAI's was listed",
        event("openai", "gpt-4o", tokens=THOUSAND, variant="batch", time=at("2026-10-13")),
        "unpriced",
        None,
    ),
    ("another's batch price", event("azure", "gpt-4o", tokens=THOUSAND, variant="batch"), "unpriced", None),
    ("no counts", event("openai", "gpt-4o"), "unpriced", None),
    ("only a subset", event("openai", "gpt-4o", tokens=Tokens(reasoning=5)), "unpriced", None),
    ("pending", event("openai", "gpt-4o", status="pending"), "unpriced", None),
    ("tokens where hours are charged", event("openai", "whisper-1", tokens=THOUSAND), "unpriced", None),
    ("service without a rule", event(service="ocr", quantity=Decimal(1), unit="pages"), "unpriced", None),
    ("service without a quantity", event(service="ocr"), "unpriced", None),
    ("blocked", event("openai", "gpt-4o", tokens=THOUSAND, status="blocked"), "free", "0"),
    ("failed at once", event("openai", "gpt-99", status="error"), "free", "0"),
    (
        "the provider's figure",
        event("openai", "gpt-4o", tokens=THOUSAND, reported_cost=ReportedCost(8_000_000_000)),
        "reported",
        "0.008",
    ),
    (
        "the provider's zero",
        event("openrouter", "x/y:free", tokens=THOUSAND, reported_cost=ReportedCost(0)),
        "reported",
        "0",
    ),
    (
        "a failed call that was charged",
        event("openrouter", "x/y", status="error", reported_cost=ReportedCost(5)),
        "reported",
        "0.000000000005",
    ),
    (
        "a tool's figure for an unknown model",
        event("openai", "gpt-99", tokens=THOUSAND, reported_cost=ReportedCost(8_000_000_000, "tool")),
        "estimated",
        "0.008",
    ),
    (
        "a tool's figure does not beat the list",
        event("openai", "gpt-4o", tokens=THOUSAND, reported_cost=ReportedCost(8, "tool")),
        "priced",
        "0.0075",
    ),
    (
        "a tool's zero says nothing",
        event("openai", "gpt-99", tokens=THOUSAND, reported_cost=ReportedCost(0, "tool")),
        "unpriced",
        None,
    ),
    (
        "a correction in money",
        event("openai", "gpt-4o", adjusts="7", reported_cost=ReportedCost(-2_500_000_000)),
        "reported",
        "-0.0025",
    ),
    (
        "a correction in tokens",
        event("openai", "gpt-4o", adjusts="7", tokens=Tokens(input_uncached=-1000, output=-500)),
        "priced",
        "-0.0075",
    ),
    (
        "taking back a call above the cliff",
        event("anthropic", "claude-sonnet-4-5", adjusts="7", tokens=Tokens(input_uncached=-200_001, output=-1000)),
        "priced",
        "-1.222506",
    ),
    (
        "moving audio to text",
        event("google", "gemini-2.5-flash", adjusts="7", tokens=Tokens(input_uncached=0, audio_input=-1000)),
        "priced",
        "-0.0007",
    ),
    (
        "a correction is no request",
        event("perplexity", "sonar", adjusts="7", tokens=Tokens(input_uncached=-1000)),
        "priced",
        "-0.001",
    ),
]


@pytest.mark.parametrize(
    ("priced", "status", "usd"), [case[1:] for case in NO_PRICE], ids=[case[0] for case in NO_PRICE]
)
def test_status(priced: UsageEvent, status: str, usd: str | None) -> None:
    cost = book().cost_of(priced)
    assert (cost.status, shown(cost.pico)) == (status, usd)
    assert sum(line.pico for line in cost.lines) == (cost.pico or 0)


def test_lines_say_what_was_counted() -> None:
    tokens = Tokens(input_uncached=100, cache_read=2000, cache_write_1h=1000, output=200)
    cost = book().cost_of(event("anthropic", "claude-haiku-4-5", tokens=tokens))
    assert [(line.component, line.meter, line.quantity, line.unit_price) for line in cost.lines] == [
        ("input", "input_uncached", 100, Decimal("0.000001")),
        ("cache_read", "cache_read", 2000, Decimal("0.0000001")),
        ("cache_write", "cache_write_1h", 1000, Decimal("0.000002")),
        ("output", "output", 200, Decimal("0.000005")),
    ]


def test_a_reported_cost_is_one_line() -> None:
    (line,) = book().cost_of(event("acme", "x", reported_cost=ReportedCost(1_500))).lines
    assert (line.component, line.meter, line.pico) == ("other", "reported", 1_500)


def test_more_than_an_event_can_cost_is_refused_by_name() -> None:
    with pytest.raises(FieldInvalid, match=r"would cost \$2500000.*genai-prices:openai/gpt-4o"):
        book().cost_of(event("openai", "gpt-4o", tokens=Tokens(input_uncached=10**12)))
