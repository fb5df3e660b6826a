"""The Consumption page: a month's cost or activity of the whole organisation, for the roles that may see it.

One URL is one state: `?view=activity&r=2026-10&f=agent_type:is:api`. All figures of one answer come from one snapshot.
"""

from typing import Final, Literal, cast

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outlay.access.roles import may
from outlay.access.viewer import Viewer
from outlay.control.entities import Registry
from outlay.errors import Forbidden
from outlay.kit.period import Month, local_day
from outlay.query.ask import Query
from outlay.query.extent import months_with_data
from outlay.query.parse import WORDS, parse
from outlay.query.questions import Asking, Questions
from outlay.query.timerange import MonthToDate, OneMonth
from outlay.web import format as text
from outlay.web.frame import Frame
from outlay.web.pages.consumption.activity import activity_content
from outlay.web.pages.consumption.cost import cost_content
from outlay.web.pages.consumption.figures import ActivityFigures, CostFigures, activity_figures, cost_figures
from outlay.web.pages.consumption.links import CONSUMPTION, Links, Place, View
from outlay.web.pages.consumption.parts import Content, Told
from outlay.web.parts import MonthLink, Months, PanelAction, Tab
from outlay.web.render import Notice
from outlay.web.view.chips import Chip, chips_of
from outlay.web.view.names import Names

VIEWS: Final[tuple[View, ...]] = ("cost", "activity")


class Empty(Struct, frozen=True):
    """Why there is nothing to show, and the way out."""

    kind: Literal["nothing", "range", "filter"]
    title: str
    text: str
    href: str = ""
    action: str = ""


class Shown(Struct, frozen=True):
    """All that the template shows; `content` and `empty` exclude each other."""

    tabs: tuple[Tab, ...]
    months: Months
    chips: tuple[Chip, ...]
    clear_href: str
    actions: tuple[PanelAction, ...]
    subtitle: str
    notices: tuple[Notice, ...]
    content: Content | None
    empty: Empty | None


class Read(Struct, frozen=True):
    """What the URL asks for, and what of it could not be used."""

    place: Place
    notices: tuple[Notice, ...]


