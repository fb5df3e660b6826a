from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.errors import QueryInvalid
from outlay.kit.period import as_micros, parse_zone
from outlay.query.ask import GRAINS
from outlay.query.buckets import Grain, bucket_at, buckets_of, even_runs
from outlay.query.timerange import Days, LastDays, LastHours, OneMonth, Span, TimeRange, span_of
from tests.query.oracle import calendar_key

NOW = datetime(2026, 10, 15, 10, tzinfo=UTC)
ZONES = ["UTC", "Asia/Kathmandu", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia"]


def labels(zone: str, asked: TimeRange, grain: Grain, now: datetime = NOW) -> list[str]:
    tz = parse_zone(zone)
    return [bucket.label for bucket in buckets_of(grain, span_of(asked, tz, now), tz, now)]


def test_an_hour_that_the_clock_repeats_is_two_buckets() -> None:
    day = Days(date(2026, 10, 25), date(2026, 10, 25))
    found = labels("Europe/Berlin", day, "hour")
    assert len(found) == 25
    assert found[2:4] == ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"]


def test_an_hour_that_the_clock_skips_is_none() -> None:
    day = Days(date(2026, 3, 29), date(2026, 3, 29))
    assert labels("Europe/Berlin", day, "hour")[1:3] == ["2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00"]


def test_half_an_hour_that_the_clock_repeats_is_a_short_bucket() -> None:
    tz = parse_zone("Australia/Lord_Howe")
    span = span_of(Days(date(2026, 4, 5), date(2026, 4, 5)), tz, NOW)
    found = buckets_of("hour", span, tz, NOW)
    assert [bucket.label for bucket in found[1:3]] == ["2026-04-05T01:00+11:00", "2026-04-05T01:30+10:30"]
    assert [bucket.end - bucket.start for bucket in found[1:3]] == [timedelta(hours=1), timedelta(minutes=30)]


def test_hours_of_kathmandu_begin_on_its_own_clock() -> None:
    found = labels("Asia/Kathmandu", LastDays(1), "hour")
    assert found[0] == "2026-10-15T00:00+05:45"
    assert len(found) == 24


@pytest.mark.parametrize(
    ("asked", "grain", "states"),
    [
        pytest.param(LastDays(3), "day", ["whole", "whole", "running"], id="today is running"),
        pytest.param(OneMonth(2026, 10), "month", ["running"], id="the month is running"),
        pytest.param(Days(date(2026, 10, 14), date(2026, 10, 16)), "day", ["whole", "running", "future"], id="future"),
        pytest.param(Days(date(2026, 9, 30), date(2026, 10, 9)), "week", ["clipped", "clipped"], id="cut weeks"),
        pytest.param(LastHours(2), "hour", ["whole", "whole"], id="hours that end now on the hour"),
    ],
)
def test_a_bucket_says_what_is_wrong_with_it(asked: TimeRange, grain: Grain, states: list[str]) -> None:
    tz = parse_zone("UTC")
    found = buckets_of(grain, span_of(asked, tz, NOW), tz, NOW)
    assert [bucket.state for bucket in found] == states
    assert [bucket.partial for bucket in found] == [state in {"running", "clipped"} for state in states]


def test_weeks_begin_on_monday_even_where_the_range_does_not() -> None:
    assert labels("UTC", Days(date(2026, 9, 30), date(2026, 10, 9)), "week") == ["2026-09-28", "2026-10-05"]


def test_too_many_buckets_are_refused_before_they_are_made() -> None:
    with pytest.raises(QueryInvalid, match="longer grain"):
        labels("UTC", LastDays(3660), "15m")


@given(
    zone=st.sampled_from(ZONES),
    grain=st.sampled_from([grain for grain in GRAINS if grain != "none"]),
    start=st.integers(1_300_000_000, 1_800_000_000),
    minutes=st.integers(1, 60 * 24 * 40),
)
def test_buckets_tile_their_span_by_the_calendar(zone: str, grain: Grain, start: int, minutes: int) -> None:
    tz = parse_zone(zone)
    begin = datetime.fromtimestamp(start, UTC)
    span = Span(begin, begin + timedelta(minutes=minutes))
    found = buckets_of(grain, span, tz, NOW)
    assert (found[0].start, found[-1].end) == (span.start, span.end)
    assert all(one.end == other.start for one, other in pairwise(found))
    assert len({bucket.label for bucket in found}) == len(found)
    for bucket in found:
        inside = [bucket.start, bucket.end - timedelta(microseconds=1)]
        keys = {calendar_key(moment, grain, tz) for moment in inside}
        assert len(keys) == 1
        assert [bucket_at(moment, found) for moment in inside] == [found.index(bucket)] * 2
    assert len({calendar_key(bucket.start, grain, tz) for bucket in found}) == len(found)


@given(starts=st.lists(st.integers(0, 400), min_size=1, unique=True).map(sorted), data=st.data())
def test_even_runs_number_every_position_as_the_boundaries_do(starts: list[int], data: st.DataObject) -> None:
    position = data.draw(st.integers(starts[0], 450))
    run = [each for each in even_runs(starts) if each.start <= position][-1]
    number = run.first + min((position - run.start) // run.width, run.count - 1)
    assert number == sum(start <= position for start in starts) - 1


def test_a_year_of_days_with_its_clock_changes_is_a_handful_of_runs() -> None:
    tz = parse_zone("Europe/Berlin")
    span = Span(datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC))
    starts = [as_micros(bucket.start) for bucket in buckets_of("day", span, tz, NOW)]
    assert len(starts) == 365
    assert len(even_runs(starts)) == 3
