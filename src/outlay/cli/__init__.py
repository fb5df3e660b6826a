"""The command line: one file per command. Exit codes: 0 done, 1 failed, 2 wrong use.

A command's file is imported when that command is asked for, so that `keys create` does not load a server, nor `serve`
what draws progress bars, nor a look at the help anything at all.
"""

import gc
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import click

from outlay import __version__
from outlay.cli.lazy import Later, LazyGroup

COLLECT_AFTER: Final = (100_000, 20, 50)
COMMANDS: Final[Mapping[str, Later]] = MappingProxyType(
    {
        "serve": Later("outlay.cli.serve:serve", "Serve pages and API until interrupted."),
        "demo": Later("outlay.cli.demo:demo", "Fill a new data directory with a realistic organisation that ends now."),
        "import": Later(
            "outlay.cli.importing:import_command",
            "Import the file or folder PATH (- for standard input), plain or as gzip or zstd.",
        ),
        "reprice": Later("outlay.cli.reprice:reprice", "Bring stored events to the prices in force."),
        "verify": Later(
            "outlay.cli.verify:verify", "Check the ledger: no doubles, costs that add up, day sums equal to the events."
        ),
        "keys": Later(
            "outlay.cli.keys:keys", "API keys: for sending events, calling models, reading and administering."
        ),
        "members": Later("outlay.cli.members:members", "People who sign in."),
        "teams": Later("outlay.cli.teams:teams", "Teams: who spends together."),
        "upstreams": Later("outlay.cli.upstreams:upstreams", "Providers that calls through the gateway go to."),
        "organisations": Later(
            "outlay.cli.organisations:organisations",
            "Organisations: their calendar, currency and data, and all that are served.",
        ),
        "operators": Later(
            "outlay.cli.operators:operators", "Who operates this installation: its organisations, not what is in them."
        ),
        "retention": Later("outlay.cli.retention:retention", "Remove what is older than each organisation keeps."),
        "sign-on": Later("outlay.cli.sign_on:sign_on", "Single sign-on by an organisation's own provider."),
        "secrets": Later("outlay.cli.secrets:secrets", "Keys that stored credentials are encrypted with."),
        "audit": Later("outlay.cli.audit:audit", "Who changed what: the audit trail."),
        "control": Later("outlay.cli.control:control", "The database of members, API keys and settings."),
    }
)


@click.group(
    cls=LazyGroup,
    later=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="outlay")
def main() -> None:
    """Outlay: what an organisation's AI use costs, who and what spends it, and limits that hold."""
    os.umask(0o077)  # what is in a data directory is for its owner alone
    gc.set_threshold(*COLLECT_AFTER)  # a batch of events makes many objects and no cycles
