from datetime import UTC, date, datetime, timedelta

import pytest

from outlay.errors import QueryInvalid
from outlay.kit.period import parse_zone
from outlay.query.timerange import (
    Between,
    Days,
    LastDays,
    LastHours,
    MonthToDate,
    OneMonth,
    TimeRange,
    span_of,
)

BERLIN = parse_zone("Europe/Berlin")
KATHMANDU = parse_zone("Asia/Kathmandu")
LORD_HOWE = parse_zone("Australia/Lord_Howe")
NOON = datetime(2026, 10, 15, 10, tzinfo=UTC)  # 12:00 in Berlin


def local(text: str) -> datetime:
    """Return the Berlin wall-clock time of the year 2026 as an instant."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        pytest.param(LastDays(1), "10-15T00:00", "10-16T00:00", id="today"),
        pytest.param(LastDays(30), "09-16T00:00", "10-16T00:00", id="30 days, today included"),
        pytest.param(LastHours(24), "10-14T12:00", "10-15T12:00", id="hours end now"),
        pytest.param(MonthToDate(), "10-01T00:00", "10-16T00:00", id="month to date"),
        pytest.param(OneMonth(2026, 10), "10-01T00:00", "11-01T00:00", id="running month"),
        pytest.param(Days(date(2026, 10, 25), date(2026, 10, 25)), "10-25T00:00", "10-26T00:00", id="25-hour day"),
        pytest.param(
            Between(datetime(2026, 3, 29, 2, 30), datetime(2026, 3, 29, 4)),  # noqa: DTZ001 - wall-clock times
            "03-29T03:00",
            "03-29T04:00",
            id="a skipped time is the jump",
        ),
        pytest.param(
            Between(datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 4)),  # noqa: DTZ001 - wall-clock times
            "10-25T02:30+02:00",
            "10-25T04:00",
            id="a repeated time is the first",
        ),
    ],
)
def test_a_range_stands_for_instants(asked: TimeRange, start: str, end: str) -> None:
    span = span_of(asked, BERLIN, NOON)
    assert (span.start, span.end) == (_at(start), _at(end))


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").astimezone(UTC) if "+" in text else local(text)


def test_a_day_in_kathmandu_begins_at_a_quarter_past_in_utc() -> None:
    assert span_of(LastDays(1), KATHMANDU, NOON).start == datetime(2026, 10, 14, 18, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: LastDays(0), id="no day"),
        pytest.param(lambda: LastDays(10**9), id="a billion days"),
        pytest.param(lambda: LastHours(10**9), id="a billion hours"),
        pytest.param(lambda: OneMonth(9999, 12), id="a month at the end of time"),
        pytest.param(lambda: OneMonth(2026, 13), id="a thirteenth month"),
        pytest.param(lambda: Days(date(2026, 1, 2), date(2026, 1, 1)), id="backwards"),
        pytest.param(lambda: Days(date(1971, 1, 1), date(2200, 1, 1)), id="two centuries"),
        pytest.param(lambda: Days(date.min, date.min), id="year one"),
        pytest.param(lambda: Between(NOON, NOON), id="nothing"),
        pytest.param(lambda: Between(NOON.replace(tzinfo=None), NOON), id="one with and one without zone"),
        pytest.param(lambda: Between(NOON.astimezone(BERLIN), NOON.astimezone(BERLIN)), id="another zone than UTC"),
    ],
)
def test_an_impossible_range_is_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(QueryInvalid):
        make()


def test_lord_howe_moves_by_half_an_hour() -> None:
    span = span_of(Days(date(2026, 4, 5), date(2026, 4, 5)), LORD_HOWE, NOON)
    assert span.end - span.start == timedelta(hours=24.5)
