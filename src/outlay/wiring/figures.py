"""The pages of figures, their live updates and their exports."""

from msgspec import Struct
from starlette.routing import BaseRoute

from outlay.config import Settings
from outlay.web.export import Exporter
from outlay.web.live.streams import LiveLimits, LiveStreams
from outlay.web.own_address import OwnAddress
from outlay.web.pages.agents.export import AgentExport, AgentsExport
from outlay.web.pages.agents.one_page import AgentPage
from outlay.web.pages.agents.page import AgentsPage
from outlay.web.pages.agents.session_export import SessionExport
from outlay.web.pages.agents.session_page import SessionPage
from outlay.web.pages.board import BoardRoute
from outlay.web.pages.calls.export import CallsExport
from outlay.web.pages.calls.page import CallsPage
from outlay.web.pages.consumption.export import ConsumptionExport
from outlay.web.pages.consumption.page import ConsumptionPage
from outlay.web.pages.explorer.page import ExplorerPage
from outlay.web.pages.exports.focus import ENDINGS, FocusExport
from outlay.web.pages.exports.page import FOCUS, ExportsPage
from outlay.web.pages.filter.page import FilterPage
from outlay.web.pages.mine.page import MyUsagePage
from outlay.web.pages.search.found import Search
from outlay.web.pages.search.page import SearchPage
from outlay.web.pages.usage.export import UsageExport
from outlay.web.pages.usage.page import UsagePage
from outlay.web.view.board import BoardPage
from outlay.web.view.marks import Marks
from outlay.web.view.money import InCurrency
from outlay.wiring.parts import SiteParts


class Figures(Struct, frozen=True):
    routes: list[BaseRoute]
    live: LiveStreams


def figures(parts: SiteParts) -> Figures:
    """Return every page that shows what was spent."""
    outlay, frame, questions, names = parts.outlay, parts.frame, parts.questions, parts.outlay.names
    marks = Marks(outlay.control, names, outlay.books, frame.renderer)
    explorer = ExplorerPage(frame.renderer, names, marks)
    boards: list[BoardPage] = [
        ConsumptionPage(frame.renderer, names, marks),
        UsagePage(frame.renderer, names, marks),
        explorer,
        CallsPage(frame.renderer, names, outlay.control),
        AgentsPage(frame.renderer, names, marks),
        AgentPage(frame.renderer, names, marks),
        SessionPage(frame.renderer, names, outlay.control),
    ]
    live = LiveStreams(
        parts.gate, questions, InCurrency(outlay.control), _live_limits(parts.settings), parts.metrics.live
    )
    exporter = Exporter(parts.gate, questions, outlay.control)
    routes: list[BaseRoute] = [
        *(route for page in boards for route in BoardRoute(frame, questions, page).routes()),
        *live.routes(boards),
        *exporter.routes(ConsumptionExport(names)),
        *exporter.routes(UsageExport(names)),
        *exporter.routes(explorer),
        *exporter.routes(CallsExport()),
        *exporter.routes(AgentsExport(names)),
        *exporter.routes(AgentExport(names)),
        *exporter.routes(SessionExport()),
        *ExportsPage(frame, questions, names, OwnAddress(parts.settings)).routes(),
        *exporter.routes(FocusExport(outlay.control, names), FOCUS, ENDINGS),
        *FilterPage(frame, questions, names).routes(),
        *MyUsagePage(frame, questions, names).routes(),
        *SearchPage(frame, questions, Search(outlay.control, names, frame.renderer)).routes(),
    ]
    return Figures(routes, live)


def _live_limits(settings: Settings) -> LiveLimits:
    return LiveLimits(settings.live_streams, settings.live_streams_per_member)
