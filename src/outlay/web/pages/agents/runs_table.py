"""The table of sessions or runs: each opens into its calls; the slow, the failed and the dear are one click away."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from outlay.query.ask import Filter
from outlay.web import format as text
from outlay.web.pages.agents.cells import cell_of, places_of
from outlay.web.pages.agents.one_figures import AgentFigures
from outlay.web.pages.agents.paging import pager_of
from outlay.web.pages.agents.place import DIMENSION, NEWEST, RUN_SORTS, By
from outlay.web.pages.agents.runs import RunFigures, RunLine
from outlay.web.pages.agents.table import SortedTable, sorted_columns, status_of
from outlay.web.pages.agents.told import ERRORS, Told, session_href
from outlay.web.parts import Cell, Column, PanelAction, Row, Tab, Table
from outlay.web.view.groups import Figures, summed
from outlay.web.view.names import Label
from outlay.web.view.panels import Proof, as_count, as_money, proof_of
from outlay.web.view.place import only, without_values

FINDS: Final = (
    ("Newest", NEWEST),
    ("Slowest", "-latency_p95"),
    ("Most failed", "-errors"),
    ("Most expensive", "-cost"),
)
LABELS: Final = {"first_time": "Begun", "latency_p95": "Latency p95", "errors": "Errors"}
_WIDE: Final = frozenset(RUN_SORTS) - {"first_time", "cost"}
_SHOWN_CHARS: Final = 22
_ADDITIVE: Final = ("requests", "tokens", "cost", "unpriced_requests", "errors")
_NAMES: Final[dict[By, str]] = {"session": "Session", "run": "Run"}


def runs_table(told: Told, figures: AgentFigures) -> SortedTable:
    """Return the table of one page."""
    place, table = told.place, figures.table
    noun = table.by
    count = table.shown.count
    slow = as_count(figures.times.total("latency_p95"))
    subtitle = f"{count:,} {noun}{'' if count == 1 else 's'}; figures are of this agent's calls in the range"
    return SortedTable(
        id="runs",
        title="Sessions and runs",
        subtitle=subtitle,
        table=_table(told, figures) if count or table.nobody else None,
        page=table.shown.page,
        status=status_of(place, table.shown, noun, LABELS),
        pager=pager_of(told.links, table.shown),
        proof=_proof(table, figures.head_figures),
        empty=f"No {noun} in this range",
        tabs=tuple(Tab(f"{_NAMES[each]}s", told.links.here(by=each, page="1"), each == table.by) for each in _NAMES),
        finds=tuple(
            Tab(label, told.links.here(s=order, page="1"), order == place.place.own["s"]) for label, order in FINDS
        ),
        actions=_narrowing(told, slow),
    )


def _narrowing(told: Told, slow: int | None) -> tuple[PanelAction, ...]:
    """Offer to look at slow or failed calls alone: figures, charts and totals then are of those."""
    taken = {each.dimension for each in told.place.query.filters}
    found = []
    if slow is not None and "latency_ms" not in taken:
        over = Filter("latency_ms", "over", (str(slow),))
        label = f"Only calls over {text.milliseconds(slow)}, this agent's p95"
        found.append(PanelAction(label=label, href=told.links.narrowed(over), icon="search"))
    if "status" not in taken:
        found.append(PanelAction(label="Only failed calls", href=told.links.narrowed(ERRORS), icon="search"))
    return tuple(found)


class _Rows:
    """Makes the rows; all of them decide how many decimals money has, the agent's own p95 which ones are slow."""

    def __init__(self, told: Told, figures: AgentFigures) -> None:
        table = figures.table
        self._told = told
        self._by = table.by
        self._slow = as_count(figures.times.total("latency_p95"))
        others = [each.figures for each in (table.rest, table.nobody) if each is not None]
        self._places = places_of([*(each.figures for each in table.lines), *others, figures.head_figures])
        self._users = told.names.of("user", {user for each in table.lines for user in each.users})
        self._models = told.names.of("model", {model for each in table.lines for model in each.models})

    def of(self, line: RunLine) -> Row:
        name = line.id or ""
        return self.row(line, Cell(text=_short(name), title=name), session_href(self._told, self._by, name))

    def row(self, line: RunLine, named: Cell, href: str, *, muted: bool = False) -> Row:
        figures = line.figures
        cells = (
            named,
            self._begun(line.begun if line.id else None),
            Cell(text=_lasted(line) if line.id else ""),
            _several(line.users, self._users),
            _several(line.models, self._models),
            *(cell_of(each, figures, self._places) for each in ("requests", "tokens")),
            self._latency(line),
            _errors(figures, chip=line.id is not None),
            cell_of("cost", figures, self._places),
        )
        return Row(cells=cells, href=href, muted=muted)

    def _begun(self, begun: datetime | None) -> Cell:
        if begun is None:
            return Cell(text="")
        local = begun.astimezone(self._told.zone)
        moment = text.local_seconds(begun, self._told.zone)
        return Cell(text=f"{text.day_short(local.date())}, {local:%H:%M}", title=moment)

    def _latency(self, line: RunLine) -> Cell:
        found = cell_of("latency_p95", line.figures, self._places)
        value = as_count(line.figures["latency_p95"])
        slow = line.id is not None and value is not None and self._slow is not None and value > self._slow
        return replace(found, chip="slow", kind="warn") if slow else found


