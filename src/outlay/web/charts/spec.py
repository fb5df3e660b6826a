"""What a chart is drawn from: plain frozen values, in the order they are shown. Nothing here knows a query or a page.

A value is Decimal or int in the chart's unit (ratios of 1 for `percent`); None means there is no figure: it is a gap in
a line, nothing in a bar, and reads as a dash. Where a sum has no rows the caller says 0.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal

from outlay.web import format as text
from outlay.web.currency import converted

Unit = Literal["usd", "tokens", "count", "percent", "ms"]
MarkKind = Literal["note", "price", "model", "key", "import"]
Value = Decimal | int | None

MAX_SERIES: Final = 7
COLOURS: Final = 7
OTHER: Final = "Other"


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """One step of the time axis. `label` is its full name, `tick` a short one for the axis.

    `partial` marks the running bucket and says how much of it has passed, such as `partial, 14 h`.
    """

    label: str
    tick: str
    href: str = ""
    partial: str = ""


@dataclass(frozen=True, kw_only=True)
class Series:
    """One named row of values, one per bucket. `slot` is the stored colour of its entity (0..6), None for Other; in a
    chart that is drawn, 7 and more are shades of a colour that another series has too.

    `href` leads to the series as a whole, `hrefs` (empty, or one per bucket) to each of its figures.
    """

    name: str
    slot: int | None
    values: tuple[Value, ...]
    href: str = ""
    hrefs: tuple[str, ...] = ()

    @property
    def total(self) -> Value:
        return summed(self.values)

    def href_at(self, index: int) -> str:
        return self.hrefs[index] if self.hrefs else ""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Something that happened in a bucket, beside the figures. `when` says it nearer than the bucket's label does.

    `href` leads to where one can read more of it.
    """

    bucket: int
    kind: MarkKind
    text: str
    href: str = ""
    when: str = ""


@dataclass(frozen=True, kw_only=True)
class TimeChart:
    """Series over buckets of time. `id` is unique on the page, `title` the chart's accessible name.

    `period` names the whole range shown. `adds_up` is False for averages, rates and distinct counts, whose sum means
    nothing: they get no total. `marks` are in order of time.
    """

    id: str
    title: str
    period: str
    unit: Unit
    buckets: tuple[Bucket, ...]
    series: tuple[Series, ...]
    adds_up: bool = True
    marks: tuple[Mark, ...] = ()

    def __post_init__(self) -> None:
        for each in self.series:
            if len(each.values) != len(self.buckets):
                raise ValueError(f"series {each.name!r} has {len(each.values)} values for {len(self.buckets)} buckets")
            if each.hrefs and len(each.hrefs) != len(self.buckets):
                raise ValueError(f"series {each.name!r} has {len(each.hrefs)} hrefs for {len(self.buckets)} buckets")
        for mark in self.marks:
            if not 0 <= mark.bucket < len(self.buckets):
                raise ValueError(f"a mark lies in bucket {mark.bucket} of {len(self.buckets)}")

    @property
    def totals(self) -> tuple[Value, ...]:
        """Return the sum of all series for each bucket."""
        return tuple(summed(each.values[i] for each in self.series) for i in range(len(self.buckets)))

    def folded(self) -> "TimeChart":
        """Return the chart with its seven largest series, in their order, and the rest summed as Other."""
        named = [each for each in self.series if each.slot is not None]
        if not self.adds_up or len(named) <= MAX_SERIES:
            return _shaded(self)
        largest = sorted(named, key=_size, reverse=True)[:MAX_SERIES]
        rest = [each for each in self.series if each not in largest]
        other = Series(
            name=OTHER,
            slot=None,
            values=tuple(summed(each.values[i] for each in rest) for i in range(len(self.buckets))),
        )
        return _shaded(replace(self, series=(*(each for each in named if each in largest), other)))


@dataclass(frozen=True, kw_only=True)
class Slice:
    """One part of a whole, with the stored colour of its entity."""

    name: str
    slot: int | None
    value: Decimal | int
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class PieChart:
    """Parts of a whole, largest first."""

    id: str
    title: str
    unit: Unit
    slices: tuple[Slice, ...]
    total_label: str = "Total"


def in_currency(chart: TimeChart) -> TimeChart:
    """Return the chart with its amounts converted, so that the steps of its axis are round in the shown currency."""
    if chart.unit != "usd":
        return chart
    series = (replace(each, values=tuple(_converted(value) for value in each.values)) for each in chart.series)
    return replace(chart, series=tuple(series))


def _converted(value: Value) -> Value:
    return None if value is None else converted(Decimal(value))


def _shaded(chart: TimeChart) -> TimeChart:
    slots = told_apart([each.slot for each in chart.series])
    return replace(
        chart, series=tuple(replace(each, slot=slot) for each, slot in zip(chart.series, slots, strict=True))
    )


def told_apart(slots: Sequence[int | None]) -> list[int | None]:
    """Return the slots with every repeat of one moved to the next shade of its colour, seven further on.

    An entity keeps its stored colour everywhere; of two in one chart that share it, the later one is paler.
    """
    seen: Counter[int] = Counter()
    found: list[int | None] = []
    for slot in slots:
        if slot is None:
            found.append(None)
            continue
        colour = slot % COLOURS
        found.append(colour + COLOURS * seen[colour])
        seen[colour] += 1
    return found


def summed(values: Iterable[Value]) -> Value:
    """Return the sum of the figures there are; None when there is none, or nothing but zeros beside unknown ones: a
    chart has zeros where nothing happened, which do not make known what is not.
    """
    listed = list(values)
    known = [value for value in listed if value is not None]
    return sum(known) if any(known) or len(known) == len(listed) > 0 else None


def _size(series: Series) -> Decimal:
    return abs(Decimal(series.total or 0))


def as_headline(value: Value, unit: Unit) -> str:
    """Return a total the way cards show it."""
    return _HEADLINES[unit](Decimal(value) if unit == "usd" and value is not None else value)


def as_exact(values: Iterable[Value], unit: Unit) -> list[str]:
    """Return figures the way a table column shows them, money in one precision."""
    column = list(values)
    if unit == "usd":
        return text.usd_column(None if value is None else Decimal(value) for value in column)
    return [_EXACT[unit](value) for value in column]


_HEADLINES: Final[Mapping[Unit, Callable[..., str]]] = MappingProxyType(
    {
        "usd": text.usd,
        "tokens": text.tokens,
        "count": text.counted,
        "percent": text.percent,
        "ms": text.milliseconds,
    }
)
_EXACT: Final[Mapping[Unit, Callable[..., str]]] = MappingProxyType({**_HEADLINES, "tokens": text.counted})
