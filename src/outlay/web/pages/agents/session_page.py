"""One session (or run), opened into its calls in order: `?session=<id>&r=30d` or `?run=<id>`.

It is shown whole, also where it began before the range or ended after it. What is not the viewer's is not there.
"""

from functools import partial
from typing import Final

from markupsafe import Markup
from msgspec.structs import replace

from outlay.access.roles import require
from outlay.control.database import Control
from outlay.control.entities import Registry
from outlay.query.questions import Asking
from outlay.web import format as text
from outlay.web.pages.agents.empty import not_found
from outlay.web.pages.agents.place import AGENTS, SESSION, agent_ground, read_session
from outlay.web.pages.agents.session_figures import SessionFigures, session_figures
from outlay.web.pages.agents.session_view import (
    NAMES,
    SessionTold,
    cards_of,
    facts_of,
    session_told,
    shown_session,
)
from outlay.web.pages.calls.moved import Movers, movers
from outlay.web.parts import Tab
from outlay.web.render import Notice, Renderer
from outlay.web.view.bar import Offer, bar_of
from outlay.web.view.board import Board
from outlay.web.view.names import Names
from outlay.web.view.place import Links, Place

OFFER: Final = Offer()
_TITLE_CHARS: Final = 60


class SessionPage:
    path = SESSION
    title = "Session"
    nav = "agents"
    template = "session.html"

    def __init__(self, renderer: Renderer, registry: Registry, control: Control) -> None:
        self._renderer = renderer
        self._registry = registry
        self._control = control

    def board(self, asking: Asking, url_query: str) -> Board:
        require(asking.viewer, "see_usage")
        place = read_session(asking.viewer, url_query)
        names = Names(self._registry, asking.viewer.organisation)
        links = Links(self._renderer, place.place)
        whose = place.whose
        figures = None if whose is None else session_figures(asking, place, whose)
        found = None if figures is None or not figures.calls else figures
        told = None if found is None else session_told(place, found, self._renderer, names, asking.zone)
        crumbs = _crumbs(links, names, place.place, found)
        panels = {"crumbs": self._renderer.part("panels/agents.html", "crumbs", crumbs)}
        if told is None:
            empty = not_found(place.by, place.id, links.at(AGENTS, ""))
            panels["nothing"] = self._renderer.part("panels/figures.html", "nothing", empty, NAMES[place.by])
        else:
            panels |= self._panels(told, partial(movers, self._control, asking.viewer.organisation))
        return Board(
            place=place.place,
            title=f"{NAMES[place.by]} {_short(place.id)}" if told else "",
            subtitle=_subtitle(told),
            bar=bar_of(asking, place.place, links, names, replace(OFFER, export=told is not None)),
            panels=panels,
            watermark=asking.snapshot.watermark,
            notices=(*place.place.notices, *(() if found is None else _whole(found, place.by))),
        )

    def _panels(self, told: SessionTold, who: Movers) -> dict[str, Markup]:
        part = self._renderer.part
        return {
            "cards": part("panels/figures.html", "cards", cards_of(told)),
            "facts": part("panels/agents.html", "facts", facts_of(told)),
            "calls": part("panels/agents.html", "session", shown_session(told, who)),
        }


def _crumbs(links: Links, names: Names, place: Place, figures: SessionFigures | None) -> tuple[Tab, ...]:
    ground = agent_ground(place.viewer)

    def to_agent(agent: str) -> str:
        there = replace(ground.default, range=place.query.range)
        return links.to(Place(ground, there, own={**ground.own, "agent": agent}))

    first = None if figures is None else figures.calls[0].agent
    own = () if first is None else (Tab(names.of("agent", [first])[first].name, to_agent(first)),)
    return (Tab("Agents", links.at(AGENTS, "")), *own)


def _subtitle(told: SessionTold | None) -> str:
    if told is None:
        return ""
    calls = told.figures.calls
    return f"{text.local_seconds(calls[0].time, told.zone)}, {text.zone_name(told.zone, calls[0].time)}"


def _whole(figures: SessionFigures, by: str) -> tuple[Notice, ...]:
    """Say that it reaches beyond the range, where it does."""
    first, last = figures.calls[0].time, figures.calls[-1].time
    if figures.span.start <= first and last < figures.span.end:
        return ()
    return (Notice("info", f"This {by} reaches beyond the chosen range; all of it is shown."),)


def _short(name: str) -> str:
    return name if len(name) <= _TITLE_CHARS else f"{name[: _TITLE_CHARS - 1]}…"
