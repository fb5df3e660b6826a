"""The buckets of a time series: where quarter-hours, hours, days, weeks and months of a zone really begin, clipped to
the asked span, and the same boundaries as the few even runs that SQL can compute a bucket number from.

SQL never sees a time zone. An hour that a clock change repeats is two buckets, one that it cuts short is a short one.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.errors import QueryInvalid
from outlay.kit.period import Month, as_micros, day_start, each_day, from_micros, local_day
from outlay.query.timerange import Span, clock_change

Grain = Literal["none", "15m", "hour", "day", "week", "month"]

MOST_BUCKETS: Final = 10_000
_DAY: Final = timedelta(days=1)
_WIDTHS: Final = {"15m": timedelta(minutes=15), "hour": timedelta(hours=1)}
_SHORTEST: Final = {"15m": 1 / 96, "hour": 1 / 24, "day": 1, "week": 7, "month": 28, "none": 1e9}  # days
_NO_OFFSET: Final = timedelta(0)
_EPOCH_DAY: Final = date(1970, 1, 1)


class Bucket(Struct, frozen=True):
    """One bar of a time series. `start` and `end` (UTC) are clipped to the asked range.

    `label` is the local day (`2026-10-01`; of a week its Monday), month (`2026-10`) or moment with its UTC offset
    (`2026-10-25T02:00+01:00`) at which the unclipped bucket begins. `state` is `running` when now lies in it, `future`
    when it has not begun, `clipped` when the asked range cuts it, else `whole`.
    """

    start: datetime
    end: datetime
    label: str
    state: Literal["whole", "running", "future", "clipped"] = "whole"

    @property
    def partial(self) -> bool:
        """Whether it stands for less time than its neighbours, so that a lower figure says nothing."""
        return self.state in {"running", "clipped"}


class Run(Struct, frozen=True):
    """Consecutive buckets of even width: the one numbered `first` begins at `start`, the next `width` later.

    The last bucket of a run may be longer than `width`; `count` keeps its number from running over.
    """

    start: int
    width: int
    first: int
    count: int


def buckets_of(grain: Grain, span: Span, zone: ZoneInfo, now: datetime) -> tuple[Bucket, ...]:
    """Return the buckets of a span in order; none for the grain `none`.

    Raises QueryInvalid when there would be more than MOST_BUCKETS.
    """
    if grain == "none":
        return ()
    if (span.end - span.start).days / _SHORTEST[grain] > MOST_BUCKETS:
        raise QueryInvalid(f"the range has more than {MOST_BUCKETS:,} buckets of one {grain}; choose a longer grain")
    natural = _clock_bounds(span, zone, _WIDTHS[grain]) if grain in _WIDTHS else _calendar_bounds(grain, span, zone)
    return tuple(
        Bucket(
            start=max(start, span.start),
            end=min(end, span.end),
            label=label,
            state=_state(Span(start, end), span, now),
        )
        for start, end, label in natural
        if start < end and start < span.end and end > span.start
    )


def bucket_days(buckets: Iterable[Bucket], zone: ZoneInfo) -> list[int]:
    """Return the first local day of each bucket as days since 1970-01-01; for grains of whole days."""
    return [(local_day(bucket.start, zone) - _EPOCH_DAY).days for bucket in buckets]


def even_runs(starts: Sequence[int]) -> list[Run]:
    """Return the fewest runs that number the buckets beginning at `starts` (ascending) from 0."""
    runs: list[Run] = []
    index = 0
    while index < len(starts):
        width = starts[index + 1] - starts[index] if index + 1 < len(starts) else 1
        end = index + 1
        while end < len(starts) and starts[end] - starts[end - 1] == width:
            end += 1
        runs.append(Run(starts[index], width, index, end - index))
        index = end
    return runs


def bucket_at(moment: datetime, buckets: Sequence[Bucket]) -> int | None:
    """Return the number of the bucket an instant lies in."""
    index = bisect_right([bucket.start for bucket in buckets], moment) - 1
    return index if index >= 0 and moment < buckets[index].end else None


def _state(natural: Span, span: Span, now: datetime) -> Literal["whole", "running", "future", "clipped"]:
    if natural.start > now:
        return "future"
    if now < natural.end:
        return "running"
    return "whole" if span.start <= natural.start and natural.end <= span.end else "clipped"


def _calendar_bounds(grain: Grain, span: Span, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime, str]]:
    day, end = (
        local_day(span.start, zone),
        local_day(max(span.start, span.end - timedelta(microseconds=1)), zone) + _DAY,
    )
    if grain == "month":
        month = Month.of(day)
        while month.first_day < end:
            yield *month.bounds(zone), str(month)
            month = month.next
        return
    step = 7 if grain == "week" else 1
    first = day - timedelta(days=day.weekday()) if grain == "week" else day
    for count, each in enumerate(each_day(first, end)):
        if count % step == 0:
            yield day_start(each, zone), day_start(each + step * _DAY, zone), each.isoformat()


def _clock_bounds(span: Span, zone: ZoneInfo, width: timedelta) -> Iterator[tuple[datetime, datetime, str]]:
    """Yield the buckets that begin where local clocks show a multiple of `width`, or where they are changed."""
    for piece in _even_pieces(Span(span.start - width, span.end + width), zone):
        offset = piece.start.astimezone(zone).utcoffset() or _NO_OFFSET
        local = as_micros(piece.start + offset)
        step = width // timedelta(microseconds=1)
        start = piece.start
        while start < piece.end:
            local = (local // step + 1) * step
            end = min(from_micros(local) - offset, piece.end)
            yield start, end, start.astimezone(zone).isoformat(timespec="minutes")
            start = end


def _even_pieces(span: Span, zone: ZoneInfo) -> Iterator[Span]:
    """Cut a span where the zone's UTC offset changes. Two changes within one UTC day that cancel out are not seen."""
    start, cursor = span.start, span.start
    while cursor < span.end:
        following = min(cursor + _DAY, span.end)
        if cursor.astimezone(zone).utcoffset() != following.astimezone(zone).utcoffset():
            following = clock_change(cursor, following, zone)
            if following < span.end:
                yield Span(start, following)
                start = following
        cursor = following
    yield Span(start, span.end)
