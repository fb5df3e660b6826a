"""`outlay members move`: moves what a person spent already from one team to another, after showing what that is."""

from typing import TypedDict, Unpack

import click
from msgspec.structs import replace

from outlay.app import Desk, open_desk
from outlay.cli.adjusting import AGAIN, bounds_of, carried_out
from outlay.cli.options import data_option, exits_cleanly, interruptible
from outlay.config import load_settings
from outlay.control.members import member_of_email
from outlay.control.moves import undoing, wanted_move
from outlay.control.repricings import NewRepricing
from outlay.control.team_names import NO_TEAM
from outlay.intake.reprice_effect import Effect


class Asked(TypedDict):
    """Which calls become whose, as it is typed."""

    old: str | None
    new: str | None
    since: str | None
    until: str | None


@click.command()
@click.argument("email")
@click.option("--from", "old", metavar="TEAM", help="The team that has the calls now; '' for those of no team.")
@click.option("--to", "new", metavar="TEAM", help="The team that gets them.")
@click.option("--since", metavar="DAY", help="Only calls from this local day on, as YYYY-MM-DD.")
@click.option("--until", metavar="DAY", help="Only calls up to and with this local day.")
@click.option("--dry-run", is_flag=True, help="Show what would move and write nothing.")
@click.option("--undo", "undoes", metavar="ID", help="Take this move back instead.")
@click.option("--yes", is_flag=True, help="Write without asking.")
@data_option
@exits_cleanly
def move(*, email: str, dry_run: bool, undoes: str | None, yes: bool, data: str | None, **asked: Unpack[Asked]) -> None:
    """Move past calls of the member EMAIL from one team to another.

    Shows by month what would move, and asks. It is written as adjustments beside the calls; --undo takes them back.
    """
    if undoes is not None and any(each is not None for each in asked.values()):
        raise click.UsageError("--undo takes back all of a move; leave the other options out")
    if undoes is None and (asked["old"] is None or not asked["new"] or asked["since"] is None):
        raise click.UsageError("say --from which team --to which, and --since when")
    with open_desk(load_settings(overrides={"data": data})) as desk, interruptible(AGAIN):
        wanted = _wanted(desk, email, undoes, asked)
        click.echo(_way(wanted))
        written = carried_out(desk, wanted, _print, dry_run=dry_run, yes=yes)
    if written is not None:
        click.echo(
            f"Written as {written.id}. To take it back: outlay members move {email} --undo {written.id}", err=True
        )


def _wanted(desk: Desk, email: str, undoes: str | None, asked: Asked) -> NewRepricing:
    member = member_of_email(desk.control, desk.organisation, email)
    if undoes is not None:
        return undoing(desk.control, member, undoes)
    scope = bounds_of(desk, ("--since", asked["since"]), ("--until", asked["until"]))
    wanted = wanted_move(desk.control, member, asked["old"] or "", asked["new"] or "")
    return replace(wanted, scope=replace(wanted.scope, start=scope.start, end=scope.end))


def _way(wanted: NewRepricing) -> str:
    """Return whose calls go from which team to which, by their names."""
    move = wanted.move
    if move is None:
        raise RuntimeError("only moves are moved")
    old, new = move.old_name or move.old or NO_TEAM, move.new_name or move.new
    if wanted.undoes is not None:
        return f"Past calls of {move.name}, back from {new} to {old}"
    return f"Past calls of {move.name}, from {old} to {new}"


def _print(effect: Effect) -> None:
    click.echo(f"{effect.looked_at:,} events looked at, {effect.events:,} would move")
    for month, each in (*((line.month, line) for line in effect.lines), ("in all", effect)):
        unpriced = f", unpriced {each.unpriced_after:,}" if each.unpriced_after else ""
        counts = f"{each.events:,} events, {each.requests:,} requests, {each.tokens:,} tokens"
        click.echo(f"{month}: {counts}, ${each.new}{unpriced}")
    if effect.kept:
        click.echo(f"{effect.kept:,} events were moved again since; they stay where they are")
