"""Which month and which view of it a reader of the Consumption page stands in."""

from typing import Final, Literal, cast

from msgspec import Struct

from outlay.access.viewer import Viewer
from outlay.kit.period import Month, local_day
from outlay.query.ask import Filter, Query
from outlay.query.baseline import Comparison
from outlay.query.questions import Asking
from outlay.query.timerange import MonthToDate, OneMonth
from outlay.web import format as text
from outlay.web.render import Notice
from outlay.web.view.place import Ground, Place, read_place

View = Literal["cost", "activity"]

CONSUMPTION: Final = "/consumption"
VIEWS: Final[tuple[View, ...]] = ("cost", "activity")


class MonthPlace(Struct, frozen=True):
    """A state of the page. `running` is the month that now lies in."""

    place: Place
    month: Month
    running: Month

    @property
    def view(self) -> View:
        return cast("View", self.place.own["view"])

    @property
    def viewer(self) -> Viewer:
        return self.place.viewer

    @property
    def filters(self) -> tuple[Filter, ...]:
        return self.place.query.filters

    @property
    def comparison(self) -> Comparison:
        return self.place.query.comparison

    @property
    def range(self) -> OneMonth:
        return whole(self.month)

    @property
    def is_running(self) -> bool:
        return self.month == self.running


def read_month(asking: Asking, url_query: str) -> MonthPlace:
    """Read the URL. What can't be used gives a notice and leaves the default in place, never an error."""
    running = Month.of(local_day(asking.now, asking.zone))
    default = Query(asking.viewer, range=whole(running), comparison="prev")
    ground = Ground(CONSUMPTION, default, frozenset({"r", "f", "cmp"}), {"view": "cost"})
    place = read_place(ground, url_query)
    month, notices = running, list(place.notices)
    match place.query.range:
        case OneMonth(year, number):
            month = Month(year, number)
        case MonthToDate():
            pass
        case _:
            notices.append(
                Notice("info", f"This page goes month by month; it shows {text.month(running)} instead of that range.")
            )
    if place.own["view"] not in VIEWS:
        notices.append(Notice("info", f"There is no view {place.own['view']!r} here; this is the cost view."))
    return MonthPlace(_settled(place, month, tuple(notices)), month, running)


def whole(month: Month) -> OneMonth:
    return OneMonth(month.year, month.month)


def _settled(place: Place, month: Month, notices: tuple[Notice, ...]) -> Place:
    """Return the place as the page shows it: a month, a known view, and what must be said of the others."""
    view = place.own["view"] if place.own["view"] in VIEWS else "cost"
    return Place(
        place.ground,
        Query(
            place.viewer,
            range=whole(month),
            filters=place.query.filters,
            comparison=place.query.comparison,
        ),
        live=place.live,
        own={**place.own, "view": view},
        notices=notices,
    )
