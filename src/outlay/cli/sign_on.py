"""`outlay sign-on`: providers, and the ways out when single sign-on stands in somebody's way, server running or not."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypedDict, Unpack

import click
from msgspec import Struct
from msgspec.structs import replace

from outlay.access.only_sign_on import is_only, put_only
from outlay.access.secrets import SecretKeys
from outlay.access.single_sign_on.admission import unlink_member
from outlay.access.single_sign_on.flow import SingleSignOn
from outlay.access.viewer import ROLES
from outlay.cli.directory import groups, scim
from outlay.cli.options import at_terminal, data_option, exits_cleanly, opened_control, organisation_option
from outlay.config import load_settings
from outlay.control.database import Control
from outlay.control.members import member_of_email
from outlay.control.sign_on_checks import ProviderSettings
from outlay.control.sign_on_providers import ProviderBook
from outlay.kit.clock import SystemClock


class _Opened(Struct, frozen=True):
    control: Control
    organisation: str
    book: ProviderBook


@contextmanager
def _opened(data: str | None, named: str | None) -> Iterator[_Opened]:
    settings = load_settings(overrides={"data": data})
    with opened_control(settings, named) as (control, organisation):
        seals = SecretKeys(settings.data_dir, settings.secret_key)
        yield _Opened(control, organisation, ProviderBook(control, seals, SystemClock()))


@click.group("sign-on")
def sign_on() -> None:
    """Single sign-on by an organisation's own provider."""


sign_on.add_command(groups)
sign_on.add_command(scim)


@sign_on.command("list")
@organisation_option
@data_option
@exits_cleanly
def list_providers(*, named: str | None, data: str | None) -> None:
    """List the providers by name, one a line, tabs between the columns."""
    with _opened(data, named) as opened:
        found = opened.book.all_of(opened.organisation)
        only = is_only(opened.control, opened.organisation)
    click.echo("id\tname\tissuer\tdomains\tstate")
    for each in found:
        state = "on" if each.settings.enabled else "off"
        click.echo("\t".join([each.id, each.name, each.settings.issuer, " ".join(each.settings.domains), state]))
    if only:
        click.echo("single sign-on is the only way in", err=True)


class Provider(TypedDict):
    """What is added: the options of `add` that are fields of `ProviderSettings` as they are."""

    name: str
    issuer: str
    client_id: str
    domains: tuple[str, ...]
    groups_claim: str
    creates_members: bool
    default_role: str
    allow_private: bool


@sign_on.command()
@click.argument("name")
@click.option("--issuer", required=True, metavar="URL", help="As the provider writes it, to the letter.")
@click.option("--client-id", required=True, metavar="ID", help="What the provider calls Outlay.")
@click.option(
    "--domain", "domains", multiple=True, required=True, metavar="DOMAIN", help="An e-mail domain it signs in."
)
@click.option("--secret-stdin", is_flag=True, help="Read the client secret from standard input.")
@click.option("--groups-claim", default="", metavar="CLAIM", help="The claim that names groups.")
@click.option("--creates-members", is_flag=True, help="Who is no member yet becomes one at the first sign-in.")
@click.option(
    "--role", "default_role", default="member", type=click.Choice(ROLES), show_default=True, help="Role of new members."
)
@click.option("--private", "allow_private", is_flag=True, help="It lies in the private network or on this machine.")
@organisation_option
@data_option
@exits_cleanly
def add(*, secret_stdin: bool, named: str | None, data: str | None, **provider: Unpack[Provider]) -> None:
    """Add the provider NAME and print its id. It must know Outlay's address /sign-in/sso/ID/callback."""
    secret = sys.stdin.read().strip() if secret_stdin else None
    with _opened(data, named) as opened:
        made = opened.book.add(opened.organisation, ProviderSettings(**provider), secret, at_terminal())
    click.echo(made.id)


@sign_on.command()
@click.argument("provider")
@organisation_option
@data_option
@exits_cleanly
def disable(*, provider: str, named: str | None, data: str | None) -> None:
    """Let nobody sign in by the provider with the id PROVIDER until it is enabled again; what is set of it stays."""
    _switch(data, named, provider, enabled=False)


@sign_on.command()
@click.argument("provider")
@organisation_option
@data_option
@exits_cleanly
def enable(*, provider: str, named: str | None, data: str | None) -> None:
    """Let people sign in by the provider with the id PROVIDER again."""
    _switch(data, named, provider, enabled=True)


@sign_on.command("test")
@click.argument("provider")
@organisation_option
@data_option
@exits_cleanly
def try_provider(*, provider: str, named: str | None, data: str | None) -> None:
    """Ask the provider with the id PROVIDER for its configuration and keys. Exit code 1 where they can't be used."""
    with _opened(data, named) as opened:
        kept = opened.book.one_of(opened.organisation, provider)
        flow = SingleSignOn(opened.control, opened.book, SystemClock())
        keys = asyncio.run(flow.looked_at(kept))
    click.echo(f"{kept.name} answers and publishes {keys} key{'' if keys == 1 else 's'}", err=True)


@sign_on.command()
@click.argument("provider")
@organisation_option
@data_option
@exits_cleanly
def remove(*, provider: str, named: str | None, data: str | None) -> None:
    """Remove the provider with the id PROVIDER."""
    with _opened(data, named) as opened:
        opened.book.remove(opened.organisation, provider, at_terminal())
    click.echo("removed with its secret", err=True)


@sign_on.command()
@click.argument("email")
@organisation_option
@data_option
@exits_cleanly
def unlink(*, email: str, named: str | None, data: str | None) -> None:
    """Forget which accounts at providers the member EMAIL has: the next sign-in by that address links anew."""
    with _opened(data, named) as opened:
        member = member_of_email(opened.control, opened.organisation, email)
        count = unlink_member(opened.control, member, at_terminal(), SystemClock().now())
    click.echo(f"{member.email} had {count} linked account{'' if count == 1 else 's'}; none now", err=True)


@sign_on.command()
@click.option("--on/--off", "only", required=True, help="Whether single sign-on is the only way in.")
@organisation_option
@data_option
@exits_cleanly
def only(*, only: bool, named: str | None, data: str | None) -> None:
    """Say whether passwords and mailed links count, too."""
    with _opened(data, named) as opened:
        put_only(opened.control, opened.organisation, at_terminal(), SystemClock().now(), only=only)
    click.echo("single sign-on is the only way in" if only else "passwords and links count, too", err=True)


def _switch(data: str | None, named: str | None, provider: str, *, enabled: bool) -> None:
    with _opened(data, named) as opened:
        kept = opened.book.one_of(opened.organisation, provider)
        wanted = replace(kept.settings, enabled=enabled)
        if wanted != kept.settings:
            opened.book.change(opened.organisation, provider, wanted, None, at_terminal())
    click.echo(f"{kept.name} is {'on' if enabled else 'off'}", err=True)
