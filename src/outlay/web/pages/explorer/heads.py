"""What stands around the rows of the table: heads that sort it, pages, search, and how an allocation is made."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qsl

from msgspec.structs import replace

from outlay.query.ask import Order
from outlay.query.catalogue import TAG_KEY, is_tag
from outlay.web.pages.explorer.figures import RUNS
from outlay.web.pages.explorer.listing import Listing
from outlay.web.pages.explorer.place import ALLOCATED, Moved
from outlay.web.pages.explorer.told import Told, head_of
from outlay.web.parts import Column, Pager, Sort, Tab

CHANGE: Final = "change"
SHARE: Final = "share"
MOST_KEYS: Final = 6
_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {RUNS: "Runs", "active_users": "Users", "requests": "Requests", CHANGE: "Change", SHARE: "Share", "cost": "Spend"}
)
_HIDDEN_WHERE_NARROW: Final = frozenset({"active_users", "requests", CHANGE, SHARE})
_SORTS_LIKE: Final[Mapping[str, str]] = MappingProxyType({SHARE: "cost"})


def columns_of(told: Told, *, compared: bool) -> tuple[str, ...]:
    """Return the ids of the columns beside the name, in their order."""
    place = told.place
    runs = (RUNS,) if place.has_runs else ()
    users = ("active_users",) if "active_users" in place.place.ground.default.measures else ()
    return (*runs, *users, "requests", *((CHANGE,) if compared else ()), SHARE, "cost")


def heads_of(told: Told, columns: tuple[str, ...]) -> tuple[Column, ...]:
    """Return the heads: each sorts, biggest first, and the other way round when it already does; a name from A on."""
    by = told.place.by
    name = Column(id="name", label=head_of(by), href=_sorting(told, by), sort=_sort_of(told, by))
    figures = (
        Column(
            id=each,
            label=_LABELS[each],
            numeric=True,
            href=_sorting(told, each),
            sort=_sort_of(told, each),
            hide_narrow=each in _HIDDEN_WHERE_NARROW,
        )
        for each in columns
    )
    return (name, *figures)


def _sort_of(told: Told, column: str) -> Sort:
    place = told.place
    if column == CHANGE and place.moved:
        return "descending" if place.moved == "up" else "ascending"
    if place.moved or place.order.by != column:
        return "none"
    return "descending" if place.order.descending else "ascending"


def _sorting(told: Told, column: str) -> str:
    place, sorts = told.place, _SORTS_LIKE.get(column, column)
    now = _sort_of(told, sorts)
    moved: Moved = ""
    order = place.place.ground.default.order
    if column == CHANGE:
        moved = "down" if now == "descending" else "up"
    else:
        descending = now == "ascending" if column == place.by else now != "descending"
        order = Order(sorts, descending=descending)
    own = {**place.place.own, "moved": moved, "page": "1"}
    return told.links.to(replace(place.place, query=replace(place.query, order=order), own=own))


def pager_of(told: Told, listing: Listing) -> Pager | None:
    """Return the way to the other pages; None where there is one."""
    if listing.pages == 1:
        return None
    last = listing.first + len(listing.things) - 1
    return Pager(
        label=f"{listing.first:,}\N{EN DASH}{last:,} of {listing.count:,}",
        previous_href=told.links.here(page=str(listing.page - 1)) if listing.page > 1 else "",
        next_href=told.links.here(page=str(listing.page + 1)) if listing.page < listing.pages else "",
    )


def state_beside_search(told: Told) -> tuple[tuple[str, str], ...]:
    """Return the hidden fields of the form that searches: the state from its first page on."""
    pairs = parse_qsl(told.place.place.written, keep_blank_values=True)
    return tuple((name, value) for name, value in pairs if name not in {"q", "page"})


# -- an allocation -----------------------------------------------------------------------------------------------------


def choices_of(told: Told, tag_keys: tuple[str, ...]) -> tuple[Tab, ...]:
    """Return what spend can be shared out by: teams, agents, pods, and the keys of tags that are known."""
    place = told.place
    if place.view != "allocation":
        return ()
    keys = tuple(f"{TAG_KEY}{each}" for each in tag_keys[:MOST_KEYS])
    shown = (*ALLOCATED, *keys)
    dimensions = shown if place.by in shown else (*shown, place.by)
    return tuple(Tab(_choice(each), _shared_by(told, each), each == place.by) for each in dimensions)


def counting_of(told: Told) -> tuple[Tab, ...]:
    """Return the two ways to count usage with several tags; nothing where it has one value at most."""
    if not is_tag(told.place.by):
        return ()
    chosen = told.place.query.tags
    return (
        Tab("Count with each", told.links.asking(tags="repeat"), chosen == "repeat"),
        Tab("Split evenly", told.links.asking(tags="split"), chosen == "split"),
    )


def _choice(dimension: str) -> str:
    return f"Tag {dimension.removeprefix(TAG_KEY)}" if dimension.startswith(TAG_KEY) else head_of(dimension)


def _shared_by(told: Told, dimension: str) -> str:
    """Return the link to another dimension; an order by the name of this one means the name of that one."""
    order = told.place.order
    if order.by == told.place.by:
        order = replace(order, by=dimension)
    return told.links.asking(dimensions=(dimension,), order=order)
