"""What the parts of these pages are told: where the reader stands, links, names, marks, the instant of the figures."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from outlay.query.ask import Filter, Query
from outlay.query.buckets import Bucket as Step
from outlay.query.questions import Asking
from outlay.query.result import Result
from outlay.query.timerange import TimeRange, span_of
from outlay.web import format as text
from outlay.web.charts import Mark
from outlay.web.pages.agents.place import AgentsPlace, By, session_ground
from outlay.web.render import Renderer
from outlay.web.view.marks import Marks
from outlay.web.view.names import Names
from outlay.web.view.place import Links, Place, only
from outlay.web.view.ranges import range_text, with_changes

ERRORS: Final = Filter("status", "is", ("error",))
UNPRICED: Final = Filter("cost_status", "is", ("unpriced",))
ESTIMATED: Final = Filter("cost_status", "is", ("estimated",))


class Told(Struct, frozen=True):
    """`asked` is the question that every figure of the page is of: range, filters, and the agent where it is one's."""

    place: AgentsPlace
    links: Links
    names: Names
    zone: ZoneInfo
    now: datetime
    marks: Callable[[Sequence[Step]], tuple[Mark, ...]]

    @property
    def period(self) -> str:
        asked = self.place.query.range
        return range_text(asked, span_of(asked, self.zone, self.now), self.zone)

    @property
    def heading(self) -> str:
        return text.capital(self.period)

    def calls(self, *more: Filter, range: TimeRange | None = None) -> str:  # noqa: A002 - the question's own word
        """Return the link to the calls that a figure of the page stands for."""
        own = (only("agent", self.place.agent),) if "agent" in self.place.place.own else ()
        return self.links.calls(*own, *more, range=range)


def told_of(asking: Asking, place: AgentsPlace, renderer: Renderer, names: Names, marks: Marks) -> Told:
    """Tell the parts of one answer."""
    marked = marks.of(asking, place.whose)
    return Told(place, Links(renderer, place.place), names, asking.zone, asking.now, marked)


def question(place: AgentsPlace, measures: tuple[str, ...], *dimensions: str) -> Query:
    """Return a question over the range and filters of the page (and its agent), with nothing beside its rows."""
    return Query(
        place.viewer, measures, dimensions, range=place.query.range, filters=place.whose, totals=not dimensions
    )


def compared(place: AgentsPlace, asked: Query) -> Query:
    return replace(asked, comparison=place.query.comparison)


def subtitle_of(told: Told, head: Result) -> str:
    """Name range and zone, and what all changes of the page are against."""
    said = f"{told.heading}, {text.zone_name(told.zone, told.now)}"
    return with_changes(said, head)


def session_href(told: Told, by: By, named: str) -> str:
    """Return the link to a session or run: all of it, so without the filters of the page."""
    ground = session_ground(told.place.viewer)
    query = replace(ground.default, range=told.place.query.range)
    return told.links.to(Place(ground, query, own={**ground.own, by: named}))
