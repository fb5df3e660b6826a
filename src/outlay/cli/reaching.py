"""The ledger as a command reaches it: its own while nobody holds it, else that of the server that does.

It is opened when the first events come and can be let go in between, so that a command that waits for more of them
stands in nobody's way.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Self

from outlay import __version__
from outlay.app import PRICES_FILE, Desk, open_ledger
from outlay.errors import Conflict, LedgerBusy
from outlay.intake.accept import Intake
from outlay.intake.handover import RunningServer, running_server
from outlay.intake.importing import Sink
from outlay.intake.made_rows import MadeRows, Recipe
from outlay.intake.outcome import Outcome
from outlay.usage import UsageEvent


class ReachedLedger:
    """A sink for events. Raises LedgerBusy where another process holds the ledger that is no server."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._stack = ExitStack()
        self._sink: Sink | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()

    def accept(self, organisation: str, events: Sequence[UsageEvent]) -> list[Outcome]:
        if self._sink is None:
            self._sink = self._reached()
        return self._sink.accept(organisation, events)

    def recipe(self) -> Recipe | None:
        """Return what rows are made by that this ledger takes; None where only a server can store."""
        self._sink = self._sink or self._reached()
        return self._desk.recipe() if isinstance(self._sink, Intake) else None

    def commit_made(self, organisation: str, made: Sequence[MadeRows]) -> list[bool] | None:
        """Store made rows; see `Intake.commit_made`."""
        return self._sink.commit_made(organisation, made) if isinstance(self._sink, Intake) else None

    def let_go(self) -> None:
        """Leave the ledger to others until the next events come."""
        self._sink = None
        self._stack.close()

    def _reached(self) -> Sink:
        try:
            return self._stack.enter_context(open_ledger(self._desk)).intake
        except LedgerBusy:
            server = running_server(self._desk.settings.data_dir)
            if server is None:
                raise
        self._stack.callback(server.close)
        check_alike(self._desk, server)
        return server


def check_alike(desk: Desk, server: RunningServer) -> None:
    """Refuse a server with other prices: the costs in the figures would not be those in its ledger."""
    record = server.record
    if record.version != __version__:
        raise Conflict(f"the running server is Outlay {record.version} and this is {__version__}; restart the server")
    if record.prices != desk.books.version:
        raise Conflict(f"{PRICES_FILE} was changed after the server (process {record.pid}) started; restart it first")
