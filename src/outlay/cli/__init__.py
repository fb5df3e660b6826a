"""The command line: one file per command. Exit codes: 0 done, 1 failed, 2 wrong use."""

import os

import click

from outlay import __version__
from outlay.cli.demo import demo
from outlay.cli.importing import import_command
from outlay.cli.keys import keys
from outlay.cli.members import members
from outlay.cli.serve import serve
from outlay.cli.verify import verify


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="outlay")
def main() -> None:
    """Outlay: what an organisation's AI use costs, who and what spends it, and limits that hold."""
    os.umask(0o077)  # what is in a data directory is for its owner alone


for _command in (serve, demo, import_command, verify, keys, members):
    main.add_command(_command)
