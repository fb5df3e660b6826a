from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.kit.period import (
    LocalDays,
    Month,
    as_micros,
    day_start,
    fiscal_months,
    fiscal_year,
    from_micros,
    local_day,
    parse_month,
    parse_zone,
)

ZONES = [
    "UTC",
    "Asia/Kathmandu",
    "Europe/Berlin",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/St_Johns",
]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),  # the skipped hour is midnight itself
        ("Pacific/Apia", date(2011, 12, 30), 0),  # a day that never was
        ("Asia/Kathmandu", date(2026, 1, 1), 24),
    ],
)
def test_a_local_day_has_the_hours_its_zone_gives_it(zone: str, day: date, hours: float) -> None:
    tz = parse_zone(zone)
    assert day_start(day + timedelta(days=1), tz) - day_start(day, tz) == timedelta(hours=hours)


def test_kathmandu_midnight_is_a_quarter_to_the_hour_in_utc() -> None:
    assert day_start(date(2026, 10, 1), parse_zone("Asia/Kathmandu")) == datetime(2026, 9, 30, 18, 15, tzinfo=UTC)


@given(micros=st.integers(min_value=0, max_value=4_000_000_000_000_000), zone=st.sampled_from(ZONES))
def test_every_instant_lies_in_its_local_day(micros: int, zone: str) -> None:
    tz = parse_zone(zone)
    moment = from_micros(micros)
    day = local_day(moment, tz)
    assert day_start(day, tz) <= moment < day_start(day + timedelta(days=1), tz)
    assert LocalDays(tz).day_of(micros) == day
    assert as_micros(moment) == micros


def test_months_follow_each_other_over_the_year() -> None:
    assert Month(2025, 12).next == Month(2026, 1)
    assert Month(2026, 1).previous == Month(2025, 12)
    assert str(parse_month("2026-01")) == "2026-01"


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "26-01", "2026", "", "2026-00", "0000-01", "\uff12026-01"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no month"):
        parse_month(text)


def test_an_unknown_zone_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="Mars/Base"):
        parse_zone("Mars/Base")


@pytest.mark.parametrize(
    ("day", "starts", "months", "back", "first", "after"),
    [
        pytest.param("2026-11-20", 1, 3, 0, "2026-10", "2027-01", id="calendar quarter"),
        pytest.param("2026-11-20", 7, 3, 0, "2026-10", "2027-01", id="second quarter from July"),
        pytest.param("2026-11-20", 2, 3, 0, "2026-11", "2027-02", id="last quarter from February"),
        pytest.param("2026-01-31", 2, 3, 0, "2025-11", "2026-02", id="a quarter over new year"),
        pytest.param("2026-01-31", 2, 3, 1, "2025-08", "2025-11", id="the one before"),
        pytest.param("2026-03-31", 4, 12, 0, "2025-04", "2026-04", id="last day of a year from April"),
        pytest.param("2026-04-01", 4, 12, 0, "2026-04", "2027-04", id="first day of the next"),
        pytest.param("2026-04-01", 4, 12, 2, "2024-04", "2025-04", id="two years back"),
    ],
)
def test_fiscal_periods(day: str, starts: int, months: int, back: int, first: str, after: str) -> None:
    found = fiscal_months(date.fromisoformat(day), starts, months, back)
    assert found == (parse_month(first), parse_month(after))


@pytest.mark.parametrize(
    ("month", "starts", "year"),
    [("2026-12", 1, 2026), ("2026-06", 7, 2026), ("2026-07", 7, 2027), ("2026-12", 12, 2027), ("2026-01", 12, 2026)],
)
def test_a_fiscal_year_is_named_by_the_year_it_ends_in(month: str, starts: int, year: int) -> None:
    assert fiscal_year(parse_month(month), starts) == year
