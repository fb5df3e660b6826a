"""`outlay upstreams`: where calls through the gateway go, whether or not a server is running.

A credential is read from standard input, never taken as an argument: those are seen by everybody on the machine. Who
types here holds the data directory, so upstreams in the private network are theirs to allow.
"""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypedDict, TypeVar, Unpack

import click
from msgspec import Struct
from msgspec.structs import replace

from outlay.access.secrets import SecretKeys
from outlay.access.upstream_probe import probe, told
from outlay.access.upstreams import as_called
from outlay.capture.readings.reading import APIS
from outlay.cli.options import FAILED, at_terminal, data_option, exits_cleanly, opened_control
from outlay.config import load_settings
from outlay.control.known_upstreams import KnownUpstream, known_upstream
from outlay.control.upstream import AUTHS, Auth, Timeouts, path_of
from outlay.control.upstream_checks import LONGEST_CREDENTIAL, UpstreamSettings
from outlay.control.upstreams import ConfiguredUpstream, UpstreamBook
from outlay.errors import InputError
from outlay.kit.clock import SystemClock

F = TypeVar("F", bound=Callable[..., object])

NO_LIMIT: Final = 0.0


class Options(TypedDict):
    """What `add` and `change` take: None, or an empty tuple, is what was not given."""

    provider: str | None
    base_url: str | None
    auth: Auth | None
    reading: str | None
    region: str | None
    headers: tuple[str, ...]
    connect_seconds: float | None
    first_byte_seconds: float | None
    idle_seconds: float | None
    total_seconds: float | None
    own_keys: bool | None
    private: bool | None


class _Opened(Struct, frozen=True):
    book: UpstreamBook
    organisation: str


_SECONDS: Final = click.FloatRange(min=0)
_OPTIONS: Final[tuple[Callable[[Any], Any], ...]] = (
    click.option("--provider", metavar="ID", help="Who bills for the calls; else what is known of NAME."),
    click.option("--url", "base_url", metavar="URL", help="Where the calls go; else what is known of NAME."),
    click.option("--auth", type=click.Choice(AUTHS), help="How the credential is sent."),
    click.option("--reading", type=click.Choice(APIS), help="The API it answers in, where the path does not tell."),
    click.option("--region", metavar="REGION", help="The region to sign for, where the address does not tell."),
    click.option(
        "--header", "headers", multiple=True, metavar="NAME:VALUE", help="Sent with every call; may be repeated."
    ),
    click.option("--connect-seconds", type=click.FloatRange(min=0, min_open=True), help="Longest to connect."),
    click.option("--first-byte-seconds", type=_SECONDS, help="Longest until the answer begins; 0 for no limit."),
    click.option("--idle-seconds", type=_SECONDS, help="Longest between two pieces of it; 0 for no limit."),
    click.option("--total-seconds", type=_SECONDS, help="Longest for the whole call; 0 for no limit."),
    click.option("--own-keys/--no-own-keys", default=None, help="Whether callers may send a key of their own here."),
    click.option("--private/--no-private", default=None, help="Whether it may lie in the private network."),
)


def _takes_options(command: F) -> F:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@contextmanager
def _opened(data: str | None) -> Iterator[_Opened]:
    settings = load_settings(overrides={"data": data})
    with opened_control(settings) as (control, organisation):
        keys = SecretKeys(settings.data_dir, settings.secret_key)
        yield _Opened(UpstreamBook(control, keys, SystemClock()), organisation)


@click.group()
def upstreams() -> None:
    """Providers that calls through the gateway go to."""


@upstreams.command()
@click.argument("name")
@_takes_options
@click.option("--credential-stdin", is_flag=True, help="Read the credential from standard input.")
@data_option
@exits_cleanly
def add(*, name: str, credential_stdin: bool, data: str | None, **given: Unpack[Options]) -> None:
    """Add the upstream NAME. Of openai, anthropic, gemini and others the address is known."""
    settings = _said(_started_with(name, given), given)
    credential = _read_credential() if credential_stdin else None
    with _opened(data) as opened:
        made = opened.book.add(opened.organisation, settings, credential, by=at_terminal())
    click.echo(f"calls to {path_of(made.name)} go to {made.settings.base_url} now", err=True)
    if made.credential is None and made.settings.auth != "none":
        click.echo("there is no credential yet: outlay upstreams change NAME --credential-stdin", err=True)


