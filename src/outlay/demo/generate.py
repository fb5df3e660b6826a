"""Makes the events of the demo organisation: hour by hour, in time order, exactly as many as asked for.

An hour's number of events follows from how busy all groups are then; runs are written until it is reached. Only what
is not yet due is held (a run may go on past its hour), so memory is the same for ten thousand and ten million events.
"""

from bisect import bisect, bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from outlay.demo.excerpt import read_excerpt
from outlay.demo.models import LADDERS
from outlay.demo.organisation import DemoSpec, build_directory
from outlay.demo.rhythm import Hour, hours_of, outages_of, quotas, spike_of
from outlay.demo.runs import RunWriter
from outlay.demo.timetable import Timetable
from outlay.demo.traffic import WEEK_DAYS, Group, Traffic
from outlay.kit.period import as_micros
from outlay.usage import UsageEvent

BATCH: Final = 10_000
LATE_US: Final = 90_000_000  # how long before the end the last call begins, at most

_HARDLY: Final = 1e-12  # so that an hour in which nobody is busy can still take an event


def generate(spec: DemoSpec, organisation: str) -> Iterator[list[UsageEvent]]:
    """Yield exactly `spec.events` events in time order, in batches of ten thousand; the same spec, the same events."""
    batch: list[UsageEvent] = []
    for due in _hour_by_hour(spec, organisation):
        batch += due
        for start in range(0, len(batch) - BATCH + 1, BATCH):
            yield batch[start : start + BATCH]
        batch = batch[len(batch) // BATCH * BATCH :]
    if batch:
        yield batch


def _hour_by_hour(spec: DemoSpec, organisation: str) -> Iterator[list[UsageEvent]]:
    hours = hours_of(spec)
    writer = RunWriter(spec, organisation)
    timetable = Timetable(spec, hours)
    busy = _Busy(spec, hours, writer)
    planned = busy.planned(spec.events - timetable.fixed)
    for number, (hour, wanted) in enumerate(zip(hours, planned, strict=True)):
        busy.enter(number)
        owed = timetable.write(number, writer)
        busy.fill(hour, wanted + owed)
        if writer.pending:
            ends = as_micros(hour.start) + hour.length_us
            yield _due(writer, ends + (hour is hours[-1]))


def _due(writer: RunWriter, until_us: int) -> list[UsageEvent]:
    """Take out what happens before `until_us`, in order."""
    writer.pending.sort()
    end = bisect_left(writer.pending, (until_us,))
    due = [event for _, _, event in writer.pending[:end]]
    del writer.pending[:end]
    return due


class _Busy:
    """Fills hours with runs of whoever is busy then."""

    def __init__(self, spec: DemoSpec, hours: list[Hour], writer: RunWriter) -> None:
        traffic = Traffic(spec, build_directory(spec), read_excerpt(), writer.rand)
        self._groups = traffic.groups()
        self._stuck = traffic.stuck()
        self._spike = spike_of(spec)
        self._spike_carry = 0.0
        self._hours = hours
        self._writer = writer
        self._rng = spec.random("hours")
        self._weeks = spec.random("weeks")
        self._week = -1
        providers = {model.provider for ladder in LADDERS.values() for _, model in ladder}
        self._troubled = outages_of(spec, len(hours), providers)

    def planned(self, events: int) -> Iterator[int]:
        """Yield how many of `events` each hour gets; one of them is kept for the very end."""
        loads = [self._load(hour) for hour in self._hours]
        last = len(loads) - 1
        for number, quota in enumerate(quotas(loads, sum(loads), events - 1)):
            yield quota + (number == last)

    def enter(self, number: int) -> None:
        """Settle what holds in an hour: the day's models, who is in trouble, who is there this week."""
        hour = self._hours[number]
        self._writer.day = hour.day
        self._writer.outcomes.error_rates = self._troubled.get(number, {})
        week = hour.day_number // WEEK_DAYS
        if week != self._week:
            self._week = week
            for group in (*self._groups, self._stuck):
                group.renew(hour.day_number, self._weeks)

    def fill(self, hour: Hour, wanted: int) -> None:
        """Write runs that begin in the hour until `wanted` events are made."""
        if wanted <= 0:
            return
        if hour is self._hours[-1]:
            wanted -= self._write_last(hour)
        wanted -= self._write_spike(hour, wanted)
        reach = list(accumulate(group.load(hour) / group.mean_calls + _HARDLY for group in self._groups))
        begin = as_micros(hour.start)
        rand = self._rng.random
        while wanted > 0:
            # Guess too few and draw again, so that the last runs of an hour are not all cut short.
            for offset in sorted(rand() for _ in range(1 + wanted // 3)):
                group = self._groups[bisect(reach, rand() * reach[-1], 0, len(reach) - 1)]
                wanted -= self._write_one(group, begin + int(offset * hour.length_us), wanted)
                if wanted <= 0:
                    break

    def _load(self, hour: Hour) -> float:
        usual = sum(group.load(hour) for group in self._groups)
        return usual + (self._stuck.load(hour) if self._is_spike(hour) else 0.0)

    def _is_spike(self, hour: Hour) -> bool:
        return self._spike is not None and self._spike[0] <= hour.start < self._spike[1]

    def _write_spike(self, hour: Hour, wanted: int) -> int:
        """Write the misbehaving agent's part of the hour; not left to chance, or small demos would have no spike."""
        if not self._is_spike(hour):
            return 0
        self._spike_carry += wanted * self._stuck.load(hour) / self._load(hour)
        due = min(int(self._spike_carry), wanted)
        self._spike_carry -= due
        done = 0
        while done < due:
            at_us = as_micros(hour.start) + int(self._rng.random() * hour.length_us)
            done += self._write_one(self._stuck, at_us, due - done)
        return done

    def _write_last(self, hour: Hour) -> int:
        """Write one call just before the end, so that the demo ends now at any hour and any size."""
        late = min(hour.length_us, int((0.05 + 0.95 * self._rng.random()) * LATE_US))
        busiest = max(self._groups, key=lambda group: group.load(hour))
        return self._write_one(busiest, as_micros(hour.start) + hour.length_us - late, 1)

    def _write_one(self, group: Group, at_us: int, limit: int) -> int:
        link = group.active[bisect(group.reach, self._rng.random() * group.reach[-1], 0, len(group.reach) - 1)]
        return self._writer.write(link, at_us, limit)
