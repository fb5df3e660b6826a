"""Links of the Consumption page: to itself (another month, view or filter), to the calls behind a figure, to exports.

Every figure leads to the rows it stands for, with the very filters it was asked with.
"""

from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.kit.period import Month
from outlay.query.ask import Filter, Query
from outlay.query.parse import Asked, write
from outlay.query.timerange import OneMonth, TimeRange
from outlay.web.render import Renderer

View = Literal["cost", "activity"]

CONSUMPTION: Final = "/consumption"
CALLS: Final = "/calls"


class Place(Struct, frozen=True):
    """Where a reader of the Consumption page stands. `running` is the month that now lies in."""

    viewer: Viewer
    view: View
    month: Month
    running: Month
    filters: tuple[Filter, ...] = ()

    @property
    def range(self) -> OneMonth:
        return OneMonth(self.month.year, self.month.month)

    @property
    def is_running(self) -> bool:
        return self.month == self.running


class Links:
    """Makes the links of one answer."""

    def __init__(self, renderer: Renderer, place: Place) -> None:
        self._renderer = renderer
        self._place = place
        self._calls = Query(place.viewer)

    def page(
        self, *, view: View | None = None, month: Month | None = None, filters: tuple[Filter, ...] | None = None
    ) -> str:
        """Return the link to this page with something changed."""
        return self._link(CONSUMPTION, self._here(view, month, filters))

    def narrowed(self, more: Filter) -> str:
        """Return the link to this page with one filter more."""
        return self.page(filters=(*self._place.filters, more))

    def without(self, asked: Filter) -> str:
        """Return the link to this page with one filter less."""
        return self.page(filters=tuple(each for each in self._place.filters if each != asked))

    def export(self, kind: Literal["csv", "json"]) -> str:
        return self._link(f"{CONSUMPTION}/export.{kind}", self._here(None, None, None))

    def calls(self, *more: Filter, range: TimeRange | None = None) -> str:  # noqa: A002 - the question's own word
        """Return the link to the calls that a figure stands for."""
        asked = replace(self._calls, range=range or self._place.range, filters=(*self._place.filters, *more))
        return self._link(CALLS, write(Asked(asked), self._calls))

    def _here(self, view: View | None, month: Month | None, filters: tuple[Filter, ...] | None) -> str:
        place = self._place
        view, month = view or place.view, month or place.month
        default = Query(place.viewer, range=OneMonth(place.running.year, place.running.month))
        asked = replace(
            default,
            range=OneMonth(month.year, month.month),
            filters=place.filters if filters is None else filters,
        )
        return write(Asked(asked, own={} if view == "cost" else {"view": view}), default)

    def _link(self, path: str, query: str) -> str:
        return self._renderer.url(path) + (f"?{query}" if query else "")


def only(dimension: str, value: str | None) -> Filter:
    """Return the filter that lets through one group: those with this value, or those that have none."""
    return Filter(dimension, "none") if value is None else Filter(dimension, "is", (value,))
