"""The values a filter can be made of: those that occur in the page's range and its reader's sight, most used first.

A name is told only of what the reader's own events have: a search looks through all names, but what it finds is listed
only where the question layer, which knows the reader's sight, has it too.
"""

from collections.abc import Collection
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.control.entities import ENTITY_KINDS, Registry
from outlay.query.ask import MOST_LIMIT, Filter, Order, Query
from outlay.query.questions import Asking
from outlay.query.result import Result
from outlay.query.sql import Answered
from outlay.web import format as text
from outlay.web.view.names import Label, Names
from outlay.web.view.picks import Picks

AT_ONCE: Final = 50
MOST_SHOWN: Final = 1_000
_FIXED_NAMES: Final = frozenset({"service", "agent_type", "status", "cost_status"})


class Wanted(Struct, frozen=True):
    """What is listed: `question` is the page's without the filters that are edited, `find` narrows by text."""

    question: Query
    picks: Picks
    find: str = ""
    show: int = AT_ONCE


class Choice(Struct, frozen=True):
    """One value as it is offered; `known` says that the page has requests with it."""

    value: str
    name: str
    sub: str
    slot: int | None
    count: str
    exact: str
    chosen: bool
    known: bool = True


class Listed(Struct, frozen=True):
    """The values on offer: chosen ones, then the others; `none` stands for what has no value."""

    none: Choice | None
    choices: tuple[Choice, ...]
    more: bool

    @property
    def coloured(self) -> bool:
        return any(each.slot is not None for each in self.choices)


class Values:
    """Lists the values of one answer. `dimension` is that of the picks."""

    def __init__(self, asking: Asking, registry: Registry) -> None:
        self._asking = asking
        self._registry = registry
        self._names = Names(registry, asking.viewer.organisation)

    def listed(self, wanted: Wanted) -> Listed:
        picks = wanted.picks
        counts = self._counts(wanted)
        none = counts.pop(None, None)
        others = [each for each in counts if each is not None and each not in picks.values]
        shown = others[: wanted.show]
        chosen = self._chosen(wanted, counts)
        in_sight = {*shown, *(each for each, count in chosen.items() if count is not None)}
        labels = self._labels(picks.dimension, [*chosen, *shown], in_sight)
        choices = [_choice(each, labels[each], chosen[each], chosen=True) for each in chosen]
        choices += [_choice(each, labels[each], counts[each], chosen=False) for each in shown]
        return Listed(self._none(wanted, none), tuple(choices), more=len(others) > wanted.show)

    def _counts(self, wanted: Wanted) -> dict[str | None, int]:
        """Return the requests by value, most first: those that are shown and some more, or all that a search finds."""
        if wanted.find:
            return self._found(wanted)
        # Values that are chosen, and what has none, take no room from the others.
        limit = min(MOST_LIMIT, wanted.show + len(wanted.picks.values) + 2)
        return _requests(self._asking.run(_by_value(wanted, limit)))

    def _found(self, wanted: Wanted) -> dict[str | None, int]:
        dimension = wanted.picks.dimension
        counts = _requests(self._asking.run(_by_value(wanted, None)))
        if dimension in ENTITY_KINDS and dimension not in _FIXED_NAMES:
            named = set(self._registry.search(self._asking.viewer.organisation, dimension, wanted.find))
        else:
            labels = self._names.of(dimension, [each for each in counts if each is not None])
            named = {each for each, label in labels.items() if each is not None and _matches(label, each, wanted.find)}
        return {each: count for each, count in counts.items() if each in named}

    def _chosen(self, wanted: Wanted, counts: dict[str | None, int]) -> dict[str, int | None]:
        """Return the chosen values with their requests (None: the page has none of them), most first."""
        values = wanted.picks.values
        known = {each: counts[each] for each in values if each in counts}
        missing = tuple(each for each in values if each not in counts)
        if missing:
            only = Filter(wanted.picks.dimension, "is", missing)
            question = replace(wanted.question, filters=(*wanted.question.filters, only))
            # By tag, the events of a value have other values too.
            found = _requests(self._asking.run(_by_value(replace(wanted, question=question), None)))
            known |= {each: found[each] for each in missing if each in found}
        ordered = sorted(values, key=lambda each: (-known.get(each, -1), each))
        return {each: known.get(each) for each in ordered}

    def _labels(self, dimension: str, ids: Collection[str], in_sight: Collection[str]) -> dict[str | None, Label]:
        """Return the labels of values; one that the reader may not have seen is called by the id it came with."""
        told = ids if self._asking.viewer.sees_all else [each for each in ids if each in in_sight]
        return {each: Label(each) for each in ids} | self._names.of(dimension, told)

    def _none(self, wanted: Wanted, count: int | None) -> Choice | None:
        picks = wanted.picks
        if wanted.find and not picks.none:
            return None
        if count is None:
            without = Filter(picks.dimension, "none")
            question = replace(wanted.question, filters=(*wanted.question.filters, without), measures=("requests",))
            total = self._asking.run(question).total("requests")
            count = _counted(total) or None
        if count is None and not picks.none:
            return None
        name = self._names.of(picks.dimension, [None])[None].name
        return _choice("", Label(name), count, chosen=picks.none)


def _by_value(wanted: Wanted, limit: int | None) -> Query:
    return replace(
        wanted.question,
        measures=("requests",),
        dimensions=(wanted.picks.dimension,),
        order=Order("requests", descending=True),
        limit=limit,
        rest="cut",
    )


def _requests(result: Result) -> dict[str | None, int]:
    return {row.key[0]: _counted(row.figures[0]) or 0 for row in result.rows}


def _counted(requests: Answered) -> int | None:
    return requests if isinstance(requests, int) else None


def _matches(label: Label, value: str, find: str) -> bool:
    sought = find.casefold()
    return sought in label.name.casefold() or sought in value.casefold() or sought in label.email.casefold()


def _choice(value: str, label: Label, count: int | None, *, chosen: bool) -> Choice:
    return Choice(
        value=value,
        name=label.name,
        sub=label.email if label.email != label.name else "",
        slot=label.slot,
        count=text.DASH if count is None else text.tokens(count),
        exact="" if count is None else f"{count:,} {'request' if count == 1 else 'requests'}",
        chosen=chosen,
        known=count is not None,
    )
