"""`outlay audit`: proves the audit trail right, lists and exports it, whether or not a server is running.

Entries go to stdout, what is for people beside them to stderr.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import islice
from typing import Any, Final, TypedDict, TypeVar, Unpack

import click
from msgspec import Struct

from outlay.audit.entries import Entry, Wanted, every_entry
from outlay.audit.forget import forget_chain
from outlay.audit.verify import Verified, chains_of, verify_chain
from outlay.cli.options import FAILED, at_terminal, data_option, exits_cleanly, notary_of, opened_control
from outlay.config import load_settings
from outlay.control.database import Control
from outlay.control.organisations import every_organisation
from outlay.control.trail import INSTALLATION, Head
from outlay.control.trail_actions import ACTIONS
from outlay.kit.clock import SystemClock
from outlay.kit.period import day_start, parse_zone
from outlay.web.pages.audit.lines import csv_pieces, json_pieces

F = TypeVar("F", bound=Callable[..., object])


class Filters(TypedDict):
    """Which chain, and which of its entries."""

    organisation: str | None
    installation: bool
    first: str | None
    last: str | None
    who: str
    action: str
    subject: str
    text: str


class _Chain(Struct, frozen=True):
    control: Control
    organisation: str
    wanted: Wanted


_WHICH: Final[tuple[Callable[[Any], Any], ...]] = (
    click.option("--organisation", metavar="ID", help="Whose trail; else that of the organisation made first."),
    click.option("--installation", is_flag=True, help="The trail of what concerns no single organisation."),
)
_FILTERS: Final[tuple[Callable[[Any], Any], ...]] = (
    *_WHICH,
    click.option("--from", "first", metavar="DAY", help="Only from this local day on, as YYYY-MM-DD."),
    click.option("--until", "last", metavar="DAY", help="Only up to and with this local day."),
    click.option("--who", default="", help="Only by this actor: a name or part of it, an id or an address."),
    click.option("--action", default="", help="Only this action, such as key.revoke, or all of a noun, such as key."),
    click.option("--subject", default="", help="Only about this: a name or part of it, or an id."),
    click.option("--text", default="", help="Only entries with this text anywhere."),
)


def _filtered(command: F) -> F:
    for option in reversed(_FILTERS):
        command = option(command)
    return command


@click.group()
def audit() -> None:
    """Who changed what: the audit trail."""


@audit.command()
@click.option("--organisation", metavar="ID", help="Only the trail of this organisation; else every trail there is.")
@click.option("--installation", is_flag=True, help="Only the trail of what concerns no single organisation.")
@click.option("--expect", metavar="NUMBER:HASH", help="An entry as an earlier check told it: it must still be there.")
@data_option
@click.pass_context
@exits_cleanly
def verify(
    context: click.Context, *, organisation: str | None, installation: bool, expect: str | None, data: str | None
) -> None:
    """Find every entry that was changed, removed, swapped or cut off behind Outlay's back.

    Prints the last entry of each trail as NUMBER:HASH. Keep it elsewhere, and give it to --expect one day.
    """
    if expect is not None and organisation is None and not installation:
        raise click.UsageError("say whose entry is expected: --organisation or --installation")
    settings = load_settings(overrides={"data": data})
    notary, wrong = notary_of(settings), False
    with opened_control(settings) as (control, _):
        asked = INSTALLATION if installation else organisation
        chains = chains_of(control, notary) if asked is None else [asked]
        for chain in chains:
            verified = verify_chain(control, chain, notary, None if expect is None else _head(chain, expect))
            _tell(verified)
            wrong = wrong or not verified.holds
    if wrong:
        context.exit(FAILED)


@audit.command("list")
@_filtered
@click.option("--most", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many, the newest.")
@data_option
@exits_cleanly
def list_entries(*, most: int, data: str | None, **filters: Unpack[Filters]) -> None:
    """List the newest entries, one a line, tabs between the columns."""
    with _chain(data, filters) as chain:
        found = list(islice(every_entry(chain.control, chain.organisation, chain.wanted), most))
    click.echo("entry\ttime\twho\tfrom\tdid")
    for entry in found:
        click.echo("\t".join(_columns(entry)))


@audit.command()
@_filtered
@click.option("--format", "ending", type=click.Choice(("csv", "json")), default="csv", show_default=True)
@data_option
@exits_cleanly
def export(*, ending: str, data: str | None, **filters: Unpack[Filters]) -> None:
    """Write entries to standard output, the newest first, all of them."""
    with _chain(data, filters) as chain:
        entries = every_entry(chain.control, chain.organisation, chain.wanted)
        for piece in csv_pieces(entries) if ending == "csv" else json_pieces(entries):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


@audit.command()
@click.argument("organisation")
@click.option("--yes", is_flag=True, help="Delete without asking.")
@data_option
@exits_cleanly
def forget(*, organisation: str, yes: bool, data: str | None) -> None:
    """Delete the trail of ORGANISATION, which was deleted before. The installation's own trail keeps its last hash."""
    if not yes and not click.confirm(f"Delete the audit trail of {organisation} for good?", err=True):
        return
    settings = load_settings(overrides={"data": data})
    with opened_control(settings) as (control, _):
        end = forget_chain(control, organisation, at_terminal(), SystemClock().now())
    notary_of(settings).forget(organisation)
    click.echo(f"{end.number:,} entries are deleted; the last was {end.hash.hex()}", err=True)


