"""The page of one agent: cards, cost or requests over time, latency over time, and its models and users."""

from typing import Final

from outlay.query.result import Result
from outlay.query.sql import Value
from outlay.web import format as text
from outlay.web.charts import Bucket, Series, TimeChart, lines, stacked_bars
from outlay.web.pages.agents.cells import card_of, cell_of, places_of
from outlay.web.pages.agents.list_view import cost_card
from outlay.web.pages.agents.one_figures import LATENCIES, AgentFigures, PartFigures
from outlay.web.pages.agents.place import DRAWN
from outlay.web.pages.agents.told import ERRORS, Told
from outlay.web.parts import Card, Cell, Column, Row, Tab, Table
from outlay.web.view.groups import Figures
from outlay.web.view.names import Label
from outlay.web.view.panels import Panel, as_count, as_money, proof_of
from outlay.web.view.place import only, without_values
from outlay.web.view.timeline import STEP_NAMES, as_bucket, range_of, shown_steps

PLURALS: Final = {"model": "Models", "user": "Users"}
_MEASURES: Final = ("requests", "tokens", "latency_p95", "error_rate", "cost")


def cards_of(told: Told, figures: AgentFigures) -> tuple[Card, ...]:
    head, times, calls = figures.head, figures.times, told.calls
    errors = as_count(head.total("errors"))
    failed = (f"{errors:,} failed", calls(ERRORS)) if errors else ("", "")
    return (
        card_of(times, "sessions", "Sessions", told.links.here(by="session", page="1")),
        card_of(times, "runs", "Runs", told.links.here(by="run", page="1")),
        card_of(head, "requests", "Requests", calls()),
        card_of(head, "tokens", "Tokens", calls()),
        cost_card(told, head),
        card_of(head, "error_rate", "Error rate", calls(ERRORS), failed),
    )


def speeds_of(told: Told, figures: AgentFigures) -> tuple[Card, ...]:
    """Return how fast the agent is."""
    times, calls = figures.times, told.calls
    return (
        *(card_of(times, each, f"Latency {each[-3:]}", calls()) for each in LATENCIES),
        *(card_of(times, f"first_token_{each}", f"First token {each}", calls()) for each in ("p50", "p95")),
    )


def days_panel(told: Told, figures: AgentFigures) -> Panel:
    """Return cost or requests over time, whichever is chosen."""
    measure = told.place.place.own["chart"]
    days, buckets = figures.days, _buckets(told, figures.days)
    values: dict[int, Value] = {row.bucket: days.figure(row, measure) for row in days.rows if row.bucket is not None}
    name = "Cost" if measure == "cost" else "Requests"
    chart = TimeChart(
        id="by-time",
        title=f"{name} per {STEP_NAMES[told.place.grain]}",
        period=told.heading,
        unit="usd" if measure == "cost" else "count",
        buckets=buckets,
        series=(
            Series(
                name=name,
                slot=0,
                values=tuple(values.get(at, 0) for at in range(len(buckets))),
                hrefs=tuple(each.href if at in values else "" for at, each in enumerate(buckets)),
            ),
        ),
        marks=told.marks(shown_steps(days)),
    )
    total = days.total(measure)
    return Panel(
        id="days",
        title=chart.title,
        subtitle=_ends(told),
        chart=stacked_bars(chart),
        proof=proof_of(
            f"All {STEP_NAMES[told.place.grain]}s add up to the card above",
            [(f"{len(values):,} with calls", _sum_of(days, measure))],
            total,
            holds=days.adds_up.holds and total == figures.head.total(measure),
            money=measure == "cost",
        ),
    )


def chart_tabs(told: Told) -> tuple[Tab, ...]:
    chosen = told.place.place.own["chart"]
    return tuple(Tab(each.capitalize(), told.links.here(chart=each), each == chosen) for each in DRAWN)


