"""From when on an organisation keeps data: before it nothing is taken in, and nothing stays.

The border is the begin of a local day, so that only whole days are ever removed.
"""

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from outlay.control.database import Control
from outlay.control.organisations import Organisation, first_day_kept, organisation_of
from outlay.errors import NotFound
from outlay.intake.check import EARLIEST, NEVER
from outlay.kit.clock import Clock
from outlay.kit.period import day_start, parse_zone

_STALE: Final = timedelta(seconds=1)


class _Read(Struct, frozen=True):
    at: datetime
    earliest: datetime


class Horizon:
    """Tells for each organisation the earliest time of an event; what it read counts for a second.

    One that was deleted, or is not there, keeps nothing.
    """

    def __init__(self, control: Control, clock: Clock) -> None:
        self._control = control
        self._clock = clock
        self._read: dict[str, _Read] = {}

    def earliest(self, organisation: str) -> datetime:
        now = self._clock.now()
        read = self._read.get(organisation)
        if read is None or not read.at <= now < read.at + _STALE:
            read = self._read[organisation] = _Read(now, self._earliest(organisation, now))
        return read.earliest

    def _earliest(self, organisation: str, now: datetime) -> datetime:
        # What is still on its way to a deleted organisation, in a journal perhaps, is refused like what is too old:
        # an error would be tried again for ever, and hold up the events of all others.
        try:
            found = organisation_of(self._control, organisation)
        except NotFound:
            return NEVER
        return earliest_kept(found, now) if found.deleted_at is None else NEVER


def earliest_kept(organisation: Organisation, now: datetime) -> datetime:
    """Return the earliest time of an event that is kept."""
    day = first_day_kept(organisation, now)
    return EARLIEST if day is None else max(EARLIEST, day_start(day, parse_zone(organisation.zone)))
