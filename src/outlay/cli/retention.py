"""`outlay retention`: does now what a running server does by itself, for who runs none."""

import click

from outlay.app import open_outlay
from outlay.cli.options import data_option, exits_cleanly
from outlay.config import load_settings
from outlay.control.organisations import every_organisation, first_day_kept
from outlay.intake.upkeep import Upkeep


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say from which day on each organisation keeps data.")
@data_option
@exits_cleanly
def retention(*, dry_run: bool, data: str | None) -> None:
    """Remove what is older than each organisation keeps, and count days in a zone that was changed meanwhile."""
    with open_outlay(load_settings(overrides={"data": data})) as outlay:
        for each in every_organisation(outlay.control):
            day = first_day_kept(each, outlay.clock.now())
            click.echo(f"{each.id}: {'keeps everything' if day is None else f'keeps data from {day} on'}")
        if not dry_run:
            Upkeep(outlay.control, outlay.ledger, outlay.clock).work()
