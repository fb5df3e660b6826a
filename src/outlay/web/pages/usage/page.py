"""The Usage page: who uses how much, by user or by team, as far as the viewer sees.

One URL is one state: `?by=team&r=7d&f=tag:is:env:prod&s=-requests&q=ann&page=2&cols=requests,errors`. All figures of
one answer come from one snapshot.
"""

from typing import Final

from markupsafe import Markup
from msgspec.structs import replace

from outlay.access.roles import require
from outlay.access.viewer import Viewer
from outlay.control.entities import Registry
from outlay.query.questions import Asking
from outlay.query.timerange import span_of
from outlay.web import format as text
from outlay.web.pages.usage.activity import activity_panel
from outlay.web.pages.usage.cards import cards_of
from outlay.web.pages.usage.empty import empty_of
from outlay.web.pages.usage.figures import UsageFigures, usage_figures
from outlay.web.pages.usage.parts import Told
from outlay.web.pages.usage.place import SUBJECTS, USAGE, Subject, read_usage
from outlay.web.pages.usage.table import table_of
from outlay.web.parts import Tab
from outlay.web.render import Renderer
from outlay.web.view.bar import Bar, Offer, bar_of
from outlay.web.view.board import Board
from outlay.web.view.marks import Marks
from outlay.web.view.names import Names
from outlay.web.view.place import Links
from outlay.web.view.ranges import range_text

OFFER: Final = Offer(
    pickers=("team", "api_key", "tag"),
    more=("user", "agent", "model", "pod", "service", "provider", "agent_type", "status", "cost_status", "source"),
    comparison=True,
    grain=True,
)


class UsagePage:
    path = USAGE
    title = "Usage"
    nav = "usage"
    template = "usage.html"

    def __init__(self, renderer: Renderer, registry: Registry, marks: Marks) -> None:
        self._renderer = renderer
        self._registry = registry
        self._marks = marks

    def board(self, asking: Asking, url_query: str) -> Board:
        require(asking.viewer, "see_usage")
        place = read_usage(asking, url_query)
        links = Links(self._renderer, place.place)
        names = Names(self._registry, place.viewer.organisation)
        marks = self._marks.of(asking, place.query.filters)
        told = Told(place, links, names, asking.zone, asking.now, marks)
        figures = usage_figures(asking, place, names)
        return Board(
            place=place.place,
            subtitle=_subtitle(told),
            bar=_bar(asking, told),
            panels=self._panels(asking, told, figures),
            watermark=asking.snapshot.watermark,
            notices=place.place.notices,
        )

    def _panels(self, asking: Asking, told: Told, figures: UsageFigures) -> dict[str, Markup]:
        empty = empty_of(asking, told, figures)
        if empty is not None:
            return {"nothing": self._renderer.part("panels/figures.html", "nothing", empty, _subtitle(told))}
        return {
            "cards": self._renderer.part("panels/figures.html", "cards", cards_of(told, figures)),
            "activity": self._renderer.part("panels/figures.html", "panel", activity_panel(told, figures)),
            "usage-table": self._renderer.part("panels/usage.html", "table", table_of(told, figures)),
        }


def _bar(asking: Asking, told: Told) -> Bar:
    # Of a member there is one user, and their teams are not theirs to compare.
    views = () if told.place.alone else tuple(_view(told, each) for each in SUBJECTS)
    return bar_of(asking, told.place.place, told.links, told.names, replace(OFFER, views=views))


def _view(told: Told, subject: Subject) -> Tab:
    place = told.place.place
    there = replace(place, search="", own={**place.own, "by": subject, "page": "1"})  # a team has no user's name
    return Tab(f"By {subject}", told.links.to(there), subject == told.place.subject)


def _subtitle(told: Told) -> str:
    said = f"{_sight(told.place.viewer, told.names)}{_period(told)}, {text.zone_name(told.zone, told.now)}"
    return text.capital(said)


def _sight(viewer: Viewer, names: Names) -> str:
    """Say whose usage this is where it is not everybody's."""
    if viewer.sees_all:
        return ""
    if viewer.role == "lead" and viewer.teams:
        labels = names.of("team", viewer.teams)
        return f"{', '.join(sorted(labels[each].name for each in viewer.teams))} and your own calls; "
    return "Your own calls; "


def _period(told: Told) -> str:
    asked = told.place.query.range
    return range_text(asked, span_of(asked, told.zone, told.now), told.zone)
