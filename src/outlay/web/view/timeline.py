"""The steps of a chart over time, hours as well as months: what each is called, how much of it there is, its range."""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from outlay.kit.period import Month, day_start, local_day
from outlay.query.buckets import Bucket as Step
from outlay.query.buckets import Grain
from outlay.query.result import Result
from outlay.query.timerange import Between, Days, TimeRange
from outlay.web import format as text
from outlay.web.charts import Bucket

STEP_NAMES: Final[dict[Grain, str]] = {
    "15m": "quarter-hour",
    "hour": "hour",
    "day": "day",
    "week": "week",
    "month": "month",
}
_INSTANT: Final = timedelta(microseconds=1)


def shown_steps(result: Result) -> tuple[Step, ...]:
    """Return the steps up to now, or up to the last that has anything: a producer's clock may run ahead."""
    last = max((row.bucket for row in result.rows if row.bucket is not None), default=-1)
    return tuple(step for at, step in enumerate(result.buckets) if at <= last or step.state != "future")


def range_of(step: Step, zone: ZoneInfo) -> TimeRange:
    """Return the range that a step stands for: local days where it is made of those, else from instant to instant."""
    first, last = local_day(step.start, zone), local_day(step.end - _INSTANT, zone)
    if day_start(first, zone) == step.start and day_start(last + timedelta(days=1), zone) == step.end:
        return Days(first, last)
    return Between(step.start, step.end)


def as_bucket(step: Step, grain: Grain, zone: ZoneInfo, now: datetime, href: str = "") -> Bucket:
    """Return a step as charts take it."""
    label, tick = _names(step, grain, zone)
    return Bucket(label=label, tick=tick, href=href, partial=_partial(step, now))


def step_name(step: Step, grain: Grain, zone: ZoneInfo) -> str:
    """Return a step in a few words: `12 Oct`, `12 Oct, 14:00`, `the week of 12 Oct`, `October 2026`."""
    if grain == "month":
        return text.month(Month.of(local_day(step.start, zone)))
    if grain == "week":
        return f"the week of {text.day_short(date.fromisoformat(step.label))}"
    local = step.start.astimezone(zone)
    return text.day_short(local.date()) if grain == "day" else f"{text.day_short(local.date())}, {local:%H:%M}"


def _names(step: Step, grain: Grain, zone: ZoneInfo) -> tuple[str, str]:
    """Return the full name of a step, and a short one for the axis."""
    if grain == "month":
        month = Month.of(local_day(step.start, zone))
        return text.month(month), text.month_short(month)
    if grain in {"day", "week"}:
        day = date.fromisoformat(step.label)
        return (text.day_long(day) if grain == "day" else f"Week of {text.day(day)}"), text.day_short(day)
    local = datetime.fromisoformat(step.label)
    return f"{text.day_long(local.date())}, {local:%H:%M}", f"{local:%H:%M}"


def _partial(step: Step, now: datetime) -> str:
    """Say how much of a step there is, where it is not all of it: a lower figure there says nothing."""
    if step.state == "running":
        return text.partial(now - step.start)
    return text.partial(step.end - step.start) if step.state == "clipped" else ""
