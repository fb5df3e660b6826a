"""The explorer's file: every table and chart of a view from the page's own questions, all rows, full precision.

It carries what the page shows of a row when it is opened as well: users by agent and model, models by agent and user.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from outlay.query.ask import MOST_LIMIT, Order, Query
from outlay.query.explain import Explanation, explain
from outlay.query.parse import Asked, write
from outlay.query.questions import Asking
from outlay.query.result import Result
from outlay.web.export import Cell, Column, ExportFile, ExportTable, manifest_of, measure_columns, table_of
from outlay.web.pages.explorer.figures import INSIDE, RUNS, Counted, Groups, Thing, days_in, drawn_over, runs_in
from outlay.web.pages.explorer.place import EXPLORER, MEASURES, OPENING
from outlay.web.pages.explorer.told import Told, labels_of, plural_of, rest_name
from outlay.web.view.panels import share_of

_INSIDE_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "user": ("user", "agent", "model"),
    "model": ("model", "agent", "user"),
}
_EFFECTS: Final = ("volume", "mix", "rate", "new", "gone", "other", "change")
_NAMING: Final = (Column("id"), Column("name"))


def file_of(asking: Asking, told: Told, groups: Groups) -> ExportFile:
    """Return the file of a state of the page. Sort, search and open rows make no difference: it has all rows."""
    place = told.place
    tables = [_groups_table(asking, told, groups), _days_table(told, groups, days_in(asking, place, groups))]
    if place.view in OPENING:
        tables.append(_inside_table(asking, told))
    explained = None if groups.result.compared is None else explain(asking, place.query)
    if explained is not None:
        tables.append(_why_table(told, explained))
    query = write(Asked(place.query, own={"view": place.view}), Query(place.viewer))
    notes = tuple(each.text for each in place.place.notices)
    return ExportFile(
        f"explorer-{place.view}", tuple(tables), manifest_of(asking, EXPLORER, query, groups.result, notes)
    )


def _groups_table(asking: Asking, told: Told, groups: Groups) -> ExportTable:
    place = told.place
    counted = runs_in(asking, place, None) if place.has_runs else None
    labels = labels_of(told, place.by, [each.key for each in groups.things])
    measures = MEASURES[place.view]
    rows = [
        {
            "kind": "none" if each.key is None else "row",
            "id": each.key,
            "name": labels[each.key].name,
            "email": labels[each.key].email if place.by == "user" else None,
            **_figures(groups, each, _runs_of(counted, each)),
        }
        for each in groups.things
    ]
    if groups.rest is not None:
        rows.append({"kind": "other", "name": "Other", **_figures(groups, groups.rest, None)})
    return table_of(
        f"by_{place.by.partition(':')[0]}",
        f"Spend by {plural_of(place.by)}",
        (
            *_NAMING,
            *((Column("email"),) if place.by == "user" else ()),
            *((*measure_columns((RUNS,)),) if counted else ()),
            *measure_columns(measures),
            Column("share", "ratio", "Share of spend"),
            *(measure_columns(measures, before=True) if groups.result.compared else ()),
        ),
        rows,
        {"name": "Total", **_figures(groups, groups.total, None if counted is None else counted.total)},
        adds_up=groups.result.adds_up.holds,
    )


def _runs_of(counted: Counted | None, thing: Thing) -> Cell:
    return None if counted is None else counted.runs.get(thing.key, 0)


def _figures(groups: Groups, thing: Thing, runs: Cell) -> dict[str, Cell]:
    before = {f"previous_{measure}": value for measure, value in (thing.before or {}).items()}
    share = share_of(thing.now["cost"], groups.total.now["cost"])
    return {**thing.now, RUNS: runs, "share": None if share is None else round(share, 12), **before}


def _days_table(told: Told, groups: Groups, days: Result) -> ExportTable:
    """Return the chart: the groups that are drawn by time, and all others as one."""
    drawn, others = drawn_over(days, groups)
    labels = labels_of(told, told.place.by, drawn)
    rest = rest_name(told, groups, len(drawn))
    rows: list[dict[str, Cell]] = [
        {"kind": "row", "step": days.buckets[at].label, "id": key, "name": labels[key].name, "cost": cost}
        for key, steps in drawn.items()
        for at, cost in steps.items()
    ]
    rows += [
        {"kind": "other", "step": days.buckets[at].label, "name": rest, "cost": cost} for at, cost in others.items()
    ]
    rows.sort(key=lambda row: str(row["step"]))
    made = sum((Decimal(cost) for row in rows if isinstance(cost := row["cost"], Decimal)), Decimal(0))
    total = groups.total.now["cost"]
    return table_of(
        "over_time",
        "Spend over time",
        (Column("step", "text", days.query.grain.capitalize()), *_NAMING, *measure_columns(("cost",))),
        rows,
        {"name": "Total", "cost": total},
        adds_up=made == (total or 0),
    )


def _inside_table(asking: Asking, told: Told) -> ExportTable:
    place = told.place
    dimensions = _INSIDE_BY[place.view]
    result = asking.run(
        replace(
            place.query,
            measures=INSIDE,
            dimensions=dimensions,
            grain="none",
            comparison="none",
            order=Order("cost", descending=True),
            limit=MOST_LIMIT,
        )
    )
    labels = {each: labels_of(told, each, {row.key[at] for row in result.rows}) for at, each in enumerate(dimensions)}
    rows: list[dict[str, Cell]] = []
    for row in result.rows:
        named: dict[str, Cell] = {}
        for dimension, value in zip(dimensions, row.key, strict=True):
            named |= {dimension: value, f"{dimension}_name": None if row.other else labels[dimension][value].name}
        rows.append({"kind": "other" if row.other else "row", **named, **result.numbers(row.figures)})
    return table_of(
        "inside",
        f"{plural_of(place.by).capitalize()}, opened",
        (
            *(column for each in dimensions for column in (Column(each), Column(f"{each}_name"))),
            *measure_columns(INSIDE),
        ),
        rows,
        result.numbers(result.totals),
        adds_up=result.adds_up.holds,
    )


def _why_table(told: Told, found: Explanation) -> ExportTable:
    """Return why spend changed: the effects of each model, which make the change."""
    labels = told.names.of("model", [each.key for each in found.groups])
    rows = [
        {
            "id": each.key,
            "name": labels[each.key].name,
            "state": each.state,
            "previous_cost": each.before.cost,
            "cost": each.now.cost,
            **{f"from_{effect}": getattr(each.effects, effect) for effect in _EFFECTS},
        }
        for each in found.groups
    ]
    total = {f"from_{effect}": getattr(found.effects, effect) for effect in _EFFECTS}
    return table_of(
        "why",
        "Why spend changed",
        (
            *_NAMING,
            Column("state"),
            *measure_columns(("cost",), before=True),
            *measure_columns(("cost",)),
            *(Column(f"from_{effect}", "money", f"{effect.capitalize()} (USD)") for effect in _EFFECTS),
        ),
        rows,
        {"name": "Total", "previous_cost": found.before.cost, "cost": found.now.cost, **total},
        adds_up=found.adds_up,
    )
