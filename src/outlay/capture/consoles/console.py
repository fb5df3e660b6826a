"""A mapping for a file that others define: headers under any of their spellings, and columns made out of several.

It reads through the same RowReader as every mapping; this only finds cells. A row that sums up a stretch of time is
placed in the middle of it, so that a day of UTC falls on the same day nearly everywhere; what is not over yet is
refused, because its figures would grow and the row still be known as the same.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from msgspec import Struct

from outlay.capture import mapping
from outlay.capture.cells import (
    RFC3339,
    Cell,
    Cells,
    Refusal,
    Row,
    as_text,
    parse_count,
    parse_number,
    shown,
    time_reader,
)
from outlay.errors import FieldInvalid

NOT_OVER: Final = "row_not_over"
WITHOUT_USAGE: Final = "row_without_usage"
DAY: Final = timedelta(days=1)

_DELIMITERS: Final = ",;\t"
_NOT_A_WORD: Final = re.compile(r"[^a-z0-9]+")
_EARLIEST_YEAR: Final = 1970
_LATEST_YEAR: Final = 9998
_read_instant: Final = time_reader(RFC3339, UTC, datetime(1970, 1, 1, tzinfo=UTC))


class Made(Struct, frozen=True):
    """A column that is made of others: `by` gets the cells of the columns `of`, in order."""

    of: tuple[str, ...]
    by: Callable[..., object]


class Console(mapping.Mapping, frozen=True, kw_only=True):
    """How one kind of file from a provider is read.

    `told_by` are the columns that only this kind has: all of them must be there, every other may be missing. A column
    of `made` is known to the mapping by its name there. `states` are the columns that say that there was any usage: a
    row with nothing but empty cells and zeros in them is none. `ends` is the column (made or not) with the end of the
    stretch that a row sums up.
    """

    told_by: tuple[str, ...]
    spelled: Mapping[str, tuple[str, ...]] = {}
    made: Mapping[str, Made] = {}
    states: tuple[str, ...] = ()
    ends: str | None = None

    def used_columns(self) -> Iterator[tuple[str, str]]:
        for column in self.told_by:
            yield "what kind of file this is", column

    def delimiter_in(self, header: str) -> str:
        return max(_DELIMITERS, key=header.count)

    def headers(self, found: list[str]) -> list[str]:
        plain = [_plain(name) for name in found]
        renamed = list(found)
        for ours in self._own_columns():
            spellings = [_plain(each) for each in (ours, *self.spelled.get(ours, ()))]
            place = next((plain.index(each) for each in spellings if each in plain), None)
            if place is not None:
                renamed[place] = ours
        return renamed

    def cells(self, find: Cells) -> Cells:
        def found(column: str) -> Cell:
            made = self.made.get(column)
            if made is not None:
                return _made(made, [found(each) for each in made.of])
            spellings = [find(each) for each in (column, *self.spelled.get(column, ()))]
            return spellings[0] if len(spellings) == 1 else _made(Made((), first_stated), spellings)

        return found

    def refusal(self, find: Cells, now: datetime) -> Refusal | None:
        stated = [find(column) for column in self.states]
        end = find(self.ends) if self.ends else None

        def refused(row: Row) -> tuple[str, str] | None:
            if stated and not any(_says_something(cell(row)) for cell in stated):
                return WITHOUT_USAGE, "the row states no usage"
            over = end(row) if end is not None else None
            if isinstance(over, datetime) and over > now:
                return (
                    NOT_OVER,
                    f"the row sums up a time that ends at {over:%Y-%m-%d %H:%M}Z; export it again after that",
                )
            return None

        return refused

    def _own_columns(self) -> set[str]:
        """Return every column that is not made, as the mapping knows it."""
        used = {*self.columns.values(), *self.tags.values(), *self.metadata.values(), *self.identity, *self.told_by}
        parts = {part for made in self.made.values() for part in made.of}
        return {name for name in used | parts | {*self.states} if name not in self.made}


def instant(cell: object) -> datetime | None:
    """Read an instant or a day: RFC 3339 (UTC where it states no zone), `2026-03-15`, or unix seconds."""
    if isinstance(cell, datetime):
        return cell if cell.tzinfo is not None else cell.replace(tzinfo=UTC)
    text = as_text("time", cell)
    if text is None:
        return None
    found = _from_unix(text) if text.replace(".", "", 1).isdigit() else _read_written(text)
    if found is not None and not _EARLIEST_YEAR <= found.year <= _LATEST_YEAR:
        raise FieldInvalid(f"time is {shown(text)}; it must lie between the years {_EARLIEST_YEAR} and {_LATEST_YEAR}")
    return found


def middle(start: object, end: object) -> datetime | None:
    """Return the middle of a stretch; of one whose end is not stated, that of the day it begins."""
    first, last = instant(start), instant(end)
    if first is None:
        return None
    return first + ((last or first + DAY) - first) / 2


def end_of(start: object, end: object) -> datetime | None:
    first = instant(start)
    return instant(end) or (None if first is None else first + DAY)


def end_of_day(day: object) -> datetime | None:
    return end_of(day, None)


def middle_of_day(day: object) -> datetime | None:
    return middle(day, None)


def word(cell: object) -> str | None:
    """Return a text as one word in small letters: `Web search tool calls` becomes `web_search_tool_calls`."""
    text = as_text("text", cell)
    return None if text is None else _NOT_A_WORD.sub("_", text.lower()).strip("_") or None


def truth(cell: object) -> bool:
    return str(cell).strip().lower() in {"true", "1", "yes"}


def joined_variants(*names: str | None) -> str | None:
    return "+".join(name for name in names if name) or None


def some(field: str, cell: object) -> int | None:
    """Read a count of which 0 says that there was none of it at all."""
    return parse_count(field, cell) or None


def first_stated(*cells: object) -> object:
    """Return the first cell that states anything."""
    return next((cell for cell in cells if as_text("text", cell) is not None), None)


def _made(made: Made, parts: list[Cell]) -> Cell:
    by: Callable[..., Any] = made.by
    return lambda row: by(*[part(row) for part in parts])


def _plain(name: str) -> str:
    return _NOT_A_WORD.sub(" ", name.lower()).strip()


def _says_something(cell: object) -> bool:
    text = "" if cell is None else str(cell).strip()
    if not text:
        return False
    try:
        return parse_number("usage", text) != 0
    except FieldInvalid:
        return True


def _read_written(text: str) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return _read_instant(text)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _from_unix(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(float(text)), UTC)
    except (ValueError, OverflowError, OSError):
        raise FieldInvalid(f"time is {shown(text)}; it is no unix time") from None
