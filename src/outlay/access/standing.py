"""Whether an organisation is served at all. Whoever lets somebody in asks here, whatever they showed at the door.

What was read counts for a second, in every process, so that asking costs next to nothing.
"""

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from outlay.control.database import Control
from outlay.control.organisations import organisation_of
from outlay.errors import NotFound, OrganisationSuspended

SUSPENDED: Final = "this organisation is suspended; its data is kept. Ask the operator of this installation"
_STALE: Final = timedelta(seconds=1)


class _Read(Struct, frozen=True):
    at: datetime
    served: bool


class Standing:
    """The standing of all organisations of this Outlay."""

    def __init__(self, control: Control) -> None:
        self._control = control
        # Whoever asks has shown a session or key of the organisation, so this can't grow beyond their number.
        self._read: dict[str, _Read] = {}

    def require(self, organisation: str, now: datetime) -> None:
        """Raise OrganisationSuspended for one that is suspended or was deleted."""
        if not self.serves(organisation, now):
            raise OrganisationSuspended(SUSPENDED)

    def serves(self, organisation: str, now: datetime) -> bool:
        read = self._read.get(organisation)
        # A clock that was set back must not keep a suspended organisation in.
        if read is None or not read.at <= now < read.at + _STALE:
            read = self._read[organisation] = _Read(now, self._served(organisation))
        return read.served

    def _served(self, organisation: str) -> bool:
        try:
            return organisation_of(self._control, organisation).suspended_at is None
        except NotFound:
            return False
