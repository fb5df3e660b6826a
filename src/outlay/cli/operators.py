"""`outlay operators`: who may create, suspend and delete organisations. Only who can reach the machine makes one."""

import click

from outlay.access.links import create_link, link_url
from outlay.cli.options import at_terminal, data_option, exits_cleanly, opened_control
from outlay.config import load_settings
from outlay.control.database import Control
from outlay.control.members import Member, NewMember, member_of_email, members_of
from outlay.control.operators import add_operator, remove_operator
from outlay.control.organisations import OPERATORS, operators_organisation
from outlay.errors import Conflict, NotFound
from outlay.kit.clock import SystemClock


@click.group()
def operators() -> None:
    """Who operates this installation: its organisations, not what is in them."""


@operators.command()
@click.argument("email")
@click.option("--name", default="", help="Their name; else what stands before the @.")
@data_option
@exits_cleanly
def add(*, email: str, name: str, data: str | None) -> None:
    """Make EMAIL an operator and print a link, alone, on stdout that signs them in once within 24 hours."""
    settings = load_settings(overrides={"data": data})
    now = SystemClock().now()
    with opened_control(settings) as (control, _):
        member = add_operator(control, NewMember(email=email, name=name, role="member"), at_terminal(), now)
        token = create_link(control, member, at_terminal(), now)
    click.echo(f"{member.email} is an operator now", err=True)
    click.echo(link_url(settings, token))


@operators.command()
@click.argument("email")
@data_option
@exits_cleanly
def link(*, email: str, data: str | None) -> None:
    """Print a link, alone, on stdout that signs the operator EMAIL in once within 24 hours."""
    settings = load_settings(overrides={"data": data})
    with opened_control(settings) as (control, _):
        member = _operator(control, email)
        if member.disabled_at is not None:
            raise Conflict(f"{member.email} is no operator any more")
        token = create_link(control, member, at_terminal(), SystemClock().now())
    click.echo(link_url(settings, token))


@operators.command()
@click.argument("email")
@data_option
@exits_cleanly
def remove(*, email: str, data: str | None) -> None:
    """Take the right from EMAIL; they are signed out at once."""
    with opened_control(load_settings(overrides={"data": data})) as (control, _):
        member = _operator(control, email)
        remove_operator(control, member, at_terminal(), SystemClock().now())
    click.echo(f"{member.email} is no operator any more", err=True)


@operators.command("list")
@data_option
@exits_cleanly
def list_operators(*, data: str | None) -> None:
    """List the operators by e-mail, tabs between the columns."""
    with opened_control(load_settings(overrides={"data": data})) as (control, _):
        operators_organisation(control, SystemClock().now())
        found = members_of(control, OPERATORS)
    click.echo("email\tname\tstate")
    for each in found:
        click.echo("\t".join([each.email, each.name, "active" if each.disabled_at is None else "removed"]))


def _operator(control: Control, email: str) -> Member:
    try:
        return member_of_email(control, OPERATORS, email)
    except NotFound:
        raise NotFound(f"{email} is no operator") from None
