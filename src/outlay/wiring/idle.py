"""What the ledger does while nothing comes in."""

import logging
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final

from outlay.errors import LedgerFailed
from outlay.usage import PricedEvent

CHECKPOINT_AFTER_EVENTS: Final = 50_000  # of which the engine keeps in memory what is only in its log, some 25 MB
CHECKPOINT_EVERY_SECONDS: Final = 10.0  # at most, while events come: each takes a few tenths of a second

_log = logging.getLogger(__name__)


class IdleWork:
    """What the ledger does when nothing waits. When much has come, its log is written into its file: a start stays
    quick, and memory flat. When nothing comes at all it folds runs first, a piece at a time.
    """

    def __init__(
        self, fold_runs: Callable[[], bool], checkpoint: Callable[[], bool], seconds: Callable[[], float] = monotonic
    ) -> None:
        self._fold_runs = fold_runs
        self._checkpoint = checkpoint
        self._seconds = seconds
        self._events = 0
        self._last = seconds()

    def stored(self, events: Sequence[PricedEvent]) -> None:
        self._events += len(events)

    def in_a_lull(self) -> None:
        """Write the log when it is time. Under steady traffic there is no better moment: nobody waits just now."""
        if self._seconds() - self._last >= CHECKPOINT_EVERY_SECONDS:
            self._write_log()

    def when_idle(self) -> bool:
        """Do the next piece; return whether there is another."""
        try:
            if self._fold_runs():
                return True
        except LedgerFailed:
            _log.exception("can't fold the runs; trying again later")
        self._write_log()
        return False

    def _write_log(self) -> None:
        if self._events >= CHECKPOINT_AFTER_EVENTS:
            if self._checkpoint():
                self._events = 0
            self._last = self._seconds()
