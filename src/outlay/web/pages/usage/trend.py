"""A trend the size of a word, and the day of it that stands out, with what it was compared with."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup
from msgspec import Struct

from outlay.kit.period import day_start
from outlay.query.buckets import Bucket as Step
from outlay.query.sql import Value
from outlay.query.timerange import Days
from outlay.web import format as text
from outlay.web.charts import sparkline
from outlay.web.pages.usage.figures import Line, UsageFigures
from outlay.web.pages.usage.parts import Told
from outlay.web.pages.usage.standouts import Standout, TrendMeasure
from outlay.web.view.panels import as_count, as_money
from outlay.web.view.place import only
from outlay.web.view.timeline import STEP_NAMES, step_name


class SpikeMark(Struct, frozen=True):
    """The day that stands out: how many times the usual and when, what it was compared with in words, and its calls."""

    text: str
    title: str
    href: str


def trend_of(told: Told, figures: UsageFigures, line: Line) -> Markup:
    trend = figures.table.beside.trend
    known = [(value, at) for at, value in enumerate(line.trend) if value is not None]
    if trend is None or not known:
        return Markup()
    standout = figures.standouts.get(line.key)
    highest, at = max(known, key=lambda each: (each[0], -each[1]))
    when = step_name(trend.buckets[at], told.place.steps, told.zone)
    said = f"Most in one {STEP_NAMES[told.place.steps]}: {_amount(highest, figures.trend)}, {when}"
    mark = None if standout is None else _step_of(standout, line, trend.buckets, told.zone)
    return sparkline(line.trend, mark, said)


def spike_of(told: Told, figures: UsageFigures, key: str) -> SpikeMark | None:
    found = figures.standouts.get(key)
    if found is None:
        return None
    spike, day = found.spike, text.day_short(found.day)
    usual, value = (_amount(each, figures.trend) for each in (spike.usual, spike.value))
    more = f"; {found.others} more in this range" if found.others else ""
    times = f"{text.TIMES}{text.average(spike.times)}"
    return SpikeMark(
        f"{times} on {day}",
        f"Spike: {value} on {day}, {times} the usual {usual} of days with use in the four weeks before{more}",
        told.links.calls(only(told.place.subject, key), range=Days(found.day, found.day)),
    )


def _step_of(standout: Standout, line: Line, steps: Sequence[Step], zone: ZoneInfo) -> int | None:
    """Return the step of the trend that the day lies in; of several the highest."""
    start, end = day_start(standout.day, zone), day_start(standout.day + timedelta(days=1), zone)
    within = [at for at, step in enumerate(steps) if step.start < end and step.end > start]
    return max(within, key=lambda at: line.trend[at] or 0, default=None)


def _amount(value: Value, measure: TrendMeasure) -> str:
    return text.usd(as_money(value)) if measure == "cost" else f"{text.tokens(as_count(value))} tokens"
