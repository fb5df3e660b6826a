"""`outlay organisations`: what an organisation is called, its calendar, currency and how long it keeps data; and all of
them for who operates the installation. Whether or not a server is running: what the ledger must do, its holder does.
"""

from datetime import date
from pathlib import Path
from typing import Final, TypedDict, Unpack

import click
from msgspec import UNSET

from outlay.access.links import create_invitation, link_url
from outlay.cli.options import at_terminal, data_option, exits_cleanly, opened_control
from outlay.config import load_settings
from outlay.control.currencies import Rate, parse_currency, parse_rate, put_rates, rates_of, remove_rate
from outlay.control.organisations import (
    DEFAULT_ORGANISATION,
    OrganisationChange,
    change_organisation,
    create_organisation,
    organisation_of,
)
from outlay.control.rate_files import parse_rate_file
from outlay.control.tenancy import (
    NewTenant,
    Tenant,
    delete_organisation,
    found_organisation,
    resume_organisation,
    suspend_organisation,
    tenants,
)
from outlay.errors import Conflict, InputError
from outlay.kit.clock import SystemClock
from outlay.kit.money import plain

PAGE: Final = 500
FOR_EVER: Final = "forever"
MOST_FILE_BYTES: Final = 32 * 1024 * 1024

organisation_option: Final = click.option(
    "--organisation",
    default=DEFAULT_ORGANISATION,
    show_default=True,
    metavar="ID",
    help="Which organisation.",
)


@click.group()
def organisations() -> None:
    """Organisations: their calendar, currency and data, and all that are served."""


class Wanted(TypedDict):
    """The options of `set`, as given."""

    name: str | None
    zone: str | None
    fiscal_month: int | None
    currency: str | None


@organisations.command("list")
@data_option
@exits_cleanly
def list_organisations(*, data: str | None) -> None:
    """List all, one a line, tabs between the columns."""
    click.echo("id\tname\tmembers\tzone\tcurrency\tkept days\tstate")
    with opened_control(load_settings(overrides={"data": data})) as (control, _):
        listed = 0
        while found := tenants(control, "", PAGE, listed)[0]:
            for each in found:
                click.echo(_line(each))
            listed += len(found)


@organisations.command()
@click.argument("identifier", metavar="ID")
@click.option("--name", required=True, help="What it is called.")
@click.option("--zone", default="UTC", show_default=True, help="The IANA time zone that its days are counted in.")
@click.option("--admin", metavar="EMAIL", help="Its first admin, whose invitation is printed, alone, on stdout.")
@data_option
@exits_cleanly
def create(*, identifier: str, name: str, zone: str, admin: str | None, data: str | None) -> None:
    """Create the organisation ID."""
    settings, by, now = load_settings(overrides={"data": data}), at_terminal(), SystemClock().now()
    with opened_control(settings) as (control, _):
        if admin is None:
            made, token = create_organisation(control, identifier, name, zone, by, now), ""
        else:
            wanted = NewTenant(id=identifier, name=name, zone=zone, email=admin)
            made, first = found_organisation(control, wanted, by, now)
            token = create_invitation(control, first, now)
    click.echo(f"{made.name} ({made.id}) is made", err=True)
    if token:
        click.echo(link_url(settings, token, "invitation"))


@organisations.command("set")
@organisation_option
@click.option("--name", help="What it is called.")
@click.option("--zone", help="The IANA time zone that its days are counted in; all there are, are counted anew.")
@click.option("--fiscal-month", type=click.IntRange(1, 12), help="The month that its fiscal years begin in.")
@click.option("--currency", help="The currency that amounts are shown in, such as EUR.")
@click.option("--keep-days", metavar="DAYS|forever", help="For how many days data is kept; what is older is removed.")
@click.option("--yes", is_flag=True, help="Don't ask before data is removed.")
@data_option
@exits_cleanly
def set_organisation(
    *, organisation: str, keep_days: str | None, yes: bool, data: str | None, **wanted: Unpack[Wanted]
) -> None:
    """Change what is said. Zone and retention are done by the process that holds the ledger, else by the next start."""
    values = {name: UNSET if value is None else value for name, value in wanted.items()}
    days = UNSET if keep_days is None else _days(keep_days)
    if isinstance(days, int) and not yes:
        click.confirm(f"Remove everything older than {days} days, for good?", abort=True, err=True)
    change = OrganisationChange(retention_days=days, **values)  # type: ignore[arg-type] # as the options are declared
    with opened_control(load_settings(overrides={"data": data})) as (control, _):
        made = change_organisation(control, organisation, change, at_terminal(), SystemClock().now())
    kept = FOR_EVER if made.retention_days is None else f"{made.retention_days} days"
    zone = made.zone if made.next_zone is None else f"{made.zone}, soon {made.next_zone}"
    click.echo(f"{made.name}: {zone}, fiscal year from month {made.fiscal_month}, {made.currency}, {kept}", err=True)


