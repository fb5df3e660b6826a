"""`GET /filter?for=/usage&dim=team&…`: the values of one dimension to pick from, for a page of figures in any state.

Opened from a page's bar it is a form inside the bar; without script it is a page of its own. Either way the form sends
what is picked to the page it was opened for, which works it into its state (`view/picks.py`).
"""

from http import HTTPStatus
from typing import Final

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from outlay.access.roles import require
from outlay.access.viewer import Viewer
from outlay.control.entities import Registry
from outlay.errors import NotFound, QueryInvalid
from outlay.query.ask import Query
from outlay.query.catalogue import dimension_label, is_tag
from outlay.query.notation import parse_dimension, parse_range, write_dimension, write_filter
from outlay.query.parse import parse
from outlay.query.questions import Asking, Questions
from outlay.query.timerange import LastDays, TimeRange, span_of
from outlay.web.frame import Frame
from outlay.web.menu import entry_at
from outlay.web.pages.filter.values import AT_ONCE, MOST_SHOWN, Listed, Values, Wanted
from outlay.web.view.picks import Pairs, Picked, filters_in, pairs_of, picked_of, picks_sent, state_of, written
from outlay.web.view.ranges import range_text

FILTER: Final = "/filter"
DIMENSIONS: Final = (
    "api_key",
    "tag",
    "team",
    "user",
    "agent",
    "agent_type",
    "parent_agent",
    "pod",
    "task",
    "model",
    "provider",
    "service",
    "status",
    "cost_status",
    "source",
)
LONGEST_SEARCH: Final = 200
_LONGEST_NUMBER: Final = 5


class Opened(Struct, frozen=True):
    """What the request asks for: the page it was opened for, its state, and what is picked so far."""

    path: str
    dimension: str
    state: Pairs
    picked: Picked
    over: str = ""
    find: str = ""
    show: int = AT_ONCE


class Picking(Struct, frozen=True):
    """All that the form shows; `hidden` are the fields it carries along."""

    label: str
    action: str
    hidden: Pairs
    operator: str
    find: str
    listed: Listed
    period: str
    clear_href: str
    next_show: int


class FilterPage:
    def __init__(self, frame: Frame, questions: Questions, registry: Registry) -> None:
        self._frame = frame
        self._questions = questions
        self._registry = registry

    def routes(self) -> list[Route]:
        return [Route(FILTER, self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        return await run_in_threadpool(self._show, request)

    def _show(self, request: Request) -> Response:
        who = self._frame.signed_in(request)
        opened = self._opened(who.viewer, request.url.query)
        picking = self._questions.ask(who.viewer, lambda asking: self._picking(asking, opened))
        shell = self._frame.shell(request, who, f"Filter by {_in_a_sentence(picking.label)}", "")
        if _inside_a_page(request):
            body = self._frame.renderer.fragment("filter.html", "form", shell, picking=picking)
            return HTMLResponse(body, HTTPStatus.OK, headers={"vary": "hx-request, hx-boosted"})
        return self._frame.page("filter.html", shell, 200, picking=picking)

    def _opened(self, viewer: Viewer, url_query: str) -> Opened:
        """Read the request; NotFound for a page that is not ours or a dimension that none filters by."""
        pairs = pairs_of(url_query)
        sent = dict(pairs)
        path = sent.get("for", "")
        page = entry_at(path)
        if page is None:
            raise NotFound("there is no page of figures at this address")
        require(viewer, page.needs)
        dimension = parse_dimension(sent.get("dim", ""))
        if dimension not in DIMENSIONS and not (is_tag(dimension) and write_dimension(dimension) == sent["dim"]):
            raise NotFound("there is no such filter")
        picked = picked_of(dimension, filters_in(pairs))
        if sent.get("draft") == "1":  # the state was left without what is edited already
            picked = Picked(picks_sent(pairs), filters_in(pairs))
        return Opened(
            path=path,
            dimension=dimension,
            state=_without_edited(state_of(pairs), picked),
            picked=picked,
            over=sent.get("over", ""),
            find=" ".join(sent.get("find", "").split())[:LONGEST_SEARCH],
            show=_shown(sent.get("show", "")),
        )

    def _picking(self, asking: Asking, opened: Opened) -> Picking:
        default = Query(asking.viewer, range=_range_of(opened.over))
        asked = parse(written(_question_of(opened.state)), default, lenient=True).query
        question = Query(asking.viewer, range=asked.range, filters=opened.picked.rest, zone=asked.zone)
        listed = Values(asking, self._registry).listed(Wanted(question, opened.picked.picks, opened.find, opened.show))
        renderer = self._frame.renderer
        span = span_of(asked.range, asking.zone, asking.now)
        own = (("for", opened.path), ("dim", write_dimension(opened.dimension)), ("draft", "1"))
        state = written(opened.state)
        return Picking(
            label=dimension_label(opened.dimension),
            action=renderer.url(opened.path),
            hidden=(*opened.state, *own, *((("over", opened.over),) if opened.over else ())),
            operator=opened.picked.picks.operator,
            find=opened.find,
            listed=listed,
            period=range_text(asked.range, span, asking.zone),
            clear_href=renderer.url(opened.path) + (f"?{state}" if state else ""),
            next_show=min(MOST_SHOWN, opened.show + AT_ONCE) if listed.more and opened.show < MOST_SHOWN else 0,
        )


def _in_a_sentence(label: str) -> str:
    """Return a label without its capital, unless it begins with an abbreviation."""
    return label if label[1:2].isupper() else f"{label[:1].lower()}{label[1:]}"


def _inside_a_page(request: Request) -> bool:
    """Say whether a script puts the answer into a page; a boosted link or Back wants a whole one."""
    headers = request.headers
    return "hx-request" in headers and not {"hx-boosted", "hx-history-restore-request"} & set(headers)


def _without_edited(state: Pairs, picked: Picked) -> Pairs:
    """Return the state without the filters that the form sends itself."""
    kept = tuple(pair for pair in state if pair[0] != "f")
    return (*kept, *(("f", write_filter(each)) for each in picked.rest))


def _question_of(state: Pairs) -> Pairs:
    """Return what of a page's state says which events are meant, apart from filters."""
    return tuple(pair for pair in state if pair[0] in {"r", "tz"})


def _range_of(text: str) -> TimeRange:
    """Return the range that the page stands at when its address names none."""
    try:
        return parse_range(text)
    except QueryInvalid:
        return LastDays(30)


def _shown(text: str) -> int:
    asked = int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else AT_ONCE
    return min(max(asked, AT_ONCE), MOST_SHOWN)
