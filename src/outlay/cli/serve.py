"""`outlay serve`: runs the product on one data directory and prints a one-time sign-in link."""

import logging
import os

import click

from outlay.access.links import create_link, link_url
from outlay.app import Outlay, open_outlay
from outlay.cli.options import at_terminal, data_option, exits_cleanly
from outlay.config import load_settings, unknown_variables
from outlay.control.members import Member, NewMember, admins_of, create_member
from outlay.control.trail import SYSTEM
from outlay.errors import OrganisationSuspended
from outlay.logs import configure_logs
from outlay.serving import serve as serve_until_stopped

_log = logging.getLogger(__name__)

FIRST_ADMIN = "admin@localhost"


@click.command()
@data_option
@click.option("--host", help="Address to listen on; else OUTLAY_HOST, else 127.0.0.1.")
@click.option("--port", type=int, help="Port to listen on; else OUTLAY_PORT, else 8400.")
@exits_cleanly
def serve(data: str | None, host: str | None, port: int | None) -> None:
    """Serve pages and API until interrupted."""
    settings = load_settings(overrides={"data": data, "host": host, "port": port})
    configure_logs(settings.log_format)
    for variable, meant in unknown_variables(os.environ).items():
        hint = f"; did you mean {meant}?" if meant else ""
        _log.warning("%s is no setting and is not used%s", variable, hint)
    with open_outlay(settings) as outlay:
        serve_until_stopped(outlay, lambda: _greet(outlay))


def _greet(outlay: Outlay) -> None:
    try:
        token = create_link(outlay.control, _admin(outlay), at_terminal(), outlay.clock.now())
    except OrganisationSuspended:  # others are served
        click.echo("Outlay is running. Nobody signs in to its first organisation, which is suspended.\n")
        return
    click.echo(
        f"Outlay is running. Sign in (this link works once, for 24 hours):\n\n  {link_url(outlay.settings, token)}\n"
    )


def _admin(outlay: Outlay) -> Member:
    """Return the first active admin, made at the first start."""
    found = admins_of(outlay.control, outlay.organisation, 1)
    if found:
        return found[0]
    wanted = NewMember(email=FIRST_ADMIN, name="Admin", role="admin")
    return create_member(outlay.control, outlay.organisation, wanted, SYSTEM, outlay.clock.now())
