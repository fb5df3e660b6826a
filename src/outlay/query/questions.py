"""Opens one state of the ledger at one instant, in the organisation's zone, for all the questions of one answer."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.control.currencies import USD
from outlay.control.database import Control
from outlay.control.organisations import first_day_kept, organisation_of
from outlay.kit.clock import Clock
from outlay.kit.period import day_start
from outlay.ledger.store import LedgerReader, Snapshot
from outlay.query.ask import Query
from outlay.query.event_order import NEWEST_FIRST
from outlay.query.lanes import LANES, Lanes, Started
from outlay.query.refine import Moment
from outlay.query.remember import Remembered
from outlay.query.result import Result
from outlay.query.rows import EventsPage, list_events
from outlay.query.run import run

Answer = TypeVar("Answer")

WORKERS: Final = 4  # beside those who ask: each answer has one lane more than its own


class Asking(Struct, frozen=True):
    """One state of the ledger and one instant, for all figures of one page or answer.

    `member` is who looks, where one member alone does: what is private may then be shown beside the figures. What
    several people get to see in common has none. `currency` is that of the organisation, which amounts are shown in;
    the figures are USD. `fiscal_month` begins its fiscal years. What lies before `kept_from` was removed.
    """

    viewer: Viewer
    snapshot: Snapshot
    zone: ZoneInfo
    now: datetime
    member: str | None = None
    lanes: Lanes | None = None
    currency: str = USD
    fiscal_month: int = 1
    kept_from: datetime | None = None

    def start(self, part: Callable[[], Answer]) -> Started[Answer]:
        """Have a part of the answer worked out meanwhile, where there is a lane for it; call what is returned for it.

        What it raises is raised there. It must not write.
        """
        return Started(part) if self.lanes is None else self.lanes.start(part)

    def run(self, query: Query) -> Result:
        return run(query, self.snapshot, self.zone, self.now, self.kept_from)

    def list_events(
        self, query: Query, *, order: str = NEWEST_FIRST, after: str | None = None, limit: int = 50
    ) -> EventsPage:
        moment = Moment(self.zone, self.now)
        return list_events(query, self.snapshot, moment, order=order, after=after, limit=limit)


class Questions:
    def __init__(self, ledger: LedgerReader, control: Control, clock: Clock) -> None:
        self._ledger = ledger
        self._control = control
        self._clock = clock
        self._workers = ThreadPoolExecutor(WORKERS, "query-lane")

    def ask(self, viewer: Viewer, answer: Callable[[Asking], Answer]) -> Answer:
        """Return what `answer` makes of one snapshot. Call it in a thread: it may take its time."""
        lanes = Lanes(self._workers)
        with self._asking(viewer, LANES) as asking:
            try:
                # Questions of one page share totals. Not so in `asking`: what is given piece by piece must not be kept.
                return answer(replace(asking, snapshot=Remembered(asking.snapshot), lanes=lanes))
            finally:
                lanes.close()

    def asking(self, viewer: Viewer) -> AbstractContextManager[Asking]:
        """Hold one snapshot open, for an answer that is given piece by piece."""
        return self._asking(viewer, 1)

    @contextmanager
    def _asking(self, viewer: Viewer, lanes: int) -> Iterator[Asking]:
        found = organisation_of(self._control, viewer.organisation)
        with self._ledger.snapshot(lanes) as snapshot:
            zone = snapshot.zone_of(viewer.organisation)
            asking = Asking(viewer, snapshot, zone, self._clock.now())
            day = first_day_kept(found, asking.now)
            kept_from = None if day is None else day_start(day, zone)
            yield replace(asking, currency=found.currency, fiscal_month=found.fiscal_month, kept_from=kept_from)
