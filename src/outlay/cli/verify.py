"""`outlay verify`: proves the ledger right against itself."""

import click

from outlay.app import open_outlay
from outlay.cli.options import FAILED, data_option, exits_cleanly
from outlay.config import load_settings
from outlay.ledger.verify import events_in, findings


@click.command()
@data_option
@click.pass_context
@exits_cleanly
def verify(context: click.Context, data: str | None) -> None:
    """Check the ledger: no doubles, costs that add up, day sums equal to the events."""
    wrong = 0
    with open_outlay(load_settings(overrides={"data": data})) as outlay, outlay.ledger.snapshot() as snapshot:
        for finding in findings(snapshot, snapshot.zone_of):
            mark = "ok" if finding.wrong == 0 else "WRONG"
            click.echo(f"{mark:5}  {finding.rule}" + (f": {finding.wrong} rows" if finding.wrong else ""))
            if finding.example:
                click.echo(f"       for example {finding.example}")
            wrong += finding.wrong > 0
        click.echo(f"{events_in(snapshot):,} events checked.")
    if wrong:
        context.exit(FAILED)
