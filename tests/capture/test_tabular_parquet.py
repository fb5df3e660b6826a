"""Parquet: typed cells arrive exactly, zoned and plain timestamps are right, a damaged file is named."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from outlay.capture.mapping import Mapping
from outlay.capture.sources import rows_of_file
from outlay.capture.tabular import ReadRow
from outlay.errors import ImportFailed
from tests.capture.reading import ORIGIN, events, mapping_of, rejected

AT = "TIMESTAMP '2026-10-01 12:00:00.123456' AS at"


def written(folder: Path, select: str, name: str = "calls.parquet") -> Path:
    path = folder / name
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'Asia/Kathmandu'")
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


def read_file(path: Path, mapping: Mapping) -> list[ReadRow]:
    return list(rows_of_file(path, "parquet", mapping, ORIGIN, lambda _: None))


@pytest.mark.parametrize(
    ("column", "zone", "expected"),
    [
        ("TIMESTAMP '2026-10-01 12:00:00.123456'", None, datetime(2026, 10, 1, 12, 0, 0, 123456, UTC)),
        ("TIMESTAMP '2026-10-01 12:00:00'", "Europe/Berlin", datetime(2026, 10, 1, 10, tzinfo=UTC)),
        ("TIMESTAMPTZ '2026-10-01 12:00:00+02'", "Europe/Berlin", datetime(2026, 10, 1, 10, tzinfo=UTC)),
        ("TIMESTAMPTZ '2026-10-01 12:00:00.5+05:45'", None, datetime(2026, 10, 1, 6, 15, 0, 500000, UTC)),
        ("TIMESTAMP_NS '2026-10-01 12:00:00.123456789'", None, datetime(2026, 10, 1, 12, 0, 0, 123456, UTC)),
        ("DATE '2026-10-01'", "Europe/Berlin", datetime(2026, 9, 30, 22, tzinfo=UTC)),
        ("'2026-10-01T12:00:00Z'", None, datetime(2026, 10, 1, 12, tzinfo=UTC)),
    ],
)
def test_times(tmp_path: Path, column: str, zone: str | None, expected: datetime) -> None:
    path = written(tmp_path, f"SELECT {column} AS at")
    rows = read_file(path, mapping_of({"time": "at"}, zone=zone))
    assert [event.time for event in events(rows)] == [expected], rows


def test_typed_cells(tmp_path: Path) -> None:
    select = f"""
        SELECT {AT}, 0.1::DOUBLE AS usd, 5.0::DOUBLE AS n, 7::UTINYINT AS o,
        {{'id': 17, 'deep': {{'x': 'eu', 't': TIMESTAMPTZ '2026-10-01 12:00:00+02'}}}} AS who,
        ['a:1', 'b:2'] AS labels, NULL AS model, 'nan'::DOUBLE AS cached, 'a "b"' AS "odd ""name\"\""
    """
    mapping = mapping_of(
        {"time": "at", "cost": "usd", "tokens.input": "n", "tokens.output": "o", "tokens.cache_read": "cached"}
        | {
            "user": "who.id",
            "run_id": "who.deep.t",
            "team": "who.deep.x",
            "tags": "labels",
            "model": "model",
            "task": 'odd "name"',
        }
    )
    rows = read_file(written(tmp_path, select), mapping)
    (event,) = events(rows)
    assert event.reported_cost is not None
    assert event.reported_cost.pico == 10**11
    assert (event.tokens.input_total, event.tokens.output, event.tokens.cache_read) == (5, 7, None)
    assert (event.user, event.team, event.tags, event.model) == ("17", "eu", ("a:1", "b:2"), None)
    assert event.run_id == "2026-10-01 10:00:00+00"
    assert event.task == 'a "b"'


def test_rows_are_numbered_and_bad_ones_rejected_alone(tmp_path: Path) -> None:
    path = written(tmp_path, f"SELECT {AT}, i - 1 AS n FROM range(12000) t(i)")
    rows = read_file(path, mapping_of({"time": "at", "tokens.input": "n"}))
    assert [(found.line, found.message) for found in rejected(rows)] == [
        (1, "tokens.input is '-1'; a count can't be negative")
    ]
    found = events(rows)
    assert len({event.id for event in found}) == len(found) == 11_999
    assert [event.tokens.input_total for event in found] == list(range(11_999))


def test_a_file_name_is_no_pattern(tmp_path: Path) -> None:
    written(tmp_path, f"SELECT {AT}, 'other' AS u", "a1.parquet")
    path = written(tmp_path, f"SELECT {AT}, 'mine' AS u", "a[1].parquet")
    assert [event.user for event in events(read_file(path, mapping_of({"time": "at", "user": "u"})))] == ["mine"]


def test_what_is_no_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "calls.parquet"
    path.write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(ImportFailed, match=r"calls\.parquet can't be read as Parquet"):
        read_file(path, mapping_of({"time": "at"}))
    with pytest.raises(ImportFailed, match="no file"):
        read_file(tmp_path / "none.parquet", mapping_of({"time": "at"}))
    with pytest.raises(ImportFailed, match="no column 'when'"):
        read_file(written(tmp_path, f"SELECT {AT}"), mapping_of({"time": "when"}))
