"""`outlay teams`: create, list, change and archive teams, whether or not a server is running."""

from typing import TypedDict, Unpack

import click

from outlay.cli.options import at_terminal, data_option, exits_cleanly, opened_control, tenant_option
from outlay.config import load_settings
from outlay.control.entities import COLOUR_SLOTS
from outlay.control.members import member_of_email
from outlay.control.teams import (
    TeamSearch,
    TeamSettings,
    archive_team,
    change_team,
    create_team,
    find_teams,
    restore_team,
    set_leads,
    team_of_id,
)
from outlay.kit.clock import SystemClock

_AT_ONCE = 1_000


class Decided(TypedDict):
    """What is decided about a team: options of `create` and `set`. None: not given."""

    parent: str | None
    cost_centre: str | None
    colour: int | None
    leads: tuple[str, ...]


_parent = click.option("--parent", metavar="TEAM", help="The team above it, by id; '' for none.")
_cost_centre = click.option("--cost-centre", help="What accounting calls it.")
_colour = click.option("--colour", type=click.IntRange(0, COLOUR_SLOTS - 1), help="Its colour in charts.")
_leads = click.option("--lead", "leads", multiple=True, metavar="EMAIL", help="Who leads it; may be given repeatedly.")


@click.group()
def teams() -> None:
    """Teams: who spends together."""


@teams.command()
@click.argument("name")
@click.option("--id", "team", help="What events name the team by; else it is made from the name.")
@_parent
@_cost_centre
@_colour
@_leads
@tenant_option
@data_option
@exits_cleanly
def create(*, name: str, team: str | None, named: str | None, data: str | None, **decided: Unpack[Decided]) -> None:
    """Create the team NAME and print its id."""
    now, by = SystemClock().now(), at_terminal()
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        leads = [member_of_email(control, organisation, each).id for each in decided["leads"]]
        wanted = TeamSettings(
            name=name,
            parent=decided["parent"] or None,
            cost_centre=decided["cost_centre"] or "",
            colour_slot=decided["colour"],
        )
        made = create_team(control, organisation, wanted, by, now, team)
        if leads:
            set_leads(control, organisation, made.id, leads, by, now)
    click.echo(made.id)


@teams.command("set")
@click.argument("team")
@click.option("--name", help="Another name.")
@_parent
@_cost_centre
@_colour
@_leads
@click.option("--no-lead", is_flag=True, help="Nobody leads it any more.")
@tenant_option
@data_option
@exits_cleanly
def set_team(
    *,
    team: str,
    name: str | None,
    no_lead: bool,
    named: str | None,
    data: str | None,
    **decided: Unpack[Decided],
) -> None:
    """Change the team with the id TEAM; what is not given stays."""
    now, by = SystemClock().now(), at_terminal()
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        kept = team_of_id(control, organisation, team)
        leads = [member_of_email(control, organisation, each).id for each in decided["leads"]]
        wanted = TeamSettings(
            name=name or kept.name,
            parent=kept.parent if decided["parent"] is None else decided["parent"] or None,
            cost_centre=kept.cost_centre if decided["cost_centre"] is None else decided["cost_centre"],
            colour_slot=decided["colour"],
        )
        changed = change_team(control, organisation, team, wanted, by, now)
        if leads or no_lead:
            set_leads(control, organisation, team, leads, by, now)
    click.echo(f"{changed.name} ({changed.id}) is changed", err=True)


@teams.command()
@click.argument("team")
@tenant_option
@data_option
@exits_cleanly
def archive(*, team: str, named: str | None, data: str | None) -> None:
    """Take the team with the id TEAM out of use: nobody is in it any more, what it spent stays."""
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        archive_team(control, organisation, team, at_terminal(), SystemClock().now())
    click.echo(f"{team} is archived", err=True)


@teams.command()
@click.argument("team")
@tenant_option
@data_option
@exits_cleanly
def restore(*, team: str, named: str | None, data: str | None) -> None:
    """Take the archived team with the id TEAM back into use."""
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        restore_team(control, organisation, team, at_terminal(), SystemClock().now())
    click.echo(f"{team} is in use", err=True)


@teams.command("list")
@click.option("--archived", is_flag=True, help="The archived ones instead.")
@tenant_option
@data_option
@exits_cleanly
def list_teams(*, archived: bool, named: str | None, data: str | None) -> None:
    """List the teams by name, one a line, tabs between the columns."""
    now = SystemClock().now()
    click.echo("id\tname\tparent\tcost centre\tmembers")
    after: tuple[str, str] | None = None
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        while True:
            search = TeamSearch(at=now, archived=archived, after=after, limit=_AT_ONCE)
            page = find_teams(control, organisation, search).teams
            for each in page:
                click.echo(f"{each.id}\t{each.name}\t{each.parent or '-'}\t{each.cost_centre or '-'}\t{each.members}")
            if len(page) < _AT_ONCE:
                return
            after = page[-1].place
