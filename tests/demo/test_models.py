"""Models have real names with a price, and an organisation moves from one to the next."""

from datetime import UTC, date, datetime, time

import pytest
from genai_prices import Usage, calc_price

from outlay.demo.agents import AGENTS
from outlay.demo.models import LADDERS, MIGRATION_DAYS, OWN_MODEL, Model, choice_on

PRICED = [
    pytest.param(since, model, id=f"{model.provider}/{model.name}")
    for ladder in LADDERS.values()
    for since, model in ladder
    if model is not OWN_MODEL
]


@pytest.mark.parametrize(("since", "model"), PRICED)
def test_every_model_has_a_price_when_it_is_used(since: date, model: Model) -> None:
    cost = calc_price(
        Usage(input_tokens=1000, output_tokens=1000 if model.writes else 0),
        model.name,
        provider_id=model.provider,
        genai_request_timestamp=datetime.combine(since, time(12), UTC),
    )
    assert cost.total_price > 0


def test_the_organisations_own_model_has_none() -> None:
    with pytest.raises(LookupError):
        calc_price(Usage(input_tokens=1), OWN_MODEL.name, provider_id=OWN_MODEL.provider)


def test_ladders_go_forward_and_are_all_used() -> None:
    for ladder in LADDERS.values():
        assert [since for since, _ in ladder] == sorted({since for since, _ in ladder})
    assert {name for plan in AGENTS for name, _ in plan.models} == set(LADDERS)


LADDER = LADDERS["gpt"]
STEP = LADDER[1][0]


@pytest.mark.parametrize(
    ("day", "lag", "before", "model", "share"),
    [
        (date(2020, 1, 1), 0, 0, 0, 1.0),
        (STEP, 0, 0, 1, 0.0),
        (STEP.replace(day=STEP.day + MIGRATION_DAYS // 2 - 1), 0, 0, 1, (MIGRATION_DAYS // 2 - 1) / MIGRATION_DAYS),
        (STEP.replace(month=STEP.month + 1), 0, 0, 1, 1.0),
        (STEP.replace(month=STEP.month + 1), 60, 0, 0, 1.0),
        (date(2040, 1, 1), 0, -2, -1, 1.0),
    ],
    ids=["before the ladder", "first day", "half way", "moved", "lagging", "after the last"],
)
def test_a_migration_takes_days(day: date, lag: int, before: int, model: int, share: float) -> None:
    choice = choice_on(day, LADDER, lag)
    assert choice.model is LADDER[model][1]
    assert choice.before is LADDER[before][1]
    assert choice.share == pytest.approx(share)
