"""`outlay reprice`: brings stored events to the prices in force, after showing what that changes.

Figures go to stdout, what is for people beside them to stderr. Works alone or through the server that holds the ledger.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from decimal import Decimal
from time import sleep
from typing import Final, Protocol

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from outlay.app import Desk, open_desk, open_ledger
from outlay.cli.options import at_terminal, data_option, exits_cleanly, interruptible
from outlay.cli.reaching import check_alike
from outlay.config import load_settings
from outlay.control.organisations import organisation_of
from outlay.control.repricings import NewRepricing, Scope, repricing_of
from outlay.errors import LedgerBusy, OutlayError
from outlay.intake.handover import RunningServer, running_server
from outlay.intake.reprice import Heard
from outlay.intake.reprice_effect import Effect, Money
from outlay.intake.repricing_request import REPRICE, Request, Told, told
from outlay.intake.repricing_work import Means, decide, drop, open_repricing, run_preview, run_writing
from outlay.kit.period import day_start, parse_zone

POLL_SECONDS: Final = 0.2
AGAIN: Final = "Run the same command again: what is written stays, and nothing is written twice"


class Holder(Protocol):
    """Whoever holds the ledger: previews and writes, and tells how it ended."""

    def preview(self, scope: Scope, undoes: str | None, heard: Heard) -> Told: ...

    def write(self, previewed: Told, heard: Heard) -> Told: ...

    def drop(self, previewed: Told) -> None: ...


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would change and write nothing.")
@click.option("--from", "first", metavar="DAY", help="Only events from this local day on, as YYYY-MM-DD.")
@click.option("--until", "last", metavar="DAY", help="Only events up to and with this local day.")
@click.option("--provider", metavar="PROVIDER", help="Only events of this provider.")
@click.option("--model", metavar="MODEL", help="Only events of this model, as figures name it.")
@click.option("--service", metavar="SERVICE", help="Only events of this service.")
@click.option("--undo", "undoes", metavar="ID", help="Take this repricing back instead.")
@click.option("--yes", is_flag=True, help="Write without asking.")
@data_option
@exits_cleanly
def reprice(
    *, dry_run: bool, first: str | None, last: str | None, undoes: str | None, yes: bool, data: str | None, **only: str
) -> None:
    """Bring stored events to the prices in force.

    Shows the events whose cost would be another, with old and new cost by month and model, and asks. What changes is
    written as adjustments beside the events; a later repricing, or --undo, takes them back.
    """
    if undoes is not None and any((first, last, *only.values())):
        raise click.UsageError("--undo takes back all of a repricing; leave the other options out")
    settings = load_settings(overrides={"data": data})
    with ExitStack() as stack, interruptible(AGAIN):
        desk = stack.enter_context(open_desk(settings))
        scope = _scope(desk, first, last, only)
        holder = stack.enter_context(_holder(desk))
        previewed = _checked(_shown("Looking", lambda heard: holder.preview(scope, undoes, heard)))
        _print(previewed.effect)
        if dry_run or previewed.effect is None or not previewed.effect.events:
            holder.drop(previewed)
            return
        if not yes and not _agreed():
            holder.drop(previewed)
            return
        written = _checked(_shown("Writing", lambda heard: holder.write(previewed, heard)))
        click.echo(f"Written as {written.id}. To take it back: outlay reprice --undo {written.id}", err=True)


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise click.UsageError("nobody is there to ask; look at it with --dry-run, then add --yes")
    return click.confirm("Write these adjustments?", err=True)


def _scope(desk: Desk, first: str | None, last: str | None, only: dict[str, str]) -> Scope:
    zone = parse_zone(organisation_of(desk.control, desk.organisation).zone)

    def start_of(option: str, text: str | None, days: int) -> datetime | None:
        try:
            return (
                None if text is None else day_start(date.fromordinal(date.fromisoformat(text).toordinal() + days), zone)
            )
        except (ValueError, OverflowError):
            raise click.UsageError(f"{option} is no day such as 2026-10-01") from None

    return Scope(start=start_of("--from", first, 0), end=start_of("--until", last, 1), **only)


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

    def preview(self, scope: Scope, undoes: str | None, heard: Heard) -> Told:
        opened = open_repricing(self._means, self._organisation, NewRepricing(scope=scope, undoes=undoes))
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

    def preview(self, scope: Scope, undoes: str | None, heard: Heard) -> Told:
        return self._ended(self._ask(Request(do="open", scope=scope, undoes=undoes)), "previewing", heard)

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
        raise OutlayError(f"the repricing broke off: {found.error}. {AGAIN}")
    return found


def _print(effect: Effect | None) -> None:
    if effect is None:
        return
    click.echo(f"{effect.looked_at:,} events looked at, {effect.events:,} would cost otherwise")
    for line in effect.lines:
        name = "/".join(part for part in (line.provider, line.model or "no model") if part)
        click.echo(f"{line.month}  {name}: {_moved(line.old, line.new, line.events)}{_priced(line)}")
    if effect.unlisted:
        click.echo(f"and {effect.unlisted:,} more lines of smaller differences")
    if effect.events:
        click.echo(f"in all: {_moved(effect.old, effect.new, effect.events)}{_priced(effect)}")
    for count, why in (
        (effect.refused, "would cost more than one event can; they stay as they are"),
        (effect.kept, "were repriced again since; they stay as they are"),
    ):
        if count:
            click.echo(f"{count:,} events {why}")


def _moved(old: str, new: str, events: int) -> str:
    difference = Decimal(new) - Decimal(old)
    sign = "+" if difference >= 0 else "-"
    return f"{events:,} {'event' if events == 1 else 'events'}, ${old} -> ${new} ({sign}${abs(difference):f})"


def _priced(figures: Money) -> str:
    before, after = figures.unpriced_before, figures.unpriced_after
    return f", unpriced {before:,} -> {after:,}" if before or after else ""
