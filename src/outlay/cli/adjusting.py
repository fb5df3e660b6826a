"""How commands adjust stored events, by a repricing or a move: preview, question, writing, each with its progress.

Works alone or through the server that holds the ledger.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from time import sleep
from typing import Final, Protocol

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from outlay.app import Desk, open_ledger
from outlay.cli.options import at_terminal
from outlay.cli.reaching import check_alike
from outlay.control.organisations import organisation_of
from outlay.control.repricings import NewRepricing, Scope, repricing_of
from outlay.errors import LedgerBusy, OutlayError
from outlay.intake.handover import RunningServer, running_server
from outlay.intake.reprice import Heard
from outlay.intake.reprice_effect import Effect
from outlay.intake.repricing_request import REPRICE, Request, Told, told
from outlay.intake.repricing_work import Means, decide, drop, open_repricing, run_preview, run_writing
from outlay.kit.period import day_start, parse_zone

POLL_SECONDS: Final = 0.2
AGAIN: Final = "Run the same command again: what is written stays, and nothing is written twice"


class Holder(Protocol):
    """Whoever holds the ledger: previews and writes, and tells how it ended."""

    def preview(self, wanted: NewRepricing, heard: Heard) -> Told: ...

    def write(self, previewed: Told, heard: Heard) -> Told: ...

    def drop(self, previewed: Told) -> None: ...


def carried_out(
    desk: Desk, wanted: NewRepricing, show: Callable[[Effect], None], *, dry_run: bool, yes: bool
) -> Told | None:
    """Preview a repricing or a move, show what it does, ask, and write it; None where nothing is written."""
    with _holder(desk) as holder:
        previewed = _checked(_shown("Looking", lambda heard: holder.preview(wanted, heard)))
        if previewed.effect is not None:
            show(previewed.effect)
        if dry_run or previewed.effect is None or not previewed.effect.events or not (yes or _agreed()):
            holder.drop(previewed)
            return None
        return _checked(_shown("Writing", lambda heard: holder.write(previewed, heard)))


def bounds_of(desk: Desk, first: tuple[str, str | None], last: tuple[str, str | None]) -> Scope:
    """Return the time from and up to and with a local day; each comes with the option it was given by."""
    zone = parse_zone(organisation_of(desk.control, desk.organisation).zone)

    def start_of(option: str, text: str | None, days: int) -> datetime | None:
        try:
            return (
                None if text is None else day_start(date.fromordinal(date.fromisoformat(text).toordinal() + days), zone)
            )
        except (ValueError, OverflowError):
            raise click.UsageError(f"{option} is no day such as 2026-10-01") from None

    return Scope(start=start_of(*first, 0), end=start_of(*last, 1))


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise click.UsageError("nobody is there to ask; look at it with --dry-run, then add --yes")
    return click.confirm("Write these adjustments?", err=True)


@contextmanager
def _holder(desk: Desk) -> Iterator[Holder]:
    """Open the ledger, or reach the server that holds it already."""
    with ExitStack() as stack:
        try:
            means = stack.enter_context(open_ledger(desk)).repricing_means()
            holder: Holder = _Here(means, desk.organisation)
        except LedgerBusy:
            server = running_server(desk.settings.data_dir)
            if server is None:
                raise
            stack.callback(server.close)
            check_alike(desk, server)
            holder = _Served(server)
        yield holder


class _Here:
    """This process."""

    def __init__(self, means: Means, organisation: str) -> None:
        self._means = means
        self._organisation = organisation

    def preview(self, wanted: NewRepricing, heard: Heard) -> Told:
        opened = open_repricing(self._means, self._organisation, wanted)
        return told(run_preview(self._means, opened, heard), None)

    def write(self, previewed: Told, heard: Heard) -> Told:
        ready = repricing_of(self._means.control, self._organisation, previewed.id)
        return told(run_writing(self._means, decide(self._means, ready, at_terminal(), adjust=True), heard), None)

    def drop(self, previewed: Told) -> None:
        drop(self._means, repricing_of(self._means.control, self._organisation, previewed.id), at_terminal())


class _Served:
    """The server that holds the ledger."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server

    def preview(self, wanted: NewRepricing, heard: Heard) -> Told:
        asked = Request(do="open", scope=wanted.scope, move=wanted.move, undoes=wanted.undoes)
        return self._ended(self._ask(asked), "previewing", heard)

    def write(self, previewed: Told, heard: Heard) -> Told:
        return self._ended(self._ask(Request(do="write", id=previewed.id, by=at_terminal())), "writing", heard)

    def drop(self, previewed: Told) -> None:
        self._ask(Request(do="drop", id=previewed.id, by=at_terminal()))

    def _ended(self, found: Told, running: str, heard: Heard) -> Told:
        while found.state == running and found.error is None:
            heard(found.done, found.total)
            sleep(POLL_SECONDS)
            found = self._ask(Request(do="look", id=found.id))
        return found

    def _ask(self, request: Request) -> Told:
        return msgspec.json.decode(self._server.ask(REPRICE, msgspec.json.encode(request)), type=Told)


def _shown(what: str, work: Callable[[Heard], Told]) -> Told:
    """Run the work with a progress bar, where a terminal is."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    with Progress(
        *columns, TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(what, total=None)
        return work(lambda done, total: bar.update(task, completed=done, total=total or None))


def _checked(found: Told) -> Told:
    if found.error is not None:
        raise OutlayError(f"it broke off: {found.error}. {AGAIN}")
    return found
