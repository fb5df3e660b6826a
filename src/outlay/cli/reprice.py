"""`outlay reprice`: brings stored events to the prices in force, after showing what that changes.

Figures go to stdout, what is for people beside them to stderr. Works alone or through the server that holds the ledger.
"""

from decimal import Decimal

import click
from msgspec.structs import replace

from outlay.app import open_desk
from outlay.cli.adjusting import AGAIN, bounds_of, carried_out
from outlay.cli.options import data_option, exits_cleanly, interruptible
from outlay.config import load_settings
from outlay.control.repricings import NewRepricing
from outlay.intake.reprice_effect import Effect, Money


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
    with open_desk(settings) as desk, interruptible(AGAIN):
        scope = replace(bounds_of(desk, ("--from", first), ("--until", last)), **only)
        written = carried_out(desk, NewRepricing(scope=scope, undoes=undoes), _print, dry_run=dry_run, yes=yes)
    if written is not None:
        click.echo(f"Written as {written.id}. To take it back: outlay reprice --undo {written.id}", err=True)


def _print(effect: Effect) -> None:
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
