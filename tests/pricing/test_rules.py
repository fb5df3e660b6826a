"""What the operator may write in prices.toml, and how each mistake is told."""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.errors import PriceInvalid
from outlay.pricing.book import PriceBook
from outlay.pricing.rules import NO_RULES, parse_rules
from outlay.usage import Tokens
from tests.pricing.made import catalogue, event

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "prices.md"

PRICE = '[[price]]\nprovider = "openai"\nmodel = "gpt-4o"\nfrom = 2026-01-01\n'
MULTIPLIER = '[[multiplier]]\nprovider = "openai"\nfrom = 2026-01-01\n'
SERVICE = '[[service]]\nservice = "ocr"\nunit = "pages"\nfrom = 2026-01-01\n'
ALIAS = '[[alias]]\nname = "prod"\nprovider = "azure"\nmodel = "gpt-4o"\n'

MISTAKES = [
    ("not toml", "[[price", "not valid TOML"),
    ("unknown table", "[[prices]]\n", "unknown table 'prices'"),
    ("no block", "[price]\n", "must be written as [[price]]"),
    ("no table", "price = [1]\n", "[[price]] 1 is no table"),
    ("float", PRICE + "input = 2.5\noutput = 10\n", "[[price]] 1 (gpt-4o): input = 2.5 is a float; write it as a text"),
    ("float with exponent", PRICE + "input = 1e3\noutput = 10\n", "input = 1e3 is a float"),
    ("nan", PRICE + "input = nan\noutput = 10\n", "input = nan is a float"),
    ("no number", PRICE + 'input = "two"\noutput = 10\n', "input = 'two' must be a decimal text"),
    ("negative", PRICE + 'input = "-1"\noutput = 10\n', "input = '-1' must be a decimal text"),
    ("negative int", PRICE + "input = -1\noutput = 10\n", "input must be from 0 to 999,999"),
    ("too large", PRICE + 'input = "1000000"\noutput = 10\n', "must be a decimal text"),
    ("too fine", PRICE + 'input = "0.0000000000001"\noutput = 10\n', "at most 12 decimals"),
    ("exponent text", PRICE + 'input = "1e3"\noutput = 10\n', "must be a decimal text"),
    ("other digits", PRICE + 'input = "٣"\noutput = 10\n', "must be a decimal text"),
    ("true", PRICE + "input = true\noutput = 10\n", "must be a decimal text"),
    ("no output", PRICE + "input = 1\n", "output is missing beside input"),
    ("cache only", PRICE + "cache_read = 1\n", "input is missing beside cache_read"),
    ("no amount", PRICE, "no amount"),
    ("unknown key", PRICE + "input = 1\noutput = 1\ninputs = 3\n", "[[price]] 1 (gpt-4o): unknown key 'inputs'"),
    ("no model", '[[price]]\nprovider = "openai"\nfrom = 2026-01-01\n', "model is missing"),
    ("empty model", PRICE.replace('"gpt-4o"', '" "') + "input = 1\noutput = 1\n", "model = ' ' must be a text"),
    ("model as number", PRICE.replace('"gpt-4o"', "4.5") + "input = 1\noutput = 1\n", "must be a text"),
    ("no provider that bills", PRICE.replace("openai", "litellm") + "input = 1\noutput = 1\n", "names no provider"),
    ("any provider", PRICE.replace("openai", "*") + "input = 1\noutput = 1\n", "names no provider"),
    ("no from", PRICE.replace("from = 2026-01-01", "") + "input = 1\noutput = 1\n", "from is missing"),
    ("time alone", PRICE.replace("2026-01-01", "07:00:00") + "input = 1\noutput = 1\n", "must be a date"),
    (
        "before time began",
        PRICE.replace("2026-01-01", "0001-01-01T00:00:00+14:00") + "input = 1\noutput = 1\n",
        "a date",
    ),
    *(
        (f"year {year}", PRICE.replace("2026-01-01", f"{year}-12-31") + "input = 1\noutput = 1\n", "between the years")
        for year in ("0001", "1969", "9999")
    ),
    ("until before from", PRICE + "until = 2026-01-01\ninput = 1\noutput = 1\n", "until must be later than from"),
    ("no factor", MULTIPLIER, "[[multiplier]] 1 (openai): factor is missing"),
    ("float factor", MULTIPLIER + "factor = 0.9\n", 'write it as a text, factor = "0.9"'),
    ("no price", SERVICE, "[[service]] 1 (ocr): price is missing"),
    ("no target", '[[alias]]\nname = "x"\nprovider = "azure"\n', "[[alias]] 1 (x): model is missing"),
    (
        "two prices at once",
        (PRICE + "input = 1\noutput = 1\n") * 2,
        "[[price]] 1 and 2 (openai/gpt-4o/*) both hold from",
    ),
    ("two multipliers at once", (MULTIPLIER + 'factor = "0.9"\n') * 2, "[[multiplier]] 1 and 2 (openai/*/*) both hold"),
    (
        "two services that touch",
        SERVICE + "until = 2026-03-02\nprice = 1\n" + SERVICE.replace("2026-01-01", "2026-03-01") + "price = 2\n",
        "[[service]] 1 and 2 (ocr/pages) both hold from 2026-03-01 00:00 UTC on",
    ),
    (
        "one alias twice",
        ALIAS + ALIAS.replace("prod", "PROD"),
        "[[alias]] 1 and 2 (prod/*) both hold; give the earlier one an `until`",
    ),
    ("too long", "#" * (4 * 1024 * 1024 + 1), "at most 4,194,304 are read"),
]


