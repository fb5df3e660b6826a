"""Where values and labels go: ticks in steps of 1, 2 or 5, pixels from values, and which axis labels fit.

Heights are whole pixels, so horizontal edges are sharp; widths are percentages, so a chart fills any width while its
text keeps its size. Geometry may be float; no figure that is read is made here except the short axis labels.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from outlay.kit.money import plain
from outlay.web.charts.spec import Unit
from outlay.web.currency import sign
from outlay.web.format import MINUS

PLOT_HEIGHT: Final = 220
TOP: Final = 10
AXIS_HEIGHT: Final = 26
HEIGHT: Final = TOP + PLOT_HEIGHT + AXIS_HEIGHT

_STEPS: Final = (Decimal(1), Decimal(2), Decimal(5), Decimal(10), Decimal(20))
_MOST_STEPS: Final = 6
_CHAR_PX: Final = 6.4
_LABEL_GAP_PX: Final = 14
_SUFFIXES: Final = ((Decimal(10) ** 12, "T"), (Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "K"))


@dataclass(frozen=True)
class Scale:
    """A vertical axis from `low` to `high`, both ticks, zero always among them."""

    low: Decimal
    high: Decimal
    step: Decimal

    @property
    def ticks(self) -> tuple[Decimal, ...]:
        return tuple(self.low + self.step * i for i in range(self.step_count + 1))

    @property
    def step_count(self) -> int:
        return int((self.high - self.low) / self.step)

    def y(self, value: Decimal | int) -> int:
        """Return the pixel row of a value."""
        share = (self.high - value) / (self.high - self.low)
        return TOP + round(share * PLOT_HEIGHT)


def scale_over(least: Decimal | int, most: Decimal | int, *, whole: bool) -> Scale:
    """Return the axis that holds all values and zero, with at most six steps of 1, 2 or 5 times a power of ten.

    `whole` keeps the step at one or more, for things that are counted.
    """
    low, high = min(Decimal(least), Decimal(0)), max(Decimal(most), Decimal(0))
    if low == high:
        return Scale(Decimal(0), Decimal(1), Decimal(1))
    power = Decimal(1).scaleb(((high - low) / _MOST_STEPS).adjusted())
    steps = (max(power * each, Decimal(1)) if whole else power * each for each in _STEPS)
    return next(scale for step in steps if (scale := _scale_in(step, low, high)).step_count <= _MOST_STEPS)


def axis_label(value: Decimal, unit: Unit) -> str:
    """Return a tick's short label: `$10K`, `2.5M`, `40%`, `$0.002`."""
    if value == 0:
        return f"{sign()}0" if unit == "usd" else "0"
    if unit == "percent":
        return f"{plain(value * 100)}%"
    if unit == "ms":
        return f"{plain(value / 1000)} s" if abs(value) >= 1000 else f"{plain(value)} ms"
    size, before = abs(value), f"{MINUS if value < 0 else ''}{sign() if unit == 'usd' else ''}"
    for factor, suffix in _SUFFIXES:
        if size >= factor:
            return f"{before}{plain(size / factor)}{suffix}"
    return f"{before}{plain(size)}"


@dataclass(frozen=True)
class Density:
    """Every how many buckets an axis label stands in a narrow, medium and wide chart; each divides the one before."""

    narrow: int
    medium: int
    wide: int

    def class_of(self, index: int) -> str | None:
        """Return the class of a bucket's label (empty: always shown), None when it is never shown."""
        if index % self.narrow == 0:
            return ""
        if index % self.medium == 0:
            return "t1"
        return "t2" if index % self.wide == 0 else None


def label_density(ticks: tuple[str, ...]) -> Density:
    """Return how many labels fit side by side without touching, in plots of 280, 420 and 760 px."""
    label = max((len(tick) for tick in ticks), default=1) * _CHAR_PX + _LABEL_GAP_PX
    wide = _every(len(ticks), 1, int(760 / label))
    medium = _every(len(ticks), wide, int(420 / label))
    return Density(_every(len(ticks), medium, int(280 / label)), medium, wide)


def share_text(ratio: float) -> str:
    """Return a length as a percentage with at most three decimals."""
    return f"{ratio * 100:.3f}".rstrip("0").rstrip(".") + "%"


def _every(count: int, multiple_of: int, most: int) -> int:
    step = multiple_of
    while -(-count // step) > max(1, most):
        step += multiple_of
    return step


def _scale_in(step: Decimal, low: Decimal, high: Decimal) -> Scale:
    return Scale(
        (low / step).to_integral_value(ROUND_FLOOR) * step, (high / step).to_integral_value(ROUND_CEILING) * step, step
    )
