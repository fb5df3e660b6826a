"""What is inside an open row: a user's usage by agent, model and day; a model's by agent, user and day.

The agents open further, into what they did it with (or for whom), and that into days. All of it is figured from the
snapshot of the page, over the page's range and filters, and each part adds up to the row it is in.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from outlay.query.ask import Filter
from outlay.query.questions import Asking
from outlay.query.result import Result
from outlay.query.sql import Value
from outlay.web import format as text
from outlay.web.pages.explorer.figures import Groups, Thing, days_inside, inside_of
from outlay.web.pages.explorer.opened import Path, element_id
from outlay.web.pages.explorer.place import toggling
from outlay.web.pages.explorer.told import (
    Told,
    head_of,
    labels_of,
    plural_of,
    without,
)
from outlay.web.parts import Cell
from outlay.web.view.groups import summed
from outlay.web.view.names import Label
from outlay.web.view.panels import as_count, as_money, share_cell
from outlay.web.view.place import only
from outlay.web.view.timeline import as_bucket, range_of, step_name

MOST_INSIDE: Final = 10
_BELOW: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {"user": ("agent", "model"), "model": ("agent", "user")}
)


class Branch(Struct, frozen=True, kw_only=True):
    """One line. `expanded` says of one that opens whether it is; its branches are then in the element `id`."""

    label: Label
    note: str = ""
    requests: Cell
    share: Cell
    cost: Cell
    href: str
    dot: bool = True
    expanded: bool | None = None
    id: str = ""
    branches: tuple["Branch", ...] = ()


class Section(Struct, frozen=True):
    """One way to tell apart what is inside; `holds` says that it adds up to the row."""

    title: str
    branches: tuple[Branch, ...]
    steps: bool = False  # of time: a long list, which scrolls


class Inside(Struct, frozen=True):
    """The body of an open row; `proof` says that each section makes the row's figure, empty when one does not."""

    sections: tuple[Section, ...]
    proof: str


class _Within(Struct, frozen=True):
    """Where in the tree one is: the open row's path with its filters, and the figure that shares are of."""

    path: Path
    filters: tuple[Filter, ...]
    whole: Value

    def below(self, dimension: str, key: str | None, whole: Value) -> "_Within":
        return _Within((*self.path, key), (*self.filters, only(dimension, key)), whole)


def insides_of(asking: Asking, told: Told, things: Sequence[Thing]) -> dict[str | None, Inside]:
    """Return the bodies of those of the listed rows that stand open."""
    place = told.place
    wanted = [each for each in things if (each.key,) in place.opened]
    top = {each.key: _Within((each.key,), (only(place.by, each.key),), each.now["cost"]) for each in wanted}
    return {key: _inside(asking, told, within) for key, within in top.items()}


def _inside(asking: Asking, told: Told, within: _Within) -> Inside:
    nested, flat = _BELOW[told.place.by]
    nested_groups = inside_of(asking, told.place, within.filters, nested, MOST_INSIDE)
    flat_groups = inside_of(asking, told.place, within.filters, flat, MOST_INSIDE)
    days = days_inside(asking, told.place, within.filters)
    made = (
        summed(each.now["cost"] for each in _all(nested_groups)),
        summed(each.now["cost"] for each in _all(flat_groups)),
        summed(days.figure(row, "cost") for row in days.rows),
    )
    names = f"{plural_of(nested).capitalize()}, {plural_of(flat)} and {_steps(days)}"
    return Inside(
        (
            Section(f"By {head_of(nested).lower()}", _nested(asking, told, within, nested_groups)),
            Section(f"By {head_of(flat).lower()}", _flat(told, within, flat_groups, flat)),
            Section(f"By {days.query.grain}", _days(told, within, days), steps=True),
        ),
        proof=f"{names} each add up to {text.usd_exact(as_money(within.whole))}"
        if all(each == within.whole for each in made)
        else "",
    )


def _steps(days: Result) -> str:
    grain = days.query.grain
    return "quarter-hours" if grain == "15m" else f"{grain}s"


def _all(groups: Groups) -> list[Thing]:
    return [*groups.things, *([groups.rest] if groups.rest else [])]


