"""The only reader and writer of questions in URLs: `?r=30d&g=day&cmp=prev&by=model&f=team:is:growth,core&s=-cost`.

Pages, API, exports and reports use the same words; docs/reference/queries.md describes them. What is said of one
parameter never changes what another means, so one bad value costs only itself.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from msgspec import Struct
from msgspec.structs import replace

from outlay.errors import QueryInvalid
from outlay.query import notation
from outlay.query.ask import Query
from outlay.query.refine import sorted_filters

VERSION: Final = "1"
MOST_CHARS: Final = 65_536
MOST_PARAMETERS: Final = 200
MOST_VALUES: Final = 2_000
MOST_SEARCH_CHARS: Final = 200
ALIASES: Final[Mapping[str, str]] = {"grain": "g"}
BESIDE: Final = ("q", "live", "v")  # parameters that are no part of the question


class Notice(Struct, frozen=True):
    """A parameter that was not used as it stands, and why."""

    key: str
    text: str


class Asked(Struct, frozen=True):
    """What a URL asks: the question, what a page keeps beside it, and what could not be used.

    `search` is text to look for in names, `own` holds the parameters that the page named as its own.
    """

    query: Query
    search: str = ""
    live: bool = False
    own: Mapping[str, str] = {}
    notices: tuple[Notice, ...] = ()


class _Word(Struct, frozen=True):
    """One parameter: the field of the question it sets, how it is read, and how it is written."""

    field: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]


def _read_limit(text: str) -> int | None:
    if text == "all":
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise QueryInvalid(f"n is {text!r}; write a number of groups, or all")
    return int(text)


def _as_is(text: str) -> str:
    return text


# In reading order: an order can name only what is asked for.
WORDS: Final[Mapping[str, _Word]] = {
    "measures": _Word("measures", notation.parse_list, notation.write_list),
    "by": _Word("dimensions", notation.parse_list, notation.write_list),
    "g": _Word("grain", _as_is, _as_is),
    "r": _Word("range", notation.parse_range, notation.write_range),
    "tz": _Word("zone", lambda text: text or None, lambda zone: zone or ""),
    "cmp": _Word("comparison", notation.parse_comparison, notation.write_comparison),
    "n": _Word("limit", _read_limit, lambda limit: "all" if limit is None else str(limit)),
    "tags": _Word("tags", _as_is, _as_is),
    "rest": _Word("rest", _as_is, _as_is),
    "s": _Word("order", notation.parse_order, notation.write_order),
}


def parse(text: str, defaults: Query, own: Collection[str] = (), *, lenient: bool = False) -> Asked:
    """Read a query string (without `?`). What it doesn't say is as in `defaults`, which also says who asks.

    An unknown parameter gives a notice. A value that a known one can't have raises QueryInvalid; when `lenient`, it
    leaves the default in place and gives a notice. What is in `own` is the page's, even where questions have that word.
    """
    notices = _Notices(lenient=lenient)
    values = _split(text, notices)
    version = notices.single("v", values.pop("v", [VERSION]))
    if version != VERSION:
        notices.refuse("v", QueryInvalid(f"v is {version!r}; this Outlay reads version {VERSION}"))
    query = _with_filters(defaults, values.pop("f", None), notices)
    for key in WORDS:
        if key in values and key not in own:
            query = _with_word(query, key, notices.single(key, values.pop(key)), notices)
    asked = Asked(
        query=query,
        search=" ".join(notices.single("q", values.pop("q", [""])).split())[:MOST_SEARCH_CHARS].strip(),
        live=notices.single("live", values.pop("live", ["0"])) == "1",
        own={key: notices.single(key, values.pop(key)) for key in sorted(values) if key in own},
    )
    for key in values:
        notices.add(key, f"{key!r} is no parameter here; it was not used")
    return replace(asked, notices=tuple(notices.found))


def write(asked: Asked, defaults: Query) -> str:
    """Return the canonical query string: sorted, without what is as in `defaults`; what `parse` reads as the same."""
    pairs = [(key, value) for key, value in asked.own.items()]
    for key, word in WORDS.items():
        value, default = getattr(asked.query, word.field), getattr(defaults, word.field)
        # Most are as they are: a page writes hundreds of links.
        if value != default and (written := word.write(value)) != word.write(default):
            pairs.append((key, written))
    if asked.query.filters != defaults.filters:
        filters = sorted_filters(asked.query.filters)
        if filters != sorted_filters(defaults.filters):
            pairs += [("f", notation.write_filter(each)) for each in filters] or [("f", "")]
    pairs += [("q", asked.search)] if asked.search else []
    pairs += [("live", "1")] if asked.live else []
    return "&".join(f"{quote(key, safe='')}={quote(value, safe=':,')}" for key, value in sorted(pairs))


class _Notices:
    """Collects what could not be used; when not lenient, the first wrong value is raised instead."""

    def __init__(self, *, lenient: bool) -> None:
        self.found: list[Notice] = []
        self._lenient = lenient

    def add(self, key: str, text: str) -> None:
        self.found.append(Notice(key[:64], text[:500]))

    def refuse(self, key: str, error: QueryInvalid) -> None:
        if not self._lenient:
            raise error
        self.add(key, error.message)

    def single(self, key: str, values: list[str]) -> str:
        """Return the last value of a parameter that should be given once."""
        if len(values) > 1:
            self.refuse(key, QueryInvalid(f"{key} is given {len(values)} times; it has one value"))
        return values[-1]


def _split(text: str, notices: _Notices) -> dict[str, list[str]]:
    pairs: list[tuple[str, str]] = []
    if len(text) > MOST_CHARS:
        notices.refuse("?", QueryInvalid(f"the question has {len(text):,} characters; at most {MOST_CHARS:,} are read"))
        return {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_PARAMETERS)
    except ValueError:
        notices.refuse("?", QueryInvalid(f"the question has more than {MOST_PARAMETERS} parameters"))
    values: dict[str, list[str]] = {}
    for key, value in pairs:
        values.setdefault(ALIASES.get(key, key), []).append(value)
    return values


def _with_word(query: Query, key: str, text: str, notices: _Notices) -> Query:
    word = WORDS[key]
    try:
        changes = {word.field: word.read(text)}
        named = {*changes.get("measures", query.measures), *changes.get("dimensions", query.dimensions)}
        if query.order is not None and query.order.by not in named:
            changes.setdefault("order", None)  # a default order by what is no longer asked for
        return replace(query, **changes)
    except QueryInvalid as error:
        notices.refuse(key, error)
        return query


def _with_filters(query: Query, texts: list[str] | None, notices: _Notices) -> Query:
    if texts is None:
        return replace(query, filters=sorted_filters(query.filters))
    read = []
    for text in texts:
        try:
            read += [notation.parse_filter(text)] if text else []
        except QueryInvalid as error:
            notices.refuse("f", error)
    # A limit for what comes from outside; a page may ask for as many as its search found.
    if sum(len(each.values) for each in read) > MOST_VALUES:
        notices.refuse("f", QueryInvalid(f"the filters of a question have at most {MOST_VALUES:,} values"))
        return query
    try:
        return replace(query, filters=sorted_filters(tuple(read)))
    except QueryInvalid as error:
        notices.refuse("f", error)
        return query
