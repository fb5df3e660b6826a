"""The text of docs/reference/command-line.md, from the commands themselves."""

from collections.abc import Iterator
from typing import Final

import click

from outlay.cli import main

_HEAD: Final = """\
# Command line

`outlay COMMAND --help` says the same. After `make run` the command is `.venv/bin/outlay`.

Exit codes: 0 done; 1 failed, or `outlay verify` found something wrong; 2 wrong use: an unknown option, a
[setting](settings.md) that can't be. Results go to standard output, progress and errors to standard error.
"""


def command_page() -> str:
    """Return docs/reference/command-line.md."""
    return _HEAD + "".join(_section(name, command) for name, command in _commands("outlay", main))


def _commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """Yield every command that does something, with its full name, in the order of help."""
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=name)
        for each in sorted(command.list_commands(context)):
            found = command.get_command(context, each)
            if found is not None:
                yield from _commands(f"{name} {each}", found)
    else:
        yield name, command


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    words = " ".join([name, *command.collect_usage_pieces(context)])
    options = [each for each in command.params if isinstance(each, click.Option)]
    records = [record for each in options if (record := each.get_help_record(context)) is not None]
    rows = "".join(f"| `{_cell(option)}` | {_cell(meaning)} |\n" for option, meaning in records)
    table = f"\n| Option | Meaning |\n| --- | --- |\n{rows}" if rows else ""
    paragraphs = [_one_line(each) for each in (command.help or "").split("\n\n")]
    return f"\n## {name}\n\n```text\n{words}\n```\n\n" + "\n\n".join(paragraphs) + f"\n{table}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")
