from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.kit.period import day_start, local_day, parse_zone
from outlay.query.baseline import Baseline, Comparison, baseline_of
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
SAO_PAULO = parse_zone("America/Sao_Paulo")
NOON = datetime(2026, 10, 15, 10, tzinfo=UTC)  # 12:00 in Berlin


def local(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    """Return a wall-clock time, of the year 2026 unless it says another, as an instant."""
    full = text if text[:2] == "20" else f"2026-{text}"
    return datetime.fromisoformat(full).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("asked", "now", "start", "end", "running", "capped"),
    [
        pytest.param(OneMonth(2026, 9), NOON, "08-01T00:00", "09-01T00:00", False, False, id="a past month: whole"),
        pytest.param(OneMonth(2026, 10), NOON, "09-01T00:00", "09-15T12:00", True, False, id="running: same part"),
        pytest.param(MonthToDate(), NOON, "09-01T00:00", "09-15T12:00", True, False, id="mtd: as the running month"),
        pytest.param(
            OneMonth(2026, 3), local("03-30T18:00"), "02-01T00:00", "03-01T00:00", True, True, id="longer than February"
        ),
        pytest.param(
            OneMonth(2026, 3), local("03-28T18:00"), "02-01T00:00", "02-28T18:00", True, False, id="February's last"
        ),
        pytest.param(LastDays(30), NOON, "08-17T00:00", "09-15T12:00", True, False, id="30 days before"),
        pytest.param(LastHours(24), NOON, "10-13T12:00", "10-14T12:00", False, False, id="24 hours before"),
        pytest.param(
            Days(date(2026, 10, 1), date(2026, 10, 7)), NOON, "09-24T00:00", "10-01T00:00", False, False, id="past days"
        ),
        pytest.param(
            Days(date(2026, 10, 12), date(2026, 10, 18)),
            NOON,
            "10-05T00:00",
            "10-08T12:00",
            True,
            False,
            id="running week",
        ),
        pytest.param(
            OneMonth(2026, 4),
            local("04-29T02:30"),
            "03-01T00:00",
            "03-29T03:00",
            True,
            False,
            id="a clock time that the earlier month skipped",
        ),
    ],
)
def test_a_baseline_is_fair(
    asked: TimeRange,
    now: datetime,
    start: str,
    end: str,
    running: bool,  # noqa: FBT001 - a table
    capped: bool,  # noqa: FBT001 - a table
) -> None:
    baseline = baseline_of(asked, "prev", BERLIN, now)
    assert baseline is not None
    assert (baseline.span.start, baseline.span.end) == (local(start), local(end))
    assert (baseline.running, baseline.capped) == (running, capped)


def test_what_has_not_begun_has_no_baseline() -> None:
    assert baseline_of(OneMonth(2026, 11), "prev", BERLIN, NOON) is None


def test_the_elapsed_part_is_measured_on_the_wall_clock() -> None:
    """On 25 October Berlin has two nights' hours more than on 25 September: 12:00 is compared with 12:00."""
    now = local("10-25T12:00")
    baseline = baseline_of(MonthToDate(), "prev", BERLIN, now)
    assert baseline is not None
    assert baseline.span.end == local("09-25T12:00")
    elapsed = now - span_of(MonthToDate(), BERLIN, now).start
    assert elapsed - (baseline.span.end - baseline.span.start) == timedelta(hours=1)


def shown(found: Baseline | None) -> tuple[datetime, datetime, str]:
    assert found is not None
    flags = ("running", "capped", "uneven", "unfinished")
    return found.span.start, found.span.end, " ".join(each for each in flags if getattr(found, each))


def wall(moment: datetime) -> datetime:
    return moment.astimezone(BERLIN).replace(tzinfo=None)


