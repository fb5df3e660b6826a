"""Every format says the same as the table it was made from: exactly, with what is unknown left empty."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outlay.query.baseline import Baseline
from outlay.query.timerange import Span
from outlay.web.export import Column, ExportFile, ExportTable, Manifest, table_of
from outlay.web.export.table import as_one
from tests.web.export import reading

ENDINGS: Final = ("csv", "json", "parquet", "xlsx")
ZONE: Final = "Asia/Kathmandu"
NOW: Final = datetime(2026, 10, 20, 12, 0, 0, 123456, tzinfo=UTC)
SPAN: Final = Span(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
ABOUT: Final = Manifest(
    organisation="default",
    page="/here",
    query="f=team:is:growth&r=2026-10",
    zone=ZONE,
    role="billing",
    scope="the whole organisation",
    made_at=NOW,
    watermark=42,
    period=SPAN,
    baseline=Baseline(SPAN, running=True, capped=False),
    totals={"cost": Decimal("1.500000000000"), "requests": 3, "last_time": NOW, "errors": None},
    before={"cost": None, "requests": 0, "last_time": None, "errors": None},
    notes=("What is unpriced is not in it.",),
)
COLUMNS: Final = (
    Column("name"),
    Column("requests", "count"),
    Column("tokens", "tokens"),
    Column("cost", "money", "Cost (USD)"),
    Column("rate", "ratio"),
    Column("amount", "quantity"),
    Column("latency", "duration"),
    Column("at", "time"),
    Column("local", "wall", "Local time"),
    Column("day", "day"),
    Column("tags", "list"),
)
FULL: Final[dict[str, Any]] = {
    "name": "Growth",
    "requests": 12,
    "tokens": 9_007_199_254_740_993,  # one more than a spreadsheet's number can hold
    "cost": Decimal("12345678901234567890.123456789012"),
    "rate": Decimal("0.333333333333"),
    "amount": Decimal("-2.250000"),
    "latency": 1200,
    "at": NOW,
    "local": NOW.astimezone(ZoneInfo(ZONE)),
    "day": date(2026, 10, 20),
    "tags": ["env:prod", "a:b"],
}


def file_of(*tables: ExportTable) -> ExportFile:
    return ExportFile("some-file", tables, ABOUT)


def one(*rows: dict[str, Any], total: dict[str, Any] | None = None) -> ExportFile:
    return file_of(table_of("things", "Things", COLUMNS, rows, total, adds_up=None if total is None else True))


def rows_of(file: ExportFile, ending: str, folder: Path) -> reading.Rows:
    """Make a file and read it back."""
    columns, _ = as_one(file)
    content = reading.made(file, ending)
    match ending:
        case "csv":
            return reading.csv_rows(content, columns)
        case "json":
            return reading.json_rows(content, columns)
        case "parquet":
            return reading.parquet_rows(content, folder)
        case _:
            return reading.workbook_rows(content, file)


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(one(FULL, {}, FULL | {"cost": Decimal(0), "requests": 0}), id="a list"),
        pytest.param(one(FULL, {"kind": "other", "cost": Decimal(1)}, total={"cost": Decimal(2)}), id="with a total"),
        pytest.param(one(), id="no rows"),
        pytest.param(one(total={"requests": 0}), id="a total of nothing"),
        pytest.param(
            file_of(
                table_of("days", "Days", COLUMNS[8:10], [FULL]),
                table_of("costs", "Costs", (COLUMNS[0], COLUMNS[3]), [FULL, FULL], {"cost": Decimal(4)}, adds_up=True),
            ),
            id="several tables",
        ),
    ],
)
def test_every_format_says_the_same(file: ExportFile, tmp_path: Path) -> None:
    wanted = reading.wanted(file)
    for ending in ENDINGS:
        assert rows_of(file, ending, tmp_path) == wanted, ending


texts = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=30
)
MAYBE: Final = {
    "name": texts,
    "cost": st.decimals(min_value=-(10**19), max_value=10**19, places=12, allow_nan=False),
    "tokens": st.integers(0, 2**62),
}


@given(st.lists(st.fixed_dictionaries({"requests": st.integers(0, 9)}, optional=MAYBE)))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_row_comes_back_from_every_format(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    file = one(*rows)
    wanted = reading.wanted(file)
    parquet = reading.parquet_rows(reading.made(file, "parquet"), tmp_path)
    assert parquet == wanted
    assert reading.json_rows(reading.made(file, "json"), COLUMNS) == wanted
    for other in (
        reading.csv_rows(reading.made(file, "csv"), COLUMNS),
        reading.workbook_rows(reading.made(file, "xlsx"), file),
    ):
        numbers = [{key: row[key] for key in row if key != "name"} for row in other]
        assert numbers == [{key: row[key] for key in row if key != "name"} for row in wanted]
