"""The Calls page: the events behind a figure, in the order one looks for, with the totals of all that pass.

It asks with the same words as any figure, so its totals are the figure one came from. What a viewer may see is decided
inside the question: a lead sees their teams, a member their own calls.
"""

from datetime import timedelta
from functools import partial
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.access.roles import require
from outlay.access.viewer import Viewer
from outlay.control.database import Control
from outlay.control.entities import Registry
from outlay.errors import QueryInvalid
from outlay.query.ask import Filter, Query
from outlay.query.event_order import EVENT_ORDERS, NEWEST_FIRST
from outlay.query.extent import last_day_with_data
from outlay.query.questions import Asking
from outlay.query.rows import EventsPage
from outlay.query.timerange import Days
from outlay.web import format as text
from outlay.web.forms import as_sentence
from outlay.web.pages.calls.moved import movers
from outlay.web.pages.calls.view import Call, Totals, calls_of, totals_of
from outlay.web.parts import PanelAction, Tab
from outlay.web.render import Notice, Renderer
from outlay.web.view.bar import Bar, Menu, Offer, bar_of
from outlay.web.view.board import Board
from outlay.web.view.names import Names
from outlay.web.view.panels import Empty
from outlay.web.view.place import CALLS, Ground, Links, Place, read_place
from outlay.web.view.ranges import range_text

PER_PAGE: Final = 50
_SHOWN_DAYS: Final = timedelta(days=29)  # before the last one
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
FAILED: Final = Filter("status", "is", ("error",))
UNPRICED: Final = Filter("cost_status", "is", ("unpriced",))
OFFER: Final = Offer(
    pickers=("user", "agent", "model"),
    more=(
        "team",
        "api_key",
        "tag",
        "status",
        "cost_status",
        "agent_type",
        "pod",
        "task",
        "service",
        "provider",
        "source",
    ),
)


class ShownCalls(Struct, frozen=True):
    """The list as the template shows it."""

    period: str
    zone: str
    order: str
    found: tuple[PanelAction, ...]  # what one often looks for
    calls: tuple[Call, ...]
    totals: Totals
    empty: Empty | None
    first_href: str
    next_href: str


class CallsPage:
    path = CALLS
    title = "Calls"
    nav = "calls"
    template = "board.html"

    def __init__(self, renderer: Renderer, registry: Registry, control: Control) -> None:
        self._renderer = renderer
        self._registry = registry
        self._control = control

    def board(self, asking: Asking, url_query: str) -> Board:
        require(asking.viewer, "see_usage")
        place = read_calls(asking.viewer, url_query)
        links = Links(self._renderer, place)
        names = Names(self._registry, place.viewer.organisation)
        page, notices = _page_of(asking, place)
        found = asking.run(replace(place.query, measures=TOTALS))
        period = range_text(place.query.range, found.span, asking.zone)
        shown = ShownCalls(
            period=period,
            zone=text.zone_name(asking.zone, asking.now),
            order=EVENT_ORDERS[place.own["order"]].label,
            found=_often_looked_for(place, links) if page.rows else (),
            calls=calls_of(
                page.rows, asking.zone, names, links, partial(movers, self._control, place.viewer.organisation)
            ),
            totals=totals_of(found),
            empty=None if page.rows else _empty(asking, place, links, period),
            first_href=links.here(after="") if place.own["after"] else "",
            next_href=links.here(after=page.next) if page.next else "",
        )
        return Board(
            place=place,
            subtitle=f"{text.capital(period)}, {shown.zone}",
            bar=_bar(asking, place, links, names),
            panels={"calls": self._renderer.part("panels/calls.html", "calls", shown)},
            watermark=asking.snapshot.watermark,
            notices=(*place.notices, *notices),
        )


def read_calls(viewer: Viewer, url_query: str) -> Place:
    """Read the URL. What can't be used gives a notice and leaves the default in place, never an error."""
    place = read_place(Ground(CALLS, Query(viewer), own={"after": "", "order": NEWEST_FIRST}), url_query)
    if place.own["order"] in EVENT_ORDERS:
        return place
    notice = Notice("info", f"Calls can't be listed by {place.own['order']!r}; these are the newest first.")
    return replace(place, own={**place.own, "order": NEWEST_FIRST}, notices=(*place.notices, notice))


def _page_of(asking: Asking, place: Place) -> tuple[EventsPage, list[Notice]]:
    """Return the asked page; the first one, with a notice, when the place in the list can't be read."""
    order, after = place.own["order"], place.own["after"] or None
    try:
        return asking.list_events(place.query, order=order, after=after, limit=PER_PAGE), []
    except QueryInvalid as error:
        if after is None:
            raise
        first = asking.list_events(place.query, order=order, limit=PER_PAGE)
        return first, [Notice("info", as_sentence(error.message))]


def _bar(asking: Asking, place: Place, links: Links, names: Names) -> Bar:
    orders = tuple(
        Tab(each.label, links.here(order=each.id, after=""), each.id == place.own["order"])
        for each in EVENT_ORDERS.values()
    )
    menu = Menu("Order", EVENT_ORDERS[place.own["order"]].label, orders, changed=place.own["order"] != NEWEST_FIRST)
    return bar_of(asking, place, links, names, replace(OFFER, menus=(menu,)))


def _often_looked_for(place: Place, links: Links) -> tuple[PanelAction, ...]:
    offered = (("Only failed", FAILED), ("Only unpriced", UNPRICED))
    taken = {each.dimension for each in place.query.filters}
    return tuple(
        PanelAction(label=label, href=links.narrowed(wanted), icon="search")
        for label, wanted in offered
        if wanted.dimension not in taken
    )


def _empty(asking: Asking, place: Place, links: Links, period: str) -> Empty:
    if place.query.filters:
        return Empty(
            "filter",
            "No call passes the filters",
            f"In {period}, as far as you may see.",
            links.asking(filters=()),
            "Clear filters",
        )
    last = last_day_with_data(place.viewer, asking.snapshot)
    if last is not None:
        there = links.over(Days(last - _SHOWN_DAYS, last))
        return Empty("range", "No calls in this range", f"The last one was on {text.day(last)}.", there, "Go there")
    if place.viewer.sees_all:
        return Empty("nothing", "No calls yet", "Send the first event, and this page shows it at once.")
    return Empty("range", "No calls yet", "Calls that you may see show here as soon as they come in.")
