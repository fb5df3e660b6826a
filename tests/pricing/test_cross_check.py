"""Every model of the catalogue against the package's own calculation; each way to differ has its reason here."""

import datetime as dt
from collections import Counter
from decimal import Decimal
from typing import NamedTuple

import pytest
from genai_prices import Usage
from genai_prices.data import providers
from genai_prices.types import ModelInfo, ModelPrice, Provider

from outlay.kit.money import as_pico
from outlay.usage import Cost, Tokens
from tests.pricing.made import book, event

TIMES = [
    dt.datetime(2024, 6, 1, 12, tzinfo=dt.UTC),
    dt.datetime(2025, 6, 9, 23, 59, 59, tzinfo=dt.UTC),
    dt.datetime(2026, 11, 19, 2, tzinfo=dt.UTC),
]


PICO = Decimal("0.000000000001")


class Case(NamedTuple):
    """The same usage in our words and in the package's."""

    ours: Tokens
    theirs: dict[str, int]


CASES = {
    "plain": Case(Tokens(input_uncached=1000, output=500), {"input_tokens": 1000, "output_tokens": 500}),
    "cached": Case(
        Tokens(input_uncached=1001, cache_read=9000, cache_write_5m=300, cache_write_other=33, output=500),
        {
            "input_tokens": 10_334,
            "cache_read_tokens": 9000,
            "cache_write_tokens": 333,
            "cache_write_5m_tokens": 300,
            "output_tokens": 500,
        },
    ),
    "hour": Case(
        Tokens(input_uncached=1000, cache_write_1h=70, output=5),
        {"input_tokens": 1070, "cache_write_tokens": 70, "cache_write_1h_tokens": 70, "output_tokens": 5},
    ),
    "large": Case(
        Tokens(input_uncached=700_001, cache_read=1000, output=500),
        {"input_tokens": 701_001, "cache_read_tokens": 1000, "output_tokens": 500},
    ),
    "at a step": Case(Tokens(input_uncached=200_000, output=1), {"input_tokens": 200_000, "output_tokens": 1}),
    "audio": Case(
        Tokens(input_uncached=1000, cache_read=200, audio_input=400, output=500, audio_output=300, reasoning=20),
        {
            "input_tokens": 1200,
            "cache_read_tokens": 200,
            "input_audio_tokens": 400,
            "cache_audio_read_tokens": 0,
            "output_tokens": 500,
            "output_audio_tokens": 300,
            "output_reasoning_tokens": 20,
        },
    ),
    "cached audio": Case(
        Tokens(input_uncached=1000, cache_read=200, audio_input=400, audio_cache_read=50),
        {
            "input_tokens": 1200,
            "cache_read_tokens": 200,
            "input_audio_tokens": 400,
            "cache_audio_read_tokens": 50,
            "output_tokens": 0,
        },
    ),
    "images": Case(
        Tokens(input_uncached=1000, image_input=400, output=500, image_output=300),
        {"input_tokens": 1000, "input_image_tokens": 400, "output_tokens": 500, "output_image_tokens": 300},
    ),
}


def stated(price: ModelPrice) -> set[str]:
    return {key for key, value in vars(price).items() if value is not None}


def why_different(model: ModelInfo, price: ModelPrice, case: str, ours: Cost) -> str | None:
    """Return the reason a model may cost another amount with us, or None where it must not."""
    keys = stated(price)
    if ours.pico is None:
        if not keys:
            return "no price in the catalogue: unpriced with us, 0 with them"
        if not any(key.endswith("_mtok") for key in keys):
            return "charged by hours, pages or characters: tokens alone are unpriced with us, 0 with them"
    if case == "hour" and "claude" in model.id and "cache_write_mtok" in keys and "cache_write_1h_mtok" not in keys:
        return "an hour's cache write to Claude is twice the input, not the 5-minute price"
    if case == "cached audio" and "input_audio_mtok" in keys and "cache_audio_read_mtok" not in keys:
        return "cached audio without a price of its own costs what the cache costs, not what fresh audio does"
    return None


def every_model() -> list[tuple[Provider, ModelInfo]]:
    return [(provider, model) for provider in providers for model in provider.models]


