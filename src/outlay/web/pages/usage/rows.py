"""The rows of the table: those on the page, the others, what has no user or team, and the total."""

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from outlay.query.ask import Filter
from outlay.web import format as text
from outlay.web.pages.usage.cells import Cells
from outlay.web.pages.usage.columns import MODELS
from outlay.web.pages.usage.figures import Line, ModelUse, TableFigures, UsageFigures
from outlay.web.pages.usage.parts import Told
from outlay.web.pages.usage.trend import SpikeMark, spike_of, trend_of
from outlay.web.parts import Cell
from outlay.web.view.names import Label
from outlay.web.view.panels import as_count
from outlay.web.view.place import only, without_values

MOST_LINKED: Final = 100  # values that a link may carry
NOBODY: Final[Mapping[str, tuple[str, str]]] = {
    "user": ("Service accounts", "calls without a user"),
    "team": ("No team", "calls without a team"),
}


class Badge(Struct, frozen=True):
    name: str
    slot: int | None
    href: str


class ModelName(Struct, frozen=True):
    name: str
    slot: int | None
    used: str = ""


class UsageRow(Struct, frozen=True, kw_only=True):
    """One row. `cells` are by column; `models` are all of them, biggest first."""

    name: str
    sub: str = ""
    sub_href: str = ""
    badge: Badge | None = None
    href: str = ""
    trend: Markup = Markup()
    spike: SpikeMark | None = None
    models: tuple[ModelName, ...] = ()
    cells: Mapping[str, Cell] = {}
    muted: bool = False


def rows_of(told: Told, figures: UsageFigures) -> tuple[tuple[UsageRow, ...], UsageRow]:
    """Return the rows of those on the page, of the others, of nobody, and the total; money in one precision."""
    subject, table = told.place.subject, figures.table
    labels = told.names.of(subject, [each.key for each in table.lines])
    teams = told.names.of("team", [each.team for each in labels.values() if each.team] if subject == "user" else [])
    models = told.names.of("model", {use.model for each in table.lines for use in each.models})
    shown = Cells(told, table)
    rows = [
        UsageRow(
            name=labels[line.key].name,
            sub=_sub(told, labels[line.key], line),
            sub_href=_members_href(told, line.key) if subject == "team" else "",
            badge=_badge(told, labels[line.key], teams),
            href=told.links.calls(only(subject, line.key)),
            trend=trend_of(told, figures, line),
            spike=spike_of(told, figures, line.key),
            models=tuple(_model(models[use.model], use) for use in line.models),
            cells=shown.of(line.figures, line.seen),
        )
        for line in table.lines
    ]
    if table.rest is not None:
        others = table.ranked.count - len(table.lines)
        rows.append(
            UsageRow(
                name=f"{others:,} other {subject}{'' if others == 1 else 's'}",
                sub="on other pages",
                href=_others_href(told, table),
                cells=shown.of(table.rest),
                muted=True,
            )
        )
    if table.nobody is not None:
        name, sub = NOBODY[subject]
        href = told.links.calls(only(subject, None))
        rows.append(UsageRow(name=name, sub=sub, href=href, cells=shown.of(table.nobody), muted=True))
    return tuple(rows), _total_row(told, table, shown)


def _total_row(told: Told, table: TableFigures, shown: "Cells") -> UsageRow:
    seen = table.beside.seen
    moments = (None, None) if seen is None else (seen.total_moment("first_time"), seen.total_moment("last_time"))
    cells = dict(shown.of(table.total, moments))
    models = as_count(table.total["models"])
    cells[MODELS] = Cell(text=f"{models:,} {'model' if models == 1 else 'models'}" if models else "")
    matched = table.ranked.matched
    if not matched:
        return UsageRow(name="Total", href=told.links.calls(), cells=cells)
    filters = (Filter(told.place.subject, "is", matched),) if len(matched) <= MOST_LINKED else ()
    return UsageRow(name="Total of those found", href=told.links.calls(*filters) if filters else "", cells=cells)


def _sub(told: Told, label: Label, line: Line) -> str:
    if told.place.subject == "user":
        return label.email if label.email != label.name else ""
    users = as_count(line.figures["active_users"]) or 0
    return f"{users:,} active {'user' if users == 1 else 'users'}"


def _members_href(told: Told, team: str) -> str:
    """Return the link to the users of a team."""
    place = told.place.place
    query = replace(place.query, filters=(*place.query.filters, only("team", team)))
    return told.links.to(replace(place, query=query, search="", own={**place.own, "by": "user", "page": "1"}))


def _badge(told: Told, label: Label, teams: Mapping[str | None, Label]) -> Badge | None:
    if told.place.subject == "team":
        return Badge("", label.slot, "")
    if label.team is None:
        return None
    team = teams[label.team]
    return Badge(team.name, team.slot, told.links.narrowed(only("team", label.team)))


def _model(label: Label, use: ModelUse) -> ModelName:
    requests = f"{text.counted(use.requests)} {'request' if use.requests == 1 else 'requests'}"
    return ModelName(label.name, label.slot, requests if use.tokens is None else f"{text.tokens(use.tokens)} tokens")


def _others_href(told: Told, table: TableFigures) -> str:
    subject, keys = told.place.subject, table.ranked.keys
    if table.ranked.matched is None:
        return told.links.calls(*without_values(subject, keys))
    others = tuple(each for each in table.ranked.matched if each not in keys)
    return told.links.calls(Filter(subject, "is", others)) if len(others) <= MOST_LINKED else ""
