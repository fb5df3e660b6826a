"""What an import did, as figures: what was stored, what was rejected and why, and our cost beside the one in the file.

Pure counting: nothing here reads a file, prices or stores. Amounts are picodollars; calls without a price
are counted apart, so that an unpriced model never looks free.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from msgspec import Struct, field

from outlay.usage import Cost, UsageEvent

EXAMPLES_PER_CODE: Final = 3
UNNAMED: Final = "(no model)"


class Rejection(Struct, frozen=True):
    """One row that was not stored. `line` is 0 where it is none of its own."""

    file: str
    line: int
    code: str
    message: str
    excerpt: str | None = None


class ModelFigures(Struct):
    """Calls and costs of one model. The `both_` figures cover the calls that have our cost and a stated one."""

    calls: int = 0
    unpriced: int = 0
    cost: int = 0
    stated: int = 0
    stated_cost: int = 0
    both: int = 0
    both_cost: int = 0
    both_stated_cost: int = 0

    def add(self, other: "ModelFigures") -> None:
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class ImportReport(Struct):
    """The figures of an import, of one file or of several. `corrected` calls were stored before, with other counts."""

    rows: int = 0
    stored: int = 0
    duplicates: int = 0
    corrected: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[Rejection]] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None
    models: dict[str, ModelFigures] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    @property
    def events(self) -> int:
        return self.stored + self.duplicates

    @property
    def rejected_rows(self) -> int:
        return sum(self.rejected.values())

    @property
    def total(self) -> ModelFigures:
        total = ModelFigures()
        for figures in self.models.values():
            total.add(figures)
        return total

    def unpriced_models(self) -> dict[str, int]:
        """Return the models we have no price for, with their calls, the most used first."""
        found = {name: figures.unpriced for name, figures in self.models.items() if figures.unpriced}
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def reject(self, rejection: Rejection) -> None:
        self.rejected[rejection.code] = self.rejected.get(rejection.code, 0) + 1
        examples = self.examples.setdefault(rejection.code, [])
        if len(examples) < EXAMPLES_PER_CODE:
            examples.append(rejection)

    def keep(self, event: UsageEvent, cost: Cost) -> None:
        """Count an event that is in the ledger now; `cost` is by our own prices, whatever the file states."""
        self.first = event.time if self.first is None else min(self.first, event.time)
        self.last = event.time if self.last is None else max(self.last, event.time)
        figures = self.models.setdefault(event.model_raw or UNNAMED, ModelFigures())
        figures.calls += 1
        stated = event.reported_cost
        if stated is not None:
            figures.stated += 1
            figures.stated_cost += stated.pico
        if cost.pico is None:
            figures.unpriced += 1
            return
        figures.cost += cost.pico
        if stated is not None:
            figures.both += 1
            figures.both_cost += cost.pico
            figures.both_stated_cost += stated.pico

    def add(self, other: "ImportReport") -> None:
        """Count what another one counted."""
        self.rows += other.rows
        self.stored += other.stored
        self.duplicates += other.duplicates
        self.corrected += other.corrected
        self.failed += other.failed
        for code, count in other.rejected.items():
            self.rejected[code] = self.rejected.get(code, 0) + count
            known = self.examples.setdefault(code, [])
            known += other.examples[code][: EXAMPLES_PER_CODE - len(known)]
        for name, figures in other.models.items():
            self.models.setdefault(name, ModelFigures()).add(figures)
        times = [moment for moment in (self.first, self.last, other.first, other.last) if moment is not None]
        if times:
            self.first, self.last = min(times), max(times)


def summed(reports: Iterable[ImportReport]) -> ImportReport:
    """Return the figures of several files together."""
    total = ImportReport()
    for each in reports:
        total.add(each)
    return total