@upstreams.command()
@click.argument("name")
@_takes_options
@click.option("--credential-stdin", is_flag=True, help="Read a new credential from standard input.")
@click.option("--forget-credential", is_flag=True, help="Forget the credential.")
@click.option("--on/--off", "enabled", default=None, help="Whether calls go there at all.")
@data_option
@exits_cleanly
def change(
    *,
    name: str,
    credential_stdin: bool,
    forget_credential: bool,
    enabled: bool | None,
    data: str | None,
    **given: Unpack[Options],
) -> None:
    """Change the upstream NAME; what is not given stays. An address on another host asks for the credential again."""
    credential = _read_credential() if credential_stdin else "" if forget_credential else None
    with _opened(data) as opened:
        known = opened.book.named(opened.organisation, name)
        settings = _said(known.settings, given)
        if enabled is not None:
            settings = replace(settings, enabled=enabled)
        opened.book.change(opened.organisation, known.id, settings, credential, by=at_terminal())
    click.echo(f"{name} is changed; a running server follows within a second", err=True)


@upstreams.command("list")
@data_option
@exits_cleanly
def list_upstreams(*, data: str | None) -> None:
    """List what is configured by name, one a line, tabs between the columns. Credentials show their end at most."""
    with _opened(data) as opened:
        found = opened.book.all_of(opened.organisation)
        own_keys = opened.book.allows_pass_through(opened.organisation)
    click.echo("name\tpath\taddress\tauth\tcredential\town keys\tstate")
    for each in found:
        click.echo("\t".join(_columns(each, own_keys=own_keys)))


@upstreams.command()
@click.argument("name")
@data_option
@click.pass_context
@exits_cleanly
def test(context: click.Context, *, name: str, data: str | None) -> None:
    """Ask the upstream NAME for its models: does it answer, does it take the credential?"""
    with _opened(data) as opened:
        known = opened.book.named(opened.organisation, name)
        upstream = as_called(known, opened.book.credential_of(known), allow_pass_through=False)
    probed = asyncio.run(probe(upstream))
    click.echo(told(upstream, probed))
    if probed.verdict not in {"works", "reached"}:
        context.exit(FAILED)


@upstreams.command()
@click.argument("name")
@data_option
@exits_cleanly
def remove(*, name: str, data: str | None) -> None:
    """Remove the upstream NAME and its credential."""
    with _opened(data) as opened:
        known = opened.book.named(opened.organisation, name)
        opened.book.remove(opened.organisation, known.id, by=at_terminal())
    click.echo(f"{name} is removed", err=True)


@upstreams.command("own-keys")
@click.argument("choice", type=click.Choice(("allow", "refuse")))
@data_option
@exits_cleanly
def own_keys(*, choice: str, data: str | None) -> None:
    """Allow or refuse callers that send a provider's key of their own."""
    with _opened(data) as opened:
        opened.book.allow_pass_through(opened.organisation, allowed=choice == "allow", by=at_terminal())
    click.echo(f"callers' own keys are {'allowed' if choice == 'allow' else 'refused'}", err=True)


def _started_with(name: str, given: Options) -> UpstreamSettings:
    known = known_upstream(name) or KnownUpstream(name=name, label=name, provider="")
    base_url, provider = given["base_url"] or known.base_url, given["provider"] or known.provider
    if not base_url or not provider:
        asked = "--url" if provider else "--provider and --url"
        raise InputError(f"say where {name} is: {asked}{f', such as {known.example}' if known.example else ''}")
    return UpstreamSettings(name=name, provider=provider, base_url=base_url, auth=known.auth)


def _said(settings: UpstreamSettings, given: Options) -> UpstreamSettings:
    """Return the settings with what was given on the command line."""
    changes: dict[str, Any] = {
        name: given[name] for name in ("provider", "base_url", "auth", "reading", "region") if given[name]
    }
    if given["headers"]:
        changes["headers"] = tuple(_header(each) for each in given["headers"])
    if given["own_keys"] is not None:
        changes["allow_pass_through"] = given["own_keys"]
    if given["private"] is not None:
        changes["allow_private"] = given["private"]
    return replace(settings, timeouts=_timeouts(settings.timeouts, given), **changes)


def _timeouts(known: Timeouts, given: Options) -> Timeouts:
    found: dict[str, float | None] = {
        name: given[name]  # type: ignore[literal-required]
        for name in Timeouts.__struct_fields__
        if given[name] is not None  # type: ignore[literal-required]
    }
    return replace(known, **{name: None if value == NO_LIMIT else value for name, value in found.items()})


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise InputError(f"write a header as NAME:VALUE, not {text[:40]!r}")
    return name.strip(), value.strip()


def _read_credential() -> str:
    text = sys.stdin.read(LONGEST_CREDENTIAL + 2).strip()
    if not text:
        raise InputError("there is no credential on standard input")
    return text


def _columns(each: ConfiguredUpstream, *, own_keys: bool) -> list[str]:
    settings = each.settings
    hint = f"…{each.credential_hint}" if each.credential_hint else "kept"
    credential = "-" if each.credential is None else hint
    own = "allowed" if own_keys and settings.allow_pass_through else "refused"
    state = "on" if settings.enabled else "off"
    return [each.name, path_of(each.name), settings.base_url, settings.auth, credential, own, state]
