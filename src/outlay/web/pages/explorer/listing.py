"""Which groups the table lists: those a search finds, in the order asked for, one page of them, with their runs.

All of it is worked out from the groups of the page's one question, so that a name or a change can be sorted by as well
as a figure; only runs are counted apart, and for the rows that are shown alone where the order allows.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from outlay.control.entities import ENTITY_KINDS, EntityKind, Registry
from outlay.query.questions import Asking
from outlay.web.pages.explorer.figures import RUNS, Counted, Groups, Thing, runs_in, together
from outlay.web.pages.explorer.place import PER_PAGE, ExplorerPlace
from outlay.web.pages.explorer.told import Told, labels_of


class Listing(Struct, frozen=True):
    """One page of groups. `count` is how many there are on all pages, `first` the number of the page's first one.

    `missing` and `rest` stand below every page: what has no value (of an allocation only; else it is a group like the
    others), and what is beyond all that can be listed. `total` is of all that are listed on any page, and of those.
    """

    things: tuple[Thing, ...]
    count: int
    first: int
    page: int
    pages: int
    total: Thing
    missing: Thing | None = None
    rest: Thing | None = None
    counted: Counted | None = None
    searched: bool = False


def listing_of(asking: Asking, told: Told, groups: Groups, registry: Registry) -> Listing:
    """Return the page of the table that the reader stands on."""
    place = told.place
    found = _found(place, groups, registry)
    things = list(groups.things if found is None else found)
    pinned = None
    if place.view == "allocation":
        things = [each for each in things if each.key is not None]
        pinned = groups.unallocated if found is None else None
    names = None if found is None else [each.key for each in things if each.key is not None]
    by_runs = place.has_runs and not place.moved and place.order.by == RUNS
    counted = runs_in(asking, place, None, names) if by_runs else None
    ordered = _ordered(told, things, counted)
    pages = max(1, -(-len(ordered) // PER_PAGE))
    page = min(place.page, pages)
    first = (page - 1) * PER_PAGE
    shown = tuple(ordered[first : first + PER_PAGE])
    if place.has_runs and counted is None:
        counted = runs_in(asking, place, [each.key for each in shown], names)
    return Listing(
        things=shown,
        count=len(ordered),
        first=first + 1,
        page=page,
        pages=pages,
        total=groups.total if found is None else _together(groups, things, counted),
        missing=pinned,
        rest=groups.rest if found is None else None,
        counted=counted,
        searched=found is not None,
    )


def _found(place: ExplorerPlace, groups: Groups, registry: Registry) -> tuple[Thing, ...] | None:
    """Return the groups whose name, e-mail or id has what is searched for; None: nothing is searched for."""
    text = place.place.search
    if not text:
        return None
    kind = next((each for each in ENTITY_KINDS if each == place.by), None)
    if kind is None:
        return tuple(each for each in groups.valued if each.key and text.casefold() in each.key.casefold())
    ids = _ids_of(registry, place.viewer.organisation, kind, text)
    return tuple(each for each in groups.valued if each.key in ids)


def _ids_of(registry: Registry, organisation: str, kind: EntityKind, text: str) -> frozenset[str | None]:
    return frozenset(registry.search(organisation, kind, text))


def _ordered(told: Told, things: list[Thing], counted: Counted | None) -> list[Thing]:
    """Sort by what the URL says; equals stay the dearest first, what is unknown comes last in either direction."""
    place = told.place
    if place.moved:
        return _sorted(things, _change, descending=place.moved == "up")
    if place.order.by == place.by:
        labels = labels_of(told, place.by, [each.key for each in things])
        return _sorted(things, lambda each: labels[each.key].name.casefold(), descending=place.order.descending)
    if place.order.by == RUNS and counted is not None:
        return _sorted(things, lambda each: counted.runs.get(each.key), descending=place.order.descending)
    return _sorted(things, lambda each: each.now.get(place.order.by), descending=place.order.descending)


def _sorted(things: list[Thing], figure: Callable[[Thing], Any], *, descending: bool) -> list[Thing]:
    known = [each for each in things if figure(each) is not None]
    return sorted(known, key=figure, reverse=descending) + [each for each in things if figure(each) is None]


def _change(thing: Thing) -> Decimal | None:
    """Return by how many dollars a group's spend moved."""
    now, before = thing.now["cost"], None if thing.before is None else thing.before["cost"]
    if now is None and before is None:
        return None
    return Decimal(now or 0) - Decimal(before or 0)


def _together(groups: Groups, things: list[Thing], counted: Counted | None) -> Thing:
    """Return what the groups of a search make together; how many users they have is counted apart."""
    found = together(groups.result, things)
    return found if counted is None else replace(found, now={**found.now, "active_users": counted.users})
