"""What all commands share: which Outlay is meant, and errors that end in a message instead of a traceback.

Exit codes: 0 done, 1 failed, 2 wrong use (an unknown option, a setting that can't be).
"""

import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import IO, Final, ParamSpec, TypeVar

import click

from outlay.access.secrets import SecretKeys
from outlay.audit.notary import TrailNotary
from outlay.config import SettingInvalid, Settings
from outlay.control.database import Control, open_configured
from outlay.control.organisations import OPERATORS, first_organisation, organisation_of
from outlay.control.trail import Actor
from outlay.errors import OutlayError
from outlay.kit.clock import SystemClock

FAILED: Final = 1
WRONG_USE: Final = 2

P = ParamSpec("P")
R = TypeVar("R")

# Gives the command `data: str | None`, to be handed to load_settings: unset, OUTLAY_DATA and outlay.toml decide.
data_option: Final = click.option(
    "--data", metavar="DIR", help="Data directory; else OUTLAY_DATA, else ./data.", show_default=False
)

# Gives the command `named: str | None`, to be handed to opened_control.
organisation_option: Final = click.option(
    "--organisation", "named", metavar="ID", help="Which organisation; else the one made at the first start."
)


def _tenant(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    del context, parameter
    if value == OPERATORS:
        raise click.BadParameter("operators are members of nothing else; `outlay operators` keeps them")
    return value


# The same where it is about what tenants alone have.
tenant_option: Final = click.option(
    "--organisation",
    "named",
    metavar="ID",
    callback=_tenant,
    help="Which organisation; else the one made at the first start.",
)


class _Failed(click.ClickException):
    exit_code = FAILED


class _UsedWrongly(click.ClickException):
    exit_code = WRONG_USE


def exits_cleanly(command: Callable[P, R]) -> Callable[P, R]:
    """Turn an error that has a message for people into that message on stderr and the exit code it stands for."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except SettingInvalid as error:
            raise _UsedWrongly(str(error)) from error
        except OutlayError as error:
            raise _Failed(error.message) from error

    return run


@contextmanager
def interruptible(advice: str) -> Iterator[None]:
    """Say how to go on where a person ends the block with Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt:
        raise _Failed(f"interrupted. {advice}") from None


def notary_of(settings: Settings) -> TrailNotary:
    """Return what proves the audit trail from outside the control database."""
    return TrailNotary(SecretKeys(settings.data_dir, settings.secret_key), settings.data_dir)


@contextmanager
def opened_control(settings: Settings, named: str | None = None) -> Iterator[tuple[Control, str]]:
    """Open the control database and give the id of the organisation that is `named`, else of the first one.

    That one is made if this is the first start. NotFound when there is none that is named. A server may be running at
    the same time.
    """
    control = open_configured(settings, notary_of(settings))
    try:
        first = first_organisation(control, settings.organisation, settings.zone, SystemClock().now())
        yield control, first.id if named is None else organisation_of(control, named).id
    finally:
        control.close()


def at_terminal() -> Actor:
    """Return who types, for the audit trail: the account the process runs as, which the environment can't change.

    Whom sudo did it for is told besides, by sudo's own word.
    """
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a number that nobody has a name for
        name = str(os.getuid())
    behind = os.environ.get("SUDO_USER")
    return Actor("terminal", str(os.getuid()), f"{name} (sudo by {behind})" if behind and behind != name else name)


def opened_report(path: Path) -> IO[bytes]:
    """Open the file that rejected rows are written to."""
    try:
        return path.open("wb")
    except OSError as error:
        raise click.UsageError(f"can't write {path}: {error.strerror}") from None
