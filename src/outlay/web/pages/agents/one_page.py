"""The page of one agent: how much, how fast, how well, by which models and users, and its sessions and runs.

One URL is one state: `?agent=support-bot&r=7d&by=run&s=-latency_p95&page=2`. Without `agent` it is the page of what has
none. What a viewer may see is decided inside each question: of an agent that is not theirs, nothing is confirmed.
"""

from typing import Final

from markupsafe import Markup
from msgspec.structs import replace

from outlay.access.roles import require
from outlay.control.entities import Registry
from outlay.query.questions import Asking
from outlay.web.pages.agents.empty import empty_of
from outlay.web.pages.agents.one_figures import AgentFigures, agent_figures
from outlay.web.pages.agents.one_view import cards_of, chart_tabs, days_panel, paces_panel, part_panel, speeds_of
from outlay.web.pages.agents.place import AGENT, agents_ground, read_agent
from outlay.web.pages.agents.runs_table import runs_table
from outlay.web.pages.agents.told import Told, subtitle_of, told_of
from outlay.web.parts import Tab
from outlay.web.render import Renderer
from outlay.web.view.bar import Offer, bar_of
from outlay.web.view.board import Board
from outlay.web.view.marks import Marks
from outlay.web.view.names import Names

OFFER: Final = Offer(
    pickers=("user", "model"),
    more=("team", "parent_agent", "api_key", "tag", "pod", "task", "status", "cost_status", "service", "provider"),
    comparison=True,
    grain=True,
)


class AgentPage:
    path = AGENT
    title = "Agent"
    nav = "agents"
    template = "agent.html"

    def __init__(self, renderer: Renderer, registry: Registry, marks: Marks) -> None:
        self._renderer = renderer
        self._registry = registry
        self._marks = marks

    def board(self, asking: Asking, url_query: str) -> Board:
        require(asking.viewer, "see_usage")
        place = read_agent(asking, url_query)
        names = Names(self._registry, place.viewer.organisation)
        told = told_of(asking, place, self._renderer, names, self._marks)
        figures = agent_figures(asking, place)
        empty = empty_of(asking, told, figures.head)
        crumbs = (Tab("Agents", told.links.elsewhere(agents_ground(place.viewer))),)
        panels = {"crumbs": self._renderer.part("panels/agents.html", "crumbs", crumbs)}
        if empty is None:
            panels |= self._panels(told, figures)
        else:
            panels["nothing"] = self._renderer.part("panels/figures.html", "nothing", empty, told.heading)
        known = figures.head.total("requests") or (empty is not None and empty.kind != "filter")
        return Board(
            place=place.place,
            title=names.of("agent", [place.agent])[place.agent].name if known else "",
            subtitle=subtitle_of(told, figures.head) if empty is None else told.heading,
            bar=bar_of(asking, place.place, told.links, names, replace(OFFER, export=empty is None)),
            panels=panels,
            watermark=asking.snapshot.watermark,
            notices=place.place.notices,
        )

    def _panels(self, told: Told, figures: AgentFigures) -> dict[str, Markup]:
        part = self._renderer.part
        return {
            "cards": part("panels/figures.html", "cards", cards_of(told, figures)),
            "speeds": part("panels/figures.html", "cards", speeds_of(told, figures), "speeds"),
            "days": part("panels/agents.html", "chosen", days_panel(told, figures), chart_tabs(told)),
            "paces": part("panels/figures.html", "panel", paces_panel(told, figures)),
            **{
                f"{each.dimension}s": part("panels/figures.html", "panel", part_panel(told, each))
                for each in figures.parts
            },
            "runs": part("panels/agents.html", "table", runs_table(told, figures)),
        }