def _table(told: Told, figures: AgentFigures) -> Table:
    table, rows = figures.table, _Rows(told, figures)
    listed = [rows.of(line) for line in table.lines]
    noun = table.by
    if table.rest is not None:
        others = table.shown.others
        name = Cell(text=f"{others:,} other {noun}{'' if others == 1 else 's'}")
        href = told.calls(*without_values(DIMENSION[noun], table.shown.keys))
        listed.append(rows.row(table.rest, name, href, muted=True))
    if table.nobody is not None:
        name = Cell(text=f"Without a {noun}")
        listed.append(rows.row(table.nobody, name, told.calls(only(DIMENSION[noun], None)), muted=True))
    whole = RunLine(None, figures.head_figures)
    return Table(
        caption=f"{_NAMES[noun]}s",
        columns=_columns(told, noun),
        rows=tuple(listed),
        total=rows.row(whole, Cell(text="Total"), told.calls()),
    )


def _columns(told: Told, by: By) -> tuple[Column, ...]:
    """Return the columns; by its id, its users and its models nobody looks for a session."""
    begun, *figures = sorted_columns(told, RUN_SORTS, _WIDE, LABELS)
    return (
        Column(id="id", label=_NAMES[by]),
        begun,
        Column(id="lasted", label="Duration", hide_narrow=True),
        Column(id="user", label="User", hide_narrow=True),
        Column(id="model", label="Models", hide_narrow=True),
        *figures,
    )


def _lasted(line: RunLine) -> str:
    if line.begun is None or line.last is None or line.begun == line.last:
        return text.DASH
    return text.lasting(line.last - line.begun)


def _errors(figures: Figures, *, chip: bool) -> Cell:
    errors = as_count(figures["errors"])
    return Cell(text="", chip=f"{errors:,}", kind="bad") if errors and chip else Cell(text=text.counted(errors))


def _several(ids: Sequence[str], labels: Mapping[str | None, Label]) -> Cell:
    """Name the first, and how many more; all of them on hover."""
    names = [labels[each].name for each in ids]
    if not names:
        return Cell(text="")
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    return Cell(text=f"{names[0]}{more}", title=", ".join(names))


def _short(name: str) -> str:
    return name if len(name) <= _SHOWN_CHARS else f"{name[: _SHOWN_CHARS - 1]}…"


def _proof(table: RunFigures, total: Figures) -> Proof:
    """Return the proof by cost; it holds when every measure that adds up does."""
    parts: list[tuple[str, Figures]] = []
    if table.lines:
        added = {each: summed(line.figures[each] for line in table.lines) for each in _ADDITIVE}
        parts.append((f"{len(table.lines):,} on this page", added))
    if table.rest is not None:
        parts.append(("On other pages", table.rest.figures))
    if table.nobody is not None:
        parts.append((f"Without a {table.by}", table.nobody.figures))
    return proof_of(
        f"All rows{'' if table.rest is None else ', those of other pages too,'} add up to "
        f"{text.usd(as_money(total['cost']))}",
        [(name, figures["cost"]) for name, figures in parts],
        total["cost"],
        holds=all((summed(each[m] for _, each in parts) or 0) == (total[m] or 0) for m in _ADDITIVE),
        money=True,
    )
