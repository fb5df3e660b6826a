"""Opens one state of the ledger at one instant, in the organisation's zone, for all the questions of one answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.control.database import Control
from outlay.control.organisations import organisation_of
from outlay.kit.clock import Clock
from outlay.kit.period import parse_zone
from outlay.ledger.store import LedgerReader, Snapshot
from outlay.query.ask import Query
from outlay.query.event_order import NEWEST_FIRST
from outlay.query.refine import Moment
from outlay.query.remember import Remembered
from outlay.query.result import Result
from outlay.query.rows import EventsPage, list_events
from outlay.query.run import run

Answer = TypeVar("Answer")


class Asking(Struct, frozen=True):
    """One state of the ledger and one instant, for all figures of one page or answer.

    `member` is who looks, where one member alone does: what is private may then be shown beside the figures. What
    several people get to see in common has none.
    """

    viewer: Viewer
    snapshot: Snapshot
    zone: ZoneInfo
    now: datetime
    member: str | None = None

    def run(self, query: Query) -> Result:
        return run(query, self.snapshot, self.zone, self.now)

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

    def ask(self, viewer: Viewer, answer: Callable[[Asking], Answer]) -> Answer:
        """Return what `answer` makes of one snapshot. Call it in a thread: it may take its time."""
        with self.asking(viewer) as asking:
            # Questions of one page share totals. Not so in `asking`: what is given piece by piece must not be kept.
            return answer(replace(asking, snapshot=Remembered(asking.snapshot)))

    @contextmanager
    def asking(self, viewer: Viewer) -> Iterator[Asking]:
        """Hold one snapshot open, for an answer that is given piece by piece. Not from two threads at once."""
        zone = parse_zone(organisation_of(self._control, viewer.organisation).zone)
        with self._ledger.snapshot() as snapshot:
            yield Asking(viewer, snapshot, zone, self._clock.now())
