"""The local day of an event's time, as SQL. The engine knows no zones: it gets boundaries, as numbers in the statement.

Days of the same length that follow each other are numbered by one division, so a year has as many cases as it has
changes of the clock, and a few more.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.kit.period import as_micros, day_start, each_day, local_day
from outlay.ledger.editions import quoted
from outlay.ledger.schema import EVENTS

_DAY: Final = timedelta(days=1)
_EPOCH: Final = date(1970, 1, 1)


class _Run(Struct):
    """Local days of one width in microseconds: that with number `day` (since 1970) begins at `start`, and so on."""

    start: int
    width: int
    day: int
    count: int = 1


def day_of(zone: ZoneInfo, first: datetime, last: datetime) -> str:
    """Return the expression for the local day of a row's `time` (UTC, as the ledger has it) from `first` to `last`."""
    micros = 'epoch_us("time")'
    cases = [
        f"WHEN {micros} >= {run.start} THEN {run.day} + ({micros} - ({run.start})) // {run.width}"
        for run in reversed(_runs(zone, local_day(_utc(first), zone), local_day(_utc(last), zone)))
    ]
    return f"(DATE '1970-01-01' + (CASE {' '.join(cases)} END)::INTEGER)"


def events_by_day(zones: Mapping[str, ZoneInfo], first: datetime, last: datetime) -> str:
    """Return the events from `first` to `last` with their local days of now, as the source of a statement.

    `zones` are those of organisations that changed theirs: what is noted of their events may be another zone's day.
    """
    cases = [f"WHEN organisation = {quoted(each)} THEN {day_of(zone, first, last)}" for each, zone in zones.items()]
    return f"(SELECT * REPLACE (CASE {' '.join(cases)} ELSE day END AS day) FROM {EVENTS})" if cases else EVENTS


def as_stored(moment: datetime) -> datetime:
    """Return an instant as the ledger's columns have it: in UTC, and not saying so."""
    return _utc(moment).astimezone(UTC).replace(tzinfo=None)


def _runs(zone: ZoneInfo, first: date, last: date) -> list[_Run]:
    runs: list[_Run] = []
    for day in each_day(first, last + _DAY):
        start, number = as_micros(day_start(day, zone)), (day - _EPOCH).days
        width = as_micros(day_start(day + _DAY, zone)) - start
        run = runs[-1] if runs else None
        if run is not None and run.width == width and run.day + run.count == number:
            run.count += 1
        elif width:  # else a day that the zone skipped
            runs.append(_Run(start, width, number))
    return runs


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
