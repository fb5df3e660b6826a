"""The filters in force, in words, each with a link that takes it away."""

from collections.abc import Callable

from msgspec import Struct

from outlay.query.ask import Filter
from outlay.web.view.names import Names


class Chip(Struct, frozen=True):
    text: str
    href: str


def chips_of(filters: tuple[Filter, ...], names: Names, without: Callable[[Filter], str]) -> tuple[Chip, ...]:
    return tuple(Chip(names.filter_text(each), without(each)) for each in filters)
