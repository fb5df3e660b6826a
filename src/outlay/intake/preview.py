"""What would become of a file: every row read, checked, priced and looked up in the ledger, and nothing stored.

The figures are of what would be stored anew; duplicates and refused rows are counted beside them. Memory grows with
the rows of the file by some hundred bytes each, to know a row that the file itself repeats.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Final, Protocol

from msgspec import Struct, field

from outlay.capture.rowmap import RowRejected
from outlay.capture.tabular import ReadRow
from outlay.errors import ImportFailed
from outlay.intake.import_report import Rejection
from outlay.intake.importing import BATCH_EVENTS
from outlay.intake.prepare import Prepared
from outlay.usage import PricedEvent, UsageEvent

EXAMPLES: Final = 20
MOST_MODELS: Final = 500
MOST_ROWS: Final = 5_000_000

Identity = tuple[str, datetime]


class Trial(Protocol):
    """The funnel as far as it leaves no trace."""

    def trial(self, organisation: str, events: Sequence[UsageEvent]) -> Prepared: ...


class Asked(Struct, frozen=True):
    """What a preview asks of others: the funnel, which identities the ledger knows, and the local day of an instant."""

    funnel: Trial
    known: Callable[[Sequence[Identity]], set[Identity]]
    day_of: Callable[[datetime], date]
    progressed: Callable[[int], None]


class Figures(Struct):
    """Sums of events. `cost` is in picodollars, of those that have one; the others are `unpriced`."""

    events: int = 0
    requests: int = 0
    tokens: int = 0
    cost: int = 0
    unpriced: int = 0
    estimated: int = 0

    def add(self, priced: PricedEvent) -> None:
        self.events += 1
        self.requests += priced.event.requests
        self.tokens += priced.event.tokens.total or 0
        self.cost += priced.cost.pico or 0
        self.unpriced += priced.cost.status == "unpriced"
        self.estimated += priced.cost.status == "estimated"


class Preview(Struct):
    """The figures of a file. `models` are by provider and model; `failed` says why a file could not be read further."""

    rows: int = 0
    duplicates: int = 0
    total: Figures = field(default_factory=Figures)
    days: dict[date, Figures] = field(default_factory=dict)
    models: dict[tuple[str | None, str | None], Figures] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    examples: list[Rejection] = field(default_factory=list)
    file_days: set[date] = field(default_factory=set)
    failed: str | None = None

    @property
    def refused_rows(self) -> int:
        return sum(self.refused.values())

    @property
    def providers(self) -> set[str | None]:
        return {provider for provider, _ in self.models}

    def refuse(self, rejection: Rejection) -> None:
        self.refused[rejection.code] = self.refused.get(rejection.code, 0) + 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(rejection)


def previewed(name: str, organisation: str, rows: Iterator[ReadRow], asked: Asked) -> Preview:
    """Return what would become of the rows of the file `name`; ImportFailed where they are more than can be shown."""
    run = _Run(name, organisation, asked)
    try:
        while run.preview.rows < MOST_ROWS and (batch := list(islice(rows, BATCH_EVENTS))):
            run.take(batch)
    except ImportFailed as error:
        run.preview.failed = error.message
    if run.preview.rows >= MOST_ROWS:
        raise ImportFailed(f"the file has {MOST_ROWS:,} rows or more; split it, or use outlay import on the server")
    return run.preview


class _Run:
    def __init__(self, name: str, organisation: str, asked: Asked) -> None:
        self.preview = Preview()
        self._name = name
        self._organisation = organisation
        self._asked = asked
        self._seen: set[int] = set()

    def take(self, rows: list[ReadRow]) -> None:
        self.preview.rows += len(rows)
        for line, found in rows:
            if isinstance(found, RowRejected):
                self.preview.refuse(Rejection(self._name, line, found.code, found.message, found.excerpt))
        usable = [(line, found) for line, found in rows if not isinstance(found, RowRejected)]
        prepared = self._asked.funnel.trial(self._organisation, [event for _, event in usable])
        for (line, _), outcome in zip(usable, prepared.outcomes, strict=True):
            if outcome is not None:
                self.preview.refuse(Rejection(self._name, line, outcome.code or "", outcome.message or ""))
        known = self._asked.known([_identity(priced) for priced in prepared.events])
        for priced in prepared.events:
            self._count(priced, known)
        self._asked.progressed(self.preview.rows)

    def _count(self, priced: PricedEvent, known: set[Identity]) -> None:
        identity = _identity(priced)
        day = self._asked.day_of(priced.event.time)
        self.preview.file_days.add(day)
        mark = hash(identity)
        if identity in known or mark in self._seen:
            self.preview.duplicates += 1
            return
        self._seen.add(mark)
        key = (priced.event.provider, priced.event.model)
        if key not in self.preview.models and len(self.preview.models) >= MOST_MODELS:
            key = (priced.event.provider, None)
        for figures in (
            self.preview.total,
            self.preview.days.setdefault(day, Figures()),
            self.preview.models.setdefault(key, Figures()),
        ):
            figures.add(priced)


def _identity(priced: PricedEvent) -> Identity:
    return priced.event.id, priced.event.time
