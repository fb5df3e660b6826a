"""The FOCUS 1.2 file: it keeps the rules of the specification, and its costs are the ledger's.

The FinOps Foundation's own validator is not among our dependencies: what the package index has of it (1.0.0) reads
FOCUS 1.0 and needs versions of pandas and numpy that nothing else here does. To run it by hand, in an environment of
its own: `pip install focus-validator "multimethod<2" "setuptools<80"`, then `focus-validator --data-file focus.csv
--validate-version 1.0`. What it then finds wrong is no row: it misses columns that 1.2 has renamed (Provider,
Publisher, InvoiceIssuer, ResourceID, ChargeType) or asks for only where something is supported (commitments, regions,
unit prices), and a list of currencies that its own package lacks. The validator for 1.2 is in its repository only
(github.com/finopsfoundation/focus_validator); with a checkout: `focus-validator --data-file focus.csv
--validate-version 1.2`.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.kit.period import parse_zone
from outlay.query import charges
from outlay.usage import ReportedCost, Tokens, UsageEvent
from outlay.web.pages.exports.charge_row import focus_unit, tags_text
from outlay.web.pages.exports.columns import COLUMNS
from tests.web.export import reading
from tests.web.export.focus_rules import broken_rules
from tests.web.pages.made import HOSTILE, STRANGERS, UNPRICED, ZONE, Made, cost_of, made
from tests.web.site import NOW

MONTHS = ("2026-08", "2026-09", "2026-10")


TOKENS = Tokens(input_uncached=1_000, cache_read=200, cache_write_5m=30, cache_write_1h=4, output=50)
CLAUDE = "claude-sonnet-4-5"


def event_of(organisation: str, event_id: str, **fields: Any) -> UsageEvent:
    values: dict[str, Any] = {
        "organisation": organisation,
        "source": "api:test",
        "id": event_id,
        "time": NOW - timedelta(days=2),
        "received_at": NOW,
        "provider": "anthropic",
        "model": CLAUDE,
        "tokens": TOKENS,
    }
    return UsageEvent(**(values | fields))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """The shop, with what makes bills hard: tags, a batch, a stated cost, and an adjustment that takes some back."""
    with made(tmp_path_factory.mktemp("data")) as found:
        here = found.site.outlay.organisation
        acme: dict[str, Any] = {"provider": "acme", "model": "acme-1"}
        back = ReportedCost(-500_000_000_000)
        events = [
            event_of(here, "tagged", tags=("env:prod", "urgent", "a:1", "a:2")),
            event_of(here, "batch", variant="batch", team="growth"),
            event_of(here, "stated", reported_cost=ReportedCost(1_500_000_000_000), **acme),
            event_of(here, "taken-back", adjusts="stated", tokens=Tokens(), reported_cost=back, **acme),
        ]
        assert {each.result for each in found.site.outlay.intake.accept(here, events)} == {"stored"}
        yield found


@pytest.fixture(scope="module")
def admin(shop: Made) -> dict[str, str]:
    return shop.as_role("admin")


@pytest.fixture(scope="module")
def a_line(shop: Made, admin: dict[str, str]) -> dict[str, str]:
    return next(each for each in lines(shop, admin, "r=2026-09") if each["BilledCost"] != "0")


def lines(shop: Made, headers: dict[str, str], query: str) -> list[dict[str, str]]:
    answer = shop.get(f"/exports/focus.csv?{query}", headers)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def ledger_cost(shop: Made, headers: dict[str, str], query: str) -> Decimal:
    return Decimal(shop.get(f"/consumption/export.json?{query}", headers).json()["totals"]["cost"])


@pytest.mark.parametrize("month", MONTHS)
def test_it_keeps_every_rule_of_focus_1_2(shop: Made, admin: dict[str, str], month: str) -> None:
    rows = lines(shop, admin, f"r={month}")
    assert rows
    assert broken_rules(list(rows[0]), rows) == []


@pytest.mark.parametrize("query", ["r=2026-09", "r=2026-10", "r=2026-10&f=team:is:growth", "r=2026-10&f=agent:none"])
def test_every_cost_of_it_adds_up_to_the_ledger(shop: Made, admin: dict[str, str], query: str) -> None:
    rows = lines(shop, admin, query)
    for column in ("BilledCost", "EffectiveCost", "ContractedCost", "ListCost"):
        assert sum(Decimal(row[column]) for row in rows) == ledger_cost(shop, admin, query)
    about = shop.get(f"/exports/focus.csv?{query}&manifest=1", admin).json()
    assert about["adds_up"] is True
    assert about["tables"][0]["row_count"] == len(rows)


@pytest.mark.parametrize("at_once", [1, 40])
def test_it_is_the_same_in_whatever_pieces_it_is_read(
    shop: Made, admin: dict[str, str], monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    wanted = shop.get("/exports/focus.csv?r=2026-08-15..2026-10-20", admin).text
    monkeypatch.setattr(charges, "COUNTED_AT_ONCE", at_once)
    monkeypatch.setattr(charges, "READ_AT_ONCE", at_once)
    assert shop.get("/exports/focus.csv?r=2026-08-15..2026-10-20", admin).text == wanted
    assert len(wanted.splitlines()) > 1_000


def test_a_day_with_too_many_lines_is_refused_by_name(
    shop: Made, admin: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charges, "MOST_A_DAY", 3)
    answer = shop.get("/exports/focus.csv?r=2026-09", admin | {"accept": "application/json"})
    assert answer.status_code == 422
    assert "2026-09-01 has" in answer.json()["detail"]


def test_days_models_and_teams_have_the_cost_of_their_events(shop: Made, admin: dict[str, str]) -> None:
    wanted: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for each in shop.of("2026-09"):
        wanted[each.day, each.event.model or "", each.event.team or ""] += each.cost or 0
    found: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in lines(shop, admin, "r=2026-09"):
        day = datetime.fromisoformat(row["ChargePeriodStart"]).astimezone(parse_zone(ZONE)).date()
        found[day.isoformat(), row["x_Model"], row["SubAccountId"]] += Decimal(row["BilledCost"])
    assert found == wanted


def test_every_token_is_on_a_line_of_its_kind(shop: Made, admin: dict[str, str]) -> None:
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in lines(shop, admin, "r=2026-09&f=service:is:llm"):
        found[row["SkuMeter"]] += Decimal(row["ConsumedQuantity"])
    tokens = [each.event.tokens for each in shop.of("2026-09", service="llm")]
    assert found["Input Tokens"] == sum(each.input_uncached or 0 for each in tokens)
    assert found["Cache Read Tokens"] == sum(each.cache_read or 0 for each in tokens)
    assert found["Output Tokens"] == sum(each.output or 0 for each in tokens)


def test_what_has_no_price_is_said_to_be_unknown(shop: Made, admin: dict[str, str]) -> None:
    rows = lines(shop, admin, f"r=2026-10&f=model:is:{UNPRICED}")
    assert rows
    for row in rows:
        assert (row["BilledCost"], row["x_CostStatus"], row["PricingCategory"]) == ("0", "unpriced", "Other")
        assert row["ChargeDescription"].endswith("no price is known, so the cost is unknown, not zero")
    assert all(
        row["PricingCategory"] == "Standard" for row in lines(shop, admin, "r=2026-10&f=cost_status:not:unpriced")
    )


def test_a_stated_cost_is_one_line_and_an_adjustment_takes_back(shop: Made, admin: dict[str, str]) -> None:
    (row,) = lines(shop, admin, "r=2026-10&f=provider:is:acme")
    assert (row["BilledCost"], row["x_CostStatus"]) == ("1", "reported")
    assert (row["ConsumedQuantity"], row["ConsumedUnit"], row["SkuMeter"]) == ("1284", "Tokens", "Tokens")


def test_tags_a_batch_and_cache_writes(shop: Made, admin: dict[str, str]) -> None:
    tagged = lines(shop, admin, "r=2026-10&f=tag:is:urgent")
    assert {row["Tags"] for row in tagged} == {'{"a":"1,2","env":"prod","urgent":true}'}
    written = {row["SkuMeter"]: row for row in tagged}["Cache Write Tokens"]
    assert written["ConsumedQuantity"] == "34"
    (batch,) = (row for row in lines(shop, admin, "r=2026-10&f=variant:is:batch") if row["SkuMeter"] == "Output Tokens")
    assert batch["SkuPriceId"] == "anthropic/claude-sonnet-4-5/output/batch"
    assert json.loads(batch["SkuPriceDetails"]) == {
        "x_Meter": "output",
        "x_Model": "claude-sonnet-4-5",
        "x_Variant": "batch",
    }
    assert Decimal(batch["BilledCost"]) * 2 == Decimal(
        next(row for row in tagged if row["SkuMeter"] == "Output Tokens")["BilledCost"]
    )


def test_the_parquet_file_says_the_same(shop: Made, admin: dict[str, str], tmp_path: Path) -> None:
    content = shop.get("/exports/focus.parquet?r=2026-10", admin).content
    text = shop.get("/exports/focus.csv?r=2026-10", admin).content
    parquet = reading.parquet_rows(content, tmp_path)
    assert [replace_hostile(row) for row in reading.csv_rows(text, COLUMNS)] == [
        replace_hostile(row) for row in parquet
    ]
    assert reading.parquet_manifest(content, tmp_path)["query"] == "r=2026-10"


def replace_hostile(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row without the guard that a CSV puts before what a spreadsheet takes for a formula."""
    return {key: value.removeprefix("'") if isinstance(value, str) else value for key, value in row.items()}


