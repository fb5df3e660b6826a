"""A table of these pages as its template shows it: sorting, paging and searching redraw it alone, script or not."""

from collections.abc import Iterable
from urllib.parse import parse_qsl

from msgspec import Struct

from outlay.web.pages.agents.cells import LABELS
from outlay.web.pages.agents.paging import GroupPage, pager_of
from outlay.web.pages.agents.place import NAME, AgentsPlace
from outlay.web.pages.agents.told import Told
from outlay.web.parts import Column, Pager, PanelAction, Tab, Table
from outlay.web.view.panels import Proof


class Search(Struct, frozen=True):
    """The field that finds rows by name. `state` are the hidden fields of its form."""

    text: str
    placeholder: str
    action: str
    state: tuple[tuple[str, str], ...]
    clear_href: str


class SortedTable(Struct, frozen=True, kw_only=True):
    """A panel with one table. `tabs` choose what its rows are, `finds` the order that one often looks for."""

    id: str
    title: str
    subtitle: str
    table: Table | None
    page: int
    status: str
    pager: Pager | None
    proof: Proof | None
    empty: str = ""
    search: Search | None = None
    tabs: tuple[Tab, ...] = ()
    finds: tuple[Tab, ...] = ()
    actions: tuple[PanelAction, ...] = ()


def sorted_columns(
    told: Told, names: Iterable[str], wide: frozenset[str], labels: dict[str, str]
) -> tuple[Column, ...]:
    """Return columns that sort the table; those not `wide` stay on a phone."""
    return tuple(
        Column(
            id=each,
            label=labels.get(each) or LABELS[each],
            numeric=each not in {NAME, "first_time"},
            href=sorted_by(told, each),
            sort=told.place.sort_of(each),
            hide_narrow=each in wide,
        )
        for each in names
    )


def sorted_by(told: Told, column: str) -> str:
    """Return the link that sorts by a column: the other way round where it is so sorted already."""
    now = told.place.sort_of(column)
    descending = column != NAME if now == "none" else now == "ascending"
    return told.links.here(s=f"{'-' if descending else ''}{column}", page="1")


def search_of(told: Told, placeholder: str) -> Search:
    place = told.place.place
    state = tuple(each for each in parse_qsl(place.written, keep_blank_values=True) if each[0] not in {"q", "page"})
    return Search(place.search, placeholder, told.links.at(place.ground.path, ""), state, told.links.searching(""))


def paged(told: Told, shown: GroupPage) -> Pager | None:
    return pager_of(told.links, shown)


def status_of(place: AgentsPlace, shown: GroupPage, noun: str, labels: dict[str, str]) -> str:
    """Say for those who don't see it what the table shows now."""
    if not shown.keys:
        return f"No {noun} found"
    label = labels.get(place.sorted_by) or LABELS[place.sorted_by]
    return f"{shown.label} {noun}s, sorted by {label}, {'descending' if place.descending else 'ascending'}"
