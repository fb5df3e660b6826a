"""Cells of files: exact, guarded, and empty where nothing is known."""

import asyncio
import csv
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from starlette.responses import StreamingResponse

from outlay.web.export import CSV_TYPE, Cell, csv_header, csv_lines, json_row, streamed
from tests.web.site import Site

MOMENT = datetime(2026, 10, 1, 12, tzinfo=UTC)


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
        pytest.param(MOMENT, "2026-10-01T12:00:00+00:00", "2026-10-01T12:00:00+00:00", id="instant"),
    ],
)
def test_a_cell(value: Cell, csv_text: str, json_value: object) -> None:
    assert csv_lines(("a", "b"), [{"a": value, "b": 1}]) == f"{csv_text},1\r\n"
    assert json_row({"a": value}) == {"a": json_value}


def test_a_missing_column_is_empty() -> None:
    assert csv_header(("a", "b")) + csv_lines(("a", "b"), [{"b": "x"}]) == "a,b\r\n,x\r\n"


def test_a_reader_that_goes_away_ends_the_maker() -> None:
    ended = []

    def pieces() -> Iterator[bytes]:
        try:
            yield b"1"
            yield b"2"
        finally:
            ended.append(True)

    async def read_one() -> None:
        answer = streamed(pieces(), "x.csv", CSV_TYPE)
        assert isinstance(answer, StreamingResponse)
        body = answer.body_iterator
        assert isinstance(body, AsyncGenerator)
        assert await anext(body) == b"1"
        await body.aclose()

    asyncio.run(read_one())
    assert ended == [True]


def test_a_number_is_no_text_even_where_an_adjustment_makes_it_negative(site: Site) -> None:
    taken_back = {"id": "a", "adjusts": "b", "service": "ocr", "quantity": "-10", "unit": "pages", "cost": "-0.5"}
    key = site.key("k")
    site.client.post("/v1/events", json=taken_back, headers=key)
    lines = site.client.get("/consumption/export.csv", headers=key).text.splitlines()
    (row,) = [each for each in csv.DictReader(lines) if each["table"] == "other_services" and each["kind"] == "row"]
    assert (row["quantity"], row["unit"], row["cost"]) == ("-10", "pages", "-0.5")
