"""What a benchmark tells: figures with their targets and ratios, one line each, as soon as they are known."""

from time import perf_counter
from typing import Self

from msgspec import Struct


class Target(Struct, frozen=True):
    """What a figure should be: at most, or at least, so much."""

    at_most: float | None = None
    at_least: float | None = None

    def met_by(self, value: float) -> bool:
        return (self.at_most is None or value <= self.at_most) and (self.at_least is None or value >= self.at_least)

    def __str__(self) -> str:
        bounds = ((self.at_most, "≤"), (self.at_least, "≥"))
        return " ".join(f"{sign} {bound:,g}" for bound, sign in bounds if bound is not None)


class Report:
    """Prints figures and remembers which of them missed their target."""

    def __init__(self) -> None:
        self._missed: list[str] = []
        self._section = ""

    def section(self, name: str) -> None:
        self._section = name
        print(f"\n{name}")

    def figure(self, name: str, value: float, unit: str, target: Target | None = None) -> None:
        verdict = ""
        if target is not None:
            verdict = f"   target {target} {unit}: {'met' if target.met_by(value) else 'MISSED'}"
            if not target.met_by(value):
                self._missed.append(f"{self._section}: {name} {_short(value)} {unit}, target {target}")
        print(f"  {name:<52} {_short(value):>10} {unit}{verdict}")

    def ratio(self, name: str, ours: float, theirs: float) -> None:
        """Tell how many times less of something (time, bytes) ours takes than what stands beside it."""
        print(f"  {name:<52} {_short(theirs / ours):>10} times less")

    def note(self, text: str) -> None:
        print(f"  {text}")

    def summary(self) -> None:
        print("\n" + "\n".join(["targets missed:", *self._missed] if self._missed else ["every target met"]))


class Stopwatch:
    """Measures the wall-clock seconds of its `with` block."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._started = 0.0

    def __enter__(self) -> Self:
        self._started = perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = perf_counter() - self._started


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
