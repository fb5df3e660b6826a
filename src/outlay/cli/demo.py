"""`outlay demo`: fills a data directory with a realistic organisation that was measured, not made up on the spot."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Final, Protocol

import click
import msgspec
from msgspec import Struct
from msgspec.structs import replace
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from outlay.app import PRICES_FILE, Outlay, open_outlay
from outlay.cli.demo_people import ADMIN, examples_of, sign_up
from outlay.cli.options import data_option, exits_cleanly, interruptible, opened_control
from outlay.config import Settings, load_settings
from outlay.control.annotations import Written, annotate
from outlay.control.entities import EntityName
from outlay.control.members import members_of
from outlay.control.organisation_settings import put_setting, setting_of
from outlay.control.saved_views import NewView, save_view, views_for
from outlay.control.sharing import Reader
from outlay.demo.generate import generate
from outlay.demo.organisation import DemoSpec, Directory, build_directory
from outlay.errors import Conflict, InputError
from outlay.intake.outcome import Outcome
from outlay.kit.clock import SystemClock
from outlay.kit.period import local_day, parse_zone

SETTING: Final = "demo"
_VIEWS: Final = (
    ("Support and storefront", "/consumption", "f=team:is:storefront,support"),
    ("Failed calls of the week", "/calls", "f=status:is:error&r=7d"),
)
_NOTES: Final = ((4, "Support assistant opened to all customers"), (11, "Shorter system prompts rolled out"))


@click.command()
@data_option
@click.option("--events", type=click.IntRange(1, 10**9), default=200_000, show_default=True, help="How many events.")
@click.option("--months", type=click.IntRange(1, 120), default=6, show_default=True, help="Months back, this included.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same organisation.")
@click.option("--zone", help="IANA time zone of the organisation; else OUTLAY_ZONE, else UTC.")
@click.option("--if-missing", is_flag=True, help="Do nothing when the data directory has a whole demo already.")
@exits_cleanly
def demo(*, data: str | None, events: int, months: int, seed: int, zone: str | None, if_missing: bool) -> None:
    """Fill a new data directory with a realistic organisation that ends now.

    One that was interrupted is finished by the same command; it keeps the size it was begun with.
    """
    settings = load_settings(overrides={"data": data, "zone": zone, "organisation": "Acme"})
    wanted = Demo(events, months, seed, SystemClock().now().isoformat())
    begun = _begun(settings)
    if begun is not None and begun.done:
        if if_missing:
            return
        raise Conflict(f"{settings.data_dir} has a demo already; name another directory with --data, or delete it")
    _write_prices(settings)
    with interruptible("Run the same command again to finish the demo"), open_outlay(settings) as outlay:
        if begun is None and _has_events(outlay):
            raise Conflict(f"{settings.data_dir} has events of its own; name another directory with --data")
        made = begun or wanted
        _make(outlay, made)
        examples = examples_of(outlay.control, outlay.organisation)
    click.echo(f"{made.events:,} events over {made.months} months are in {settings.data_dir}.", err=True)
    for member in examples:
        click.echo(f"  {member.role:8}{member.email}", err=True)
    click.echo(f"To see what one of them sees: outlay members link E-MAIL --data {settings.data_dir}", err=True)


class Demo(Struct, frozen=True):
    """What a demo was made from. Kept in the control database, so that one that was interrupted is finished, not mixed
    with another: the same spec makes the same events, and those that are there already are stored once.
    """

    events: int
    months: int
    seed: int
    end: str
    done: bool = False


def _begun(settings: Settings) -> Demo | None:
    """Return what a demo in this data directory is made from: asked without the ledger, which a server may hold."""
    with opened_control(settings) as (control, organisation):
        kept = setting_of(control, organisation, SETTING)
    return None if kept is None else msgspec.convert(kept, Demo)


def _make(outlay: Outlay, demo: Demo) -> None:
    _remember(outlay, demo)
    zone = outlay.organisation_of(outlay.organisation).zone
    spec = DemoSpec(demo.events, demo.months, demo.seed, datetime.fromisoformat(demo.end), zone)
    directory = build_directory(spec)
    sign_up(outlay.control, outlay.organisation, directory, outlay.clock.now())
    _name_everyone(outlay, directory)
    _leave_notes(outlay, spec)
    _store(outlay, spec)
    _remember(outlay, replace(demo, done=True))


def _remember(outlay: Outlay, demo: Demo) -> None:
    put_setting(outlay.control, outlay.organisation, SETTING, msgspec.to_builtins(demo), outlay.clock.now())


def _has_events(outlay: Outlay) -> bool:
    with outlay.ledger.snapshot() as snapshot:
        return snapshot.watermark > 0


def _write_prices(settings: Settings) -> None:
    path = settings.data_dir / PRICES_FILE
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(files("outlay.demo").joinpath("prices.toml").read_text(encoding="utf-8"), encoding="utf-8")


def _store(outlay: Outlay, spec: DemoSpec) -> None:
    columns = (TextColumn("Making events"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("events", total=spec.events)
        for outcomes in _committed(outlay, spec):
            refused = [outcome for outcome in outcomes if outcome.code]
            if refused:
                raise InputError(f"the demo made an event that can't be stored: {refused[0].message}")
            progress.advance(task, len(outcomes))
        outlay.ledger.fold()


def _committed(outlay: Outlay, spec: DemoSpec) -> Iterator[list[Outcome]]:
    """Yield the outcomes batch by batch; one batch is committed while the next is made."""
    with ThreadPoolExecutor(1, "demo-commit") as committing:
        before: Future[list[list[Outcome]]] | None = None
        for batch in generate(spec, outlay.organisation):
            prepared = outlay.intake.prepare(outlay.organisation, batch)
            if before is not None:
                yield from before.result()
            before = committing.submit(outlay.intake.commit, [prepared])
        if before is not None:
            yield from before.result()


def _name_everyone(outlay: Outlay, directory: Directory) -> None:
    put, organisation = outlay.names.put_labels, outlay.organisation
    put(organisation, "team", _named(directory.teams))
    put(organisation, "agent", [EntityName(each.id, each.name, None, each.team) for each in directory.agents])
    put(organisation, "pod", _named(directory.pods))
    put(organisation, "task", _named(task for pod in directory.pods for task in pod.tasks))
    put(organisation, "api_key", _named(directory.api_keys))
    put(organisation, "user", [EntityName(each.id, each.name, each.email, each.team) for each in directory.people])


class _Named(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


def _named(things: Iterable[_Named]) -> list[EntityName]:
    return [EntityName(each.id, each.name) for each in things]


def _leave_notes(outlay: Outlay, spec: DemoSpec) -> None:
    """Let the admin share a view and write on the time axis; one that was interrupted has them already."""
    now, control = outlay.clock.now(), outlay.control
    admin = next(each for each in members_of(control, outlay.organisation) if each.email == ADMIN)
    reader = Reader(outlay.organisation, admin.id)
    if views_for(control, reader):
        return
    for name, path, query in _VIEWS:
        save_view(control, reader, NewView(name=name, path=path, query=query, shared=True), now)
    today = local_day(spec.end, parse_zone(spec.zone))
    for days, text in _NOTES:
        annotate(control, reader, Written(text=text, day=today - timedelta(days=days)), now)
