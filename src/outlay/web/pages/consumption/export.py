"""The file of the Consumption page: every table and chart of a view, from the page's own figures.

For a signed-in member or an API key that may read; either must be allowed to see the whole organisation.
"""

from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.control.entities import Registry
from outlay.query.ask import Query
from outlay.query.parse import Asked, write
from outlay.query.questions import Asking
from outlay.web.export import ExportFile, manifest_of
from outlay.web.pages.consumption.month import CONSUMPTION, MonthPlace, read_month
from outlay.web.pages.consumption.page import check_role, figures_of
from outlay.web.pages.consumption.tables import tables_of
from outlay.web.view.names import Names


class ConsumptionExport:
    path = CONSUMPTION

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def check(self, viewer: Viewer) -> None:
        check_role(viewer)

    def export(self, asking: Asking, url_query: str) -> ExportFile:
        place = read_month(asking, url_query)
        figures = figures_of(asking, place)
        names = Names(self._registry, place.viewer.organisation)
        notes = tuple(each.text for each in place.place.notices)
        return ExportFile(
            f"consumption-{place.view}-{place.month}",
            tables_of(figures, names),
            manifest_of(asking, CONSUMPTION, _query_text(place), figures.days, notes),
        )


def _query_text(place: MonthPlace) -> str:
    """Return the canonical question, its month always stated: a file is read when the month is another."""
    asked = replace(place.place.query, comparison=place.comparison)
    return write(Asked(asked, own={"view": place.view}), Query(place.viewer))
