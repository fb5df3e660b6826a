"""The one place where the parts are built and wired. Nothing in Outlay keeps state at module level.

`open_outlay` opens the data directory for one process: ledger and control database, prices, the funnel. `wiring/`
adds the queue, the pages and the API on top; importing and verifying use the parts alone. `open_desk` opens what any
number of processes may have open at once: all but the ledger and the funnel into it.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from outlay.access.secrets import SecretKeys
from outlay.audit.notary import TrailNotary
from outlay.config import Settings
from outlay.control.database import Control, open_configured
from outlay.control.entities import Registry
from outlay.control.organisations import Organisation, first_organisation, organisation_of
from outlay.control.upstreams import UpstreamBook
from outlay.errors import PriceInvalid
from outlay.intake.accept import Intake
from outlay.intake.check import Limits
from outlay.intake.horizon import Horizon, earliest_kept
from outlay.intake.made_rows import Recipe
from outlay.intake.price_books import PriceBooks
from outlay.intake.repricing_work import Means
from outlay.intake.whose import PeoplesTeams
from outlay.kit.clock import Clock, SystemClock
from outlay.kit.period import parse_zone
from outlay.ledger.duckdb import DuckLedger
from outlay.pricing.book import PriceBook
from outlay.pricing.catalogue import load_catalogue
from outlay.pricing.rules import NO_RULES, Rules, parse_rules
from outlay.usage import PricedEvent

LEDGER_FILE: Final = "ledger.duckdb"
PRICES_FILE: Final = "prices.toml"


class Desk(Struct, frozen=True):
    """What a process has without the ledger. `organisation` is the id of the one made at the first start."""

    settings: Settings
    clock: Clock
    control: Control
    books: PriceBooks
    organisation: str
    upstreams: UpstreamBook
    secrets: SecretKeys

    @property
    def prices(self) -> PriceBook:
        """The prices in force now, for the organisation made at the first start."""
        return self.books.book_of(self.organisation)

    def recipe(self) -> Recipe:
        """Return what another process makes rows of events by, as the funnel here would."""
        rules, own = self.prices.made_of
        found = organisation_of(self.control, self.organisation)
        limits = replace(_limits(self.settings), earliest=earliest_kept(found, self.clock.now()))
        return Recipe(self.organisation, found.zone, limits, rules, own)


class Outlay(Desk, frozen=True):
    """The parts of the one process that holds the ledger."""

    names: Registry
    ledger: DuckLedger
    intake: Intake

    def organisation_of(self, organisation: str) -> Organisation:
        return organisation_of(self.control, organisation)

    def repricing_means(self) -> Means:
        """Return what a repricing is carried out with while nobody else uses the ledger."""

        def commit(events: Sequence[PricedEvent]) -> None:
            self.intake.commit([self.intake.prepare_priced(events)])

        return Means(self.control, self.books, self.ledger, self.clock, commit, lambda: None)

    def zone_of(self, organisation: str) -> ZoneInfo:
        return parse_zone(self.organisation_of(organisation).zone)


@contextmanager
def open_desk(settings: Settings, clock: Clock | None = None) -> Iterator[Desk]:
    """Open what does not need the ledger. Raises PriceInvalid when `prices.toml` can't be used."""
    clock = clock or SystemClock()
    with ExitStack() as closing:
        keys = SecretKeys(settings.data_dir, settings.secret_key)
        control = open_configured(settings, TrailNotary(keys, settings.data_dir))
        closing.callback(control.close)
        first = first_organisation(control, settings.organisation, settings.zone, clock.now())
        books = PriceBooks(load_catalogue(), _rules(settings.data_dir / PRICES_FILE), control)
        yield Desk(settings, clock, control, books, first.id, UpstreamBook(control, keys, clock), keys)


@contextmanager
def open_ledger(desk: Desk) -> Iterator[Outlay]:
    """Open the ledger and the funnel into it, and close it again. Raises LedgerBusy when another process holds it."""
    settings = desk.settings
    ledger = _open_ledger(settings, desk.control)
    try:
        names = Registry(desk.control, desk.clock, settings.max_new_entities)
        intake = Intake(ledger, desk.books, names, _limits(settings), PeoplesTeams(desk.control))
        intake.keep_from(Horizon(desk.control, desk.clock).earliest)
        shared = (desk.settings, desk.clock, desk.control, desk.books, desk.organisation, desk.upstreams, desk.secrets)
        yield Outlay(*shared, names, ledger, intake)
    finally:
        ledger.close()


@contextmanager
def open_outlay(settings: Settings, clock: Clock | None = None) -> Iterator[Outlay]:
    """Open everything in the data directory, and close it again in the right order.

    Raises LedgerBusy when another process holds the ledger, PriceInvalid when `prices.toml` can't be used.
    """
    with open_desk(settings, clock) as desk, open_ledger(desk) as outlay:
        outlay.books.catalogue.load()  # whoever serves must not keep the first call waiting
        yield outlay


def _open_ledger(settings: Settings, control: Control) -> DuckLedger:
    @lru_cache(maxsize=1024)
    def zone_of(organisation: str) -> ZoneInfo:
        return parse_zone(organisation_of(control, organisation).zone)

    return DuckLedger(settings.data_dir / LEDGER_FILE, zone_of, settings.ledger_memory_mb, settings.ledger_threads)


def _limits(settings: Settings) -> Limits:
    return Limits(settings.max_field_chars, settings.max_tags, settings.max_metadata_bytes)


def _rules(path: Path) -> Rules:
    if not path.is_file():
        return NO_RULES
    try:
        return parse_rules(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PriceInvalid(f"can't read the price rules {path}: {error}") from error
    except PriceInvalid as error:
        raise PriceInvalid(f"{path}: {error.message}") from error
