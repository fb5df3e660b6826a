"""The Exports page: a month or another range, what it comes to, and the FOCUS file of it.

The figures are those of Consumption for the same range; the file's lines make them exactly.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.control.entities import Registry
from outlay.kit.period import Month, local_day
from outlay.query.extent import months_with_data
from outlay.query.questions import Asking, Questions
from outlay.query.timerange import OneMonth
from outlay.web import format as text
from outlay.web.export.answer import MANIFEST_PARAMETER
from outlay.web.frame import Frame
from outlay.web.kept import not_kept
from outlay.web.own_address import OwnAddress
from outlay.web.pages.exports.columns import EXPLAINED, VERSION
from outlay.web.pages.exports.focus import ENDINGS, MEASURES
from outlay.web.pages.exports.place import EXPORTS, check_role, read_exports
from outlay.web.parts import Card, Cell, Column, PanelAction, Row, Tab, Table
from outlay.web.render import Notice
from outlay.web.view.chips import Chip, chips_of
from outlay.web.view.names import Names
from outlay.web.view.panels import as_count, as_money
from outlay.web.view.place import Links, Place
from outlay.web.view.ranges import range_text
from outlay.web.view.typed import with_typed

MOST_MONTHS: Final = 12
FOCUS: Final = "focus"
_LABELS: Final = {"csv": "Download CSV", "parquet": "Download Parquet"}
_EXPLAINED: Final = Table(
    caption="Columns of the file",
    columns=(Column(id="focus", label="FOCUS"), Column(id="outlay", label="In Outlay")),
    rows=tuple(Row(cells=(Cell(text=names), Cell(text=what))) for names, what in EXPLAINED),
)


class ShownExports(Struct, frozen=True):
    """All that the template shows."""

    version: str
    period: str
    zone: str
    months: tuple[Tab, ...]
    chips: tuple[Chip, ...]
    cards: tuple[Card, ...]
    files: tuple[PanelAction, ...]
    manifest_href: str
    command: str
    others: tuple[PanelAction, ...]
    columns: Table
    notices: tuple[Notice, ...]


class ExportsPage:
    def __init__(self, frame: Frame, questions: Questions, registry: Registry, address: OwnAddress) -> None:
        self._frame = frame
        self._address = address
        self._questions = questions
        self._registry = registry

    def routes(self) -> list[Route]:
        return [Route(EXPORTS, self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        return await run_in_threadpool(self._show, request)

    def _show(self, request: Request) -> Response:
        who = self._frame.signed_in(request)
        check_role(who.viewer)
        here = self._address.shown_to(request)
        shown = self._questions.ask(who.viewer, lambda asking: self._answered(asking, request.url.query, here))
        if isinstance(shown, str):
            return RedirectResponse(f"{self._frame.renderer.url(EXPORTS)}?{shown}", 303)
        shell = self._frame.shell(request, who, "Exports", "exports", shown.notices)
        return self._frame.page("exports.html", shell, 200, shown=shown)

    def _answered(self, asking: Asking, asked: str, here: str) -> ShownExports | str:
        """Return what is shown, or the query string that a typed range means."""
        meant = with_typed(asked, asking.zone, asking.now)
        return self._shown(asking, read_exports(asking, asked), here) if meant is None else meant

    def _shown(self, asking: Asking, place: Place, here: str) -> ShownExports:
        links = Links(self._frame.renderer, place)
        names = Names(self._registry, asking.viewer.organisation)
        found = asking.run(replace(place.query, measures=MEASURES))
        csv = links.beside(f"/{FOCUS}.csv")
        kept = not_kept(asking, found.span.start)
        return ShownExports(
            version=VERSION,
            period=range_text(place.query.range, found.span, asking.zone),
            zone=text.zone_name(asking.zone, asking.now),
            months=_months(asking, place, links),
            chips=chips_of(asking, place.query, names, links.without),
            cards=(
                Card(
                    label="Cost",
                    value=text.usd(as_money(found.total("cost"))),
                    exact=text.usd_exact(as_money(found.total("cost"))),
                    href=links.calls(),
                    note="What BilledCost adds up to",
                ),
                Card(label="Requests", value=text.counted(as_count(found.total("requests"))), href=links.calls()),
                Card(
                    label="Unpriced requests",
                    value=text.counted(as_count(found.total("unpriced_requests"))),
                    note="Their cost is unknown; x_CostStatus says so" if found.total("unpriced_requests") else "",
                ),
            ),
            files=tuple(
                PanelAction(label=_LABELS[each], href=links.beside(f"/{FOCUS}.{each}"), download=True)
                for each in ENDINGS
            ),
            manifest_href=f"{csv}{'&' if '?' in csv else '?'}{MANIFEST_PARAMETER}=1",
            command=f"curl --fail -OJ -H \"Authorization: Bearer YOUR_KEY\" \\\n  '{here}{csv}'",
            others=(
                PanelAction(label="Consumption, a month", href=links.at("/consumption", "")),
                PanelAction(label="Calls, every single one", href=links.calls()),
            ),
            columns=_EXPLAINED,
            notices=(*place.notices, *((Notice("info", kept),) if kept else ())),
        )


def _months(asking: Asking, place: Place, links: Links) -> tuple[Tab, ...]:
    """Return the months to choose from, newest first: the running one and those that have usage."""
    running = Month.of(local_day(asking.now, asking.zone))
    known = {*months_with_data(asking.viewer, asking.snapshot), running}
    newest = sorted(known, key=lambda each: (each.year, each.month), reverse=True)[:MOST_MONTHS]
    ranges = [(each, OneMonth(each.year, each.month)) for each in newest]
    return tuple(Tab(text.month(each), links.over(span), span == place.query.range) for each, span in ranges)
