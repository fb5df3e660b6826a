"""The Calls page: the events behind a figure, newest first, with the totals of all that pass.

It asks with the same words as any figure, so its totals are the figure one came from. What a viewer may see is decided
inside the question: a lead sees their teams, a member their own calls.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outlay.access.roles import require
from outlay.access.viewer import Viewer
from outlay.control.entities import Registry
from outlay.errors import QueryInvalid
from outlay.query.ask import Filter, Query
from outlay.query.parse import WORDS, Asked, parse, write
from outlay.query.questions import Asking, Questions
from outlay.query.rows import EventsPage
from outlay.query.timerange import LastDays, LastHours, TimeRange
from outlay.web import format as text
from outlay.web.frame import Frame
from outlay.web.pages.calls.view import Call, CallLinks, Totals, calls_of, totals_of
from outlay.web.parts import PanelAction, Tab
from outlay.web.render import Notice, Renderer
from outlay.web.view.chips import Chip, chips_of
from outlay.web.view.names import Names
from outlay.web.view.place import CALLS
from outlay.web.view.ranges import range_text

PER_PAGE: Final = 50
TOTALS: Final = (
    "requests",
    "tokens",
    "input_tokens",
    "cache_read_tokens",
    "output_tokens",
    "cost",
    "unpriced_requests",
    "estimated_requests",
)
RANGES: Final[tuple[tuple[str, TimeRange], ...]] = (
    ("24 h", LastHours(24)),
    ("7 d", LastDays(7)),
    ("14 d", LastDays(14)),
    ("30 d", LastDays(30)),
)


class ShownCalls(Struct, frozen=True):
    """All that the template shows."""

    period: str
    zone: str
    tabs: tuple[Tab, ...]
    other_range: str
    chips: tuple[Chip, ...]
    clear_href: str
    actions: tuple[PanelAction, ...]
    notices: tuple[Notice, ...]
    calls: tuple[Call, ...]
    totals: Totals
    newest_href: str
    older_href: str


class ReadCalls(Struct, frozen=True):
    """What the URL asks for: the question, the place in the list, and what could not be used."""

    query: Query
    after: str | None
    notices: tuple[Notice, ...]


class CallsPage:
    def __init__(self, frame: Frame, questions: Questions, registry: Registry) -> None:
        self._frame = frame
        self._questions = questions
        self._registry = registry

    def routes(self) -> list[Route]:
        return [Route(CALLS, self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        return await run_in_threadpool(self._show, request)

    def _show(self, request: Request) -> Response:
        who = self._frame.signed_in(request)
        require(who.viewer, "see_usage")
        read = read_calls(who.viewer, request.url.query)
        shown = self._questions.ask(who.viewer, lambda asking: self._shown(asking, read))
        shell = self._frame.shell(request, who, "Calls", "calls", shown.notices)
        return self._frame.page("calls.html", shell, 200, shown=shown)

    def _shown(self, asking: Asking, read: ReadCalls) -> ShownCalls:
        query = read.query
        links = _Links(self._frame.renderer, query)
        names = Names(self._registry, query.viewer.organisation)
        page, notices = _page_of(asking, read)
        found = asking.run(replace(query, measures=TOTALS))
        return ShownCalls(
            period=range_text(query.range, found.span, asking.zone),
            zone=text.zone_name(asking.zone, asking.now),
            tabs=tuple(Tab(label, links.over(each), each == query.range) for label, each in RANGES),
            other_range=""
            if query.range in {each for _, each in RANGES}
            else range_text(query.range, found.span, asking.zone),
            chips=chips_of(query.filters, names, links.without),
            clear_href=links.here(replace(query, filters=())),
            actions=(
                PanelAction(label="CSV", href=links.export("csv"), download=True),
                PanelAction(label="JSON", href=links.export("json"), download=True),
            ),
            notices=(*read.notices, *notices),
            calls=calls_of(page.rows, asking.zone, names, links),
            totals=totals_of(found),
            newest_href=links.here(query) if read.after else "",
            older_href=links.here(query, page.next) if page.next else "",
        )


def read_calls(viewer: Viewer, url_query: str) -> ReadCalls:
    """Read the URL. What can't be used gives a notice and leaves the default in place, never an error."""
    default = Query(viewer)
    asked = parse(url_query, default, own=("after",), lenient=True)
    notices = [Notice("info", each.text) for each in asked.notices]
    used = {"r", "f"}
    for key, word in WORDS.items():
        if key not in used and getattr(asked.query, word.field) != getattr(default, word.field):
            notices.append(Notice("info", f"{key!r} changes nothing on this page."))
    query = replace(default, range=asked.query.range, filters=asked.query.filters)
    return ReadCalls(query, asked.own.get("after") or None, tuple(notices))


def _page_of(asking: Asking, read: ReadCalls) -> tuple[EventsPage, list[Notice]]:
    """Return the asked page; the newest one, with a notice, when the place in the list can't be read."""
    try:
        page = asking.list_events(read.query, after=read.after, limit=PER_PAGE)
    except QueryInvalid as error:
        if read.after is None:
            raise
        newest = asking.list_events(read.query, limit=PER_PAGE)
        return newest, [Notice("info", f"{error.message[:1].upper()}{error.message[1:]}.")]
    return page, []


class _Links(CallLinks):
    """Links of one answer, with the question it was asked with."""

    def __init__(self, renderer: Renderer, query: Query) -> None:
        self._renderer = renderer
        self._query = query
        self._default = Query(query.viewer)

    def here(self, query: Query, after: str | None = None) -> str:
        return self._link(CALLS, query, after)

    def over(self, span: TimeRange) -> str:
        return self.here(replace(self._query, range=span))

    def narrowed(self, more: Filter) -> str:
        return self.here(replace(self._query, filters=(*self._query.filters, more)))

    def without(self, asked: Filter) -> str:
        return self.here(replace(self._query, filters=tuple(each for each in self._query.filters if each != asked)))

    def export(self, kind: str) -> str:
        return self._link(f"{CALLS}/export.{kind}", self._query, None)

    def _link(self, path: str, query: Query, after: str | None) -> str:
        written = write(Asked(query, own={"after": after} if after else {}), self._default)
        return self._renderer.url(path) + (f"?{written}" if written else "")
