"""What is picked in the form of one filter, or as two dates, and the words of the state that it means.

A page keeps its filters in `f`; the form has a box for each value (`pick`), one for what has no value (`none`), and
include or exclude (`op`). The form leaves the filter that it edits out of the state it carries, so that working the
picks in only ever adds, and a filter that the form can't show is never lost.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, Literal
from urllib.parse import parse_qsl, quote

from msgspec import Struct

from outlay.errors import QueryInvalid
from outlay.query.ask import Filter
from outlay.query.catalogue import is_tag
from outlay.query.notation import parse_dimension, parse_filter, write_dimension, write_filter, write_range
from outlay.query.parse import MOST_CHARS
from outlay.query.timerange import Days

PickOperator = Literal["is", "not"]
Pairs = tuple[tuple[str, str], ...]

PAGING: Final = ("page", "after")  # how far down a table one is: it begins again when the filter changes
FORM_WORDS: Final = frozenset({"for", "dim", "over", "op", "pick", "none", "find", "show", "draft", "from", "to"})
_SUBMITTED: Final = frozenset({"dim", "from", "to"})
_MOST_FIELDS: Final = 2_500
_INCLUDING: Final = frozenset({"is", "none", "none_or"})


class Picks(Struct, frozen=True):
    """What is picked of one dimension: these values (and what has `none`) only, or all but these."""

    dimension: str
    operator: PickOperator = "is"
    values: tuple[str, ...] = ()
    none: bool = False

    def filters(self) -> tuple[Filter, ...]:
        """Return the filters that let through what is picked; nothing picked filters nothing."""
        if self.operator == "not":
            found = [Filter(self.dimension, "has")] if self.none else []
            return (*found, *([Filter(self.dimension, "not", self.values)] if self.values else []))
        if self.none:
            return (Filter(self.dimension, "none_or", self.values) if self.values else Filter(self.dimension, "none"),)
        return (Filter(self.dimension, "is", self.values),) if self.values else ()


class Picked(Struct, frozen=True):
    """The picks that a state's filters mean, and the filters beside them."""

    picks: Picks
    rest: tuple[Filter, ...]


def picked_of(dimension: str, filters: Sequence[Filter]) -> Picked:
    """Return what is picked of a dimension.

    An event has one value of most dimensions, so several filters make one set of values. It may have several tags:
    there the first filter is the one to edit, and what else is asked of tags stays beside it.
    """
    edited = [each for each in filters if each.dimension == dimension]
    including = [each for each in edited if each.operator in _INCLUDING]
    if including and is_tag(dimension):
        edited = including = including[:1]
    picks = _included(dimension, including, edited) if including else _excluded(dimension, edited)
    return Picked(picks, tuple(each for each in filters if each not in edited))


def with_picks(url_query: str) -> str | None:
    """Return the query string of a page with what a form sent (`pick` and the like, `from` and `to`) worked into the
    state; None when none did.

    Nothing is checked here: what can't be a filter or range is written so that `parse` refuses it, with its reason.
    """
    pairs = pairs_of(url_query)
    sent = {key for key, _ in pairs}
    if not sent & _SUBMITTED:
        return None
    state = state_of(pairs)
    asked_range = _range_text(dict(pairs))
    if asked_range:
        state = (*(pair for pair in state if pair[0] != "r"), ("r", asked_range))
    texts = _filter_texts(picks_sent(pairs)) if "dim" in sent else []
    return written((*state, *(("f", text) for text in texts)))


def picks_sent(pairs: Pairs) -> Picks:
    """Return what the boxes of a form say."""
    sent = dict(pairs)
    return Picks(
        parse_dimension(sent.get("dim", "")),
        "not" if sent.get("op") == "not" else "is",
        tuple(sorted({value for key, value in pairs if key == "pick"})),
        none=sent.get("none") == "1",
    )


def state_of(pairs: Pairs) -> Pairs:
    """Return the pairs that are a page's state: without what a form adds, and from the first page of a table on."""
    return tuple(pair for pair in pairs if pair[0] not in FORM_WORDS and pair[0] not in PAGING)


def pairs_of(url_query: str) -> Pairs:
    """Return the parameters of a query string; none of one that is too long for any page."""
    if len(url_query) > MOST_CHARS:
        return ()
    try:
        return tuple(parse_qsl(url_query, keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS))
    except ValueError:  # more fields than any form of ours has
        return ()


def filters_in(pairs: Pairs) -> tuple[Filter, ...]:
    """Return the filters of a state that can be read; the page says why of the others."""
    found = []
    for key, text in pairs:
        if key == "f" and text:
            try:
                found.append(parse_filter(text))
            except QueryInvalid:
                continue
    return tuple(found)


def written(pairs: Pairs) -> str:
    """Return the query string in the order and encoding of `parse.write`."""
    return "&".join(f"{quote(key, safe='')}={quote(value, safe=':,')}" for key, value in sorted(pairs))


def _range_text(sent: Mapping[str, str]) -> str:
    """Return the local days of two date fields as a range; of one that is filled in, that day."""
    days = [text for name in ("from", "to") if (text := sent.get(name, "").strip())]
    try:
        first, *_, last = sorted(date.fromisoformat(text) for text in (days * 2))
    except ValueError:  # nothing filled in, or what is no day
        return "..".join(days)
    return write_range(Days(first, last))


def _filter_texts(picks: Picks) -> list[str]:
    try:
        return [write_filter(each) for each in picks.filters()]
    except QueryInvalid:
        return [f"{write_dimension(picks.dimension)}:{picks.operator}"]


def _included(dimension: str, including: Sequence[Filter], edited: Sequence[Filter]) -> Picks:
    values = set.intersection(*({*each.values} for each in including))
    none = all(each.operator != "is" for each in including)
    for each in edited:
        values -= {*each.values} if each.operator == "not" else set()
        none = none and each.operator != "has"
    return Picks(dimension, "is", tuple(sorted(values)), none)


def _excluded(dimension: str, edited: Sequence[Filter]) -> Picks:
    values = {value for each in edited for value in each.values}
    none = any(each.operator == "has" for each in edited)
    return Picks(dimension, "not" if edited else "is", tuple(sorted(values)), none)
