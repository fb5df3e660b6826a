"""Which days of a trend stand out, and against what.

A day is a spike when all of this holds. Only days with any use count, so that weekends and holidays make nobody's
Monday stand out:

1. There are at least five such days in the four weeks before: else nobody knows what is usual.
2. It is at least twice the usual day: the median of those days, which one odd day can't move.
3. It is further above the usual day than the days scatter: by more than four times their usual distance from it.
4. It is a quarter higher than the highest of those days, so that a heavy day of every week is no news.
5. What it has above the usual day is worth a look: see `worth_a_look`.

Of a spike that lasts, the highest of its first three days is marked; what lasts longer is the new usual. A day that is
still running counts with what it has so far, which can only grow.

Tried on real traces: one developer's 100 days of use get 3 marks; 1,898 days of 313 clients of a model provider get 36,
3 of them worth a look. Of the demo's 672 people over a year 56 days do, among them the day of the incident.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from statistics import median
from typing import Final

from msgspec import Struct

from outlay.query.sql import Value

HISTORY_DAYS: Final = 28
FEWEST_DAYS: Final = 5
TIMES_USUAL: Final = 2
TIMES_SCATTER: Final = 4
ABOVE_HIGHEST: Final = Fraction(5, 4)
LASTS_DAYS: Final = 3
SHARE_WORTH_A_LOOK: Final = Fraction(1, 100)

_OF_A_NORMAL_DISTRIBUTION: Final = Fraction(14826, 10000)  # from the median distance to the standard deviation
_PLACES: Final = 12  # as many decimals as any figure has
_ONE: Final = 10**_PLACES
_TENTH: Final = Decimal("0.1")


class Spike(Struct, frozen=True):
    """A day that stands out: its place in the series, its value, what was usual before, and how many times that it is
    (to a tenth).
    """

    at: int
    value: int | Decimal
    usual: Decimal
    times: Decimal


def spikes(values: Sequence[Value], least: Value = None) -> tuple[Spike, ...]:
    """Return the days of a series that stand out, in order. None is a day without data.

    Give HISTORY_DAYS more in front than are shown. `least` is what a spike must have above the usual day.
    """
    sizes = [0 if value is None else _whole(value) for value in values]
    floor = 0 if least is None else _whole(least)
    found: list[Spike] = []
    at = 0
    while at < len(sizes):
        usual = _usual_before(sizes, at, floor)
        if usual is None:
            at += 1
            continue
        highest = max(range(at, min(at + LASTS_DAYS, len(sizes))), key=lambda day: (sizes[day], -day))
        times = _as_decimal(sizes[highest] / usual).quantize(_TENTH, ROUND_HALF_UP)
        found.append(Spike(highest, values[highest] or 0, _as_decimal(usual / _ONE), times))
        at += LASTS_DAYS
    return tuple(found)


def worth_a_look(totals: Sequence[Value]) -> Decimal:
    """Return what a spike must have above the usual day to be worth a look: one percent of a usual day of all together.

    `totals` is the series of everything that is shown; by this a busy hour of a small user is no spike of a large
    organisation, and is one of a small team.
    """
    days = [Fraction(each) for each in totals if each is not None and each > 0]
    return _as_decimal(median(days) * SHARE_WORTH_A_LOOK) if days else Decimal(0)


def _usual_before(sizes: Sequence[int], at: int, least: int) -> Fraction | None:
    """Return what was usual before a day that stands out; None for any other day.

    Everything is compared in whole numbers, medians as twice what they are: fractions take ten times as long.
    """
    size, before = sizes[at], sizes[max(0, at - HISTORY_DAYS) : at]
    # Most days end here, so that a table of many rows costs next to nothing.
    if size <= 0 or size * ABOVE_HIGHEST.denominator < max(before, default=0) * ABOVE_HIGHEST.numerator:
        return None
    used = [each for each in before if each > 0]
    if len(used) < FEWEST_DAYS:
        return None
    twice_usual = _twice_the_median(used)
    twice_above = 2 * size - twice_usual
    if 2 * size < twice_usual * TIMES_USUAL or twice_above < 2 * least:
        return None
    four_times_scatter = _twice_the_median([abs(2 * each - twice_usual) for each in used]) * _OF_A_NORMAL_DISTRIBUTION
    return Fraction(twice_usual, 2) if 2 * twice_above >= four_times_scatter * TIMES_SCATTER else None


def _twice_the_median(values: Sequence[int]) -> int:
    ordered, middle = sorted(values), len(values) // 2
    return 2 * ordered[middle] if len(ordered) % 2 else ordered[middle - 1] + ordered[middle]


def _whole(value: int | Decimal) -> int:
    """Return a figure as a whole number of its last place: those compare many times faster than decimals."""
    return value * _ONE if isinstance(value, int) else int(value.scaleb(_PLACES))


def _as_decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
