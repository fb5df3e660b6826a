"""The command line: one file per command. Exit codes: 0 done, 1 failed, 2 wrong use.

A command's file is imported when that command is asked for, so that `keys create` does not load a server, nor `serve`
what draws progress bars. This is the one place that imports by name.
"""

import gc
import os
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

import click

from outlay import __version__

COLLECT_AFTER: Final = (100_000, 20, 50)
COMMANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "serve": "outlay.cli.serve:serve",
        "demo": "outlay.cli.demo:demo",
        "import": "outlay.cli.importing:import_command",
        "reprice": "outlay.cli.reprice:reprice",
        "verify": "outlay.cli.verify:verify",
        "keys": "outlay.cli.keys:keys",
        "members": "outlay.cli.members:members",
        "teams": "outlay.cli.teams:teams",
        "upstreams": "outlay.cli.upstreams:upstreams",
        "organisations": "outlay.cli.organisations:organisations",
        "operators": "outlay.cli.operators:operators",
        "retention": "outlay.cli.retention:retention",
        "sign-on": "outlay.cli.sign_on:sign_on",
        "secrets": "outlay.cli.secrets:secrets",
        "audit": "outlay.cli.audit:audit",
        "control": "outlay.cli.control:control",
    }
)


class Commands(click.Group):
    """The commands of COMMANDS, in its order."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        gc.disable()  # what an import makes stays: looking meanwhile for what does not is lost time
        try:
            command = getattr(import_module(module), name)
        finally:
            gc.enable()
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name]} is no command")
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="outlay")
def main() -> None:
    """Outlay: what an organisation's AI use costs, who and what spends it, and limits that hold."""
    os.umask(0o077)  # what is in a data directory is for its owner alone
    gc.set_threshold(*COLLECT_AFTER)  # a batch of events makes many objects and no cycles
