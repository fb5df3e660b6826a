"""`outlay keys`: make, list and revoke API keys, whether or not a server is running.

`create` prints the key and nothing else on stdout, so that scripts can take it as it is.
"""

from datetime import timedelta
from typing import TypedDict, Unpack, cast, get_args

import click
from msgspec.structs import replace

from outlay.access.keys import SCOPES, ApiKey, NewKey, Scope, create_key, key_named, keys_of, revoke_key, usual_scopes
from outlay.cli.options import data_option, exits_cleanly, opened_control
from outlay.config import load_settings
from outlay.kit.clock import SystemClock
from outlay.usage import AGENT_TYPES, AgentType


@click.group()
def keys() -> None:
    """API keys: for sending events and for reading."""


class Bindings(TypedDict):
    """Whom a key's calls are attributed to: the options of `create` that are fields of `NewKey` as they are."""

    user: str | None
    team: str | None
    agent: str | None
    agent_type: AgentType | None
    pod: str | None
    tags: tuple[str, ...]


def _scopes(context: click.Context, parameter: click.Parameter, value: str | None) -> frozenset[Scope] | None:
    del context, parameter
    if value is None:
        return None
    named = {each.strip() for each in value.split(",") if each.strip()}
    if not named or named - SCOPES:
        raise click.BadParameter(f"take {', '.join(get_args(Scope))}, or several with commas between")
    return cast("frozenset[Scope]", frozenset(named))


@keys.command()
@click.argument("name")
@click.option(
    "--scope",
    callback=_scopes,
    metavar="SCOPES",
    help="What the key may do: send, read, admin, or several with commas between. send,read by default; send for a key "
    "bound to an agent, agent type, pod or tag but to no user or team: it would read the whole organisation.",
)
@click.option("--user", help="Every call is this user's; reading sees what this user's member sees.")
@click.option("--team", help="Every call is this team's; without a user, reading sees this team.")
@click.option("--agent", help="Every call is this agent's.")
@click.option("--agent-type", type=click.Choice(AGENT_TYPES), help="The type of the agent.")
@click.option("--pod", help="Every call is this pod's.")
@click.option(
    "--tag", "tags", multiple=True, metavar="KEY:VALUE", help="A tag for every call; may be given repeatedly."
)
@click.option("--days", type=click.IntRange(min=1, max=36_500), help="Days until the key expires; never without it.")
@data_option
@exits_cleanly
def create(
    *, name: str, scope: frozenset[Scope] | None, days: int | None, data: str | None, **bound: Unpack[Bindings]
) -> None:
    """Create the key NAME and print it, alone, on stdout. It can't be shown again."""
    now = SystemClock().now()
    expires_at = None if days is None else now + timedelta(days=days)
    wanted = NewKey(name=name, expires_at=expires_at, **bound)
    wanted = replace(wanted, scopes=scope or usual_scopes(wanted))
    settings = load_settings(overrides={"data": data})
    with opened_control(settings) as (control, organisation):
        key, plaintext = create_key(control, organisation, wanted, now)
    # Where it was made is said, because a key of another directory than the server's is unknown to the server.
    may = " and ".join(sorted(key.scopes))
    click.echo(f"key {key.name} ({key.prefix}) in {settings.data_dir} may {may}; this is shown once:", err=True)
    click.echo(plaintext)


@keys.command("list")
@click.option("--all", "also_ended", is_flag=True, help="Revoked and expired keys too.")
@data_option
@exits_cleanly
def list_keys(*, also_ended: bool, data: str | None) -> None:
    """List the keys in force, newest first, one a line, tabs between the columns."""
    now = SystemClock().now()
    with opened_control(load_settings(overrides={"data": data})) as (control, organisation):
        found = keys_of(control, organisation)
    click.echo("name\tkey\tscopes\tbound to\tcreated\tlast used\tstate")
    for key in found:
        if also_ended or key.in_force(now):
            state = "in force" if key.in_force(now) else "revoked" if key.revoked_at else "expired"
            click.echo("\t".join([*_columns(key), state]))


@keys.command()
@click.argument("name")
@data_option
@exits_cleanly
def revoke(*, name: str, data: str | None) -> None:
    """End the key NAME (or its id, or the 8 characters after outlay_) at once."""
    with opened_control(load_settings(overrides={"data": data})) as (control, organisation):
        key = key_named(control, organisation, name)
        revoke_key(control, organisation, key.id, SystemClock().now())
    click.echo(f"key {key.name} ({key.prefix}) is revoked", err=True)


def _columns(key: ApiKey) -> list[str]:
    bindings = {"user": key.user, "team": key.team, "agent": key.agent, "type": key.agent_type, "pod": key.pod}
    bound = [f"{name}={value}" for name, value in bindings.items() if value] + [f"tag={tag}" for tag in key.tags]
    used = f"{key.last_used_at:%Y-%m-%d %H:%M}Z" if key.last_used_at else "never"
    scopes = ",".join(sorted(key.scopes))
    return [key.name, key.prefix, scopes, " ".join(bound) or "-", f"{key.created_at:%Y-%m-%d}", used]