@pytest.mark.parametrize("case", CASES)
def test_every_model(case: str) -> None:
    ours_of, theirs_of = CASES[case]
    reasons: Counter[str] = Counter()
    wrong = []
    for provider, model in every_model():
        for at in TIMES:
            ours = book().cost_of(event(provider.id, model.id, tokens=ours_of, time=at))
            price = model.get_prices(at)
            theirs = as_pico(price.calc_price(Usage(**theirs_of))["total_price"])
            if ours.pico is not None and abs(ours.pico - theirs) <= len(ours.lines):
                continue  # a price finer than a picodollar is rounded line by line
            reason = why_different(model, price, case, ours)
            reasons[reason or "none"] += 1
            if reason is None:
                wrong.append((provider.id, model.id, at, ours, theirs))
    assert not wrong, wrong[:5]
    assert sum(reasons.values()) < 1100, reasons


def test_rounding_is_only_where_a_price_is_finer_than_a_picodollar() -> None:
    ours_of, theirs_of = CASES["cached"]
    for provider, model in every_model():
        ours = book().cost_of(event(provider.id, model.id, tokens=ours_of, time=TIMES[2]))
        exact = model.get_prices(TIMES[2]).calc_price(Usage(**theirs_of))["total_price"]
        if ours.pico is not None and Decimal(ours.pico).scaleb(-12) != exact:
            assert abs(Decimal(ours.pico).scaleb(-12) - exact) < Decimal("0.000000000003"), (provider.id, model.id)
            assert any(line.unit_price % PICO for line in ours.lines), (provider.id, model.id)


def test_every_variant() -> None:
    """For each variant that is in force, the package's price with that context; outside of it, never the standard."""
    ours_of, theirs_of = CASES["cached"]
    checked = 0
    for provider, model in every_model():
        for variant in model.price_variants or ():
            (name,) = variant.when.values()
            for at in TIMES:
                ours = book().cost_of(event(provider.id, model.id, tokens=ours_of, time=at, variant=name))
                known = [v for v in model.price_variants or () if v.when == variant.when]
                if not any(v.constraint is None or v.constraint.active(at) for v in known):
                    documented = provider.id == "anthropic" and name == "batch"
                    assert (ours.status == "priced") == documented, (provider.id, model.id, name, at)
                    continue
                price = model.get_prices(at, variant.when)
                if "cache_write_1h_mtok" not in stated(price) and "claude" in model.id:
                    continue
                context = model.get_prices(at, {**variant.when, **same_name(model, name)})
                theirs = as_pico(context.calc_price(Usage(**theirs_of))["total_price"])
                if ours.pico is not None or any(key.endswith("_mtok") for key in stated(price)):
                    assert ours.pico == theirs, (provider.id, model.id, name, at)
                    checked += 1
    assert checked > 250


def same_name(model: ModelInfo, name: str) -> dict[str, str]:
    """Return every context of a model that this one name stands for."""
    return {key: value for v in model.price_variants or () for key, value in v.when.items() if value == name}


def test_every_boundary() -> None:
    """At the instant each dated price begins, and the instant before, the package's price of that instant."""
    checked = 0
    for provider, model in every_model():
        for conditional in model.prices if isinstance(model.prices, list) else ():
            start = getattr(conditional.constraint, "start_date", None)
            if start is None:
                continue
            begin = dt.datetime.combine(start, dt.time(), tzinfo=dt.UTC)
            for at in (begin - dt.timedelta(microseconds=1), begin):
                ours = book().cost_of(event(provider.id, model.id, tokens=CASES["plain"].ours, time=at))
                theirs = model.get_prices(at).calc_price(Usage(**CASES["plain"].theirs))["total_price"]
                if ours.pico is not None:
                    assert abs(ours.pico - as_pico(theirs)) <= 2, (provider.id, model.id, at)
                    checked += 1
    assert checked > 500


def test_the_catalogue_says_which_data_it_is() -> None:
    name, version, digest = book().version.split(" ")
    assert name == "genai-prices"
    assert version[0].isdigit()
    assert digest.startswith("sha256:")
    assert len(digest) == len("sha256:") + 16
