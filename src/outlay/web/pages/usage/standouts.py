"""Who had a day that stands out against their own days before: looked for among all, whoever is on the page.

A day counts from what is worth a look in all that the viewer sees, so only those who had as much in a day are read.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from outlay.kit.period import local_day
from outlay.query.ask import Filter, Query
from outlay.query.peaks import groups_with_a_peak
from outlay.query.questions import Asking
from outlay.query.result import Result
from outlay.query.spikes import HISTORY_DAYS, Spike, spikes, worth_a_look
from outlay.query.sql import Value
from outlay.query.timerange import Days
from outlay.web.pages.usage.place import UsagePlace
from outlay.web.view.steps import days_of

TrendMeasure = Literal["cost", "tokens"]

SHARES: Final = 2  # of what `worth_a_look` calls so: with one, every tenth user of a small organisation is marked
FLOORS: Final[Mapping[TrendMeasure, int]] = {"cost": 1, "tokens": 100_000}
MOST_DAYS: Final = 93  # of a longer range, its last days are looked at
MOST_READ: Final = 500  # a page full of them tells nothing


class Standout(Struct, frozen=True):
    """The day that stands out most, and how many others do."""

    day: date
    spike: Spike
    others: int = 0

    @property
    def above(self) -> Decimal:
        """Return what the day had above the usual."""
        return _above(self.spike)


def standouts(asking: Asking, place: UsagePlace, measure: TrendMeasure) -> Mapping[str, Standout]:
    """Return those who had a spike in the range, with its day."""
    first, last = _days(asking, place)
    history = Days(first - timedelta(days=HISTORY_DAYS), last)
    asked = Query(place.viewer, (measure,), grain="day", range=history, filters=place.query.filters, totals=False)
    least = max(worth_a_look(_all_days(asking.run(asked))) * SHARES, Decimal(FLOORS[measure]))
    known = replace(asked, dimensions=(place.subject,), filters=(*asked.filters, Filter(place.subject, "has")))
    keys = groups_with_a_peak(asking, replace(known, range=Days(first, last)), least)
    result = asking.run(replace(known, keys=keys[:MOST_READ], rest="cut"))
    found = {}
    for key, values in _series(result).items():
        seen = [each for each in spikes(values, least) if each.at >= HISTORY_DAYS]
        if seen:
            most = max(seen, key=lambda each: (_above(each), each.at))
            day = history.first + timedelta(days=most.at)
            found[key] = Standout(day, most, len(seen) - 1)
    return found


def _days(asking: Asking, place: UsagePlace) -> tuple[date, date]:
    first, last = days_of(place.query.range, asking.zone, asking.now)
    last = max(first, min(last, local_day(asking.now, asking.zone)))
    return max(first, last - timedelta(days=MOST_DAYS - 1)), last


def _all_days(result: Result) -> list[Value]:
    return [result.figure(row, result.query.measures[0]) for row in result.rows]


def _series(result: Result) -> Mapping[str, list[Value]]:
    found: dict[str, list[Value]] = {}
    for row in result.rows:
        if row.key[0] is not None and row.bucket is not None:
            days = found.setdefault(row.key[0], [None] * len(result.buckets))
            days[row.bucket] = result.figure(row, result.query.measures[0])
    return found


def _above(spike: Spike) -> Decimal:
    return Decimal(spike.value) - spike.usual