def _nested(asking: Asking, told: Told, within: _Within, groups: Groups) -> tuple[Branch, ...]:
    """Return the agents: each opens into models (or users), and those into days."""
    by, below = _BELOW[told.place.by]
    branches = []
    for thing, branch in zip(groups.things, _flat(told, within, groups, by), strict=False):
        inner = within.below(by, thing.key, thing.now["cost"])
        branches.append(_opening(asking, told, branch, inner, below))
    return (*branches, *_flat(told, within, groups, by)[len(branches) :])


def _opening(asking: Asking, told: Told, branch: Branch, within: _Within, by: str | None) -> Branch:
    """Return a branch that opens: into groups of `by`, or into days where there is nothing left to tell apart."""
    is_open = within.path in told.place.opened
    branches: tuple[Branch, ...] = ()
    if is_open and by is None:
        branches = _days(told, within, days_inside(asking, told.place, within.filters))
    elif is_open and by is not None:
        groups = inside_of(asking, told.place, within.filters, by, MOST_INSIDE)
        shown = _flat(told, within, groups, by)
        branches = (
            *(
                _opening(asking, told, each, within.below(by, thing.key, thing.now["cost"]), None)
                for thing, each in zip(groups.things, shown, strict=False)
            ),
            *shown[len(groups.things) :],
        )
    return Branch(
        label=branch.label,
        requests=branch.requests,
        share=branch.share,
        cost=branch.cost,
        dot=branch.dot,
        href=toggling(told.place, told.links, within.path),
        expanded=is_open,
        id=element_id(within.path),
        branches=branches,
    )


def _flat(told: Told, within: _Within, groups: Groups, by: str) -> tuple[Branch, ...]:
    """Return groups as lines that lead to their calls; what is beyond the first few stands last, as one."""
    labels = labels_of(told, by, [each.key for each in groups.things])
    lines = [_branch(told, within, thing, labels[thing.key], (only(by, thing.key),)) for thing in groups.things]
    if groups.rest is not None:
        others = without(by, [each.key for each in groups.things])
        lines.append(_branch(told, within, groups.rest, Label(f"Other {plural_of(by)}"), others))
    return tuple(lines)


def _branch(told: Told, within: _Within, thing: Thing, label: Label, more: tuple[Filter, ...]) -> Branch:
    calls = told.links.calls(*within.filters, *more)
    return Branch(
        label=label,
        requests=_requests(as_count(thing.now["requests"]), calls),
        share=share_cell(thing.now["cost"], within.whole, label.slot),
        cost=_cost(thing, calls),
        href=calls,
        dot=label.slot is not None,
    )


def _days(told: Told, within: _Within, days: Result) -> tuple[Branch, ...]:
    """Return the steps of time that have anything, newest first."""
    rows = [row for row in days.rows if row.bucket is not None and any(days.numbers(row.figures).values())][::-1]
    branches = []
    for row in rows:
        bucket, grain = days.buckets[row.bucket or 0], days.query.grain
        calls = told.links.calls(*within.filters, range=range_of(bucket, told.zone))
        thing: Thing = Thing(None, days.numbers(row.figures))
        branches.append(
            Branch(
                label=Label(text.capital(step_name(bucket, grain, told.zone))),
                note=as_bucket(bucket, grain, told.zone, told.now).partial,
                requests=_requests(as_count(thing.now["requests"]), calls),
                share=share_cell(thing.now["cost"], within.whole, None),
                cost=_cost(thing, calls),
                href=calls,
                dot=False,
            )
        )
    return tuple(branches)


def _requests(count: int | None, href: str) -> Cell:
    return Cell(text=text.tokens(count), title=f"{text.counted(count)} requests", href=href)


def _cost(thing: Thing, href: str) -> Cell:
    if not thing.now["cost"] and thing.now["unpriced_requests"]:
        return Cell(text="", chip="unpriced", title="No price is known: the cost is unknown, not zero")
    cost = as_money(thing.now["cost"])
    return Cell(text=text.usd(cost), title=text.usd_exact(cost), href=href)
