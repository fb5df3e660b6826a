"""Where a reader of the Usage page stands: by user or team, which columns, what the table is sorted by, which page."""

from typing import Final, Literal, cast

from msgspec import Struct
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.query.ask import MOST_OFFSET, Query
from outlay.query.buckets import Grain
from outlay.query.questions import Asking
from outlay.query.timerange import LastDays, span_of
from outlay.web.pages.usage.columns import COLUMNS, NAME, UsageColumn, read_columns, write_columns
from outlay.web.parts import Sort
from outlay.web.render import Notice
from outlay.web.view.bar import fitting_grain
from outlay.web.view.place import Ground, Place, read_place

Subject = Literal["user", "team"]

USAGE: Final = "/usage"
SUBJECTS: Final[tuple[Subject, ...]] = ("user", "team")
PAGE_ROWS: Final = 50
MOST_DAYS_DRAWN: Final = 45  # of a longer range, trends go by weeks: they are as wide as a word
MOST_PAGES: Final = MOST_OFFSET // PAGE_ROWS
_OWN: Final = {"by": "user", "s": "-cost", "page": "1", "cols": ""}
_SORTS: Final = frozenset({NAME, *(each.id for each in COLUMNS)})


class UsagePlace(Struct, frozen=True):
    """A state of the page. `sorted_by` is the id of a column; `grain` is that of the chart, `steps` that of trends."""

    place: Place
    columns: tuple[UsageColumn, ...]
    sorted_by: str
    descending: bool
    page: int
    grain: Grain
    steps: Grain

    @property
    def viewer(self) -> Viewer:
        return self.place.viewer

    @property
    def query(self) -> Query:
        return self.place.query

    @property
    def subject(self) -> Subject:
        return cast("Subject", self.place.own["by"])

    @property
    def search(self) -> str:
        return self.place.search

    @property
    def alone(self) -> bool:
        """Whether the viewer sees nobody but themself."""
        return self.viewer.role == "member"

    def has(self, column: str) -> bool:
        return any(each.id == column for each in self.columns)

    def sort_of(self, column: str) -> Sort:
        if column != self.sorted_by:
            return "none"
        return "descending" if self.descending else "ascending"


def read_usage(asking: Asking, url_query: str) -> UsagePlace:
    """Read the URL. What can't be used gives a notice and leaves the default in place, never an error."""
    default = Query(asking.viewer, range=LastDays(30), comparison="prev")
    place = read_place(Ground(USAGE, default, frozenset({"r", "f", "g", "cmp"}), _OWN), url_query)
    said = place.own
    columns, unknown = read_columns(said["cols"])
    sorted_by = said["s"].removeprefix("-")
    notices = [f"There is no column {each[:40]!r} here." for each in unknown]
    if said["by"] not in SUBJECTS:
        notices.append("This page goes by user or by team; this is the one by user.")
    if sorted_by not in _SORTS:
        notices.append(f"The table can't be sorted by {sorted_by[:40]!r}; it is sorted by cost.")
    own = {
        "by": said["by"] if said["by"] in SUBJECTS else "user",
        "s": said["s"] if sorted_by in _SORTS else "-cost",
        "page": str(_page_number(said["page"])),
        "cols": write_columns(columns),
    }
    fit = fitting_grain(place.query.range, asking)
    return UsagePlace(
        replace(place, own=own, notices=(*place.notices, *(Notice("info", each) for each in notices))),
        columns,
        own["s"].removeprefix("-"),
        own["s"].startswith("-"),
        int(own["page"]),
        fit if place.query.grain == "none" else place.query.grain,
        "week" if fit == "day" and _days(place.query, asking) > MOST_DAYS_DRAWN else fit,
    )


def _days(query: Query, asking: Asking) -> int:
    span = span_of(query.range, asking.zone, asking.now)
    return (span.end - span.start).days


def _page_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        return 1
    return max(1, min(int(text), MOST_PAGES))
