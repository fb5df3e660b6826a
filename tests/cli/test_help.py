"""The help comes at once: naming commands imports none of them, and says of each what it says of itself."""

import subprocess
import sys
from typing import Final

import click
import pytest

from outlay.cli import COMMANDS, main
from outlay.cli.lazy import LazyGroup

_HEAVY: Final = ("sqlalchemy", "msgspec", "starlette", "duckdb", "outlay.app", "outlay.config", "asyncio")
_LOADED: Final = """
import sys
from outlay.cli import main
main(sys.argv[1].split(), standalone_mode=False)
print(*(name for name in sys.argv[2].split() if name in sys.modules), file=sys.stderr)
"""


def groups_of(group: click.Group) -> list[LazyGroup]:
    """Return the groups that load their commands late, this one and those below it."""
    context = click.Context(group)
    below = [group.get_command(context, name) for name in group.list_commands(context)]
    found = [group] if isinstance(group, LazyGroup) else []
    return found + [each for inner in below if isinstance(inner, click.Group) for each in groups_of(inner)]


@pytest.mark.parametrize(
    ("asked", "stays_out"),
    [
        pytest.param("--help", " ".join(_HEAVY), id="outlay"),
        pytest.param("members --help", "outlay.app duckdb starlette outlay.pricing.catalogue", id="members"),
        pytest.param("keys --help", "outlay.app duckdb starlette outlay.pricing.catalogue", id="keys"),
    ],
)
def test_a_look_at_the_help_loads_nothing_that_takes_time(asked: str, stays_out: str) -> None:
    command = [sys.executable, "-c", _LOADED, asked, stays_out]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert "Commands:" in done.stdout
    assert done.stderr.split() == []


def test_the_short_help_is_what_the_command_says_of_itself() -> None:
    context = click.Context(main)
    for group in groups_of(main):
        for name, later in group.later.items():
            command = group.get_command(context, name)
            assert command is not None
            assert command.get_short_help_str(1_000).startswith(later.help.removesuffix(".")), name
            assert later.help.endswith(".")


def test_every_command_is_listed_once() -> None:
    shown = main.get_help(click.Context(main))
    for name, later in COMMANDS.items():
        assert shown.count(f"\n  {name} ") == 1
        assert later.help[:30] in shown
