"""`outlay keys`: make, list, change, rotate and revoke API keys, whether or not a server is running.

`create` and `rotate` print the key and nothing else on stdout, so that scripts can take it as it is.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, TypedDict, Unpack, cast

import click
from msgspec.structs import replace

from outlay.access.key_changes import change_key, create_key, retire_secret, revoke_key, rotate_key
from outlay.access.key_search import KEY_STATES, KeyPage, KeySearch, KeyState, find_keys
from outlay.access.keys import SCOPES, ApiKey, NewKey, Scope, key_named, secrets_of, usual_scopes
from outlay.access.own_keys import let_members_make_keys
from outlay.cli.options import at_terminal, data_option, exits_cleanly, opened_control, organisation_option
from outlay.config import load_settings
from outlay.kit.clock import SystemClock
from outlay.usage import AGENT_TYPES, AgentType

AT_ONCE: Final = 500  # keys that are read together

_BOUND: Final = ("user", "team", "agent", "agent_type", "pod")


@click.group()
def keys() -> None:
    """API keys: for sending events, calling models, reading and administering."""


class Limits(TypedDict):
    """What a key is bound to and may call: the options that are fields of `NewKey` as they are."""

    user: str | None
    team: str | None
    agent: str | None
    agent_type: AgentType | None
    pod: str | None
    tags: tuple[str, ...]
    models: tuple[str, ...]
    providers: tuple[str, ...]


def _scopes(context: click.Context, parameter: click.Parameter, value: str | None) -> frozenset[Scope] | None:
    del context, parameter
    if value is None:
        return None
    named = {each.strip() for each in value.split(",") if each.strip()}
    if not named or named - set(SCOPES):
        raise click.BadParameter(f"take {', '.join(SCOPES)}, or several with commas between")
    return cast("frozenset[Scope]", frozenset(named))


_LIMITS: Final = (
    click.option("--user", help="Every call is this user's; reading sees what this user's member sees."),
    click.option("--team", help="Every call is this team's; without a user, reading sees this team."),
    click.option("--agent", help="Every call is this agent's."),
    click.option("--agent-type", type=click.Choice(AGENT_TYPES), help="The type of the agent."),
    click.option("--pod", help="Every call is this pod's."),
    click.option("--tag", "tags", multiple=True, metavar="KEY:VALUE", help="A tag for every call; repeatable."),
    click.option(
        "--model",
        "models",
        multiple=True,
        metavar="NAME",
        help="Calls through the gateway only this model, such as gpt-4o-mini or gpt-4o*; repeatable.",
    ),
    click.option(
        "--provider",
        "providers",
        multiple=True,
        metavar="NAME",
        help="Calls through the gateway only this provider; repeatable.",
    ),
    click.option("--days", type=click.IntRange(min=1, max=36_500), help="Days until the key expires; else never."),
)


def _limits(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_LIMITS):
        command = option(command)
    return command


@keys.command()
@click.argument("name")
@click.option(
    "--scope",
    callback=_scopes,
    metavar="SCOPES",
    help="What the key may do: send, gateway, read, admin, or several with commas between. All but admin by default; "
    "without read for a key bound to an agent, agent type, pod or tag but to no user or team: it would read the whole "
    "organisation.",
)
@_limits
@organisation_option
@data_option
@exits_cleanly
def create(
    *,
    name: str,
    scope: frozenset[Scope] | None,
    days: int | None,
    named: str | None,
    data: str | None,
    **limits: Unpack[Limits],
) -> None:
    """Create the key NAME and print it, alone, on stdout. It can't be shown again."""
    now = SystemClock().now()
    wanted = NewKey(name=name, expires_at=_in_days(now, days), **limits)
    wanted = replace(wanted, scopes=scope or usual_scopes(wanted))
    settings = load_settings(overrides={"data": data})
    with opened_control(settings, named) as (control, organisation):
        key, plaintext = create_key(control, organisation, wanted, at_terminal(), now)
    # Where it was made is said, because a key of another directory than the server's is unknown to the server.
    may = " and ".join(each for each in SCOPES if each in key.scopes)
    click.echo(f"key {key.name} ({key.prefix}) in {settings.data_dir} may {may}; this is shown once:", err=True)
    click.echo(plaintext)


