"""When things happen, apart from what happens."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.demo.organisation import DemoSpec
from outlay.demo.rhythm import grown_by, hours_of, measured_week, night_week, office_week, outages_of, quotas, spike_of


def spec_of(end: datetime, months: int = 2, zone: str = "Europe/Berlin") -> DemoSpec:
    return DemoSpec(events=1000, months=months, seed=1, end=end, zone=zone)


@given(
    weights=st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=200).filter(
        lambda all_: sum(all_) > 0
    ),
    events=st.integers(min_value=0, max_value=10**9),
)
def test_quotas_add_up_exactly(weights: list[float], events: int) -> None:
    given_out = list(quotas(weights, sum(weights), events))
    assert sum(given_out) == events
    assert min(given_out) >= 0


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"])
def test_hours_cover_the_months_without_a_gap(zone: str) -> None:
    end = datetime(2026, 11, 20, 10, 17, 3, 5, tzinfo=UTC)
    hours = hours_of(spec_of(end, months=3, zone=zone))
    first = hours[0].start.astimezone(ZoneInfo(zone))
    assert (first.month, first.day, first.hour, first.minute) == (9, 1, 0, 0)
    for hour, following in pairwise(hours):
        assert hour.start + timedelta(microseconds=hour.length_us) == following.start
    assert hours[-1].start + timedelta(microseconds=hours[-1].length_us) == end
    for hour in hours:
        local = (hour.start + timedelta(microseconds=hour.length_us) / 2).astimezone(ZoneInfo(zone))
        assert hour.hour_of_week == local.weekday() * 24 + local.hour
        assert hour.day == local.date()


def test_the_first_instant_of_a_month_is_a_demo_of_no_length() -> None:
    (only,) = hours_of(spec_of(datetime(2026, 10, 31, 23, tzinfo=UTC), months=1))
    assert only.length_us == 0
    assert only.level > 0


@pytest.mark.parametrize("week", [office_week(0), office_week(2), night_week(), measured_week(range(24))])
def test_weeks_have_a_mean_of_one_and_quiet_weekends(week: tuple[float, ...]) -> None:
    assert sum(week) == pytest.approx(168)
    assert sum(week[120:]) / 48 < 0.7 * sum(week[:120]) / 120


def test_an_office_works_by_day_and_jobs_by_night() -> None:
    office, night = office_week(0), night_week()
    assert sum(office[9:18]) > 0.7 * sum(office[:24])
    assert sum(night[0:6]) > 0.9 * sum(night[:24])
    assert office_week(2)[11] == office[9]


def test_the_organisation_grows_until_now() -> None:
    sizes = [grown_by(days) for days in (0, 30, 365, 4000, 8000)]
    assert sizes[0] == 1
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == sizes[-2] > 0


@pytest.mark.parametrize("end_day", range(1, 31))
def test_the_spike_is_on_working_days_of_the_month_before(end_day: int) -> None:
    spike = spike_of(spec_of(datetime(2026, 11, end_day, 12, tzinfo=UTC)))
    assert spike is not None
    for moment in spike:
        local = moment.astimezone(ZoneInfo("Europe/Berlin"))
        assert (local.year, local.month) == (2026, 10)
        assert local.weekday() < 5


@pytest.mark.parametrize(("day", "is_there"), [(2, False), (20, True)], ids=["too early in the month", "later"])
def test_a_demo_of_one_month_has_its_spike_lately(day: int, is_there: bool) -> None:  # noqa: FBT001 -- a table's column
    spike = spike_of(spec_of(datetime(2026, 11, day, 12, tzinfo=UTC), months=1))
    assert (spike is not None) == is_there


def test_outages_are_rare_and_last_hours() -> None:
    spec = spec_of(datetime(2026, 11, 20, tzinfo=UTC), months=12)
    troubled = outages_of(spec, 8760, ["openai", "anthropic"])
    assert troubled == outages_of(spec, 8760, ["anthropic", "openai"])
    assert 10 < len(troubled) < 150
    assert all(0.1 <= rate <= 0.3 for providers in troubled.values() for rate in providers.values())
