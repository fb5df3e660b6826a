"""What organisations ask of the ledger as a whole: days in another zone, nothing older than they keep, or nothing left.

Each is wanted in the control database first and noted there as done last. So it does not matter when a process dies:
the next one finds it wanted still, and doing it again changes nothing. Other processes may want it as well.
"""

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from datetime import date, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from outlay.control.database import Control
from outlay.control.organisations import (
    Organisation,
    first_day_kept,
    organisation_of,
    organisations_with_upkeep,
    zone_holds,
)
from outlay.control.tenancy import forget_organisation, forgotten_of
from outlay.control.trail import SYSTEM, Change, write_down
from outlay.errors import OutlayError
from outlay.kit.clock import Clock
from outlay.kit.period import parse_zone

EVERY_SECONDS: Final = 2.0
# Until then a request of before the deletion may still be on its way to the ledger.
AFTERMATH: Final = timedelta(minutes=2)
# How often data that is too old is looked for: what was on its way when a day was removed, or is written about it by a
# repricing, comes after it.
LOOK_EVERY: Final = timedelta(minutes=1)

_log = logging.getLogger(__name__)


class Rewritable(Protocol):
    """What upkeep asks of the ledger."""

    def count_in_zone(self, organisation: str, zone: ZoneInfo) -> Generator[float, None, None]: ...

    def sweep(self) -> Generator[None, None, None]: ...

    def events_before(self, organisation: str, day: date) -> int: ...

    def remove_before(self, organisation: str, day: date) -> int: ...

    def remove_all(self, organisation: str) -> int: ...

    def organisations(self) -> list[str]: ...

    def checkpoint(self) -> bool: ...


class Upkeep:
    """Does what is due. Used by one thread at a time."""

    def __init__(self, control: Control, ledger: Rewritable, clock: Clock) -> None:
        self._control = control
        self._ledger = ledger
        self._clock = clock
        self._clear: dict[str, tuple[date, datetime]] = {}  # until when nothing of before a day is looked for
        self._told: dict[str, date] = {}  # what is to be removed by the trail, and was not yet
        self._emptied: set[str] = set()
        self._looked_for_forgotten = False

    def work(self, goes_on: Callable[[], bool] = lambda: True) -> None:
        """Do all that is due now, as long as `goes_on` says so between the steps of what takes long.

        Raises LedgerFailed or Unavailable; then the rest is due still.
        """
        self._empty_forgotten()
        for organisation in organisations_with_upkeep(self._control):
            if organisation.deleted_at is not None:
                self._empty(organisation)
                continue
            if organisation.next_zone is not None:
                self._count_in_zone(organisation, organisation.next_zone, goes_on)
                organisation = organisation_of(self._control, organisation.id)  # noqa: PLW2901 - its days are others
            self.expire(organisation)
        with closing(self._ledger.sweep()) as steps:
            any(not goes_on() for _ in steps)

    def expire(self, organisation: Organisation) -> int:
        """Remove what is older than the organisation keeps; return how many events that were."""
        now = self._clock.now()
        day = first_day_kept(organisation, now)
        if day is None or self._is_clear(organisation.id, day, now):
            return 0
        removed = 0
        if there := self._ledger.events_before(organisation.id, day):
            self._tell(organisation.id, day, there)
            removed = self._ledger.remove_before(organisation.id, day)
            self._told.pop(organisation.id, None)
            self._ledger.checkpoint()
            _log.info("removed old data", extra={"fields": {"organisation": organisation.id, "events": removed}})
        self._clear[organisation.id] = day, now + LOOK_EVERY
        return removed

    def _is_clear(self, organisation: str, day: date, now: datetime) -> bool:
        cleared, until = self._clear.get(organisation, (None, now))
        return cleared == day and now < until

    def _tell(self, organisation: str, day: date, there: int) -> None:
        """Write down what is removed before it is: the process may die in between, and nothing goes untold. Once, also
        where the ledger has to be asked again.
        """
        if self._told.get(organisation) == day:
            return
        told = Change("retention.run", "organisation", organisation, str(day), before={"events": there})
        with self._control.begin() as connection:
            write_down(connection, organisation, SYSTEM, told, self._clock.now())
        self._told[organisation] = day

    def _count_in_zone(self, organisation: Organisation, zone: str, goes_on: Callable[[], bool]) -> None:
        """Have the days counted in a zone, unless it is not wanted any more before that is done."""
        with closing(self._ledger.count_in_zone(organisation.id, parse_zone(zone))) as steps:
            if any(not (goes_on() and self._is_wanted(organisation.id, zone)) for _ in steps):
                return
        zone_holds(self._control, organisation.id, zone)
        _log.info("counted days in another zone", extra={"fields": {"organisation": organisation.id, "zone": zone}})

    def _empty_forgotten(self) -> None:
        """Remove what is of organisations that another process forgot, while this ledger was away or in a backup."""
        if self._looked_for_forgotten:
            return
        for organisation in forgotten_of(self._control, self._ledger.organisations()):
            removed = self._ledger.remove_all(organisation)
            fields = {"organisation": organisation, "events": removed}
            _log.info("removed the data of an organisation that was deleted", extra={"fields": fields})
        self._looked_for_forgotten = True

    def _is_wanted(self, organisation: str, zone: str) -> bool:
        found = organisation_of(self._control, organisation)
        return found.next_zone == zone and found.deleted_at is None

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

    def __init__(self, work: Callable[[Callable[[], bool]], None]) -> None:
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
                self._work(lambda: not self._stopping)
            except (OutlayError, SQLAlchemyError):  # what the control database refuses, too: it is wanted still
                _log.exception("the upkeep of the ledger failed; trying again later")
            self._wanted.wait(EVERY_SECONDS)
            self._wanted.clear()
