"""`outlay control`: the database of members, keys and settings itself."""

import click

from outlay.cli.options import data_option, exits_cleanly
from outlay.config import SettingInvalid, load_settings
from outlay.control.copying import copy_control
from outlay.control.database import CONTROL_FILE, open_configured, open_control
from outlay.errors import NotFound


@click.group()
def control() -> None:
    """The database of members, API keys and settings."""


@control.command("copy")
@data_option
@exits_cleanly
def copy(*, data: str | None) -> None:
    """Copy it from the data directory's SQLite file into the Postgres database that the setting `control_url` names.

    That one must be empty. Stop the server before, and start it with `control_url` after; the file is left as it is.
    """
    settings = load_settings(overrides={"data": data})
    if not settings.control_url:
        raise SettingInvalid("set control_url to the Postgres database to copy into, such as by OUTLAY_CONTROL_URL")
    file = settings.data_dir / CONTROL_FILE
    if not file.is_file():
        raise NotFound(f"there is no {file}")
    source = open_control(file)
    try:
        target = open_configured(settings)
        try:
            copied = copy_control(source, target)
        finally:
            target.close()
    finally:
        source.close()
    for table, rows in copied.items():
        click.echo(f"{table}\t{rows:,}")
    click.echo(f"copied and compared: {sum(copied.values()):,} rows", err=True)
