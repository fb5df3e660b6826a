"""The table of a view, ready to show: rows that lead on or open, the total, and the proof that the rows make it.

A row of an agent leads to that agent's page; one of a user or model opens in place; one of an allocation narrows the
explorer to it. Every figure leads to the calls it stands for.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from outlay.query.ask import Filter
from outlay.query.sql import Value
from outlay.web import format as text
from outlay.web.pages.agents.place import agent_ground
from outlay.web.pages.explorer.figures import Groups, Thing
from outlay.web.pages.explorer.heads import (
    choices_of,
    columns_of,
    counting_of,
    heads_of,
    pager_of,
    state_beside_search,
)
from outlay.web.pages.explorer.inside import Inside
from outlay.web.pages.explorer.listing import Listing
from outlay.web.pages.explorer.opened import element_id
from outlay.web.pages.explorer.place import OPENING, toggling, viewed
from outlay.web.pages.explorer.told import Told, head_of, labels_of, plural_of
from outlay.web.parts import Cell, Column, Pager, Tab
from outlay.web.view.groups import summed
from outlay.web.view.names import Label
from outlay.web.view.panels import Proof, as_count, as_money, change_cell, group_change, proof_of, share_cell
from outlay.web.view.place import only
from outlay.web.view.ranges import baseline_text


class Line(Struct, frozen=True, kw_only=True):
    """One row. `expanded` says of a row that opens whether it is; `inside` is then what it holds. `leads`: it is a link
    to a page of its own.
    """

    label: Label
    cells: tuple[Cell, ...]
    href: str = ""
    leads: bool = False
    expanded: bool | None = None
    id: str = ""
    inside: Inside | None = None
    muted: bool = False


class Listed(Struct, frozen=True, kw_only=True):
    """The whole panel of the table. `choices` are the dimensions of an allocation, `counting` the ways to count tags;
    `state` are the hidden fields of the search.
    """

    title: str
    subtitle: str
    caption: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    total: Line
    pager: Pager | None
    proof: Proof | None
    note: str
    search: str
    search_label: str
    searches: bool
    action: str
    state: tuple[tuple[str, str], ...]
    choices: tuple[Tab, ...]
    counting: tuple[Tab, ...]
    live: bool


class _Drawing(Struct, frozen=True):
    """What all rows of a table share."""

    told: Told
    columns: tuple[str, ...]
    whole: Value  # what shares are of
    listing: Listing

    def cells(self, thing: Thing, cost: str, slot: int | None, filters: Sequence[Filter] | None) -> tuple[Cell, ...]:
        """Return the figures of a row; `filters` lead to its calls, None where no link can say which they are."""
        return tuple(self._cell(each, thing, cost, slot, filters) for each in self.columns)

    def _cell(self, column: str, thing: Thing, cost: str, slot: int | None, filters: Sequence[Filter] | None) -> Cell:
        def calls(*more: Filter) -> str:
            return "" if filters is None else self.told.links.calls(*filters, *more)

        match column:
            case "cost":
                return _cost(thing, cost, calls())
            case "share":
                return share_cell(thing.now["cost"] if _is_known(thing) else None, self.whole, slot)
            case "change":
                return change_cell(group_change(thing, "cost")) if _is_known(thing) else Cell(text=text.DASH)
            case "runs":
                return Cell(text=text.counted(as_count(self._runs(thing))), href=calls(Filter("run_id", "has")))
            case "active_users":
                return Cell(text=text.counted(as_count(thing.now.get(column))), href=calls(Filter("user", "has")))
            case _:
                count = as_count(thing.now[column])
                return Cell(text=text.counted(count), href=calls())

    def _runs(self, thing: Thing) -> Value:
        counted = self.listing.counted
        if counted is None:
            return None
        if thing is self.listing.total:
            return counted.total
        return None if thing is self.listing.rest else counted.runs.get(thing.key, 0)


def table_of(
    told: Told,
    groups: Groups,
    listing: Listing,
    insides: Mapping[str | None, Inside],
    tag_keys: tuple[str, ...] = (),
) -> Listed:
    """Return the table of a page of groups; `insides` are the bodies of the rows that stand open."""
    place = told.place
    columns = columns_of(told, compared=groups.result.compared is not None)
    drawing = _Drawing(told, columns, groups.total.now["cost"], listing)
    head = head_of(place.by)
    return Listed(
        title=f"Spend by {head.lower()}" if place.view != "allocation" else "Allocation of spend",
        subtitle=_subtitle(told, groups, listing),
        caption=f"{plural_of(place.by).capitalize()} by spend",
        columns=heads_of(told, columns),
        lines=_lines(drawing, insides),
        total=_total(drawing),
        pager=pager_of(told, listing),
        proof=rows_proof(told, groups, listing),
        note=_repeat_note(groups),
        search=place.place.search,
        search_label=f"Search {plural_of(place.by)}",
        searches=bool(place.place.search) or len(groups.things) > 1,
        action=told.links.at(place.place.ground.path, ""),
        state=state_beside_search(told),
        choices=choices_of(told, tag_keys),
        counting=counting_of(told),
        live=place.place.live,
    )


def _subtitle(told: Told, groups: Groups, listing: Listing) -> str:
    plural = plural_of(told.place.by)
    of_all = (
        f"{listing.count:,} of {len(groups.valued):,} {plural}" if listing.searched else f"{listing.count:,} {plural}"
    )
    against = baseline_text(groups.result)
    return f"{of_all}; changes {against}" if against else of_all


def _lines(drawing: _Drawing, insides: Mapping[str | None, Inside]) -> tuple[Line, ...]:
    told, listing = drawing.told, drawing.listing
    by = told.place.by
    things = (*listing.things, *([listing.missing] if listing.missing else []))
    labels = labels_of(told, by, [each.key for each in things])
    costs = _costs(listing)
    lines = [
        _line(drawing, thing, (labels[thing.key], cost), insides) for thing, cost in zip(things, costs, strict=False)
    ]
    if listing.rest is not None:
        cells = drawing.cells(listing.rest, costs[len(things)], None, None)
        lines.append(Line(label=Label(f"All other {plural_of(by)}"), cells=cells, muted=True))
    return tuple(lines)


def _line(drawing: _Drawing, thing: Thing, named: tuple[Label, str], insides: Mapping[str | None, Inside]) -> Line:
    told, (label, cost) = drawing.told, named
    place = told.place
    group = only(place.by, thing.key)
    cells = drawing.cells(thing, cost, label.slot, (group,))
    muted = thing.key is None
    if place.view in OPENING:
        path = (thing.key,)
        return Line(
            label=label,
            cells=cells,
            href=toggling(place, told.links, path),
            expanded=thing.key in insides,
            id=element_id(path),
            inside=insides.get(thing.key),
            muted=muted,
        )
    if place.by == "agent" and thing.key is not None:
        page = told.links.elsewhere(agent_ground(place.viewer), agent=thing.key)
        return Line(label=label, cells=cells, href=page, leads=True)
    narrowed = told.links.calls(group) if place.view == "agent" else _explored(told, group)
    return Line(label=label, cells=cells, href=narrowed, muted=muted)


def _explored(told: Told, group: Filter) -> str:
    """Return the link to the agents of one group of an allocation."""
    place = told.place
    narrowed = place.query.filters if group in place.query.filters else (*place.query.filters, group)
    return viewed(place, told.links, "agent", narrowed)


def _total(drawing: _Drawing) -> Line:
    told, listing = drawing.told, drawing.listing
    plural = plural_of(told.place.by)
    name = f"All {plural}" if not listing.searched else f"{listing.count:,} {plural} found"
    cost = _costs(listing)[-1]
    return Line(label=Label(name), cells=drawing.cells(listing.total, cost, None, _total_filters(drawing)))


def _total_filters(drawing: _Drawing) -> tuple[Filter, ...] | None:
    listing = drawing.listing
    if not listing.searched:
        return ()
    keys = tuple(each.key for each in listing.things if each.key is not None)
    return (Filter(drawing.told.place.by, "is", keys),) if keys and listing.count == len(keys) else None


def _costs(listing: Listing) -> list[str]:
    """Return the money of the table in one precision: rows, what has no value, what is not listed, and the total."""
    shown = [each for each in (*listing.things, listing.missing, listing.rest, listing.total) if each is not None]
    return text.usd_column(as_money(each.now.get("cost")) for each in shown)


def _cost(thing: Thing, cost: str, href: str) -> Cell:
    if not _is_known(thing):
        return Cell(text="", chip="unpriced", title="No price is known: the cost is unknown, not zero")
    return Cell(text=cost, title=text.usd_exact(as_money(thing.now.get("cost"))), href=href)


def _is_known(thing: Thing) -> bool:
    """Say whether the cost tells anything: the few free calls of an unpriced model do not make it cost $0.00."""
    return bool(thing.now.get("cost")) or not thing.now.get("unpriced_requests")


def rows_proof(told: Told, groups: Groups, listing: Listing) -> Proof | None:
    """Set the rows of all pages beside the total, which is figured from the events themselves. Where usage with several
    tags counts with each, rows make more, and nothing is proven.
    """
    if groups.result.adds_up.reason == "tags" and groups.repeated:
        return None
    plural = plural_of(told.place.by)
    shown = {each.key for each in listing.things}
    pinned = told.place.view == "allocation"
    others = [each for each in groups.things if each.key not in shown and not (pinned and each.key is None)]
    lines: list[tuple[str, Value]] = [(f"{len(shown):,} {plural} shown", _cost_of(listing.things))]
    if others:
        lines.append((f"{len(others):,} more", _cost_of(others)))
    if pinned:
        lines.append(("Unallocated", _cost_of([groups.unallocated])))
    if groups.rest is not None:
        lines.append((f"All other {plural}", _cost_of([groups.rest])))
    total = groups.total.now["cost"]
    beside = " and what is unallocated" if pinned else ""
    return proof_of(
        f"All {plural}{beside} add up to {text.usd(as_money(total))}",
        lines,
        total,
        # With tags, requests may be counted twice where nothing of the cost is.
        holds=groups.result.adds_up.holds or groups.result.adds_up.reason == "tags",
        money=True,
    )


def _cost_of(things: Sequence[Thing]) -> Value:
    return summed(each.now["cost"] for each in things)


def _repeat_note(groups: Groups) -> str:
    """Say by how much the rows make more than the total."""
    if groups.result.adds_up.reason != "tags" or not groups.repeated:
        return ""
    more, total = text.usd(groups.repeated), text.usd(as_money(groups.total.now["cost"]))
    return f"Usage with several tags counts with each of them: the rows make {more} more than the total of {total}."
