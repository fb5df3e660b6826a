"""Cells of files: exact, guarded, and empty where nothing is known."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from outlay.web.export import Cell, Column
from outlay.web.export.cells import json_record
from outlay.web.export.csv_file import csv_of
from tests.web.site import Site

MOMENT = datetime(2026, 10, 1, 12, tzinfo=UTC)
LOCAL = MOMENT.astimezone(ZoneInfo("Asia/Kathmandu"))
COLUMNS = (Column("a"), Column("b", "count"))


def lines(*rows: dict[str, Cell]) -> str:
    return b"".join(csv_of(COLUMNS, rows)).decode()


@pytest.mark.parametrize(
    ("value", "csv_text", "json_value"),
    [
        pytest.param(None, "", None, id="unknown is not zero"),
        pytest.param(0, "0", 0, id="zero"),
        pytest.param(Decimal("0E-12"), "0", "0", id="no money"),
        pytest.param(Decimal("0.000000000001"), "0.000000000001", "0.000000000001", id="a picodollar"),
        pytest.param(Decimal("-12.50"), "-12.5", "-12.5", id="a negative number is no formula"),
        pytest.param("=1+1", "'=1+1", "=1+1", id="formula"),
        pytest.param("@SUM(A1)", "'@SUM(A1)", "@SUM(A1)", id="function"),
        pytest.param('a "quoted", text', '"a ""quoted"", text"', 'a "quoted", text', id="quotes and comma"),
        pytest.param("two\r\nlines", '"two\r\nlines"', "two\r\nlines", id="line break"),
        pytest.param(["env:prod", "a:b"], '"env:prod,a:b"', ["env:prod", "a:b"], id="tags"),
        pytest.param(["=x"], "'=x", ["=x"], id="a tag that is a formula"),
        pytest.param(MOMENT, "2026-10-01T12:00:00Z", "2026-10-01T12:00:00Z", id="instant"),
        pytest.param(LOCAL, "2026-10-01T17:45:00+05:45", "2026-10-01T17:45:00+05:45", id="local time"),
        pytest.param(date(2026, 10, 1), "2026-10-01", "2026-10-01", id="day"),
    ],
)
def test_a_cell(value: Cell, csv_text: str, json_value: object) -> None:
    assert lines({"a": value, "b": 1}) == f"a,b\r\n{csv_text},1\r\n"
    assert json_record({"a": value}, COLUMNS) == {"a": json_value, "b": None}


def test_a_missing_column_is_empty() -> None:
    assert lines({"b": 3}) == "a,b\r\n,3\r\n"


def test_a_number_is_no_text_even_where_an_adjustment_makes_it_negative(site: Site) -> None:
    taken_back = {"id": "a", "adjusts": "b", "service": "ocr", "quantity": "-10", "unit": "pages", "cost": "-0.5"}
    key = site.key("k")
    site.client.post("/v1/events", json=taken_back, headers=key)
    found = site.client.get("/consumption/export.csv", headers=key).text.splitlines()
    (row,) = [each for each in csv.DictReader(found) if each["table"] == "other_services" and each["kind"] == "row"]
    assert (row["quantity"], row["unit"], row["cost"]) == ("-10", "pages", "-0.5")
