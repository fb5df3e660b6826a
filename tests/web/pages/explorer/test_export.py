"""The explorer's files: all rows and totals, whatever the page is sorted by, searched for or opened to."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pytest

from tests.web.pages.explorer.explored import USERS, Explored

STATES = (
    "r=75d&cmp=prev",
    "view=user&r=75d",
    "view=model&r=30d&cmp=prev",
    "view=allocation&by=tag:env&r=75d&tags=split",
)


def as_json(shop: Explored, admin: dict[str, str], query: str) -> Any:
    return shop.made.get(f"/explorer/export.json?{query}", admin).json()


@pytest.mark.parametrize("query", STATES)
def test_json_and_csv_say_the_same_and_add_up(shop: Explored, admin: dict[str, str], query: str) -> None:
    found = as_json(shop, admin, query)
    assert all(table["adds_up"] for table in found["tables"])
    text = shop.made.get(f"/explorer/export.csv?{query}", admin).text
    lines = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    for table in found["tables"]:
        costs = [Decimal(row["cost"]) for row in table["rows"] if row["cost"] is not None]
        assert sum(costs) == Decimal(table["total"]["cost"])
        of_table = [line for line in lines if line["table"] == table["id"]]
        assert len(of_table) == len(table["rows"]) + 1
        assert [line["cost"] for line in of_table] == [
            "" if row["cost"] is None else row["cost"] for row in (*table["rows"], table["total"])
        ]


@pytest.mark.parametrize("ending", ["csv", "json", "parquet", "xlsx", "zip"])
def test_every_format_is_answered(shop: Explored, admin: dict[str, str], ending: str) -> None:
    answer = shop.made.get(f"/explorer/export.{ending}?view=user&r=75d", admin)
    assert answer.status_code == 200
    assert f'filename="explorer-user.{ending}"' in answer.headers["content-disposition"]


def test_a_file_has_all_rows_whatever_the_page_shows(shop: Explored, admin: dict[str, str]) -> None:
    whole = as_json(shop, admin, "view=user&r=75d")["tables"]
    shown = as_json(shop, admin, f"view=user&r=75d&q=u10&s=-runs&page=2&open={USERS[0]}")["tables"]
    assert json.dumps(whole) == json.dumps(shown)
    assert len(whole[0]["rows"]) == len({each.event.user for each in shop.events}) > 50


def test_the_question_stands_in_the_file(shop: Explored, admin: dict[str, str]) -> None:
    found = as_json(shop, admin, "view=allocation&by=tag:env&r=7d&tags=split&f=team:is:growth")
    for word in ("view=allocation", "by=tag:env", "r=7d", "tags=split", "f=team:is:growth"):
        assert word in found["query"]
