"""Single cells: what each kind of field takes, exactly, and what it refuses."""

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.capture.cells import (
    MAX_COUNT,
    as_text,
    parse_count,
    parse_milliseconds,
    parse_number,
    parse_pico,
    shown,
    time_reader,
)
from outlay.errors import FieldInvalid

START = datetime(2024, 1, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        ("0", 0),
        (" 12 ", 12),
        ("10.0", 10),
        ("1,234", 1234),
        ("1,234,567.00", 1_234_567),
        ("1E+05", 100_000),
        ("+5", 5),
        ("007", 7),
        (5, 5),
        (5.0, 5),
        (Decimal("5.00"), 5),
        (float("nan"), None),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_a_count(cell: object, count: int | None) -> None:
    assert parse_count("tokens.input", cell) == count


NO_COUNTS = ["-1", "1.5", "1,23", "12,34,567", "ten", "0x10", "1_0", "inf", "nan", "1e-5", "--5", "9" * 70, "\u0665"]
NO_COUNTS_EITHER = [str(MAX_COUNT + 1), "1e999999999999999999999", True, [], {}, b"5", float("inf")]


@pytest.mark.parametrize("cell", [*NO_COUNTS, *NO_COUNTS_EITHER])
def test_no_count(cell: object) -> None:
    with pytest.raises(FieldInvalid, match=r"tokens\.input is "):
        parse_count("tokens.input", cell)


@pytest.mark.parametrize(
    ("cell", "pico"),
    [
        ("0.052005", 52_005_000_000),
        ("1e-05", 10_000_000),
        ("1.4999999999999999e-05", 15_000_000),
        ("$1,234.50", 1_234_500_000_000_000),
        (0.1, 100_000_000_000),
        (Decimal("0.0000000000005"), 0),
        ("0.0000000000015", 2),
        ("0", 0),
        ("", None),
        (None, None),
    ],
)
def test_money(cell: object, pico: int | None) -> None:
    assert parse_pico("cost", cell) == pico


@pytest.mark.parametrize("cell", ["-0.1", "1000000", "1e300", "inf", "0,05", "EUR 5", True])
def test_no_money(cell: object) -> None:
    with pytest.raises(FieldInvalid, match="cost is "):
        parse_pico("cost", cell)


@given(st.decimals(min_value=0, max_value=999_999, places=12))
def test_money_is_read_to_the_last_digit(usd: Decimal) -> None:
    assert parse_pico("cost", str(usd)) == int(usd.scaleb(12))


@pytest.mark.parametrize(("cell", "milliseconds"), [("12.5", 12), ("13.5", 14), ("0", 0), (7, 7), ("", None)])
def test_a_duration(cell: object, milliseconds: int | None) -> None:
    assert parse_milliseconds("latency_ms", cell) == milliseconds


@pytest.mark.parametrize("cell", ["-1", "1e300", "soon"])
def test_no_duration(cell: object) -> None:
    with pytest.raises(FieldInvalid, match="latency_ms is "):
        parse_milliseconds("latency_ms", cell)


@pytest.mark.parametrize(
    ("form", "cell", "expected"),
    [
        ("rfc3339", "2026-10-01T12:00:00Z", "2026-10-01T12:00:00+00:00"),
        ("rfc3339", "2026-10-01t12:00:00.1234567z", "2026-10-01T12:00:00.123456+00:00"),
        ("rfc3339", "2026-10-01 12:00:00 +0530", "2026-10-01T06:30:00+00:00"),
        ("rfc3339", "2026-10-01 12:00:00 UTC", "2026-10-01T12:00:00+00:00"),
        ("rfc3339", "2026-10-01 12:00", "2026-10-01T10:00:00+00:00"),
        ("rfc3339", "2026-10-25 02:30:00", "2026-10-25T00:30:00+00:00"),
        ("rfc3339", datetime(2026, 10, 1, 12), "2026-10-01T10:00:00+00:00"),  # noqa: DTZ001 - Parquet has such
        ("rfc3339", date(2026, 10, 1), "2026-09-30T22:00:00+00:00"),
        ("unix", "1723560043", "2024-08-13T14:40:43+00:00"),
        ("unix_s", "1723560043.1234569", "2024-08-13T14:40:43.123456+00:00"),
        ("unix_s", 1723560043, "2024-08-13T14:40:43+00:00"),
        ("unix_ms", "1723560043123", "2024-08-13T14:40:43.123000+00:00"),
        ("unix_us", "1723560043123456", "2024-08-13T14:40:43.123456+00:00"),
        ("unix_us", "1.723560043123456e15", "2024-08-13T14:40:43.123456+00:00"),
        ("s_from_start", "1.5", "2024-01-01T00:00:01.500000+00:00"),
        ("ms_from_start", 40, "2024-01-01T00:00:00.040000+00:00"),
        ("us_from_start", "0", "2024-01-01T00:00:00+00:00"),
        ("%d/%m/%Y %H:%M", "01/10/2026 12:00", "2026-10-01T10:00:00+00:00"),
        ("%d/%m/%Y %H:%M %z", "01/10/2026 12:00 +0000", "2026-10-01T12:00:00+00:00"),
    ],
)
def test_a_time(form: str, cell: object, expected: str) -> None:
    found = time_reader(form, BERLIN, START)(cell)
    assert found is not None
    assert found.isoformat() == expected


@pytest.mark.parametrize(
    ("form", "cell"),
    [
        ("rfc3339", "2026-10-01"),
        ("rfc3339", "20261001T120000Z"),
        ("rfc3339", "2026-W40-4T12:00:00Z"),
        ("rfc3339", "2026-02-30T12:00:00Z"),
        ("rfc3339", "2026-10-01T12:00:60Z"),
        ("rfc3339", "0001-01-01T00:00:00+23:59"),
        ("rfc3339", "1969-12-31T23:59:59Z"),
        ("rfc3339", 1723560043),
        ("rfc3339", True),
        ("unix_s", "1e300"),
        ("unix_s", "999999999999999999999999"),
        ("unix_s", "-1"),
        ("unix_s", "2026-10-01T12:00:00Z"),
        ("unix_ms", True),
        ("ms_from_start", "-1704067200001"),
        ("%d/%m/%Y", "10/31/2026"),
    ],
)
def test_no_time(form: str, cell: object) -> None:
    with pytest.raises(FieldInvalid, match="time is "):
        time_reader(form, UTC, START)(cell)


@pytest.mark.parametrize("form", ["rfc3339", "unix_s", "ms_from_start", "%Y"])
@given(cell=st.text(max_size=30) | st.integers() | st.floats() | st.booleans() | st.datetimes() | st.none())
def test_a_time_is_read_or_refused(form: str, cell: object) -> None:
    try:
        found = time_reader(form, UTC, START)(cell)
    except FieldInvalid:
        return
    assert found is None or found.tzinfo is UTC


@given(st.text(max_size=30) | st.integers() | st.floats() | st.decimals() | st.binary(max_size=5))
def test_a_number_is_read_or_refused(cell: object) -> None:
    for parse in (parse_number, parse_count, parse_pico, parse_milliseconds):
        with suppress(FieldInvalid):
            parse("field", cell)


def test_texts() -> None:
    assert as_text("user", " ann ") == "ann"
    assert as_text("user", 17) == "17"
    assert as_text("user", "") is None
    with pytest.raises(FieldInvalid, match="not valid Unicode"):
        as_text("user", "\ud800")


def test_a_cell_is_quoted_short_and_harmless() -> None:
    assert shown("a\x1b[2J" + "x" * 100) == repr("a\N{REPLACEMENT CHARACTER}[2J" + "x" * 55 + "…")
