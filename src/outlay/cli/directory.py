"""`outlay sign-on groups` and `outlay sign-on scim`: what a provider's groups mean, and the tokens it calls with."""

import click

from outlay.access.group_mapping import map_group, mapping_of, unmap_group
from outlay.access.scim.tokens import create_token, revoke_token, tokens_of
from outlay.access.viewer import ROLES
from outlay.cli.options import at_terminal, data_option, exits_cleanly, opened_control, organisation_option
from outlay.config import load_settings
from outlay.control.group_rules import GroupRule
from outlay.kit.clock import SystemClock


@click.group()
def groups() -> None:
    """What a provider's groups mean here."""


@groups.command("list")
@organisation_option
@data_option
@exits_cleanly
def list_groups(*, named: str | None, data: str | None) -> None:
    """List the groups that mean something, one a line, tabs between the columns."""
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        rules = mapping_of(control, organisation)
    click.echo("group\trole\tteams")
    for each in rules:
        click.echo("\t".join([each.group, each.role or "-", " ".join(each.teams) or "-"]))


@groups.command("set")
@click.argument("group")
@click.option("--role", type=click.Choice(ROLES), help="The role that whoever is in it gets.")
@click.option("--team", "teams", multiple=True, metavar="TEAM", help="A team they are in; may be given repeatedly.")
@organisation_option
@data_option
@exits_cleanly
def set_group(*, group: str, role: str | None, teams: tuple[str, ...], named: str | None, data: str | None) -> None:
    """Say what GROUP means, as the provider names it, in place of what was said before."""
    rule = GroupRule(group=group, role=role, teams=teams)
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        map_group(control, organisation, rule, at_terminal(), SystemClock().now())
    click.echo(f"that is what {group} means from now on", err=True)


@groups.command("remove")
@click.argument("group")
@organisation_option
@data_option
@exits_cleanly
def remove_group(*, group: str, named: str | None, data: str | None) -> None:
    """Forget what GROUP means; what it gave is taken."""
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        unmap_group(control, organisation, group, at_terminal(), SystemClock().now())
    click.echo(f"{group} means nothing any more", err=True)


@click.group()
def scim() -> None:
    """The tokens that a provider calls SCIM with."""


@scim.command("list")
@organisation_option
@data_option
@exits_cleanly
def list_tokens(*, named: str | None, data: str | None) -> None:
    """List the tokens in force, newest first, one a line, tabs between the columns."""
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        found = tokens_of(control, organisation)
    click.echo("id\ttoken\tcreated\tlast used")
    for each in found:
        used = "never" if each.last_used_at is None else f"{each.last_used_at:%Y-%m-%d %H:%M}Z"
        click.echo("\t".join([each.id, f"outlay_scim_…{each.hint}", f"{each.created_at:%Y-%m-%d}", used]))


@scim.command()
@organisation_option
@data_option
@exits_cleanly
def create(*, named: str | None, data: str | None) -> None:
    """Make a token and print it, alone, on stdout. It can't be shown again."""
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        _, plaintext = create_token(control, organisation, at_terminal(), SystemClock().now())
    click.echo(plaintext)


@scim.command()
@click.argument("token")
@organisation_option
@data_option
@exits_cleanly
def revoke(*, token: str, named: str | None, data: str | None) -> None:
    """End the token with the id TOKEN at once."""
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        revoke_token(control, organisation, token, at_terminal(), SystemClock().now())
    click.echo("whoever calls with it is refused now", err=True)