@organisations.command()
@click.argument("identifier", metavar="ID")
@data_option
@exits_cleanly
def suspend(*, identifier: str, data: str | None) -> None:
    """Refuse sign-in, keys and gateway of the organisation ID; its data stays."""
    with opened_control(load_settings(overrides={"data": data})) as (control, _):
        suspend_organisation(control, identifier, at_terminal(), SystemClock().now())
    click.echo(f"{identifier} is suspended", err=True)


@organisations.command()
@click.argument("identifier", metavar="ID")
@data_option
@exits_cleanly
def resume(*, identifier: str, data: str | None) -> None:
    """Serve the organisation ID again."""
    with opened_control(load_settings(overrides={"data": data})) as (control, _):
        resume_organisation(control, identifier, at_terminal(), SystemClock().now())
    click.echo(f"{identifier} is served again", err=True)


@organisations.command()
@click.argument("identifier", metavar="ID")
@click.option("--name", "typed", required=True, help="Its name, so that the wrong one is not deleted.")
@data_option
@exits_cleanly
def delete(*, identifier: str, typed: str, data: str | None) -> None:
    """Delete the organisation ID with all its data. The ledger's is removed by the process that holds it."""
    with opened_control(load_settings(overrides={"data": data})) as (control, _):
        name = organisation_of(control, identifier).name
        if typed != name:
            raise Conflict(f"the organisation {identifier!r} is called {name!r}")
        delete_organisation(control, identifier, at_terminal(), SystemClock().now())
    click.echo(f"{name} is deleted", err=True)


@organisations.group()
def rates() -> None:
    """Exchange rates of the currency that amounts are shown in."""


@rates.command("list")
@organisation_option
@data_option
@exits_cleanly
def list_rates(*, organisation: str, data: str | None) -> None:
    """List the newest 500 rates: day, currency, and how many units one dollar makes."""
    with opened_control(load_settings(overrides={"data": data})) as (control, _):
        found = rates_of(control, organisation, organisation_of(control, organisation).currency, PAGE)
    click.echo("day\tcurrency\trate")
    for each in found:
        click.echo(f"{each.day}\t{each.currency}\t{plain(each.per_usd)}")


@rates.command("set")
@click.argument("currency")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.argument("rate")
@organisation_option
@data_option
@exits_cleanly
def set_rate(*, currency: str, day: date, rate: str, organisation: str, data: str | None) -> None:
    """From DAY on, one dollar makes RATE units of CURRENCY."""
    kept = Rate(parse_currency(currency), date(day.year, day.month, day.day), parse_rate(rate))
    with opened_control(load_settings(overrides={"data": data})) as (control, _):
        put_rates(control, organisation, [kept], "", at_terminal(), SystemClock().now())
    click.echo(f"{plain(kept.per_usd)} {currency} from {kept.day} on", err=True)


@rates.command("remove")
@click.argument("currency")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@organisation_option
@data_option
@exits_cleanly
def remove(*, currency: str, day: date, organisation: str, data: str | None) -> None:
    """Remove the rate of CURRENCY that begins on DAY."""
    begins = date(day.year, day.month, day.day)
    with opened_control(load_settings(overrides={"data": data})) as (control, _):
        remove_rate(control, organisation, parse_currency(currency), begins, at_terminal(), SystemClock().now())
    click.echo(f"the rate of {currency} of {begins} is removed", err=True)


@rates.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--all", "every", is_flag=True, help="All currencies in the file, not only the one that is shown.")
@organisation_option
@data_option
@exits_cleanly
def import_rates(*, file: Path, every: bool, organisation: str, data: str | None) -> None:
    """Import a CSV with the columns day, currency and rate, or the European Central Bank's history."""
    if file.stat().st_size > MOST_FILE_BYTES:
        raise InputError(f"{file} is larger than {MOST_FILE_BYTES // 1024**2} MiB")
    try:
        written = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is no UTF-8 text: {error.reason}") from None
    with opened_control(load_settings(overrides={"data": data})) as (control, _):
        wanted = None if every else {organisation_of(control, organisation).currency}
        found = parse_rate_file(written, wanted)
        number = put_rates(control, organisation, found, file.name, at_terminal(), SystemClock().now())
    click.echo(f"{number:,} rates are kept", err=True)


def _line(tenant: Tenant) -> str:
    one = tenant.organisation
    state = "being deleted" if one.deleted_at else "suspended" if one.suspended_at else "served"
    kept = FOR_EVER if one.retention_days is None else str(one.retention_days)
    return "\t".join([one.id, one.name, str(tenant.members), one.zone, one.currency, kept, state])


def _days(text: str) -> int | None:
    if text == FOR_EVER:
        return None
    if not (text.isascii() and text.isdigit()):
        raise click.BadParameter(f"take a number of days or {FOR_EVER}", param_hint="--keep-days")
    return int(text)