def days(first: str, last: str) -> Days:
    return Days(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("asked", "now", "start", "end", "flags"),
    [
        pytest.param(OneMonth(2026, 9), NOON, "2025-09-01", "2025-10-01", "", id="a past month"),
        pytest.param(OneMonth(2026, 10), NOON, "2025-10-01", "2025-10-15T12:00", "running", id="a running month"),
        pytest.param(LastDays(30), NOON, "2025-09-16", "2025-10-15T12:00", "running", id="30 days"),
        pytest.param(LastHours(24), NOON, "2025-10-14T12:00", "2025-10-15T12:00", "", id="24 hours"),
        pytest.param(
            OneMonth(2025, 2), NOON, "2024-02-01", "2024-03-01", "uneven", id="a month, in a leap year longer"
        ),
        pytest.param(OneMonth(2024, 2), NOON, "2023-02-01", "2023-03-01", "uneven", id="a leap year's February"),
        pytest.param(days("2024-02-29", "2024-02-29"), NOON, "2023-02-28", "2023-03-01", "", id="29 February"),
        pytest.param(
            days("2025-02-28", "2025-02-28"), NOON, "2024-02-28", "2024-02-29", "", id="28 February is one day"
        ),
        pytest.param(
            days("2024-02-28", "2024-03-02"), NOON, "2023-02-28", "2023-03-03", "uneven", id="over 29 February"
        ),
        pytest.param(
            days("2024-02-28", "2024-03-02"),
            local("2024-02-29T10:00"),
            "2023-02-28",
            "2023-03-01T10:00",
            "running",
            id="on 29 February: as much as has elapsed",
        ),
        pytest.param(
            days("2024-02-28", "2024-03-02"),
            local("2024-03-02T10:00"),
            "2023-02-28",
            "2023-03-03",
            "running capped",
            id="after 29 February: as far as it goes",
        ),
        pytest.param(
            LastHours(2), local("2024-02-29T10:00"), "2023-02-28T08:00", "2023-02-28T10:00", "", id="on a leap day"
        ),
        pytest.param(
            Between(datetime(2024, 2, 28, 12), datetime(2024, 2, 29, 10)),  # noqa: DTZ001 - wall-clock times
            NOON,
            "2023-02-28T12:00",
            "2023-03-01T10:00",
            "",
            id="a clock time of 29 February: of the same length",
        ),
        pytest.param(
            Between(datetime(2026, 10, 1, 5, tzinfo=UTC), datetime(2026, 10, 1, 6, tzinfo=UTC)),
            NOON,
            "2025-10-01T07:00",
            "2025-10-01T08:00",
            "",
            id="instants",
        ),
    ],
)
def test_a_year_earlier_has_the_same_local_dates(
    asked: TimeRange, now: datetime, start: str, end: str, flags: str
) -> None:
    assert shown(baseline_of(asked, "year", BERLIN, now)) == (local(start), local(end), flags)


@pytest.mark.parametrize(
    ("asked", "start", "end", "flags"),
    [
        pytest.param(LastDays(7), "10-02", "10-08T12:00", "running", id="7 days: one week"),
        pytest.param(LastDays(30), "08-12", "09-10T12:00", "running", id="30 days: five weeks"),
        pytest.param(OneMonth(2026, 9), "07-28", "08-27", "", id="a month: five weeks"),
        pytest.param(OneMonth(2026, 2), "01-04", "02-01", "", id="28 days: four weeks"),
        pytest.param(days("2026-10-05", "2026-10-07"), "09-28", "10-01", "", id="3 days: one week"),
        pytest.param(LastHours(24), "10-07T12:00", "10-08T12:00", "", id="24 hours: one week"),
        pytest.param(LastHours(200), "09-23T04:00", "10-01T12:00", "", id="200 hours: two weeks"),
    ],
)
def test_mondays_meet_mondays(asked: TimeRange, start: str, end: str, flags: str) -> None:
    found = baseline_of(asked, "weekdays", BERLIN, NOON)
    assert shown(found) == (local(start), local(end), flags)
    assert found is not None
    assert (
        found.span.start.astimezone(BERLIN).weekday() == span_of(asked, BERLIN, NOON).start.astimezone(BERLIN).weekday()
    )


def test_hours_meet_the_same_clock_times_across_a_clock_change() -> None:
    now = local("10-27T10:00")  # winter time since the 25th
    found = baseline_of(LastHours(24), "weekdays", BERLIN, now)
    assert shown(found) == (local("10-19T10:00"), local("10-20T10:00"), "")


