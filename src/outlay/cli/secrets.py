"""`outlay secrets`: the keys that credentials are sealed with, whether or not a server is running."""

import click

from outlay.access.rotation import rotate
from outlay.access.secrets import SecretKeys
from outlay.cli.options import at_terminal, data_option, exits_cleanly, opened_control
from outlay.config import load_settings
from outlay.kit.clock import SystemClock


@click.group()
def secrets() -> None:
    """Keys that stored credentials are encrypted with."""


@secrets.command("list")
@data_option
@exits_cleanly
def list_keys(*, data: str | None) -> None:
    """List the ids of the keys, the one in force first. The keys themselves are never printed."""
    settings = load_settings(overrides={"data": data})
    for key in SecretKeys(settings.data_dir, settings.secret_key).ids():
        click.echo(key)


@secrets.command("rotate")
@data_option
@exits_cleanly
def rotate_keys(*, data: str | None) -> None:
    """Encrypt every stored credential with a new key and forget the old ones.

    A server may go on running. With keys in the setting `secret_key` the first of them is the new one.
    """
    settings = load_settings(overrides={"data": data})
    keys = SecretKeys(settings.data_dir, settings.secret_key)
    with opened_control(settings) as (control, _):
        rotated = rotate(control, keys, at_terminal(), SystemClock().now())
    left = " Older keys in the setting secret_key can go." if len(keys.ids()) > 1 else ""
    click.echo(f"encrypted with the key {rotated.key} now: {rotated.secrets}.{left}", err=True)