def test_names_are_of_now_and_ids_of_ever(shop: Made, admin: dict[str, str]) -> None:
    shop.site.outlay.names.rename(shop.site.outlay.organisation, "team", "core", "The Core")
    (named,) = {row["SubAccountName"] for row in lines(shop, admin, "r=2026-09&f=team:is:core")}
    assert named == "The Core"
    shop.site.outlay.names.rename(shop.site.outlay.organisation, "team", "core", None)


@pytest.mark.parametrize("role", ["lead", "member"])
@pytest.mark.parametrize("path", ["/exports", "/exports/focus.csv", "/exports/focus.parquet"])
def test_a_bill_is_for_admin_and_billing(shop: Made, role: str, path: str) -> None:
    answer = shop.get(path, shop.as_role(role))
    assert answer.status_code == 403
    assert "for the roles admin and billing" in answer.text


def test_a_stranger_gets_the_bill_of_their_own_organisation(shop: Made) -> None:
    rows = lines(shop, shop.as_role("admin", organisation=STRANGERS), "r=2026-10")
    assert {row["x_UserId"] for row in rows} == {"mallory"}
    assert {row["BillingAccountName"] for row in rows} == {"Strangers"}


def test_a_key_that_reads_gets_it_too(shop: Made) -> None:
    key = shop.site.key("finops", scopes=frozenset({"read"}))
    assert len(lines(shop, key, "r=2026-09")) > 100


