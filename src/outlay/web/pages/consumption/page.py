"""The Consumption page: a month's cost or activity of the whole organisation, for the roles that may see it.

One URL is one state: `?view=activity&r=2026-10&f=agent_type:is:api`. All figures of one answer come from one snapshot.
"""

from typing import Final

from markupsafe import Markup
from msgspec.structs import replace

from outlay.access.roles import may
from outlay.access.viewer import Viewer
from outlay.control.entities import Registry
from outlay.errors import Forbidden
from outlay.kit.period import Month
from outlay.query.extent import months_with_data
from outlay.query.questions import Asking
from outlay.web import format as text
from outlay.web.pages.consumption.activity import activity_content
from outlay.web.pages.consumption.cost import cost_content
from outlay.web.pages.consumption.figures import ActivityFigures, CostFigures, activity_figures, cost_figures
from outlay.web.pages.consumption.month import CONSUMPTION, VIEWS, MonthPlace, read_month, whole
from outlay.web.pages.consumption.parts import Content, Told
from outlay.web.parts import MonthLink, Months, Tab
from outlay.web.render import Renderer
from outlay.web.view.bar import Bar, Offer, bar_of
from outlay.web.view.board import Board
from outlay.web.view.marks import Marks
from outlay.web.view.names import Names
from outlay.web.view.panels import Empty
from outlay.web.view.place import Links

OFFER: Final = Offer(
    pickers=("team", "agent", "model"),
    more=("user", "api_key", "tag", "agent_type", "pod", "service", "provider", "cost_status"),
    comparison=True,
)


class ConsumptionPage:
    path = CONSUMPTION
    title = "Consumption"
    nav = "consumption"
    template = "consumption.html"

    def __init__(self, renderer: Renderer, registry: Registry, marks: Marks) -> None:
        self._renderer = renderer
        self._registry = registry
        self._marks = marks

    def board(self, asking: Asking, url_query: str) -> Board:
        check_role(asking.viewer)
        place = read_month(asking, url_query)
        links = Links(self._renderer, place.place)
        names = Names(self._registry, place.viewer.organisation)
        with_data = months_with_data(place.viewer, asking.snapshot)
        marks = self._marks.of(asking, place.place.query.filters)
        told = Told(place, links, asking.zone, asking.now, marks)
        content = _content(told, figures_of(asking, place), names)
        empty = None if content else _empty(place, links, with_data)
        return Board(
            place=place.place,
            subtitle=_subtitle(told),
            bar=_bar(asking, told, names, with_data),
            panels=self._panels(content)
            if content
            else {"nothing": self._part("nothing", empty, text.month(place.month))},
            watermark=asking.snapshot.watermark,
            notices=place.place.notices,
        )

    def _panels(self, content: Content) -> dict[str, Markup]:
        panels = {"cards": self._part("cards", content.cards)}
        for panel in (content.chart, *(each for _, each in content.panels)):
            panels[panel.id] = self._part("panel", panel)
        return panels | {"proof": self._part("proof", content.proof)}

    def _part(self, macro: str, *values: object) -> Markup:
        return self._renderer.part("panels/figures.html", macro, *values)


def check_role(viewer: Viewer) -> None:
    """Raise Forbidden unless this viewer may see the whole organisation's consumption."""
    if not may(viewer.role, "see_consumption"):
        raise Forbidden(f"Consumption is for the roles admin and billing; yours is {viewer.role}.")


def figures_of(asking: Asking, place: MonthPlace) -> CostFigures | ActivityFigures:
    """Return the figures of the view that the reader stands in."""
    return cost_figures(asking, place) if place.view == "cost" else activity_figures(asking, place)


def _content(told: Told, figures: CostFigures | ActivityFigures, names: Names) -> Content | None:
    if not figures.days.rows:
        return None
    if isinstance(figures, CostFigures):
        return cost_content(told, figures, names)
    return activity_content(told, figures, names)


def _bar(asking: Asking, told: Told, names: Names, with_data: tuple[Month, ...]) -> Bar:
    place, links = told.place, told.links
    return bar_of(
        asking,
        place.place,
        links,
        names,
        replace(
            OFFER,
            views=tuple(Tab(each.capitalize(), links.here(view=each), each == place.view) for each in VIEWS),
            months=_months(place, links, with_data),
        ),
    )


def _subtitle(told: Told) -> str:
    place = told.place
    zone = text.zone_name(told.zone, told.now)
    if place.is_running:
        return f"{text.month(place.month)} until {text.local_time(told.now, told.zone)}, {zone}"
    return f"{text.month(place.month)}, {zone}"


def _months(place: MonthPlace, links: Links, with_data: tuple[Month, ...]) -> Months:
    reachable = sorted({*with_data, place.running}, key=_place_in_time)
    earlier = [each for each in reachable if _place_in_time(each) < _place_in_time(place.month)]
    later = [each for each in reachable if _place_in_time(each) > _place_in_time(place.month)]
    years = sorted({each.year for each in (*reachable, place.month)}, reverse=True)
    return Months(
        label=text.month(place.month),
        previous_href=links.over(whole(earlier[-1])) if earlier else "",
        next_href=links.over(whole(later[0])) if later else "",
        years=tuple(
            (str(year), tuple(_month_link(Month(year, each), place, links, reachable) for each in range(1, 13)))
            for year in years
        ),
    )


def _month_link(month: Month, place: MonthPlace, links: Links, reachable: list[Month]) -> MonthLink:
    href = links.over(whole(month)) if month in reachable else ""
    return MonthLink(text.month_short(month), href, month == place.month)


def _empty(place: MonthPlace, links: Links, with_data: tuple[Month, ...]) -> Empty:
    if not with_data:
        return Empty("nothing", "No usage yet", "Send the first event, and this page shows it at once.")
    if place.filters and place.month in with_data:
        count = len(place.filters)
        return Empty(
            "filter",
            f"Nothing in {text.month(place.month)} passes the {'filter' if count == 1 else 'filters'}",
            "There is usage in this month, but none that matches.",
            links.asking(filters=()),
            "Clear filters",
        )
    latest = max(with_data, key=_place_in_time)
    return Empty(
        "range",
        f"Nothing in {text.month(place.month)}",
        f"The last usage was in {text.month(latest)}.",
        links.over(whole(latest)),
        f"Go to {text.month(latest)}",
    )


def _place_in_time(month: Month) -> tuple[int, int]:
    return month.year, month.month
