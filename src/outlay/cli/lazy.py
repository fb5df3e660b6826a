"""Commands that are imported when they are asked for: naming them in a help takes nothing but their names.

This is the one place that imports by name.
"""

import gc
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click


class Later(NamedTuple):
    """Where a command is (`module:name`), and its help in short, as the list of commands shows it."""

    target: str
    help: str


class LazyGroup(click.Group):
    """A group some of whose commands, `later` by name, are imported when they run."""

    def __init__(self, *args: Any, later: Mapping[str, Later], **kwargs: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(*args, **kwargs)
        self.later = later

    def list_commands(self, ctx: click.Context) -> list[str]:
        present = super().list_commands(ctx)
        return sorted([*self.later, *present]) if present else list(self.later)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.later:
            return super().get_command(ctx, cmd_name)
        target = self.later[cmd_name].target
        module, _, name = target.partition(":")
        gc.disable()  # what an import makes stays: looking meanwhile for what does not is lost time
        try:
            command = getattr(import_module(module), name)
        finally:
            gc.enable()
        if not isinstance(command, click.Command):
            raise TypeError(f"{target} is no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        names = self.list_commands(ctx)
        limit = formatter.width - 6 - max(map(len, names))
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._short_help(ctx, name, limit)) for name in names])

    def _short_help(self, ctx: click.Context, name: str, limit: int) -> str:
        if name in self.later:
            return self.later[name].help
        command = self.get_command(ctx, name)
        return "" if command is None else command.get_short_help_str(limit)
