"""The filters in force, in words, each with a link that takes it away.

An address can name anybody: a chip calls by name only what its reader's own events have, and everything else by the id
that it came with.
"""

from collections.abc import Callable, Collection

from msgspec import Struct

from outlay.control.entities import ENTITY_KINDS
from outlay.query.ask import Filter, Query
from outlay.query.questions import Asking
from outlay.web.view.names import MOST_VALUES_NAMED, Names


class Chip(Struct, frozen=True):
    text: str
    href: str


def chips_of(asking: Asking, query: Query, names: Names, without: Callable[[Filter], str]) -> tuple[Chip, ...]:
    return tuple(Chip(names.filter_text(each, _in_sight(asking, query, each)), without(each)) for each in query.filters)


def _in_sight(asking: Asking, query: Query, asked: Filter) -> Collection[str]:
    """Return those of the values which may be named that the reader has events of, in the range of the page."""
    named = asked.values[:MOST_VALUES_NAMED]
    if asking.viewer.sees_all or asked.dimension not in ENTITY_KINDS or not named:
        return named
    question = Query(
        asking.viewer,
        ("requests",),
        (asked.dimension,),
        range=query.range,
        zone=query.zone,
        filters=(Filter(asked.dimension, "is", named),),
        totals=False,
    )
    found = {row.key[0] for row in asking.run(question).rows}
    return [each for each in named if each in found]
