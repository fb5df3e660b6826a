"""The funnel's work on the calls of a log, done in another process: rows that only have to be committed.

A `Recipe` goes there, `MadeRows` come back. What several processes must not decide apart stays out: whether a call
is known already, and whether its names may be registered. Where one is refused there are no rows: the funnel tells why.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from outlay.intake.check import Limits
from outlay.intake.import_report import ImportReport
from outlay.intake.prepare import NAMED_BY, cost_by_own_prices, named_in, prepare
from outlay.kit.period import LocalDays, parse_zone
from outlay.ledger.columns import Rows, rows_of
from outlay.pricing.book import PriceBook
from outlay.pricing.catalogue import load_catalogue
from outlay.pricing.rules import Rules
from outlay.usage import UsageEvent

if TYPE_CHECKING:  # loads the control database's driver
    from outlay.control.entities import EntityKind


_write: Final = msgspec.msgpack.Encoder().encode
_write_json: Final = msgspec.json.Encoder().encode


class Recipe(Struct, frozen=True):
    """What rows of an organisation are made by: `rules` are those of the installation, `own` the organisation's."""

    organisation: str
    zone: str
    limits: Limits
    rules: Rules
    own: Rules


class MadeRows(Struct, frozen=True):
    """Events as rows, whom they name, and their figures: what a report says of them once they are stored.

    `last_event` is the last of them as msgpack, `prices` the version of the book they are priced by.
    """

    rows: Rows
    names: dict[str, list[str]]
    figures: ImportReport
    last_event: bytes
    prices: str


class RowMaker:
    """Makes rows by a recipe."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._prices = PriceBook(load_catalogue(), recipe.rules, recipe.own)
        self._days = LocalDays(parse_zone(recipe.zone))

    def make(self, events: Sequence[UsageEvent]) -> MadeRows | None:
        """Return the rows of the events; None where there are none, or one of them is refused."""
        prepared = prepare(self._recipe.organisation, events, self._prices, self._recipe.limits)
        if not events or len(prepared.events) < len(events):
            return None
        report = ImportReport()
        for event, priced in zip(events, prepared.events, strict=True):
            report.keep(event, priced.cost if event.reported_cost is None else cost_by_own_prices(self._prices, event))
        rows = rows_of(prepared.events, self._day_of, _write_json).packed()
        names = {str(kind): sorted(named) for kind, named in named_in(prepared.events).items()}
        return MadeRows(rows, names, report, _write(events[-1]), self._prices.version)

    def _day_of(self, organisation: str, micros: int) -> date:
        del organisation  # the recipe's
        return self._days.day_of(micros)


def joined_names(made: Sequence[MadeRows]) -> "dict[EntityKind, set[str]]":
    """Return whom and what all of these name."""
    kinds: tuple[EntityKind, ...] = (*NAMED_BY, "tag")
    return {kind: set[str]().union(*(each.names[kind] for each in made)) for kind in kinds}
