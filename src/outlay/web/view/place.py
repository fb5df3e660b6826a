"""Where a reader stands on a page of figures, and the links that lead on from there.

The URL is the state: a place is read from it and written back in canonical form, and every link is a place with
something changed. What the URL says and a page can't use gives a notice and leaves the page's default, never an error.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.query.ask import Filter, Query
from outlay.query.parse import WORDS, Asked, parse, write
from outlay.query.timerange import TimeRange
from outlay.web.render import Notice, Renderer

CALLS: Final = "/calls"
PAGING: Final = ("page", "after")  # own parameters that say how far down a table one is
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class Ground(Struct, frozen=True):
    """What a page stands on: its path, the question it shows when the URL says nothing, and the words it listens to.

    `words` are keys of `parse.WORDS` (`f` for filters); `own` are the page's own parameters with their defaults.
    """

    path: str
    default: Query
    words: frozenset[str] = frozenset({"r", "f"})
    own: Mapping[str, str] = _NOTHING

    @property
    def viewer(self) -> Viewer:
        return self.default.viewer


class Place(Struct, frozen=True):
    """A state of a page. `own` holds every own parameter, defaults filled in."""

    ground: Ground
    query: Query
    search: str = ""
    live: bool = False
    own: Mapping[str, str] = _NOTHING
    notices: tuple[Notice, ...] = ()

    @property
    def viewer(self) -> Viewer:
        return self.ground.viewer

    @property
    def written(self) -> str:
        """Return the canonical query string of this state."""
        said = {key: value for key, value in self.own.items() if value != self.ground.own.get(key, "")}
        return write(Asked(self.query, search=self.search, live=self.live, own=said), self.ground.default)


def read_place(ground: Ground, url_query: str) -> Place:
    """Read the URL's query string."""
    asked = parse(url_query, ground.default, own=tuple(ground.own), lenient=True)
    notices = [Notice("info", each.text) for each in asked.notices]
    used: dict[str, object] = {"filters": asked.query.filters} if "f" in ground.words else {}
    for key, word in WORDS.items():
        value = getattr(asked.query, word.field)
        if key in ground.words:
            used[word.field] = value
        elif value != getattr(ground.default, word.field):
            notices.append(Notice("info", f"{key!r} changes nothing on this page."))
    return Place(
        ground,
        replace(ground.default, **used),
        asked.search,
        asked.live,
        {**ground.own, **asked.own},
        tuple(notices),
    )


class Links:
    """Makes the links of one answer; every method returns a final href."""

    def __init__(self, renderer: Renderer, place: Place) -> None:
        self._renderer = renderer
        self._place = place
        self._everything = Query(place.viewer)

    @property
    def place(self) -> Place:
        return self._place

    def to(self, place: Place) -> str:
        return self.at(place.ground.path, place.written)

    def here(self, **own: str) -> str:
        """Return the link to this page with some of its own parameters changed."""
        return self.to(replace(self._place, own={**self._place.own, **own}))

    def asking(self, **changes: object) -> str:
        """Return the link to this page with fields of its question changed; it begins at its first page again."""
        return self.to(replace(self._first_page(), query=replace(self._place.query, **changes)))

    def searching(self, search: str) -> str:
        return self.to(replace(self._first_page(), search=search))

    def living(self, *, live: bool) -> str:
        return self.to(replace(self._place, live=live))

    def over(self, span: TimeRange) -> str:
        return self.asking(range=span)

    def narrowed(self, *more: Filter) -> str:
        """Return the link to this page with filters more."""
        return self.asking(filters=(*self._place.query.filters, *more))

    def without(self, *less: Filter) -> str:
        return self.asking(filters=tuple(each for each in self._place.query.filters if each not in less))

    def calls(self, *more: Filter, range: TimeRange | None = None) -> str:  # noqa: A002 - the question's own word
        """Return the link to the calls that a figure of this page stands for."""
        default, query = self._everything, self._place.query
        asked = replace(default, range=range or query.range, filters=(*query.filters, *more))
        return self.at(CALLS, write(Asked(asked), default))

    def beside(self, suffix: str, **own: str) -> str:
        """Return the link to something below this page's path with this page's state, such as `/export.csv`."""
        place = replace(self._place, own={**self._place.own, **own}, live=False)
        return self.at(f"{self._place.ground.path}{suffix}", place.written)

    def elsewhere(self, ground: Ground, *more: Filter, **own: str) -> str:
        """Return the link to another page of figures over the same range and filters, and some more."""
        query = replace(ground.default, range=self._place.query.range, filters=(*self._place.query.filters, *more))
        return self.to(Place(ground, query, own={**ground.own, **own}))

    def at(self, path: str, query: str) -> str:
        return self._renderer.url(path) + (f"?{query}" if query else "")

    def _first_page(self) -> Place:
        """Return the place without what says how far down its table one is."""
        kept = {key: value for key, value in self._place.own.items() if key not in PAGING}
        return replace(self._place, own={**self._place.ground.own, **kept})


def only(dimension: str, value: str | None) -> Filter:
    """Return the filter that lets through one group: those with this value, or those that have none."""
    return Filter(dimension, "none") if value is None else Filter(dimension, "is", (value,))


def without_values(dimension: str, named: Sequence[str | None]) -> tuple[Filter, ...]:
    """Return the filters that let through what has a value, but none of these."""
    values = tuple(each for each in named if each is not None)
    return (Filter(dimension, "has"), *((Filter(dimension, "not", values),) if values else ()))
