"""When things happen: the hours of the demo with how busy each is, the days of the spike, the providers' outages.

Hours are UTC hours counted from the first local midnight, so memory does not grow with the events; what hour and day
of the week it is comes from the organisation's zone.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from msgspec import Struct

from outlay.demo.organisation import DemoSpec
from outlay.kit.period import day_start, each_day, local_day, parse_zone

GROWTH_A_MONTH: Final = 1.1
GROWING_MONTHS: Final = 36  # before that it was as small as it was then

DAYS_A_MONTH: Final = 30.44
HOURS_A_WEEK: Final = 168
OUTAGE_CHANCE_AN_HOUR: Final = 1 / 600

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_WEEKDAY_OFFICE: Final = (1, 0, 0, 0, 0, 1, 4, 12, 45, 85, 100, 96, 62, 82, 100, 98, 88, 66, 34, 16, 10, 7, 4, 2)
_WEEKEND_OFFICE: Final = (1, 0, 0, 0, 0, 0, 0, 1, 4, 7, 9, 9, 7, 8, 9, 9, 8, 7, 6, 6, 7, 6, 4, 2)
_NIGHT: Final = (12, 95, 100, 90, 55, 20, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 5)
_FIRST_WEEKEND_DAY: Final = 5


class Hour(Struct, frozen=True):
    """An hour, or the begun one at the end. `level` is how busy it is whatever the time of day: growth and chance."""

    start: datetime
    length_us: int
    day: date
    day_number: int
    hour_of_week: int
    level: float


def hours_of(spec: DemoSpec) -> list[Hour]:
    """Return all hours from the spec's start to its end; one without length when both are the same instant."""
    zone = parse_zone(spec.zone)
    rng = spec.random("days")
    start, end = spec.start, spec.end.astimezone(UTC)
    first = local_day(start, zone)
    noise = [rng.uniform(0.9, 1.1) for _ in each_day(first, local_day(end, zone) + _DAY)]
    hours: list[Hour] = []
    at = start
    while at < end or not hours:
        length = min(_HOUR, end - at)
        local = (at + length / 2).astimezone(zone)
        number = (local.date() - first).days
        # The begun hour is as busy as the part of it that has passed.
        level = grown_by((end - at) / _DAY) * noise[number] * max(length / _HOUR, 1e-6)
        length_us = length // timedelta(microseconds=1)
        hours.append(Hour(at, length_us, local.date(), number, local.weekday() * 24 + local.hour, level))
        at += _HOUR
    return hours


def grown_by(days_ago: float) -> float:
    """Return the size of the organisation some days before the end; 1 is its size at the end."""
    return float(GROWTH_A_MONTH ** -min(days_ago / DAYS_A_MONTH, GROWING_MONTHS))


def office_week(shift: int) -> tuple[float, ...]:
    """Return how busy people are in each hour of the week (mean 1) who begin `shift` hours later than most."""
    week = [
        (_WEEKDAY_OFFICE if day < _FIRST_WEEKEND_DAY else _WEEKEND_OFFICE)[(hour - shift) % 24]
        for day in range(7)
        for hour in range(24)
    ]
    return _mean_one(week)


def night_week() -> tuple[float, ...]:
    """Return when batch jobs run; on weekends there is less for them to do."""
    return _mean_one(
        [_NIGHT[hour] * (1.0 if day < _FIRST_WEEKEND_DAY else 0.55) for day in range(7) for hour in range(24)]
    )


def measured_week(hours: Sequence[int]) -> tuple[float, ...]:
    """Return a week of a measured day; weekends have fewer customers, and peaks are cut at four times."""
    return _mean_one(
        [min(hours[hour], 400) * (1.0 if day < _FIRST_WEEKEND_DAY else 0.6) for day in range(7) for hour in range(24)]
    )


def measured_days(days: Sequence[int]) -> tuple[float, ...]:
    """Return the measured swings between days, halved: over months they would look like a stream of incidents."""
    return _mean_one([min(1.5, max(0.6, (day / 100) ** 0.5)) for day in days])


def quotas(weights: Iterable[float], total: float, events: int) -> Iterator[int]:
    """Split `events` by weight into whole numbers that add up exactly."""
    passed = 0.0
    given = 0
    for weight in weights:
        passed += weight
        upto = min(events, int(passed / total * events + 1e-9))
        yield upto - given
        given = upto


def spike_of(spec: DemoSpec) -> tuple[datetime, datetime] | None:
    """Return when one agent misbehaves: two working days late in the previous month, or lately if there is none.

    None when the demo is too short for an incident that is over.
    """
    zone = parse_zone(spec.zone)
    today = local_day(spec.end, zone)
    first = spec.month.previous.first_day + timedelta(days=20) if spec.months > 1 else today - timedelta(days=4)
    while first.weekday() > 3:
        first += _DAY
    start = day_start(first, zone) + 7 * _HOUR
    end = day_start(first + _DAY, zone) + 19 * _HOUR
    return (start, end) if start >= spec.start and end <= spec.end else None


def outages_of(spec: DemoSpec, hours: int, providers: Iterable[str]) -> dict[int, dict[str, float]]:
    """Return by hour the error rate of each provider that has trouble then."""
    rng = spec.random("outages")
    troubled: dict[int, dict[str, float]] = {}
    for provider in sorted(providers):
        for hour in range(hours):
            if rng.random() < OUTAGE_CHANCE_AN_HOUR:
                rate = rng.uniform(0.1, 0.3)
                for within in range(hour, hour + rng.randint(1, 3)):
                    troubled.setdefault(within, {})[provider] = rate
    return troubled


def _mean_one(values: Sequence[float]) -> tuple[float, ...]:
    mean = sum(values) / len(values)
    return tuple(value / mean for value in values)
