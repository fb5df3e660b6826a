"""The FOCUS 1.2 file: every charge of a range, a line for each day, provider, model, kind of token, team, agent, user,
API key, pod and tags. Its costs make the ledger's cost to the last digit.
"""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.control.database import Control
from outlay.control.entities import Registry
from outlay.control.organisations import organisation_of
from outlay.query.ask import Query
from outlay.query.charges import Counted, count_charges, list_charges
from outlay.query.parse import Asked, write
from outlay.query.questions import Asking
from outlay.query.refine import Moment
from outlay.web.export import ExportFile, ExportTable, Record, manifest_of
from outlay.web.pages.exports.charge_row import Account, ChargeRows
from outlay.web.pages.exports.columns import COLUMNS, VERSION
from outlay.web.pages.exports.place import EXPORTS, check_role, read_exports
from outlay.web.view.names import Names

MEASURES: Final = ("cost", "requests", "unpriced_requests", "estimated_requests", "tokens")
ENDINGS: Final = ("csv", "parquet")
NOTES: Final = (
    f"FOCUS {VERSION}: https://focus.finops.org. Charge periods are days of the organisation's zone, in UTC.",
    "BilledCost, EffectiveCost, ContractedCost and ListCost are all what Outlay knows a charge to cost.",
    "Where x_CostStatus is unpriced, no price is known: the cost is unknown, and 0 only because FOCUS wants a number.",
)


class FocusExport:
    path = EXPORTS

    def __init__(self, control: Control, registry: Registry) -> None:
        self._control = control
        self._registry = registry

    def check(self, viewer: Viewer) -> None:
        check_role(viewer)

    def export(self, asking: Asking, url_query: str) -> ExportFile:
        place = read_exports(asking, url_query)
        found = asking.run(replace(place.query, measures=MEASURES))
        lines = count_charges(place.query, asking.snapshot, Moment(asking.zone, asking.now))
        holds = lines.cost == (found.total("cost") or 0)
        charges = ExportTable(
            "charges",
            "Charges",
            COLUMNS,
            self._rows(asking, place.query, lines),
            lines.count,
            adds_up=holds,
            dollars_only=True,
        )
        asked = write(Asked(place.query), Query(asking.viewer))
        notes = (*NOTES, *(each.text for each in place.notices))
        return ExportFile("focus", (charges,), manifest_of(asking, EXPORTS, asked, found, notes))

    def _rows(self, asking: Asking, query: Query, lines: Counted) -> Iterator[Record]:
        organisation = organisation_of(self._control, asking.viewer.organisation)
        names = Names(self._registry, organisation.id)
        making = ChargeRows(Account(organisation.id, organisation.name), names, asking.zone)
        for day, charges in list_charges(query, asking.snapshot, Moment(asking.zone, asking.now), lines):
            yield from making.rows(day, charges)
