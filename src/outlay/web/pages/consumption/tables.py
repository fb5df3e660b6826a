"""The tables and charts of the Consumption page as files carry them: all rows, full precision, each with its total.

Made from the same figures as the page, so that a file and a screen can't differ.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from outlay.kit.money import plain
from outlay.query.result import Result
from outlay.web.export import Cell, Column, ExportTable, Record, measure_columns, previous, table_of
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

_NAMED: Final = (Column("id", "text", "Id"), Column("name", "text", "Name"))
_BY_DAY: Final = (Column("day", "day", "Day"), *_NAMED)
_PEOPLE: Final = (*_NAMED, Column("email", "text", "E-mail"), Column("team", "text", "Team"))
_SERVICES: Final = (
    *_NAMED,
    Column("quantity", "quantity", "Quantity"),
    Column("unit", "text", "Unit"),
    Column("used", "list", "Used"),
)


def tables_of(figures: CostFigures | ActivityFigures, names: Names) -> tuple[ExportTable, ...]:
    """Return the tables of a view in the order of the page."""
    if isinstance(figures, CostFigures):
        return _cost_tables(figures, names)
    return _activity_tables(figures, names)


def _cost_tables(figures: CostFigures, names: Names) -> tuple[ExportTable, ...]:
    measures = _columns(COST_MEASURES)
    models, services = models_of(figures.things), services_of(figures.things)
    amounts = quantities_of(figures.quantities)
    labels = names.of("model", [each.key for each in models])
    service_names = names.of("service", [each.key for each in services])
    listed = [_row(_kind(each), each, labels[each.key].name) for each in models]
    used = [
        {**_row(_kind(each), each, service_names[each.key].name), **_used(amounts.get(each.key or "", []))}
        for each in services
    ]
    holds = figures.things.adds_up.holds
    whole = _row("total", joined(models, None), "LLM models")
    others = _row("total", joined(services, None), "Other services")
    return (
        _daily(figures.days, "Spend by agent type and day", measures),
        table_of("llm_models", "LLM models", (*_NAMED, *measures), listed, whole, adds_up=holds),
        table_of("other_services", "Other services", (*_SERVICES, *measures), used, others, adds_up=holds),
    )


def _activity_tables(figures: ActivityFigures, names: Names) -> tuple[ExportTable, ...]:
    measures = _columns(TOKEN_MEASURES)
    models = activity_models_of(figures.models)
    labels = names.of("model", [each.key for each in models])
    rows = [_row(_kind(each), each, labels[each.key].name) for each in models]
    # What is listed used tokens; requests that used none belong to no row, and so not under these.
    whole = _row("total", joined(models, None), "All models")
    return (
        _daily(figures.days, "Tokens by agent type and day", measures),
        _top_table("top_users", figures.users, names),
        _top_table("top_agents", figures.agents, names),
        table_of("models", "Tokens by model", (*_NAMED, *measures), rows, whole, adds_up=figures.models.adds_up.holds),
    )


def _daily(days: Result, title: str, measures: Sequence[Column]) -> ExportTable:
    rows: list[Record] = [
        {
            "day": date.fromisoformat(days.buckets[row.bucket].label),
            "id": row.key[0],
            "name": AGENT_TYPE_NAMES.get(row.key[0], row.key[0]),
            **days.numbers(row.figures),
        }
        for row in days.rows
        if row.bucket is not None
    ]
    whole = _whole(days, "Total")
    return table_of("agent_type_by_day", title, (*_BY_DAY, *measures), rows, whole, adds_up=days.adds_up.holds)


def _top_table(table: str, top: Top, names: Names) -> ExportTable:
    ranked = top_groups(top)
    labels = names.of(top.dimension, [group.key for _, group in ranked])
    rows = []
    for kind, group in ranked:
        label = labels[group.key]
        name = "Other" if kind == "other" else label.name
        rows.append({**_row(kind, group, name), "email": label.email or None, "team": label.team})
    title = f"Top {top.dimension}s by tokens"
    holds = top.result.adds_up.holds
    columns = (*(_PEOPLE if top.dimension == "user" else _NAMED), *_columns(RANKED))
    whole = _row("total", joined([group for _, group in ranked], None), "Total")
    return table_of(table, title, columns, rows, whole, adds_up=holds)


def _columns(measures: Sequence[str]) -> tuple[Column, ...]:
    return (*measure_columns(measures), *measure_columns(measures, before=True))


def _used(amounts: Sequence[tuple[Decimal, str]]) -> Record:
    """Return what was used: a number with its unit; of several units, which no number can stand for, a list alone."""
    found: dict[str, Cell] = {"used": [f"{plain(amount)} {unit}".rstrip() for amount, unit in amounts]}
    if len(amounts) == 1:
        found["quantity"], found["unit"] = amounts[0]
    return found


def _kind(group: Group[str | None]) -> str:
    """Return `gone` for what only the period before had: without it the figures before would not add up."""
    return "gone" if group.gone else "row"


def _row(kind: str, group: Group[str | None], name: str) -> Record:
    return {"kind": kind, "id": group.key, "name": name, **group.now, **_before(group.before or {})}


def _whole(result: Result, name: str) -> Record:
    measures = result.query.measures
    before = {measure: result.total_before(measure) for measure in measures} if result.compared else {}
    return {"name": name, **{measure: result.total(measure) for measure in measures}, **_before(before)}


def _before(figures: Figures) -> Record:
    return {previous(measure): value for measure, value in figures.items()}
