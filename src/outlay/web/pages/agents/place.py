"""Where a reader of the Agents pages stands, and the addresses of an agent, a session and a run.

Ids are whatever their senders wrote, so they stand in the query string, never in the path.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, cast

from msgspec import Struct
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.query.ask import Filter, Query
from outlay.query.buckets import Grain
from outlay.query.questions import Asking
from outlay.web.parts import Sort
from outlay.web.render import Notice
from outlay.web.view.bar import fitting_grain
from outlay.web.view.place import Ground, Place, only, read_place

By = Literal["session", "run"]

AGENTS: Final = "/agents"
AGENT: Final = "/agents/one"
SESSION: Final = "/agents/session"
DIMENSION: Final[Mapping[By, str]] = MappingProxyType({"session": "session_id", "run": "run_id"})
NAME: Final = "name"
CHANGE: Final = "change"
LIST_SORTS: Final = (
    NAME,
    "runs",
    "sessions",
    "requests",
    "tokens",
    "latency_p50",
    "latency_p95",
    "latency_p99",
    "first_token_p95",
    "error_rate",
    "active_users",
    CHANGE,
    "cost",
)
RUN_SORTS: Final = ("first_time", "requests", "tokens", "latency_p95", "errors", "cost")
NEWEST: Final = "-first_time"
DRAWN: Final = ("cost", "requests")
_MOST_PAGE: Final = 20_000  # as far as an offset reaches
_WORDS: Final = frozenset({"r", "f", "g", "cmp"})


class AgentsPlace(Struct, frozen=True):
    """A state of a page with a table: what it is sorted by, which page of it is shown. `grain` is that of charts."""

    place: Place
    sorted_by: str
    descending: bool
    page: int
    grain: Grain

    @property
    def viewer(self) -> Viewer:
        return self.place.viewer

    @property
    def query(self) -> Query:
        return self.place.query

    @property
    def agent(self) -> str | None:
        """Return the agent whose page this is; None on the page of what has none."""
        return self.place.own.get("agent") or None

    @property
    def whose(self) -> tuple[Filter, ...]:
        """Return the filters of the page with the one that it stands for, which its URL says as `agent`."""
        return (*self.query.filters, only("agent", self.agent)) if "agent" in self.place.own else self.query.filters

    def sort_of(self, column: str) -> Sort:
        if column != self.sorted_by:
            return "none"
        return "descending" if self.descending else "ascending"


def agents_ground(viewer: Viewer) -> Ground:
    return Ground(AGENTS, _default(viewer), _WORDS, {"s": "-cost", "page": "1"})


def read_agents(asking: Asking, url_query: str) -> AgentsPlace:
    """Read the URL of the list. What can't be used gives a notice and leaves the default, never an error."""
    return _sorted(asking, read_place(agents_ground(asking.viewer), url_query), LIST_SORTS)


def agent_ground(viewer: Viewer) -> Ground:
    """Return what the page of one agent stands on; without `by` it shows sessions where the agent has any."""
    own = {"agent": "", "by": "", "s": NEWEST, "page": "1", "chart": "cost"}
    return Ground(AGENT, _default(viewer), _WORDS, own)


def read_agent(asking: Asking, url_query: str) -> AgentsPlace:
    """Read the URL of one agent's page."""
    place = read_place(agent_ground(asking.viewer), url_query)
    place = _one_of(place, "by", ("", *DIMENSION), "The table has sessions or runs; this is the one that fits.")
    place = _one_of(place, "chart", DRAWN, "The chart shows cost or requests; these are the costs.")
    return _sorted(asking, place, RUN_SORTS)


def session_ground(viewer: Viewer) -> Ground:
    return Ground(SESSION, Query(viewer), frozenset({"r"}), {"session": "", "run": "", "page": "1"})


class SessionPlace(Struct, frozen=True):
    """Which session (or run) is open, and the page of its calls."""

    place: Place
    by: By
    id: str
    page: int

    @property
    def whose(self) -> Filter | None:
        """Return the filter that its calls pass; None when the URL names none."""
        return Filter(DIMENSION[self.by], "is", (self.id,)) if self.id else None


def read_session(viewer: Viewer, url_query: str) -> SessionPlace:
    """Read the URL of one session or run; where it names both, the session is meant."""
    place = read_place(session_ground(viewer), url_query)
    by: By = "run" if place.own["run"] and not place.own["session"] else "session"
    page = _page_number(place.own["page"])
    return SessionPlace(replace(place, own={**place.own, "page": str(page)}), by, place.own[by], page)


def by_of(place: AgentsPlace) -> By | None:
    """Return whether the table shows sessions or runs, where the URL says it."""
    return cast("By", place.place.own["by"]) if place.place.own["by"] else None


def _default(viewer: Viewer) -> Query:
    return Query(viewer, comparison="prev")


def _sorted(asking: Asking, place: Place, known: tuple[str, ...]) -> AgentsPlace:
    fallback = place.ground.own["s"]
    names = (*known, *(f"-{each}" for each in known))
    place = _one_of(place, "s", names, f"The table can't be sorted by {place.own['s'][:40]!r}.", fallback)
    page = _page_number(place.own["page"])
    fit = fitting_grain(place.query.range, asking)
    return AgentsPlace(
        replace(place, own={**place.own, "page": str(page)}),
        place.own["s"].removeprefix("-"),
        place.own["s"].startswith("-"),
        page,
        fit if place.query.grain == "none" else place.query.grain,
    )


def _one_of(place: Place, word: str, known: tuple[str, ...], otherwise: str, fallback: str | None = None) -> Place:
    if place.own[word] in known:
        return place
    own = {**place.own, word: place.ground.own[word] if fallback is None else fallback}
    return replace(place, own=own, notices=(*place.notices, Notice("info", otherwise)))


def _page_number(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 1
    return min(max(number, 1), _MOST_PAGE)