@pytest.mark.parametrize(
    ("asked", "other", "start", "end", "flags"),
    [
        pytest.param(
            days("2026-10-01", "2026-10-07"), days("2026-09-03", "2026-09-09"), "09-03", "09-10", "", id="alike"
        ),
        pytest.param(OneMonth(2026, 9), days("2026-08-01", "2026-08-10"), "08-01", "08-11", "uneven", id="shorter"),
        pytest.param(OneMonth(2026, 10), OneMonth(2026, 8), "08-01", "08-15T12:00", "running", id="running: as much"),
        pytest.param(
            OneMonth(2026, 10),
            days("2026-08-01", "2026-08-10"),
            "08-01",
            "08-11",
            "running capped",
            id="running: too short",
        ),
        pytest.param(
            OneMonth(2026, 9), OneMonth(2026, 10), "10-01", "10-15T12:00", "uneven unfinished", id="not over yet"
        ),
        pytest.param(
            Between(datetime(2026, 10, 15, 8), datetime(2026, 10, 15, 20)),  # noqa: DTZ001 - wall-clock times
            days("2026-10-08", "2026-10-08"),
            "10-08",
            "10-08T04:00",
            "running",
            id="hours with a day",
        ),
        pytest.param(LastHours(24), days("2026-10-08", "2026-10-08"), "10-08", "10-09", "", id="24 hours with a day"),
    ],
)
def test_a_range_of_ones_own(asked: TimeRange, other: Comparison, start: str, end: str, flags: str) -> None:
    assert shown(baseline_of(asked, other, BERLIN, NOON)) == (local(start), local(end), flags)


@pytest.mark.parametrize("comparison", ["prev", "year", "weekdays", OneMonth(2026, 9)])
def test_what_has_not_begun_is_compared_with_nothing(comparison: Comparison) -> None:
    assert baseline_of(OneMonth(2026, 11), comparison, BERLIN, NOON) is None
    assert baseline_of(OneMonth(2026, 9), OneMonth(2026, 11), BERLIN, NOON) is None
    assert baseline_of(OneMonth(2026, 9), "none", BERLIN, NOON) is None


def test_a_day_that_begins_at_one_o_clock_is_as_long_gone_as_its_clock_says() -> None:
    """On 4 November 2018 clocks in Sao Paulo went from midnight to one."""
    now = local("2018-11-04T10:00", SAO_PAULO)
    found = baseline_of(LastDays(1), "weekdays", SAO_PAULO, now)
    assert shown(found) == (local("2018-10-28", SAO_PAULO), local("2018-10-28T10:00", SAO_PAULO), "running")


_RANGES: st.SearchStrategy[TimeRange] = st.one_of(
    st.builds(LastDays, st.integers(1, 400)),
    st.builds(OneMonth, st.integers(2023, 2026), st.integers(1, 12)),
    st.just(MonthToDate()),
    st.builds(
        lambda first, count: Days(first, first + timedelta(days=count)),
        st.dates(date(2023, 1, 1), date(2026, 10, 10)),
        st.integers(0, 70),
    ),
)


@given(asked=_RANGES, comparison=st.sampled_from(["prev", "year", "weekdays"]) | _RANGES)
def test_a_baseline_never_has_more_than_has_elapsed(asked: TimeRange, comparison: Comparison) -> None:
    found = baseline_of(asked, comparison, BERLIN, NOON)
    span = span_of(asked, BERLIN, NOON)
    if found is None:
        return
    assert found.span.start == day_start(local_day(found.span.start, BERLIN), BERLIN)
    assert found.span.start <= found.span.end <= NOON
    wanted = wall(NOON if found.running else span.end) - wall(span.start)
    compared = wall(found.span.end) - wall(found.span.start)
    if found.running:
        assert compared < wanted if found.capped or found.unfinished else compared == wanted
    elif not found.unfinished and comparison not in {"prev", "weekdays"}:
        assert found.uneven == (compared != wanted)
