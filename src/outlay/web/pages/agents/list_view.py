"""The list of agents: cards, spend over time by agent, and the table."""

from decimal import Decimal
from typing import Final

from outlay.query.ask import Filter
from outlay.query.catalogue import MEASURES
from outlay.query.result import Result
from outlay.query.sql import Value
from outlay.web import format as text
from outlay.web.charts import Series, TimeChart, stacked_bars
from outlay.web.pages.agents.cells import card_of, cell_of, places_of
from outlay.web.pages.agents.list_figures import SUMS, Line, ListFigures
from outlay.web.pages.agents.place import CHANGE, LIST_SORTS, NAME, agent_ground
from outlay.web.pages.agents.table import SortedTable, paged, search_of, sorted_columns, status_of
from outlay.web.pages.agents.told import ERRORS, ESTIMATED, UNPRICED, Told
from outlay.web.parts import Card, Cell, Row, Table
from outlay.web.view.groups import summed
from outlay.web.view.names import AGENT_TYPE_NAMES, Label
from outlay.web.view.panels import Panel, Proof, as_count, as_money, change_cell, proof_of
from outlay.web.view.place import only, without_values
from outlay.web.view.timeline import STEP_NAMES, as_bucket, range_of, shown_steps

WIDE: Final = frozenset(LIST_SORTS) - {NAME, "cost", "requests"}
_ADDITIVE: Final = tuple(each for each in SUMS if MEASURES[each].additive)


def cards_of(told: Told, figures: ListFigures) -> tuple[Card, ...]:
    head, times, calls = figures.head, figures.times, told.calls
    errors = as_count(head.total("errors"))
    return (
        card_of(head, "active_agents", "Active agents", calls(Filter("agent", "has"))),
        card_of(times, "runs", "Runs", calls(), _of_sessions(times)),
        card_of(head, "requests", "Requests", calls()),
        cost_card(told, head),
        card_of(head, "error_rate", "Error rate", calls(ERRORS), (f"{errors:,} failed", "") if errors else ("", "")),
        card_of(times, "latency_p95", "Latency p95", calls(), _of_median(times)),
    )


def cost_card(told: Told, head: Result) -> Card:
    unpriced, estimated = (as_count(head.total(f"{each}_requests")) for each in ("unpriced", "estimated"))
    note = ("", "")
    if unpriced:
        note = f"{unpriced:,} unpriced", told.calls(UNPRICED)
    elif estimated:
        note = f"{estimated:,} estimated", told.calls(ESTIMATED)
    return card_of(head, "cost", "Cost", told.calls(), note)


def days_panel(told: Told, figures: ListFigures) -> Panel:
    """Return spend over time, stacked by the agents with most."""
    days, steps = figures.days, shown_steps(figures.days)
    step = STEP_NAMES[told.place.grain]
    chart = TimeChart(
        id="by-time",
        title=f"Cost per {step} by agent",
        period=told.heading,
        unit="usd",
        buckets=tuple(
            as_bucket(each, told.place.grain, told.zone, told.now, told.calls(range=range_of(each, told.zone)))
            for each in steps
        ),
        series=_series(told, days),
        marks=told.marks(steps),
    )
    ends = f"; days end at midnight in {told.zone.key}" if told.place.grain in {"day", "week", "month"} else ""
    return Panel(
        id="days",
        title=chart.title,
        subtitle=f"The agents with most spend in the range{ends}",
        chart=stacked_bars(chart),
    )


def agents_table(told: Told, figures: ListFigures) -> SortedTable:
    """Return the table of one page."""
    place, shown = told.place, figures.shown
    names = tuple(each for each in LIST_SORTS if each != CHANGE or figures.head.compared is not None)
    count = f"{shown.count:,} agent{'' if shown.count == 1 else 's'}{' found' if figures.matched is not None else ''}"
    return SortedTable(
        id="agents",
        title="Agents",
        subtitle=f"{count}; p50, p95 and p99 are of latency",
        table=_table(told, figures, names) if shown.keys or figures.matched is None else None,
        page=shown.page,
        status=status_of(place, shown, "agent", _LABELS),
        pager=paged(told, shown),
        proof=_proof(figures),
        empty=f"No agent is called “{place.place.search}”",
        search=search_of(told, "Find by name"),
    )


_LABELS: Final = {"first_token_p95": "First token", "error_rate": "Errors"}