@keys.command("list")
@click.option("--all", "also_ended", is_flag=True, help="Revoked and expired keys too.")
@click.option("--state", type=click.Choice(KEY_STATES), default="in_force", help="Only keys in this state.")
@click.option("--search", "text", default="", metavar="TEXT", help="Only keys with this in name, key or binding.")
@organisation_option
@data_option
@exits_cleanly
def list_keys(*, also_ended: bool, state: KeyState, text: str, named: str | None, data: str | None) -> None:
    """List the keys in force, newest first, one a line, tabs between the columns."""
    now = SystemClock().now()
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        click.echo("name\tkey\tscopes\tbound to\tmay call\tcreated\tlast used\tstate")
        search = KeySearch(organisation=organisation, text=text, state="all" if also_ended else state)
        after: tuple[datetime, str] | None = None
        while found := find_keys(control, search, KeyPage(AT_ONCE, after), now):
            for key in found:
                click.echo("\t".join([*_columns(key), _state(key, now)]))
            after = found[-1].created_at, found[-1].id


@keys.command()
@click.argument("name")
@organisation_option
@data_option
@exits_cleanly
def show(*, name: str, named: str | None, data: str | None) -> None:
    """Show the key NAME (or its id, or the 8 characters after outlay_) with its secrets."""
    now = SystemClock().now()
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        key = key_named(control, organisation, name)
        secrets = secrets_of(control, organisation, key.id)
    titles = ("name", "key", "scopes", "bound to", "may call", "created", "last used")
    click.echo(f"id\t{key.id}")
    for title, value in zip(titles, _columns(key), strict=True):
        click.echo(f"{title}\t{value}")
    click.echo(f"state\t{_state(key, now)}")
    click.echo(f"expires\t{_minute(key.expires_at)}")
    for each in secrets:
        until = f"counts until {_minute(each.ends_at)}" if each.ends_at else "counts"
        state = until if each.counts(now) else f"ended {_minute(each.ends_at)}"
        click.echo(
            f"secret\toutlay_{each.prefix}_…, {state}, last used {_used(each.last_used_at, each.last_used_from)}"
        )


@keys.command()
@click.argument("name")
@click.option("--name", "new_name", help="Another name; past usage is shown under it too.")
@click.option("--scope", callback=_scopes, metavar="SCOPES", help="What it may do from now on, as for create.")
@click.option("--any-model", is_flag=True, help="All models may be called.")
@click.option("--any-provider", is_flag=True, help="All providers may be called.")
@click.option("--never-expires", is_flag=True, help="It expires no more.")
@_limits
@organisation_option
@data_option
@exits_cleanly
def change(**options: Any) -> None:  # noqa: ANN401 - every option of the command, each checked by click
    """Change the key NAME: only what is given. An empty binding (--team "") takes it away; tags are replaced."""
    now = SystemClock().now()
    changes = _changes(options, now)
    if not changes:
        raise click.UsageError("say what to change")
    with opened_control(load_settings(overrides={"data": options["data"]}), options["named"]) as (
        control,
        organisation,
    ):
        key = key_named(control, organisation, options["name"])
        change_key(control, organisation, key.id, changes, at_terminal(), now)
    click.echo(f"key {key.name} ({key.prefix}) is changed: {', '.join(changes)}", err=True)


