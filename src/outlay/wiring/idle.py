"""What the ledger does while nothing comes in."""

import logging
from collections.abc import Callable, Sequence
from typing import Final

from outlay.errors import LedgerFailed
from outlay.usage import PricedEvent

CHECKPOINT_AFTER_EVENTS: Final = 50_000

_log = logging.getLogger(__name__)


class IdleWork:
    """What the ledger does when nothing comes: it folds runs, a piece at a time; then, when much has come, its log is
    written into its file, so that a start stays quick.
    """

    def __init__(self, fold_runs: Callable[[], bool], checkpoint: Callable[[], None]) -> None:
        self._fold_runs = fold_runs
        self._checkpoint = checkpoint
        self._events = 0

    def stored(self, events: Sequence[PricedEvent]) -> None:
        self._events += len(events)

    def when_idle(self) -> bool:
        """Do the next piece; return whether there is another."""
        try:
            if self._fold_runs():
                return True
        except LedgerFailed:
            _log.exception("can't fold the runs; trying again later")
        if self._events >= CHECKPOINT_AFTER_EVENTS:
            self._events = 0
            self._checkpoint()
        return False
