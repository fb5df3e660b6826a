"""Where a reader of the explorer stands: the view, the dimension it tells apart, the page of its table, what is open.

One URL is one state: `?view=user&r=7d&f=team:is:growth&s=-runs&page=2&open=u1`. What the URL says and the page can't
use gives a notice and leaves the default, never an error.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, cast

from msgspec import Struct
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.query.ask import Filter, Order, Query
from outlay.query.catalogue import is_tag
from outlay.query.parse import parse
from outlay.web.pages.explorer.opened import MOST_OPEN, Path, read_open, toggled, write_open
from outlay.web.render import Notice
from outlay.web.view.place import Ground, Links, Place, read_place

View = Literal["agent", "user", "model", "allocation"]
Moved = Literal["", "up", "down"]

EXPLORER: Final = "/explorer"
VIEWS: Final[Mapping[View, str]] = MappingProxyType(
    {"agent": "Agents", "user": "Users", "model": "Models", "allocation": "Allocation"}
)
ALLOCATED: Final = ("team", "agent", "pod")  # beside tags
OPENING: Final = frozenset({"user", "model"})  # views whose rows open
PER_PAGE: Final = 50
_MOVED: Final = ("", "up", "down")

_SUMS: Final = ("cost", "requests", "unpriced_requests")
MEASURES: Final[Mapping[View, tuple[str, ...]]] = MappingProxyType(
    {"agent": (*_SUMS, "active_users"), "user": _SUMS, "model": (*_SUMS, "active_users"), "allocation": _SUMS}
)


class ExplorerPlace(Struct, frozen=True):
    """A state of the page. `moved` sorts by the change against the baseline, in place of the question's order."""

    place: Place
    view: View
    page: int
    moved: Moved
    opened: tuple[Path, ...]

    @property
    def query(self) -> Query:
        return self.place.query

    @property
    def viewer(self) -> Viewer:
        return self.place.viewer

    @property
    def by(self) -> str:
        return self.place.query.dimensions[0]

    @property
    def has_runs(self) -> bool:
        """Whether the view counts runs; shared out among teams or tags, they would not add up."""
        return self.view != "allocation"

    @property
    def order(self) -> Order:
        return self.place.query.order or Order("cost", descending=True)


def ground_of(viewer: Viewer, view: View) -> Ground:
    """Return what a view stands on."""
    default = Query(
        viewer,
        measures=(*MEASURES[view], "runs") if view != "allocation" else MEASURES[view],
        dimensions=("team" if view == "allocation" else view,),
        order=Order("cost", descending=True),
    )
    words = {"r", "f", "g", "cmp", "s"} | ({"by", "tags"} if view == "allocation" else set())
    return Ground(EXPLORER, default, frozenset(words), {"view": "agent", "page": "1", "moved": "", "open": ""})


def read_explorer(viewer: Viewer, url_query: str) -> ExplorerPlace:
    """Read the URL."""
    named = parse(url_query, Query(viewer), own=("view",), lenient=True).own.get("view", "agent")
    view: View = cast("View", named) if named in VIEWS else "agent"
    place = read_place(ground_of(viewer, view), url_query)
    notices = list(place.notices)
    if named not in VIEWS:
        notices.append(Notice("info", f"There is no view {named[:40]!r} here; these are the agents."))
    if view == "allocation" and not _is_allocated(place.query.dimensions):
        place = replace(place, query=replace(place.query, dimensions=place.ground.default.dimensions))
        notices.append(Notice("info", "Spend is shared out by team, agent, pod, or tag:KEY; this is by team."))
    found = _own(place, view, notices)
    return replace(found, place=replace(found.place, notices=tuple(notices)))


def _own(place: Place, view: View, notices: list[Notice]) -> ExplorerPlace:
    """Read the page's own parameters."""
    page, moved = place.own["page"], place.own["moved"]
    if not (page.isascii() and page.isdigit() and 1 <= len(page) <= 6 and int(page) > 0):
        notices.append(Notice("info", f"{page[:40]!r} is no page; this is the first."))
        page = "1"
    if moved not in _MOVED:
        notices.append(Notice("info", f"moved is {moved[:40]!r}; it sorts up or down."))
        moved = ""
    opened = read_open(place.own["open"]) if view in OPENING else ()
    if len(opened) > MOST_OPEN:
        notices.append(Notice("info", f"Only {MOST_OPEN} rows stand open at once."))
        opened = opened[:MOST_OPEN]
    own = {"view": view, "page": str(int(page)), "moved": moved, "open": write_open(opened)}
    return ExplorerPlace(replace(place, own=own), view, int(page), cast("Moved", moved), opened)


def _is_allocated(dimensions: tuple[str, ...]) -> bool:
    return len(dimensions) == 1 and (dimensions[0] in ALLOCATED or is_tag(dimensions[0]))


def viewed(place: ExplorerPlace, links: Links, view: View, filters: tuple[Filter, ...] | None = None) -> str:
    """Return the link to another view of the same usage: its sort, page and open rows begin anew."""
    query, ground = place.query, ground_of(place.viewer, view)
    asked = replace(
        ground.default,
        range=query.range,
        filters=query.filters if filters is None else filters,
        comparison=query.comparison,
        grain=query.grain,
    )
    return links.to(Place(ground, asked, live=place.place.live, own={**ground.own, "view": view}))


def explaining(links: Links, place: Place) -> str:
    """Return the link from another page of figures to why its spend changed: same range, filters and comparison."""
    ground, query = ground_of(place.viewer, "agent"), place.query
    asked = replace(ground.default, range=query.range, filters=query.filters, comparison=query.comparison)
    return f"{links.to(Place(ground, asked, own=ground.own))}#why"


def toggling(place: ExplorerPlace, links: Links, path: Path) -> str:
    """Return the link that opens a row, or closes it."""
    return links.here(open=write_open(toggled(place.opened, path)))