class ConsumptionPage:
    def __init__(self, frame: Frame, questions: Questions, registry: Registry) -> None:
        self._frame = frame
        self._questions = questions
        self._registry = registry

    def routes(self) -> list[Route]:
        return [Route(CONSUMPTION, self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        return await run_in_threadpool(self._show, request)

    def _show(self, request: Request) -> Response:
        who = self._frame.signed_in(request)
        check_role(who.viewer)
        query = request.url.query
        shown = self._questions.ask(who.viewer, lambda asking: self._shown(asking, query))
        shell = self._frame.shell(request, who, "Consumption", "consumption", shown.notices)
        events_url = f"{request.url.scheme}://{request.url.netloc}{self._frame.renderer.url('/v1/events')}"
        return self._frame.page("consumption.html", shell, 200, shown=shown, events_url=events_url)

    def _shown(self, asking: Asking, query: str) -> Shown:
        read = read_place(asking, query)
        place = read.place
        links = Links(self._frame.renderer, place)
        names = Names(self._registry, place.viewer.organisation)
        told = Told(place, links, asking.zone, asking.now)
        with_data = months_with_data(place.viewer, asking.snapshot)
        content = _content(told, figures_of(asking, place), names)
        return Shown(
            tabs=tuple(Tab(each.capitalize(), links.page(view=each), each == place.view) for each in VIEWS),
            months=_months(place, links, with_data),
            chips=chips_of(place.filters, names, links.without),
            clear_href=links.page(filters=()),
            actions=(
                PanelAction(label="CSV", href=links.export("csv"), download=True),
                PanelAction(label="JSON", href=links.export("json"), download=True),
            ),
            subtitle=_subtitle(told),
            notices=read.notices,
            content=content,
            empty=None if content else _empty(place, links, with_data),
        )


def check_role(viewer: Viewer) -> None:
    """Raise Forbidden unless this viewer may see the whole organisation's consumption."""
    if not may(viewer.role, "see_consumption"):
        raise Forbidden(f"Consumption is for the roles admin and billing; yours is {viewer.role}.")


def figures_of(asking: Asking, place: Place) -> CostFigures | ActivityFigures:
    """Return the figures of the view that the reader stands in."""
    return cost_figures(asking, place) if place.view == "cost" else activity_figures(asking, place)


def read_place(asking: Asking, query: str) -> Read:
    """Read the URL. What can't be used gives a notice and leaves the default in place, never an error."""
    viewer: Viewer = asking.viewer
    running = Month.of(local_day(asking.now, asking.zone))
    default = Query(viewer, range=OneMonth(running.year, running.month))
    asked = parse(query, default, own=("view",), lenient=True)
    notices = [Notice("info", each.text) for each in asked.notices]
    month = running
    match asked.query.range:
        case OneMonth(year, number):
            month = Month(year, number)
        case MonthToDate():
            pass
        case _:
            notices.append(
                Notice("info", f"This page goes month by month; it shows {text.month(running)} instead of that range.")
            )
    view = asked.own.get("view", "cost")
    if view not in VIEWS:
        notices.append(Notice("info", f"There is no view {view!r} here; this is the cost view."))
        view = "cost"
    notices += _unused(asked.query, default)
    return Read(Place(viewer, cast("View", view), month, running, asked.query.filters), tuple(notices))


def _unused(asked: Query, default: Query) -> list[Notice]:
    """Return a notice for each word of questions that this page decides itself."""
    own = {"r"}
    found = [
        key
        for key, word in WORDS.items()
        if key not in own and getattr(asked, word.field) != getattr(default, word.field)
    ]
    return [Notice("info", f"{key!r} changes nothing on this page.") for key in found]


def _content(told: Told, figures: CostFigures | ActivityFigures, names: Names) -> Content | None:
    if not figures.days.rows:
        return None
    if isinstance(figures, CostFigures):
        return cost_content(told, figures, names)
    return activity_content(told, figures, names)


def _subtitle(told: Told) -> str:
    place = told.place
    zone = text.zone_name(told.zone, told.now)
    if place.is_running:
        return f"{text.month(place.month)} until {text.local_time(told.now, told.zone)}, {zone}"
    return f"{text.month(place.month)}, {zone}"


def _months(place: Place, links: Links, with_data: tuple[Month, ...]) -> Months:
    reachable = sorted({*with_data, place.running}, key=_place_in_time)
    earlier = [each for each in reachable if _place_in_time(each) < _place_in_time(place.month)]
    later = [each for each in reachable if _place_in_time(each) > _place_in_time(place.month)]
    years = sorted({each.year for each in (*reachable, place.month)}, reverse=True)
    return Months(
        label=text.month(place.month),
        previous_href=links.page(month=earlier[-1]) if earlier else "",
        next_href=links.page(month=later[0]) if later else "",
        years=tuple(
            (str(year), tuple(_month_link(Month(year, each), place, links, reachable) for each in range(1, 13)))
            for year in years
        ),
    )


def _month_link(month: Month, place: Place, links: Links, reachable: list[Month]) -> MonthLink:
    href = links.page(month=month) if month in reachable else ""
    return MonthLink(text.month_short(month), href, month == place.month)


def _empty(place: Place, links: Links, with_data: tuple[Month, ...]) -> Empty:
    if not with_data:
        return Empty("nothing", "No usage yet", "Send the first event, and this page shows it at once.")
    if place.filters and place.month in with_data:
        count = len(place.filters)
        return Empty(
            "filter",
            f"Nothing in {text.month(place.month)} passes the {'filter' if count == 1 else 'filters'}",
            "There is usage in this month, but none that matches.",
            links.page(filters=()),
            "Clear filters",
        )
    latest = max(with_data, key=_place_in_time)
    return Empty(
        "range",
        f"Nothing in {text.month(place.month)}",
        f"The last usage was in {text.month(latest)}.",
        links.page(month=latest),
        f"Go to {text.month(latest)}",
    )


def _place_in_time(month: Month) -> tuple[int, int]:
    return month.year, month.month
