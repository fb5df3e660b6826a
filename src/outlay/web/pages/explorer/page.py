"""The Usage explorer: spend over time, its distribution, why it changed, and the table of one view.

Everybody sees it who may see usage, each as far as the question layer lets them. One URL is one state, and all of it,
open rows included, comes from one snapshot.
"""

from typing import Final

from markupsafe import Markup

from outlay.access.roles import require
from outlay.access.viewer import Viewer
from outlay.control.entities import Registry
from outlay.query.ask import Order, Query
from outlay.query.catalogue import TAG
from outlay.query.explain import explain
from outlay.query.extent import months_with_data
from outlay.query.questions import Asking
from outlay.query.timerange import OneMonth
from outlay.web import format as text
from outlay.web.export import ExportFile
from outlay.web.pages.explorer.chart import days_panel, share_panel
from outlay.web.pages.explorer.figures import Groups, days_in, groups_in
from outlay.web.pages.explorer.inside import insides_of
from outlay.web.pages.explorer.listing import listing_of
from outlay.web.pages.explorer.place import EXPLORER, VIEWS, ExplorerPlace, read_explorer, viewed
from outlay.web.pages.explorer.rows import table_of
from outlay.web.pages.explorer.tables import file_of
from outlay.web.pages.explorer.told import Told
from outlay.web.pages.explorer.why import why_of
from outlay.web.parts import Tab
from outlay.web.render import Renderer
from outlay.web.view.bar import Bar, Offer, bar_of
from outlay.web.view.board import Board
from outlay.web.view.marks import Marks
from outlay.web.view.names import Names
from outlay.web.view.panels import Empty
from outlay.web.view.place import Links
from outlay.web.view.ranges import baseline_text, range_text
from outlay.web.view.timeline import shown_steps

MOST_TAGS: Final = 1_000
PICKERS: Final = ("team", "agent", "user", "model")
MORE: Final = ("api_key", "tag", "agent_type", "pod", "task", "service", "provider", "status", "cost_status")


class ExplorerPage:
    path = EXPLORER
    title = "Explorer"
    nav = "explorer"
    template = "explorer.html"

    def __init__(self, renderer: Renderer, registry: Registry, marks: Marks) -> None:
        self._renderer = renderer
        self._registry = registry
        self._marks = marks

    def check(self, viewer: Viewer) -> None:
        require(viewer, "see_usage")

    def board(self, asking: Asking, url_query: str) -> Board:
        self.check(asking.viewer)
        told = self._told(asking, url_query)
        place = told.place
        groups = groups_in(asking, place)
        has_any = bool(groups.things) or groups.rest is not None
        return Board(
            place=place.place,
            subtitle=_subtitle(told, groups),
            bar=_bar(asking, told),
            panels=self._panels(asking, told, groups) if has_any else self._nothing(asking, told, groups),
            watermark=asking.snapshot.watermark,
            notices=place.place.notices,
        )

    def export(self, asking: Asking, url_query: str) -> ExportFile:
        told = self._told(asking, url_query)
        return file_of(asking, told, groups_in(asking, told.place))

    def _told(self, asking: Asking, url_query: str) -> Told:
        place = read_explorer(asking.viewer, url_query)
        links = Links(self._renderer, place.place)
        return Told(place, links, Names(self._registry, place.viewer.organisation), asking.zone, asking.now)

    def _panels(self, asking: Asking, told: Told, groups: Groups) -> dict[str, Markup]:
        marks = self._marks.of(asking, told.place.query.filters)
        listing = listing_of(asking, told, groups, self._registry)
        insides = insides_of(asking, told, listing.things)
        table = table_of(told, groups, listing, insides, self._tag_keys(asking, told.place))
        days = days_in(asking, told.place, groups)
        return {
            "days": self._figures("panel", days_panel(told, groups, days, marks(shown_steps(days)))),
            "share": self._figures("panel", share_panel(told, groups)),
            **self._why(asking, told, groups),
            "table": self._renderer.part("panels/explorer.html", "table", table),
        }

    def _why(self, asking: Asking, told: Told, groups: Groups) -> dict[str, Markup]:
        if groups.result.compared is None:
            return {}
        found = explain(asking, told.place.query)
        if found is None:
            return {}
        shown = why_of(told, found, baseline_text(groups.result))
        return {"why": self._renderer.part("panels/explorer.html", "why", shown)}

    def _nothing(self, asking: Asking, told: Told, groups: Groups) -> dict[str, Markup]:
        period = range_text(told.place.query.range, groups.result.span, told.zone)
        return {"nothing": self._figures("nothing", _empty(asking, told, period), text.capital(period))}

    def _tag_keys(self, asking: Asking, place: ExplorerPlace) -> tuple[str, ...]:
        """Return the keys of the tags there are; those who don't see all are told of those of their own usage alone."""
        if place.view != "allocation":
            return ()
        if place.viewer.sees_all:
            tags = self._registry.search(place.viewer.organisation, "tag", ":")
        else:
            order = Order("requests", descending=True)
            query = place.query
            question = Query(
                place.viewer,
                ("requests",),
                (TAG,),
                range=query.range,
                order=order,
                limit=MOST_TAGS,
                rest="cut",
                totals=False,
            )
            tags = [row.key[0] for row in asking.run(question).rows if row.key[0]]
        return tuple(sorted({each.partition(":")[0] for each in tags if not each.startswith(":") and ":" in each}))

    def _figures(self, macro: str, *values: object) -> Markup:
        return self._renderer.part("panels/figures.html", macro, *values)


def _bar(asking: Asking, told: Told) -> Bar:
    place, links = told.place, told.links
    offer = Offer(
        views=tuple(Tab(name, viewed(place, links, view), view == place.view) for view, name in VIEWS.items()),
        pickers=PICKERS,
        more=MORE,
        comparison=True,
        grain=True,
    )
    return bar_of(asking, place.place, links, told.names, offer)


def _subtitle(told: Told, groups: Groups) -> str:
    period = range_text(told.place.query.range, groups.result.span, told.zone)
    return f"{text.capital(period)}, {text.zone_name(told.zone, told.now)}"


def _empty(asking: Asking, told: Told, period: str) -> Empty:
    with_data = months_with_data(told.place.viewer, asking.snapshot)
    filters = told.place.query.filters
    if not with_data:
        return Empty("nothing", "No usage yet", "Send the first event, and this page shows it at once.")
    if filters:
        title = f"Nothing passes the {'filter' if len(filters) == 1 else 'filters'}"
        return Empty("filter", title, f"Not in {period}.", told.links.asking(filters=()), "Clear filters")
    latest = with_data[-1]
    return Empty(
        "range",
        "Nothing in this range",
        f"The last usage was in {text.month(latest)}.",
        told.links.over(OneMonth(latest.year, latest.month)),
        f"Go to {text.month(latest)}",
    )
