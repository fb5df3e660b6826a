"""The list of agents: who does how much, how fast and how well, as far as the viewer sees.

One URL is one state: `?r=7d&f=team:is:core&s=-latency_p95&q=bot&page=2`. All figures of one answer come from one
snapshot.
"""

from typing import Final

from markupsafe import Markup

from outlay.access.roles import require
from outlay.control.entities import Registry
from outlay.query.questions import Asking
from outlay.web.pages.agents.empty import empty_of
from outlay.web.pages.agents.list_figures import ListFigures, list_figures
from outlay.web.pages.agents.list_view import agents_table, cards_of, days_panel
from outlay.web.pages.agents.place import AGENTS, read_agents
from outlay.web.pages.agents.told import Told, subtitle_of, told_of
from outlay.web.render import Renderer
from outlay.web.view.bar import Offer, bar_of
from outlay.web.view.board import Board
from outlay.web.view.marks import Marks
from outlay.web.view.names import Names

OFFER: Final = Offer(
    pickers=("team", "user", "model"),
    more=(
        "agent_type",
        "parent_agent",
        "api_key",
        "tag",
        "pod",
        "task",
        "status",
        "cost_status",
        "service",
        "provider",
    ),
    comparison=True,
    grain=True,
)


class AgentsPage:
    path = AGENTS
    title = "Agents"
    nav = "agents"
    template = "agents.html"

    def __init__(self, renderer: Renderer, registry: Registry, marks: Marks) -> None:
        self._renderer = renderer
        self._registry = registry
        self._marks = marks

    def board(self, asking: Asking, url_query: str) -> Board:
        require(asking.viewer, "see_usage")
        place = read_agents(asking, url_query)
        names = Names(self._registry, place.viewer.organisation)
        told = told_of(asking, place, self._renderer, names, self._marks)
        figures = list_figures(asking, place, names)
        return Board(
            place=place.place,
            subtitle=subtitle_of(told, figures.head),
            bar=bar_of(asking, place.place, told.links, names, OFFER),
            panels=self._panels(asking, told, figures),
            watermark=asking.snapshot.watermark,
            notices=place.place.notices,
        )

    def _panels(self, asking: Asking, told: Told, figures: ListFigures) -> dict[str, Markup]:
        empty = empty_of(asking, told, figures.head)
        part = self._renderer.part
        if empty is not None:
            return {"nothing": part("panels/figures.html", "nothing", empty, told.heading)}
        return {
            "cards": part("panels/figures.html", "cards", cards_of(told, figures)),
            "days": part("panels/figures.html", "panel", days_panel(told, figures)),
            "agents": part("panels/agents.html", "table", agents_table(told, figures)),
        }