@keys.command()
@click.argument("name")
@click.option(
    "--overlap-hours",
    type=click.IntRange(min=0, max=24 * 365),
    default=24,
    show_default=True,
    help="How long the secret before counts beside the new one; 0 ends it at once.",
)
@organisation_option
@data_option
@exits_cleanly
def rotate(*, name: str, overlap_hours: int, named: str | None, data: str | None) -> None:
    """Give the key NAME a new secret and print it, alone, on stdout. It can't be shown again."""
    now = SystemClock().now()
    until = now + timedelta(hours=overlap_hours) if overlap_hours else None
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        before = key_named(control, organisation, name)
        _, plaintext = rotate_key(control, organisation, before.id, until, at_terminal(), now)
    how_long = f"counts until {_minute(until)}" if until else "counts no more"
    click.echo(f"key {before.name}: outlay_{before.prefix}_… {how_long}; the new one is shown once:", err=True)
    click.echo(plaintext)


@keys.command()
@click.argument("name")
@click.option("--secret", metavar="PREFIX", help="End only this one of its two secrets (the 8 characters).")
@organisation_option
@data_option
@exits_cleanly
def revoke(*, name: str, secret: str | None, named: str | None, data: str | None) -> None:
    """End the key NAME (or its id, or the 8 characters after outlay_) at once."""
    now = SystemClock().now()
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        key = key_named(control, organisation, name)
        if secret is None:
            revoke_key(control, organisation, key.id, at_terminal(), now)
        else:
            retire_secret(control, organisation, key.id, secret, at_terminal(), now)
    what = f"key {key.name} ({key.prefix})" if secret is None else f"secret {secret} of key {key.name}"
    click.echo(f"{what} is revoked", err=True)


@keys.command("allow-members")
@click.argument("allowed", type=click.Choice(("yes", "no")))
@organisation_option
@data_option
@exits_cleanly
def allow_members(*, allowed: str, named: str | None, data: str | None) -> None:
    """Let members make keys bound to themselves (yes), or no more (no)."""
    with opened_control(load_settings(overrides={"data": data}), named) as (control, organisation):
        let_members_make_keys(control, organisation, at_terminal(), SystemClock().now(), allowed=allowed == "yes")
    click.echo(f"members may {'now' if allowed == 'yes' else 'no longer'} make keys of their own", err=True)


def _changes(options: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Return the fields of NewKey that the options change."""
    changes: dict[str, Any] = {name: options[name] or None for name in _BOUND if options[name] is not None}
    changes |= {name: options[name] for name in ("tags", "models", "providers") if options[name]}
    given = {"name": options["new_name"], "scopes": options["scope"], "expires_at": _in_days(now, options["days"])}
    changes |= {name: value for name, value in given.items() if value is not None}
    if options["any_model"]:
        changes["models"] = ()
    if options["any_provider"]:
        changes["providers"] = ()
    if options["never_expires"]:
        changes["expires_at"] = None
    return changes


def _in_days(now: datetime, days: int | None) -> datetime | None:
    return None if days is None else now + timedelta(days=days)


def _columns(key: ApiKey) -> list[str]:
    bindings = {"user": key.user, "team": key.team, "agent": key.agent, "type": key.agent_type, "pod": key.pod}
    bound = [f"{name}={value}" for name, value in bindings.items() if value] + [f"tag={tag}" for tag in key.tags]
    calls = [f"model={each}" for each in key.models] + [f"provider={each}" for each in key.providers]
    scopes = ",".join(each for each in SCOPES if each in key.scopes)
    used = _used(key.last_used_at, key.last_used_from)
    lists = [" ".join(bound) or "-", " ".join(calls) or "all"]
    return [key.name, key.prefix, scopes, *lists, f"{key.created_at:%Y-%m-%d}", used]


def _state(key: ApiKey, now: datetime) -> str:
    return "in force" if key.in_force(now) else "revoked" if key.revoked_at else "expired"


def _used(at: datetime | None, address: str | None) -> str:
    if at is None:
        return "never"
    return f"{_minute(at)} from {address}" if address else _minute(at)


def _minute(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M}Z"
