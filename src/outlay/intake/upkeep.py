"""What organisations ask of the ledger as a whole: days in another zone, nothing older than they keep, or nothing left.

Each is wanted in the control database first and noted there as done last. So it does not matter when a process dies:
the next one finds it wanted still, and doing it again changes nothing. Other processes may want it as well.
"""

import logging
import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from outlay.control.database import Control
from outlay.control.organisations import Organisation, organisations_with_upkeep, zone_holds
from outlay.control.tenancy import forget_organisation
from outlay.control.trail import SYSTEM, Change, write_down
from outlay.errors import OutlayError
from outlay.intake.horizon import first_day_kept
from outlay.kit.clock import Clock
from outlay.kit.period import parse_zone

EVERY_SECONDS: Final = 2.0
# Until then a request of before the deletion may still be on its way to the ledger.
AFTERMATH: Final = timedelta(minutes=2)

_log = logging.getLogger(__name__)


class Rewritable(Protocol):
    """What upkeep asks of the ledger."""

    def count_in_zone(self, organisation: str, zone: ZoneInfo) -> None: ...

    def remove_before(self, organisation: str, day: date) -> int: ...

    def remove_all(self, organisation: str) -> int: ...

    def checkpoint(self) -> None: ...


class Upkeep:
    """Does what is due. Used by one thread at a time."""

    def __init__(self, control: Control, ledger: Rewritable, clock: Clock) -> None:
        self._control = control
        self._ledger = ledger
        self._clock = clock
        self._cleared: dict[str, date] = {}  # up to which day each organisation's data was removed
        self._emptied: set[str] = set()

    def work(self) -> None:
        """Do all that is due now. Raises LedgerFailed or Unavailable; then the rest is due still."""
        for organisation in organisations_with_upkeep(self._control):
            if organisation.deleted_at is not None:
                self._empty(organisation)
                continue
            if organisation.next_zone is not None:
                self._count_in_zone(organisation, organisation.next_zone)
            self.expire(organisation)

    def expire(self, organisation: Organisation) -> int:
        """Remove what is older than the organisation keeps; return how many events that were."""
        day = first_day_kept(organisation, self._clock.now())
        if day is None or self._cleared.get(organisation.id) == day:
            return 0
        removed = self._ledger.remove_before(organisation.id, day)
        self._cleared[organisation.id] = day
        if removed:
            told = Change("retention.run", "organisation", organisation.id, str(day), before={"events": removed})
            with self._control.begin() as connection:
                write_down(connection, organisation.id, SYSTEM, told, self._clock.now())
            self._ledger.checkpoint()
            _log.info("removed old data", extra={"fields": {"organisation": organisation.id, "events": removed}})
        return removed

    def _count_in_zone(self, organisation: Organisation, zone: str) -> None:
        self._ledger.count_in_zone(organisation.id, parse_zone(zone))
        zone_holds(self._control, organisation.id, zone)
        self._cleared.pop(organisation.id, None)
        _log.info("counted days in another zone", extra={"fields": {"organisation": organisation.id, "zone": zone}})

    def _empty(self, organisation: Organisation) -> None:
        over = organisation.deleted_at is not None and self._clock.now() >= organisation.deleted_at + AFTERMATH
        if organisation.id in self._emptied and not over:
            return
        removed = self._ledger.remove_all(organisation.id)
        self._emptied.add(organisation.id)
        if removed:
            self._ledger.checkpoint()
        if over:
            forget_organisation(self._control, organisation.id)


class UpkeepThread:
    """Has the work done in a thread beside the server: soon after it is asked for, and every few seconds."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._wanted = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="upkeep")

    def start(self) -> None:
        self._thread.start()

    def soon(self) -> None:
        self._wanted.set()

    def close(self) -> None:
        """Stop after the piece of work that is being done."""
        self._stopping = True
        self._wanted.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._work()
            except OutlayError:
                _log.exception("the upkeep of the ledger failed; trying again later")
            self._wanted.wait(EVERY_SECONDS)
            self._wanted.clear()
