"""`outlay members`: add people, change and list them, and make sign-in links, whether or not a server is running."""

import sys
from contextlib import suppress
from typing import Final, TypedDict, Unpack

import click
from msgspec import UNSET

from outlay.access.links import create_link, link_url
from outlay.access.passwords import Passwords
from outlay.access.roles import parse_role
from outlay.access.second_factor import remove_second_factor
from outlay.access.viewer import ROLES
from outlay.cli.lazy import Later, LazyGroup
from outlay.cli.options import at_terminal, data_option, exits_cleanly, opened_control, tenant_option
from outlay.config import load_settings
from outlay.control.credentials import set_password_hash
from outlay.control.member_changes import MemberChange, change_member, disable_member, enable_member
from outlay.control.members import NewMember, create_member, member_of_email, members_of
from outlay.errors import Conflict, NotFound
from outlay.kit.clock import SystemClock

# Moving needs the ledger and what opens it, all else the control database alone.
_LATER: Final = {"move": Later("outlay.cli.move:move", "Move past calls of the member EMAIL from one team to another.")}


@click.group(cls=LazyGroup, later=_LATER)
def members() -> None:
    """People who sign in."""


class Person(TypedDict):
    """Who is added: the options of `add` that are fields of `NewMember` as they are."""

    email: str
    name: str
    user: str | None
    teams: tuple[str, ...]
    teams_led: tuple[str, ...]


@members.command()
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), default="member", show_default=True, help="What they may see and do.")
@click.option("--name", default="", help="Their name; else what stands before the @.")
@click.option("--user", help="The user id in events that is this person.")
@click.option(
    "--team", "teams", multiple=True, metavar="TEAM", help="A team they are in; the first is the primary one."
)
@click.option("--leads", "teams_led", multiple=True, metavar="TEAM", help="A team they lead; may be given repeatedly.")
@click.option("--password-stdin", is_flag=True, help="Read a password from standard input.")
@tenant_option
@data_option
@exits_cleanly
def add(*, role: str, password_stdin: bool, named: str | None, data: str | None, **person: Unpack[Person]) -> None:
    """Add the member EMAIL. Without a password they sign in with `outlay members link`."""
    # Hashed first: a password that is refused must not leave a member behind.
    password_hash = Passwords().hash(_read_password(), (person["email"], person["name"])) if password_stdin else None
    wanted = NewMember(role=parse_role(role), **person)
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        member = create_member(control, organisation, wanted, at_terminal(), SystemClock().now())
        if password_hash is not None:
            set_password_hash(control, organisation, member.id, password_hash, at_terminal(), SystemClock().now())
    click.echo(f"{member.email} is {member.role} now", err=True)


@members.command()
@click.argument("email")
@tenant_option
@data_option
@exits_cleanly
def link(*, email: str, named: str | None, data: str | None) -> None:
    """Print a link, alone, on stdout that signs the member EMAIL in once within 24 hours."""
    settings = load_settings(overrides={"data": data})
    with opened_control(settings, named) as (control, organisation):
        member = member_of_email(control, organisation, email)
        if member.disabled_at is not None:
            raise Conflict(f"{member.email} is disabled")
        token = create_link(control, member, at_terminal(), SystemClock().now())
    click.echo(link_url(settings, token))


@members.command("set")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), help="What they may see and do.")
@click.option("--name", help="Their name.")
@click.option("--user", help="The user id in events that is this person; '' for none.")
@click.option("--team", "teams", multiple=True, metavar="TEAM", help="The teams they are in from now on; '' for none.")
@click.option("--leads", "teams_led", multiple=True, metavar="TEAM", help="The teams they lead; '' for none.")
@tenant_option
@data_option
@exits_cleanly
def set_member(
    *,
    email: str,
    teams: tuple[str, ...],
    teams_led: tuple[str, ...],
    named: str | None,
    data: str | None,
    **person: str | None,
) -> None:
    """Change the member EMAIL; what is not given stays. Calls that are stored keep their team."""
    given = {name: value for name, value in person.items() if value is not None}
    wanted = MemberChange(
        **given,
        teams=tuple(filter(None, teams)) if teams else UNSET,
        teams_led=tuple(filter(None, teams_led)) if teams_led else UNSET,
    )
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        member = member_of_email(control, organisation, email)
        change_member(control, organisation, member.id, wanted, at_terminal(), SystemClock().now())
    click.echo(f"{member.email} is changed", err=True)


@members.command()
@click.argument("email")
@tenant_option
@data_option
@exits_cleanly
def disable(*, email: str, named: str | None, data: str | None) -> None:
    """Take the access of the member EMAIL at once; what they spent stays theirs."""
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        member = member_of_email(control, organisation, email)
        disable_member(control, organisation, member.id, at_terminal(), SystemClock().now())
    click.echo(f"{member.email} has no access any more", err=True)


@members.command()
@click.argument("email")
@tenant_option
@data_option
@exits_cleanly
def enable(*, email: str, named: str | None, data: str | None) -> None:
    """Give the member EMAIL access again."""
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        member = member_of_email(control, organisation, email)
        enable_member(control, organisation, member.id, at_terminal(), SystemClock().now())
    click.echo(f"{member.email} has access again", err=True)


@members.command("reset-second-factor")
@click.argument("email")
@tenant_option
@data_option
@exits_cleanly
def reset_second_factor(*, email: str, named: str | None, data: str | None) -> None:
    """Remove the second factor of the member EMAIL, who lost it. Their password or a link lets them in then."""
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        member = member_of_email(control, organisation, email)
        with suppress(NotFound):  # there is none: what is wanted is done
            remove_second_factor(control, member, at_terminal(), SystemClock().now())
    click.echo(f"{member.email} has no second factor any more", err=True)


@members.command("list")
@tenant_option
@data_option
@exits_cleanly
def list_members(*, named: str | None, data: str | None) -> None:
    """List all members by e-mail, one a line, tabs between the columns."""
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        found = members_of(control, organisation)
    click.echo("email\tname\trole\tleads\tuser\tstate")
    for each in found:
        state = "active" if each.disabled_at is None else "disabled"
        click.echo(
            "\t".join([each.email, each.name, each.role, " ".join(each.teams_led) or "-", each.user or "-", state])
        )


def _read_password() -> str:
    try:
        text = sys.stdin.read()
    except UnicodeDecodeError as error:
        raise click.UsageError("the password on standard input is no text in this terminal's encoding") from error
    return text.removesuffix("\n").removesuffix("\r")
