"""The figures of the Consumption page against a plain fold of the events, and page against exports and API."""

import re
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from outlay.usage import LLM
from outlay.web import format as text
from tests.web.pages.made import Known, Made, cost_of, tokens_of

MONTHS = ("2026-08", "2026-09", "2026-10")


def exported(shop: Made, admin: dict[str, str], query: str) -> dict[str, Any]:
    answer: dict[str, Any] = shop.get(f"/consumption/export.json?{query}", admin).json()
    return answer


def table(answer: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in answer["tables"] if each["id"] == name)


def folded(known: list[Known], key: str) -> dict[Any, list[Known]]:
    groups: defaultdict[Any, list[Known]] = defaultdict(list)
    for each in known:
        groups[getattr(each.event, key)].append(each)
    return groups


@pytest.mark.parametrize("month", MONTHS)
def test_the_headline_is_what_the_events_make(shop: Made, admin: dict[str, str], month: str) -> None:
    known = shop.of(month)
    answer = exported(shop, admin, f"r={month}")
    assert Decimal(answer["totals"]["cost"]) == cost_of(known)
    assert answer["totals"]["requests"] == len(known)
    assert answer["totals"]["unpriced_requests"] == sum(each.cost is None for each in known) > 0
    html = shop.get(f"/consumption?r={month}", admin).text
    assert f'<p class="card-value" title="{text.usd_exact(cost_of(known))}">{text.usd(cost_of(known))}</p>' in html


@pytest.mark.parametrize("month", MONTHS)
def test_the_tokens_are_what_the_events_make(shop: Made, admin: dict[str, str], month: str) -> None:
    known = shop.of(month)
    answer = exported(shop, admin, f"view=activity&r={month}")
    assert answer["totals"]["tokens"] == tokens_of(known)
    html = shop.get(f"/consumption?view=activity&r={month}", admin).text
    assert f'<p class="card-value" title="{tokens_of(known):,}">{text.tokens(tokens_of(known))}</p>' in html


@pytest.mark.parametrize("month", MONTHS)
def test_days_and_agent_types_are_local_and_add_up(shop: Made, admin: dict[str, str], month: str) -> None:
    wanted: defaultdict[tuple[str, str | None], int] = defaultdict(int)
    for each in shop.of(month):
        wanted[each.day, each.event.agent_type] += 1
    days = table(exported(shop, admin, f"r={month}"), "agent_type_by_day")
    assert {(row["day"], row["id"]): row["requests"] for row in days["rows"]} == dict(wanted)
    costs = [Decimal(row["cost"]) for row in days["rows"] if row["cost"] is not None]
    assert sum(costs) == Decimal(days["total"]["cost"])


@pytest.mark.parametrize("month", MONTHS)
def test_models_and_services_make_the_headline(shop: Made, admin: dict[str, str], month: str) -> None:
    answer = exported(shop, admin, f"r={month}")
    models, services = table(answer, "llm_models"), table(answer, "other_services")
    by_model = folded(shop.of(month, service=LLM), "model")
    assert {row["id"]: row["requests"] for row in models["rows"] if row["kind"] == "row"} == {
        model: len(known) for model, known in by_model.items()
    }
    for row in models["rows"]:
        if row["kind"] == "row" and row["cost"] is not None:
            assert Decimal(row["cost"]) == cost_of(by_model[row["id"]])
    total = sum((Decimal(each["total"]["cost"] or 0) for each in (models, services)), Decimal(0))
    assert total == Decimal(answer["totals"]["cost"])
    assert answer["adds_up"] is True


def test_services_say_how_much_was_used(shop: Made, admin: dict[str, str]) -> None:
    services = table(exported(shop, admin, "r=2026-09"), "other_services")
    wanted = {
        service: sum((each.event.quantity or Decimal(0) for each in known), Decimal(0))
        for service, known in folded(shop.of("2026-09"), "service").items()
        if service != LLM
    }
    assert {row["id"]: Decimal(row["quantity"]) for row in services["rows"] if row["kind"] == "row"} == wanted
    assert {row["unit"] for row in services["rows"]} <= {"pages", "searches", "GB-hours", ""}


@pytest.mark.parametrize("dimension", ["user", "agent"])
def test_the_top_five_with_nobody_and_others_make_the_total(shop: Made, admin: dict[str, str], dimension: str) -> None:
    answer = exported(shop, admin, "view=activity&r=2026-09")
    top = table(answer, f"top_{dimension}s")
    groups = {key: tokens_of(known) for key, known in folded(shop.of("2026-09"), dimension).items()}
    nobody = groups.pop(None)
    ranked = sorted(groups.items(), key=lambda each: -each[1])[:5]
    assert [(row["id"], row["tokens"]) for row in top["rows"] if row["kind"] == "row"] == ranked
    assert [row["tokens"] for row in top["rows"] if row["kind"] == "none"] == [nobody]
    assert sum(row["tokens"] for row in top["rows"]) == answer["totals"]["tokens"] == top["total"]["tokens"]


def test_a_running_month_is_compared_with_the_same_elapsed_part(shop: Made, admin: dict[str, str]) -> None:
    answer = exported(shop, admin, "r=2026-10")
    elapsed = [each for each in shop.of("2026-09") if each.event.time.isoformat() < "2026-09-20T12:00"]
    ids = {each.event.id for each in elapsed}
    assert "just-elapsed" in ids
    assert "just-not-elapsed" not in ids
    assert answer["baseline"]["running"] is True
    assert answer["baseline"]["totals"]["requests"] == len(elapsed)
    assert Decimal(answer["baseline"]["totals"]["cost"]) == cost_of(elapsed)
    html = shop.get("/consumption", admin).text
    assert "vs 1\N{EN DASH}20 Sep, 17:45" in html
    assert "until 20 Oct 2026, 17:45, Asia/Kathmandu (UTC+5:45)" in html
    assert "partial, 17 h" in html


def test_a_month_that_is_over_is_compared_with_the_whole_one(shop: Made, admin: dict[str, str]) -> None:
    answer = exported(shop, admin, "r=2026-09")
    assert answer["baseline"]["running"] is False
    assert answer["baseline"]["totals"]["requests"] == len(shop.of("2026-08"))
    assert "vs August 2026" in shop.get("/consumption?r=2026-09", admin).text


def test_what_only_the_month_before_had_is_in_the_totals_before(shop: Made, admin: dict[str, str]) -> None:
    models = table(exported(shop, admin, "r=2026-10"), "llm_models")
    gone = [row for row in models["rows"] if row["kind"] == "gone"]
    assert "gpt-4" in {row["id"] for row in gone}
    assert sum(row["previous_requests"] for row in models["rows"]) == models["total"]["previous_requests"]
    assert ">gpt-4<" not in shop.get("/consumption", admin).text


@pytest.mark.parametrize("query", ["r=2026-09", "r=2026-10&f=agent_type:is:api", "r=2026-10&f=user:none"])
def test_page_export_and_api_say_the_same(shop: Made, admin: dict[str, str], query: str) -> None:
    key = shop.site.key(f"reader {query}", scopes=frozenset({"read"}))
    answer = exported(shop, admin, query)
    asked = shop.site.client.get(f"/api/v1/usage?measures=cost,requests&{query}", headers=key).json()
    assert answer["totals"]["cost"] == asked["totals"]["cost"]
    assert answer["totals"]["requests"] == asked["totals"]["requests"]
    assert answer["watermark"] == asked["watermark"]
    cards = re.findall(r'card-value" title="([^"]+)"', shop.get(f"/consumption?{query}", admin).text)
    assert cards[0] == text.usd_exact(Decimal(asked["totals"]["cost"]))
