"""Files of an organisation that shows another currency than USD: both, exactly, and the rate they were made by."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outlay.control.currencies import Rate, put_rates, remove_rate
from outlay.control.organisations import OrganisationChange, change_organisation
from outlay.control.trail import SYSTEM
from outlay.web.currency import DOLLARS, Shown
from outlay.web.export import Column, ExportFile, table_of
from outlay.web.export.converted import with_converted
from tests.web.export import reading
from tests.web.export.test_formats import ABOUT, ENDINGS
from tests.web.pages.made import Made

RATE = Decimal("0.920217171252")  # as many places as a rate has
EUROS = Shown("EUR", "€", RATE, date(2026, 9, 30))
COLUMNS = (Column("name"), Column("cost", "money", "Cost (USD)"), Column("previous_cost", "money", "Before"))
AMOUNTS = st.decimals(0, 10**6, places=12)


def file_of(costs: list[Decimal | None], *, dollars_only: bool = False) -> ExportFile:
    rows = [{"name": f"n{at}", "cost": cost} for at, cost in enumerate(costs)]
    total = {"cost": sum((each for each in costs if each is not None), Decimal(0))}
    table = table_of("charges", "Charges", COLUMNS, rows, None if dollars_only else total)
    if dollars_only:
        table = type(table)("charges", "Charges", COLUMNS, rows, len(rows), dollars_only=True)
    return ExportFile("some-file", (table,), ABOUT)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(costs=st.lists(st.none() | AMOUNTS, max_size=6))
def test_rows_make_the_total_in_both_currencies(costs: list[Decimal | None], tmp_path: Path) -> None:
    file = with_converted(file_of(costs), EUROS)
    columns = file.tables[0].all_columns
    rows = reading.wanted(file)
    assert reading.csv_rows(reading.made(file, "csv"), columns) == rows
    assert reading.json_rows(reading.made(file, "json"), columns) == rows
    assert reading.parquet_rows(reading.made(file, "parquet"), tmp_path) == rows
    *own, total = rows
    with localcontext(prec=60):
        assert total["cost_eur"] == total["cost"] * RATE == sum(row.get("cost_eur", Decimal(0)) for row in own)
        assert [row.get("cost_eur") for row in own] == [None if each is None else each * RATE for each in costs]
    assert not any("previous_cost_eur" in row for row in rows), "what is unknown is unknown in every currency"


def test_a_workbook_reckons_with_them_and_names_the_rate() -> None:
    found = reading.sheets(reading.made(with_converted(file_of([Decimal("12.345678901234")]), EUROS), "xlsx"))
    heads, row, _ = found["charges"]
    assert heads[2:4] == ("Cost (USD)", "Cost (EUR)")
    assert row[3] == pytest.approx(11.360705715, abs=1e-9)
    assert heads[5] == "Before (EUR)"
    about = dict(line[:2] for line in found["About"])
    assert about["Amounts"] == "in USD, and in EUR at 0.920217171252 for a dollar, the rate of 2026-09-30"
    assert about["Total cost in EUR"] == "1.380325756878"
    assert "Total requests in EUR" not in about


@pytest.mark.parametrize("ending", ENDINGS)
def test_dollars_stay_as_they_are(ending: str, tmp_path: Path) -> None:
    file = file_of([Decimal("1.5")])
    assert with_converted(file, DOLLARS) is file
    laid_down = with_converted(file_of([Decimal("1.5")], dollars_only=True), EUROS)
    assert laid_down.tables[0].columns == COLUMNS
    assert laid_down.manifest.conversion is not None
    if ending == "parquet":
        assert reading.parquet_manifest(reading.made(laid_down, ending), tmp_path)["conversion"]["currency"] == "EUR"


@pytest.fixture
def in_euros(shop: Made) -> Iterator[None]:
    outlay, now = shop.site.outlay, shop.site.clock.now()
    day = date(2026, 9, 12)
    change_organisation(outlay.control, outlay.organisation, OrganisationChange(currency="EUR"), SYSTEM, now)
    put_rates(outlay.control, outlay.organisation, [Rate("EUR", day, Decimal("0.9213"))], "", SYSTEM, now)
    yield
    remove_rate(outlay.control, outlay.organisation, "EUR", day, SYSTEM, now)
    change_organisation(outlay.control, outlay.organisation, OrganisationChange(currency="USD"), SYSTEM, now)


@pytest.mark.usefixtures("in_euros")
@pytest.mark.parametrize("path", ["/consumption/export", "/usage/export", "/calls/export"])
def test_files_of_pages_name_the_rate_of_their_range(shop: Made, admin: dict[str, str], path: str) -> None:
    answer = shop.get(f"{path}.json?r=2026-09", admin)
    said = json.loads(answer.content)["conversion"]
    assert (said["currency"], said["per_usd"], said["day"]) == ("EUR", "0.9213", "2026-09-12")
    assert answer.headers["outlay-rate"] == "EUR 0.9213 2026-09-12"
    early = shop.get(f"{path}.json?r=2026-08", admin)
    assert json.loads(early.content)["conversion"] is None
    assert any("no exchange rate of EUR" in note for note in json.loads(early.content)["notes"])


@pytest.mark.usefixtures("in_euros")
def test_what_focus_lays_down_stays_as_it_is(shop: Made, admin: dict[str, str]) -> None:
    answer = shop.get("/exports/focus.csv?r=2026-09", admin)
    assert answer.headers["outlay-rate"] == "EUR 0.9213 2026-09-12"
    assert "_eur" not in answer.text.splitlines()[0].casefold()


@pytest.mark.usefixtures("in_euros")
@pytest.mark.parametrize("path", ["/api/v1/usage", "/api/v1/events"])
def test_answers_of_the_api_name_it_beside_dollars(shop: Made, admin: dict[str, str], path: str) -> None:
    shown = shop.get(f"{path}?r=2026-09", admin).json()["display"]
    assert shown == {"currency": "EUR", "per_usd": "0.9213", "day": "2026-09-12"}
    assert shop.get(f"{path}?r=2026-08", admin).json()["display"] is None


def test_dollars_have_no_rate(shop: Made, admin: dict[str, str]) -> None:
    answer = shop.get("/usage/export.json?r=2026-09", admin)
    assert answer.json()["conversion"] is None
    assert "outlay-rate" not in answer.headers
    assert shop.get("/api/v1/usage?r=2026-09", admin).json()["display"] is None
