"""`/me`: exactly one's own usage, whatever else one may see: totals, by day, model and agent, with the calls behind.

The question is asked for oneself as a member without other rights, so no filter has to be right for that.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outlay.access.roles import may
from outlay.access.viewer import Viewer
from outlay.control.entities import Registry
from outlay.query.ask import Query
from outlay.query.questions import Asking, Questions
from outlay.query.result import Result
from outlay.query.timerange import LastDays, MonthToDate, TimeRange
from outlay.web import format as text
from outlay.web.charts import Series, TimeChart, stacked_bars
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.parts import Card, Cell, Column, Row, Tab, Table
from outlay.web.view.money import InCurrency
from outlay.web.view.names import Names
from outlay.web.view.panels import as_count, as_money
from outlay.web.view.ranges import range_text
from outlay.web.view.timeline import as_bucket, shown_steps

ME: Final = "/me"
MOST_ROWS: Final = 12
RANGES: Final[Mapping[str, tuple[str, TimeRange]]] = MappingProxyType(
    {"7d": ("7 days", LastDays(7)), "30d": ("30 days", LastDays(30)), "mtd": ("This month", MonthToDate())}
)
_MEASURES: Final = ("cost", "requests", "tokens", "unpriced_requests")


class Figures(Struct, frozen=True):
    days: Result
    models: Result
    agents: Result


class Mine(Struct, frozen=True):
    """What the page shows. Without a user id nothing can be one's own: then it says who can set it."""

    known: bool
    tabs: tuple[Tab, ...]
    period: str
    cards: tuple[Card, ...] = ()
    chart: str = ""
    models: Table | None = None
    agents: Table | None = None
    calls_href: str = ""
    user: str = ""
    own_page_href: str = ""
    admins: tuple[tuple[str, str], ...] = ()


class MyUsagePage:
    def __init__(self, frame: Frame, questions: Questions, registry: Registry) -> None:
        self._frame = frame
        self._questions = questions
        self._registry = registry
        self._in_currency = InCurrency(frame.control)

    def routes(self) -> list[Route]:
        return [Route(ME, self.show, methods=["GET"])]

    # Starlette runs what is no coroutine in a thread.
    def show(self, request: Request) -> Response:
        who = self._frame.signed_in(request)
        chosen = request.query_params.get("r", "")
        chosen = chosen if chosen in RANGES else "30d"
        mine = self._mine(who, chosen)
        shell = self._frame.shell(request, who, "My usage", "mine")
        return self._frame.page("mine.html", shell, 200, mine=mine)

    def _mine(self, who: SignedIn, chosen: str) -> Mine:
        url = self._frame.renderer.url
        tabs = tuple(Tab(label, url(ME, {"r": name}), name == chosen) for name, (label, _) in RANGES.items())
        if who.viewer.user is None:
            return self._unknown(who, tabs)
        viewer = Viewer(organisation=who.viewer.organisation, role="member", user=who.viewer.user)
        wanted = RANGES[chosen][1]

        def told(asking: Asking) -> Mine:
            return self._in_currency.written(asking, f"r={chosen}", lambda: self._shown(asking, wanted, tabs, chosen))

        return self._questions.ask(viewer, told)

    def _unknown(self, who: SignedIn, tabs: tuple[Tab, ...]) -> Mine:
        if may(who.viewer.role, "manage_members"):
            own_page = self._frame.renderer.url(f"/settings/members/{who.member.id}")
            return Mine(known=False, tabs=tabs, period="", own_page_href=own_page)
        return Mine(known=False, tabs=tabs, period="", admins=self._frame.grantors(who.member.organisation))

    def _shown(self, asking: Asking, wanted: TimeRange, tabs: tuple[Tab, ...], chosen: str) -> Mine:
        figures = _asked(asking, wanted)
        names = Names(self._registry, asking.viewer.organisation)
        query = {"f": f"user:is:{asking.viewer.user}", "r": chosen}
        return Mine(
            known=True,
            tabs=tabs,
            period=range_text(wanted, figures.days.span, asking.zone),
            cards=_cards(figures.days),
            chart=_chart(asking, figures.days),
            models=_table(figures.models, "model", "By model", names),
            agents=_table(figures.agents, "agent", "By agent", names),
            calls_href=self._frame.renderer.url("/calls", query),
            user=asking.viewer.user or "",
        )


def _asked(asking: Asking, wanted: TimeRange) -> Figures:
    base = Query(asking.viewer, measures=_MEASURES, range=wanted)
    days = Query(asking.viewer, measures=_MEASURES, range=wanted, grain="day")
    by = (
        Query(base.viewer, measures=_MEASURES, range=wanted, dimensions=(dimension,), limit=MOST_ROWS)
        for dimension in ("model", "agent")
    )
    models, agents = (asking.run(each) for each in by)
    return Figures(asking.run(days), models, agents)


def _cards(days: Result) -> tuple[Card, ...]:
    unpriced = as_count(days.total("unpriced_requests"))
    note = f"{text.counted(unpriced)} requests unpriced" if unpriced else ""
    cost = as_money(days.total("cost"))
    return (
        Card(label="Cost", value=text.usd(cost), exact=text.usd_exact(cost), note=note),
        Card(label="Requests", value=text.counted(as_count(days.total("requests")))),
        Card(label="Tokens", value=text.tokens(as_count(days.total("tokens")))),
    )


def _chart(asking: Asking, days: Result) -> str:
    buckets = tuple(as_bucket(step, "day", asking.zone, asking.now) for step in shown_steps(days))
    values = {row.bucket: days.figure(row, "cost") for row in days.rows if row.bucket is not None}
    series = Series(name="Cost", slot=0, values=tuple(values.get(at, 0) for at in range(len(buckets))))
    period = range_text(days.query.range, days.span, asking.zone)
    chart = TimeChart(id="by-day", title="Cost per day", period=period, unit="usd", buckets=buckets, series=(series,))
    return stacked_bars(chart)


def _table(found: Result, dimension: str, caption: str, names: Names) -> Table | None:
    rows = [each for each in found.rows if each.figures]
    if not rows:
        return None
    labels = names.of(dimension, [each.key[0] for each in rows if not each.other])
    columns = (
        Column(id="name", label=caption.removeprefix("By ").capitalize()),
        *(Column(id=each, label=label, numeric=True) for each, label in _SHOWN),
    )
    listed = []
    for each in rows:
        label = None if each.other else labels[each.key[0]]
        cells = (
            Cell(text=label.name if label else "Other", dot=True, slot=label.slot if label else None),
            Cell(text=text.counted(as_count(found.figure(each, "requests")))),
            Cell(text=text.tokens(as_count(found.figure(each, "tokens")))),
            Cell(text=text.usd(as_money(found.figure(each, "cost")))),
        )
        listed.append(Row(cells=cells, muted=each.other))
    total = (
        Cell(text="Total"),
        Cell(text=text.counted(as_count(found.total("requests")))),
        Cell(text=text.tokens(as_count(found.total("tokens")))),
        Cell(text=text.usd(as_money(found.total("cost")))),
    )
    return Table(caption=caption, columns=columns, rows=tuple(listed), total=Row(cells=total))


_SHOWN: Final = (("requests", "Requests"), ("tokens", "Tokens"), ("cost", "Cost"))