@pytest.mark.parametrize(("text", "message"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_mistakes_are_named(text: str, message: str) -> None:
    with pytest.raises(PriceInvalid, match=re.escape(message)):
        parse_rules(text)


def test_two_spellings_of_one_model_are_one_model() -> None:
    text = PRICE + "input = 1\noutput = 1\n" + PRICE.replace("gpt-4o", "gpt-4o-2024-08-06") + "input = 2\noutput = 2\n"
    with pytest.raises(PriceInvalid, match=re.escape("[[price]] 1 and 2 (openai/gpt-4o/*) both hold")):
        PriceBook(catalogue(), parse_rules(text))


def test_nothing_is_no_rules() -> None:
    assert parse_rules("# nothing yet\n") == NO_RULES


def test_periods_may_touch_and_are_instants() -> None:
    text = (
        SERVICE.replace("2026-01-01", "2026-01-01T00:30:00+05:30")
        + 'until = "2026-03-01"\nprice = "1.5"\n'
        + SERVICE.replace("2026-01-01", "2026-03-01T00:00:00")
        + "price = 2\n"
    )
    first, second = parse_rules(text).services
    assert first.start == datetime(2025, 12, 31, 19, 0, tzinfo=UTC)
    assert first.until == second.start == datetime(2026, 3, 1, tzinfo=UTC)
    assert (first.price, second.price) == (Decimal("1.5"), Decimal(2))
    assert first.start.tzinfo is UTC


def test_a_standard_variant_is_none() -> None:
    (rule,) = parse_rules(PRICE + 'variant = "default"\ninput = 1\noutput = 1\n').prices
    assert rule.variant is None


@pytest.mark.parametrize(
    ("variants", "expected"),
    [
        (("provider", "model", "variant"), "0.1"),
        (("provider", "model"), "0.2"),
        (("model",), "0.3"),
        (("provider",), "0.4"),
        ((), "0.5"),
    ],
    ids=["all three", "model at the provider", "model anywhere", "provider", "everything"],
)
def test_the_most_specific_multiplier_holds_alone(variants: tuple[str, ...], expected: str) -> None:
    levels = [("0.1", ("provider", "model", "variant")), ("0.2", ("provider", "model")), ("0.3", ("model",))]
    levels += [("0.4", ("provider",)), ("0.5", ())]
    named = {"provider": 'provider = "openai"', "model": 'model = "gpt-4o"', "variant": 'variant = "batch"'}
    start = levels.index((expected, variants))
    text = "".join(
        "\n".join(["[[multiplier]]", "from = 2026-01-01", f'factor = "{factor}"', *(named[key] for key in keys), ""])
        for factor, keys in levels[start:]
    )
    variant = "batch" if "variant" in variants else None
    million = event("openai", "gpt-4o", tokens=Tokens(output=10**6), variant=variant)
    cost = PriceBook(catalogue(), parse_rules(text)).cost_of(million)
    full = 5 if variant else 10
    assert cost.pico == int(Decimal(expected) * full * 10**12)


def test_aliases_prefer_the_provider_they_were_sent_to() -> None:
    text = ALIAS + 'sent_to = "az.ai.openai"\n' + ALIAS.replace('"azure"', '"openai"').replace("gpt-4o", "gpt-4.1")
    prices = PriceBook(catalogue(), parse_rules(text))
    assert prices.identify("azure_openai", "Prod").model == "gpt-4o"
    assert prices.identify(None, "azure/prod").provider == "azure"
    assert prices.identify(None, "prod").model == "gpt-4.1"
    assert prices.identify("openai", "gpt-4o-mini").model == "gpt-4o-mini"


def test_a_period_ends_before_its_last_instant() -> None:
    text = PRICE + "until = 2026-02-01\ninput = 1\noutput = 1\n"
    prices = PriceBook(catalogue(), parse_rules(text))
    end = datetime(2026, 2, 1, tzinfo=timezone(timedelta(0)))
    call = Tokens(input_uncached=10**6)
    last = prices.cost_of(event("openai", "gpt-4o", tokens=call, time=end - timedelta(microseconds=1)))
    after = prices.cost_of(event("openai", "gpt-4o", tokens=call, time=end))
    assert (last.pico, after.pico) == (10**12, 25 * 10**11)


def test_the_reference_page_holds() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", REFERENCE.read_text(encoding="utf-8"), re.DOTALL)
    rules = parse_rules(example)
    PriceBook(catalogue(), rules)
    assert rules.prices
    assert rules.multipliers
    assert rules.aliases
    assert len(rules.services) > 1
