"""Workbooks: what a spreadsheet can't hold is said, never lost; text stays text, dates are local, sheets go on."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]

from outlay.web.export import Cell, Column, ExportFile, table_of
from outlay.web.export.workbook import CUT, MOST_TEXT, write_workbook
from tests.web.export import reading
from tests.web.export.test_formats import ABOUT, ZONE

KATHMANDU: Final = ZoneInfo(ZONE)
ASTRAL: Final = chr(0x1D518)  # two units of UTF-16, which cells are measured in


def written(value: Cell, kind: Any) -> Any:
    """Return the cell that a value becomes, as openpyxl reads it."""
    file = ExportFile(
        "f", (table_of("things", "Things", (Column("a", kind), Column("b")), [{"a": value, "b": "x"}]),), ABOUT
    )
    book = load_workbook(io.BytesIO(reading.made(file, "xlsx")))
    return book["things"]["A2"]


@pytest.mark.parametrize(
    ("value", "kind", "wanted", "type_"),
    [
        pytest.param(Decimal("12.345678901234"), "money", 12.345678901234, "n", id="fourteen digits are a number"),
        pytest.param(Decimal("1234.567890123450"), "money", 1234.56789012345, "n", id="fifteen digits are a number"),
        pytest.param(Decimal("1234.567890123456"), "money", "1234.567890123456", "s", id="sixteen are an exact text"),
        pytest.param(Decimal("0E-12"), "money", 0, "n", id="no money"),
        pytest.param(10**20, "tokens", 10**20, "n", id="a round large number"),
        pytest.param(9_007_199_254_740_993, "tokens", "9007199254740993", "s", id="an odd large number"),
        pytest.param("=1+1", "text", "=1+1", "s", id="what looks like a formula"),
        pytest.param("{=1+1}", "text", "{=1+1}", "s", id="what looks like an array formula"),
        pytest.param("https://example.com", "text", "https://example.com", "s", id="an address is no link"),
        pytest.param("00012", "text", "00012", "s", id="digits are no number"),
        pytest.param(None, "money", None, "n", id="unknown is empty"),
        pytest.param([], "list", None, "n", id="no tags"),
        pytest.param(["env:prod", "a"], "list", "env:prod, a", "s", id="tags"),
        pytest.param(date(2026, 10, 1), "day", datetime(2026, 10, 1), "d", id="a day"),  # noqa: DTZ001 - as it is read
        pytest.param(datetime(2026, 10, 1, tzinfo=UTC), "time", "2026-10-01T00:00:00Z", "s", id="an instant, exact"),
        pytest.param(
            datetime(2026, 10, 1, 0, 0, 0, 123_000, UTC).astimezone(KATHMANDU),
            "wall",
            datetime(2026, 10, 1, 5, 45, 0, 123_000),  # noqa: DTZ001 - as it is read
            "d",
            id="a local time",
        ),
        pytest.param(
            datetime(1899, 5, 1, tzinfo=UTC),
            "wall",
            "1899-05-01T05:41:16+05:41:16",
            "s",
            id="before spreadsheets count",
        ),
    ],
)
def test_a_cell_of_a_workbook(value: Cell, kind: Any, wanted: Any, type_: str) -> None:
    cell = written(value, kind)
    assert (cell.value, cell.data_type) == (wanted, type_)
    assert cell.hyperlink is None


@pytest.mark.parametrize("text", ["\x00\x01\x1b", "\ufffe\uffff", "a\tb\nc", "_x0041_", ASTRAL * 3, " kept "])
def test_a_text_that_is_hard_to_write_down_opens(text: str) -> None:
    assert written(text, "text").data_type == "s"


def test_a_text_longer_than_a_cell_is_marked_and_told() -> None:
    long = ASTRAL * MOST_TEXT
    things = table_of("things", "Things", (Column("a"),), [{"a": long}, {"a": "b" * MOST_TEXT}])
    read = reading.sheets(reading.made(ExportFile("f", (things,), ABOUT), "xlsx"))
    cut, whole = read["things"][1][0], read["things"][2][0]
    assert cut.endswith(CUT)
    assert long.startswith(cut.removesuffix(CUT))
    assert whole == "b" * MOST_TEXT
    assert read["About"][-1][:2] == ("Note", f"1 texts are longer than a cell: they end in {CUT!r}; CSV has them whole")


@pytest.mark.parametrize(("rows", "sizes"), [(0, [0]), (3, [3]), (4, [4]), (5, [4, 1]), (9, [4, 4, 1])])
def test_a_table_goes_on_on_further_sheets(tmp_path: Path, rows: int, sizes: list[int]) -> None:
    columns = (Column("number", "count"),)
    table = table_of("things", "Things", columns, [{"number": each} for each in range(rows)])
    write_workbook(ExportFile("f", (table,), ABOUT), tmp_path / "f.xlsx", sheet_rows=5)
    read = reading.sheets((tmp_path / "f.xlsx").read_bytes())
    names = ["things", *(f"things {each}" for each in range(2, len(sizes) + 1))]
    assert list(read) == ["About", *names]
    assert [len(read[name]) - 1 for name in names] == sizes
    assert all(read[name][0] == ("Number",) for name in names)
    assert [line[0] for name in names for line in read[name][1:]] == list(range(rows))


def test_the_total_stands_out_and_the_head_stays() -> None:
    table = table_of("things", "Things", (Column("cost", "money"),), [{"cost": Decimal(1)}], {"cost": Decimal(1)})
    book = load_workbook(io.BytesIO(reading.made(ExportFile("f", (table,), ABOUT), "xlsx")))
    sheet = book["things"]
    assert sheet.freeze_panes == "A2"
    assert sheet["A3"].value == "total"
    assert sheet["B3"].font.bold
    assert not sheet["B2"].font.bold
    assert sheet["B2"].number_format.startswith("$#,##0.00")
    assert book.properties.created == ABOUT.made_at.replace(tzinfo=None, microsecond=0)


def test_the_first_sheet_says_what_the_figures_are() -> None:
    table = table_of("things", "Things", (Column("cost", "money"),), [{"cost": Decimal(1)}], {}, adds_up=True)
    about = dict(line[:2] for line in reading.sheets(reading.made(ExportFile("f", (table,), ABOUT), "xlsx"))["About"])
    assert about["Question"] == "f=team:is:growth&r=2026-10"
    assert about["Period"] == "2026-10-01 00:00:00+00:00 up to but without 2026-11-01 00:00:00+00:00"
    assert about["Compared with"].endswith("as much as has elapsed of the period")
    assert about["Total cost"] == "1.5"
    assert about["Total errors"] == "unknown"
    assert about["Things"] == "table things, 1 row, which make exactly its total"
    assert about["Seen by"] == "role billing: the whole organisation"
    assert about["Note"] == "What is unpriced is not in it."