@contextmanager
def _chain(data: str | None, filters: Filters) -> Iterator[_Chain]:
    with opened_control(load_settings(overrides={"data": data})) as (control, default):
        asked = filters["organisation"]
        zone = parse_zone("UTC" if filters["installation"] else _zone(control, asked or default))
        wanted = Wanted(
            start=None if filters["first"] is None else day_start(_day("--from", filters["first"]), zone),
            end=None
            if filters["last"] is None
            else day_start(_day("--until", filters["last"]) + timedelta(days=1), zone),
            who=filters["who"],
            action=_action(filters["action"]),
            subject=filters["subject"],
            text=filters["text"],
        )
        yield _Chain(control, INSTALLATION if filters["installation"] else asked or default, wanted)


def _zone(control: Control, organisation: str) -> str:
    """Return an organisation's zone; of one that is deleted only the trail is left, and days are those of UTC."""
    known = {each.id: each.zone for each in every_organisation(control)}
    return known.get(organisation, "UTC")


def _day(option: str, text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.max
    if not date.min.year < found.year < date.max.year:
        raise click.UsageError(f"{option} is no day such as 2026-10-01")
    return found


def _action(text: str) -> str:
    if text and text not in ACTIONS and text not in {each.partition(".")[0] for each in ACTIONS}:
        raise click.UsageError(f"there is no action {text!r}; there are {', '.join(ACTIONS)}")
    return text


def _head(chain: str, text: str) -> Head:
    number, _, written = text.partition(":")
    try:
        return Head(chain, int(number), bytes.fromhex(written))
    except ValueError:
        raise click.UsageError("--expect is NUMBER:HASH, as an earlier check printed it") from None


def _tell(verified: Verified) -> None:
    mark = "ok" if verified.holds else "WRONG"
    end = f"{verified.entries}:{verified.hash.hex()}" if verified.entries else "no entries"
    click.echo(f"{mark:5}  {verified.organisation or 'installation'}  {end}")
    for finding in verified.findings:
        entry = "" if finding.number is None else f"entry {finding.number}: "
        click.echo(f"       {entry}{finding.text}")


def _columns(entry: Entry) -> list[str]:
    told = (str(entry.number), f"{entry.at:%Y-%m-%d %H:%M:%S}Z", entry.by.name, entry.by.address or "-", entry.sentence)
    return ["".join(char if char.isprintable() else " " for char in each) for each in told]