def paces_panel(told: Told, figures: AgentFigures) -> Panel:
    """Return latency over time; a step without calls is a gap, not a fast one."""
    paces, buckets = figures.paces, _buckets(told, figures.paces)
    found = {row.bucket: row for row in paces.rows if row.bucket is not None}
    chart = TimeChart(
        id="paces-by-time",
        title=f"Latency per {STEP_NAMES[told.place.grain]}",
        period=told.heading,
        unit="ms",
        adds_up=False,
        buckets=buckets,
        series=tuple(
            Series(
                name=each[-3:],
                slot=slot,
                values=tuple(paces.figure(found[at], each) if at in found else None for at in range(len(buckets))),
            )
            for slot, each in enumerate(LATENCIES)
        ),
    )
    return Panel(
        id="paces",
        title=chart.title,
        subtitle="From the request to the end of the answer; p95: 95 of 100 were faster",
        chart=lines(chart) if any(value is not None for each in chart.series for value in each.values) else None,
        empty="No call says how long it took.",
    )


def part_panel(told: Told, part: PartFigures) -> Panel:
    """Return the agent's use by model or by user, the dearest first."""
    sums, dimension = part.sums, part.dimension
    listed = [row for row in sums.rows if not row.other]
    labels = told.names.of(dimension, [row.key[0] for row in listed])
    paces = {(row.key, row.other): part.p95.figure(row, "latency_p95") for row in part.p95.rows}
    several = [
        (row, {**sums.numbers(row.figures), "latency_p95": paces.get((row.key, row.other))}) for row in sums.rows
    ]
    places = places_of(figures for _, figures in several)
    others = without_values(dimension, [row.key[0] for row in listed])
    has_none = any(row.key[0] is None for row in listed)
    rows = []
    for row, figures in several:
        label = Label(f"Other {dimension}s") if row.other else _label(dimension, row.key[0], labels[row.key[0]])
        filters = others if row.other and has_none else (only(dimension, row.key[0]),)
        href = "" if row.other and not has_none else told.calls(*filters)
        rows.append(_part_row(label, figures, places, href))
    plural = PLURALS[dimension]
    return Panel(
        id=f"{dimension}s",
        title=plural,
        subtitle=f"By cost{'; the first ' + str(len(listed)) if len(listed) < len(several) else ''}",
        table=Table(
            caption=f"{plural} by cost",
            columns=(
                Column(id=dimension, label=dimension.capitalize()),
                Column(id="requests", label="Requests", numeric=True, hide_narrow=True),
                Column(id="tokens", label="Tokens", numeric=True, hide_narrow=True),
                Column(id="latency_p95", label="p95", numeric=True, hide_narrow=True),
                Column(id="error_rate", label="Errors", numeric=True, hide_narrow=True),
                Column(id="cost", label="Cost", numeric=True),
            ),
            rows=tuple(rows),
        ),
        proof=proof_of(
            f"{plural} add up to {text.usd(as_money(sums.total('cost')))}",
            [(row.cells[0].text, figures["cost"]) for row, (_, figures) in zip(rows, several, strict=True)],
            sums.total("cost"),
            holds=sums.adds_up.holds,
            money=True,
        ),
    )


def _part_row(label: Label, figures: Figures, places: int, href: str) -> Row:
    named = Cell(text=label.name, sub=label.email if label.email != label.name else "")
    return Row(
        cells=(named, *(cell_of(each, figures, places) for each in _MEASURES)), href=href, muted=label.slot is None
    )


def _label(dimension: str, key: str | None, label: Label) -> Label:
    return Label("Service accounts", email="calls without a user") if dimension == "user" and key is None else label


def _buckets(told: Told, result: Result) -> tuple[Bucket, ...]:
    return tuple(
        as_bucket(step, told.place.grain, told.zone, told.now, told.calls(range=range_of(step, told.zone)))
        for step in shown_steps(result)
    )


def _sum_of(result: Result, measure: str) -> Value:
    return next(each.parts for each in result.adds_up.sums if each.measure == measure)


def _ends(told: Told) -> str:
    return f"Days end at midnight in {told.zone.key}" if told.place.grain in {"day", "week", "month"} else ""
