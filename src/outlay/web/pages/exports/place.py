"""Which range of which usage the Exports page and its file stand for."""

from typing import Final

from outlay.access.roles import may
from outlay.access.viewer import Viewer
from outlay.errors import Forbidden
from outlay.kit.period import Month, local_day
from outlay.query.ask import Query
from outlay.query.questions import Asking
from outlay.query.timerange import OneMonth
from outlay.web.view.place import Ground, Place, read_place

EXPORTS: Final = "/exports"


def read_exports(asking: Asking, url_query: str) -> Place:
    """Read the URL; without a range it is the running month."""
    month = Month.of(local_day(asking.now, asking.zone))
    return read_place(Ground(EXPORTS, Query(asking.viewer, range=OneMonth(month.year, month.month))), url_query)


def check_role(viewer: Viewer) -> None:
    """Raise Forbidden unless this viewer may see the whole organisation's cost."""
    if not may(viewer.role, "see_consumption"):
        raise Forbidden(f"A bill of the whole organisation is for the roles admin and billing; yours is {viewer.role}.")