def _table(told: Told, figures: ListFigures, names: tuple[str, ...]) -> Table:
    several = [*figures.lines, *(each for each in (figures.rest, figures.nobody) if each), figures.total]
    places = places_of(each.figures for each in several)
    labels = told.names.of("agent", [each.key for each in figures.lines])
    rows = [
        _row(line, (labels[line.key].name, _types_text(line), _agent_href(told, line.key)), names, places)
        for line in figures.lines
    ]
    if figures.rest is not None:
        others = figures.shown.others
        href = told.calls(*without_values("agent", figures.shown.keys)) if figures.matched is None else ""
        rows.append(
            _row(
                figures.rest,
                (f"{others:,} other agent{'' if others == 1 else 's'}", "", href),
                names,
                places,
                muted=True,
            )
        )
    if figures.nobody is not None:
        named = ("No agent", "", _agent_href(told, None))
        rows.append(_row(figures.nobody, named, names, places, muted=True))
    total = ("Total", "", told.calls()) if figures.matched is None else ("Total of those found", "", "")
    return Table(
        caption="Agents",
        columns=sorted_columns(told, names, WIDE, _LABELS),
        rows=tuple(rows),
        total=_row(figures.total, total, names, places),
    )


def _row(line: Line, named: tuple[str, str, str], names: tuple[str, ...], places: int, *, muted: bool = False) -> Row:
    name, sub, href = named
    cells = [Cell(text=name, sub=sub, title=line.key or "")]
    for each in names[1:]:
        if each == CHANGE:
            before: Value = None if line.before is None else line.before["cost"]
            cells.append(change_cell(text.change(as_money(line.figures["cost"]), as_money(before))))
        else:
            cells.append(cell_of(each, line.figures, places))
    return Row(cells=tuple(cells), href=href, muted=muted)


def _agent_href(told: Told, agent: str | None) -> str:
    return told.links.elsewhere(agent_ground(told.place.viewer), agent=agent or "")


def _types_text(line: Line) -> str:
    names = [AGENT_TYPE_NAMES.get(each, each) for each in line.types]
    return names[0] + (f" +{len(names) - 1}" if len(names) > 1 else "") if names else ""


def _of_sessions(times: Result) -> tuple[str, str]:
    sessions = as_count(times.total("sessions"))
    return (f"{sessions:,} session{'' if sessions == 1 else 's'}", "") if sessions else ("", "")


def _of_median(times: Result) -> tuple[str, str]:
    median, worst = (as_count(times.total(f"latency_p{each}")) for each in (50, 99))
    return (f"{_pace(50, median)}, {_pace(99, worst)}", "") if median is not None else ("", "")


def _pace(percent: int, value: int | None) -> str:
    return f"p{percent} {text.milliseconds(value)}".replace(" ", "\N{NO-BREAK SPACE}")


def _series(told: Told, days: Result) -> tuple[Series, ...]:
    """Return the biggest agents, what has none, and all others."""
    found: dict[tuple[str | None, bool], dict[int, Value]] = {}
    for row in days.rows:
        if row.bucket is not None:
            found.setdefault((row.key[0], row.other), {})[row.bucket] = days.figure(row, "cost")
    priced = [each for each in found if any(value is not None for value in found[each].values())]
    priced.sort(key=lambda each: (each[1], each[0] is None, -Decimal(summed(found[each].values()) or 0)))
    labels = told.names.of("agent", [key for key, other in priced if not other])
    named = tuple(key for key, other in priced if not other)
    steps = shown_steps(days)
    series = []
    for key, other in priced:
        filters = _others(named) if other else (only("agent", key),)
        label = Label("Other agents") if other else labels[key]
        series.append(
            Series(
                name=label.name,
                slot=label.slot,
                values=tuple(found[key, other].get(at, 0) for at in range(len(steps))),
                href="" if other else _agent_href(told, key),
                hrefs=tuple(
                    told.calls(*filters, range=range_of(step, told.zone)) if at in found[key, other] else ""
                    for at, step in enumerate(steps)
                ),
            )
        )
    return tuple(series)


def _others(named: tuple[str | None, ...]) -> tuple[Filter, ...]:
    """Return the filters of what is not named: agents beyond the first, and what has none unless it is named."""
    if None in named:
        return without_values("agent", named)
    known = tuple(each for each in named if each is not None)
    return (Filter("agent", "not", known),) if known else ()


def _proof(figures: ListFigures) -> Proof:
    """Return the proof by cost; it holds when every measure that adds up does."""
    added = {measure: summed(each.figures[measure] for each in figures.lines) for measure in _ADDITIVE}
    parts = [(f"{len(figures.lines):,} on this page", added)] if figures.lines else []
    for name, line in (("On other pages", figures.rest), ("Without an agent", figures.nobody)):
        if line is not None:
            parts.append((name, {measure: line.figures[measure] for measure in _ADDITIVE}))
    total = figures.total.figures
    return proof_of(
        f"All rows{'' if figures.rest is None else ', those of other pages too,'} add up to "
        f"{text.usd(as_money(total['cost']))}",
        [(name, each["cost"]) for name, each in parts],
        total["cost"],
        holds=all((summed(each[m] for _, each in parts) or 0) == (total[m] or 0) for m in _ADDITIVE),
        money=True,
    )