def test_the_page_shows_what_the_file_makes(shop: Made, admin: dict[str, str]) -> None:
    html = shop.get("/exports?r=2026-09", admin).text
    assert f'title="${cost_of(shop.of("2026-09")).normalize():f}"' in html
    assert 'href="/exports/focus.csv?r=2026-09"' in html
    assert 'href="/exports/focus.parquet?r=2026-09"' in html
    assert "&#39;http://testserver/exports/focus.csv?r=2026-09&#39;" in html
    typed = shop.get("/exports?typed=1+Sep+2026+to+15+Sep+2026", admin)
    assert typed.status_code == 303
    assert typed.headers["location"] == "/exports?r=2026-09-01..15"


def test_hostile_names_are_text(shop: Made, admin: dict[str, str]) -> None:
    assert HOSTILE not in shop.get("/exports?r=2026-10", admin).text
    assert HOSTILE in {row["x_UserId"] for row in lines(shop, admin, "r=2026-10")}


@pytest.mark.parametrize(
    ("unit", "wanted"),
    [("pages", "Pages"), ("GB-hours", "GB-Hours"), ("searches", "Searches"), ("API calls", "API calls")],
)
def test_units_are_written_as_focus_does(unit: str, wanted: str) -> None:
    assert focus_unit(unit) == wanted


@pytest.mark.parametrize(
    ("tags", "wanted"),
    [
        ((), None),
        (("env:prod",), '{"env":"prod"}'),
        (("b:2", "a:1", "a:0"), '{"a":"0,1","b":"2"}'),
        (("urgent",), '{"urgent":true}'),
        (("a", "a:1"), '{"a":"1"}'),
        (("url:https://x",), '{"url":"https://x"}'),
        (('quo"te:ü',), '{"quo\\"te":"ü"}'),
    ],
)
def test_tags_are_one_flat_object(tags: tuple[str, ...], wanted: str | None) -> None:
    assert tags_text(tags) == wanted


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"BilledCost": ""}, "is not null"),
        ({"BilledCost": "1,5"}, "is a decimal"),
        ({"ChargePeriodStart": "2026-09-01"}, "is a UTC time"),
        ({"ChargeCategory": "Use"}, "is allowed"),
        ({"PricingUnit": "tokens"}, "is a unit"),
        ({"PricingUnit": ""}, "is null as PricingQuantity"),
        ({"Tags": '{"a":["b"]}'}, "is key and value"),
        ({"Tags": '{"a":1,"a":2}'}, "is key and value"),
        ({"InvoiceIssuerName": "someone else"}, "BilledCost-C-004"),
        ({"SubAccountId": "t", "SubAccountName": "", "SubAccountType": "Team"}, "is null as SubAccountId"),
    ],
)
def test_a_broken_rule_is_found(a_line: dict[str, str], change: dict[str, str], rule: str) -> None:
    assert broken_rules(list(a_line), [a_line]) == []
    assert rule in {each.rule for each in broken_rules(list(a_line), [a_line | change])}
