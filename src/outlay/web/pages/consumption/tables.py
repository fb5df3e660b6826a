"""The tables of the Consumption page as exports carry them: all rows, full precision, each with its total.

Made from the same figures as the page, so that a file and a screen can't differ.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from outlay.kit.money import plain
from outlay.query.result import Result, Row
from outlay.query.sql import Value
from outlay.web.export import Cell
from outlay.web.pages.consumption.activity import models_of as activity_models_of
from outlay.web.pages.consumption.activity import top_groups
from outlay.web.pages.consumption.cost import models_of, quantities_of, services_of
from outlay.web.pages.consumption.figures import (
    COST_MEASURES,
    RANKED,
    TOKEN_MEASURES,
    ActivityFigures,
    CostFigures,
    Top,
)
from outlay.web.view.groups import Figures, Group, joined
from outlay.web.view.names import AGENT_TYPE_NAMES, Names

PREVIOUS = "previous_"


class ExportTable(Struct, frozen=True):
    """One table. `id` names it in files; rows and total are keyed by column."""

    id: str
    rows: list[dict[str, Cell]]
    total: dict[str, Cell]
    adds_up: bool


def columns_of(figures: CostFigures | ActivityFigures) -> tuple[str, ...]:
    """Return the columns of the CSV: what names a row, its figures, and the figures before."""
    measures = COST_MEASURES if isinstance(figures, CostFigures) else TOKEN_MEASURES
    beside = ("quantity", "unit") if isinstance(figures, CostFigures) else ("email", "team")
    before = tuple(PREVIOUS + measure for measure in measures)
    return ("table", "kind", "day", "id", "name", *beside, *measures, *before)


def tables_of(figures: CostFigures | ActivityFigures, names: Names) -> list[ExportTable]:
    """Return the tables of a view in the order of the page."""
    if isinstance(figures, CostFigures):
        return _cost_tables(figures, names)
    return _activity_tables(figures, names)


def _cost_tables(figures: CostFigures, names: Names) -> list[ExportTable]:
    models, services = models_of(figures.things), services_of(figures.things)
    amounts = quantities_of(figures.quantities)
    labels = names.of("model", [each.key for each in models])
    service_names = names.of("service", [each.key for each in services])
    holds = figures.things.adds_up.holds
    listed = [_row(_kind(each), each, labels[each.key].name) for each in models]
    used = [
        _row(_kind(each), each, service_names[each.key].name)
        | {
            "quantity": _amount([amount for amount, _ in amounts.get(each.key or "", [])]),
            "unit": " + ".join(unit for _, unit in amounts.get(each.key or "", [])),
        }
        for each in services
    ]
    return [
        _daily(figures.days),
        ExportTable("llm_models", listed, _row("total", joined(models, None), "LLM models"), holds),
        ExportTable("other_services", used, _row("total", joined(services, None), "Other services"), holds),
    ]


def _activity_tables(figures: ActivityFigures, names: Names) -> list[ExportTable]:
    models = activity_models_of(figures.models)
    labels = names.of("model", [each.key for each in models])
    rows = [_row(_kind(each), each, labels[each.key].name) for each in models]
    return [
        _daily(figures.days),
        _top_table("top_users", figures.users, names),
        _top_table("top_agents", figures.agents, names),
        ExportTable("models", rows, _whole(figures.models, "All models"), figures.models.adds_up.holds),
    ]


def _daily(days: Result) -> ExportTable:
    rows = [
        {
            "kind": "row",
            "day": days.buckets[row.bucket].label,
            "id": row.key[0],
            "name": AGENT_TYPE_NAMES.get(row.key[0], row.key[0]),
            **_figures(days, row),
        }
        for row in days.rows
        if row.bucket is not None
    ]
    return ExportTable("agent_type_by_day", rows, _whole(days, "Total"), days.adds_up.holds)


def _top_table(table: str, top: Top, names: Names) -> ExportTable:
    ranked = top_groups(top)
    labels = names.of(top.dimension, [group.key for _, group in ranked])
    rows = []
    for kind, group in ranked:
        label = labels[group.key]
        name = "Other" if kind == "other" else label.name
        rows.append(_row(kind, group, name) | {"email": label.email or None, "team": label.team})
    return ExportTable(table, rows, _whole(top.result, "Total", RANKED), top.result.adds_up.holds)


def _amount(amounts: Sequence[Decimal]) -> Cell:
    """Return what was used: a number, or of several units a sum in words."""
    if not amounts:
        return None
    return amounts[0] if len(amounts) == 1 else " + ".join(map(plain, amounts))


def _kind(group: Group[str | None]) -> str:
    """Return `gone` for what only the month before had: without it the figures before would not add up."""
    return "gone" if group.gone else "row"


def _row(kind: str, group: Group[str | None], name: str) -> dict[str, Cell]:
    return {"kind": kind, "id": group.key, "name": name, **group.now, **_before(group.before or {})}


def _whole(result: Result, name: str, measures: Iterable[str] | None = None) -> dict[str, Cell]:
    wanted = tuple(measures or result.query.measures)
    now: dict[str, Value] = {measure: result.total(measure) for measure in wanted}
    before = {measure: result.total_before(measure) for measure in wanted} if result.compared else {}
    return {"kind": "total", "name": name, **now, **_before(before)}


def _figures(result: Result, row: Row) -> Mapping[str, Cell]:
    return dict(zip(result.query.measures, row.figures, strict=True))


def _before(figures: Figures) -> dict[str, Cell]:
    return {PREVIOUS + measure: value for measure, value in figures.items()}
