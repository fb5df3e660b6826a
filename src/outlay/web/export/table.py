"""What a file is made of: named tables whose columns say what they hold, with rows that may come from anywhere.

A row is a mapping by column id; what it lacks, or has as None, is unknown, which is never zero. Rows are read once, one
after the other, and never held: they may be more than memory. How many they are is known before the first.
"""

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from outlay.errors import NotFound
from outlay.query.catalogue import MEASURES, dimension_label
from outlay.web.export.manifest import Manifest

Kind = Literal[
    "text",
    "count",
    "tokens",
    "money",  # USD, exact to twelve decimals
    "converted",  # money in the organisation's currency, exact to twenty-four
    "ratio",
    "quantity",
    "duration",  # milliseconds
    "time",  # an instant, exact, in UTC
    "wall",  # an instant as the organisation's clocks showed it
    "day",
    "list",  # texts
]
Cell = str | int | Decimal | datetime | date | Sequence[str] | None
Record = Mapping[str, Cell]

KIND: Final = "kind"
TABLE: Final = "table"
PREVIOUS: Final = "previous_"

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,24}")
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_KIND_OF_MEASURE: Final[Mapping[str, Kind]] = {
    "count": "count",
    "distinct": "count",
    "tokens": "tokens",
    "money": "money",
    "ratio": "ratio",
    "quantity": "quantity",
    "duration": "duration",
    "time": "time",
}


class Column(Struct, frozen=True):
    """One column. `id` is its name in files, `label` what people read at the head of a worksheet."""

    id: str
    kind: Kind = "text"
    label: str = ""

    @property
    def heading(self) -> str:
        return self.label or self.id.replace("_", " ").capitalize()


class ExportTable(Struct, frozen=True):
    """One table or chart. `id` names it in files and in `?table=`; `count` are its rows, without the total.

    With a `total` a column `kind` comes first: `row` (or what a row says itself: `other`, `none`, `gone` …) and, last,
    `total`. A list of things that no total belongs under has none; what they make stands in the manifest.
    With `dollars_only` its columns are what somebody else laid down, and no others come beside them.
    """

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Record]
    count: int
    total: Record | None = None
    adds_up: bool | None = None  # None: nothing here is a sum
    dollars_only: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.id):
            raise ValueError(f"{self.id!r} is no id for a table: it becomes a worksheet, a file and a parameter")

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Return the columns as files have them, `kind` included."""
        return self.columns if self.total is None else (Column(KIND), *self.columns)

    def own_rows(self) -> Iterator[Record]:
        """Yield the rows without the total. Raises RuntimeError where they are not as many as was said."""
        found = 0
        for row in self.rows:
            found += 1
            if found > self.count:
                break
            yield row if self.total is None else {KIND: "row", **row}
        if found != self.count:
            raise RuntimeError(f"the table {self.id} has not the {self.count:,} rows that were announced")

    def all_rows(self) -> Iterator[Record]:
        """Yield the rows and then the total."""
        yield from self.own_rows()
        if self.total is not None:
            yield self.own_total

    @property
    def own_total(self) -> Record:
        return {KIND: "total", **(self.total or {})}


class ExportFile(Struct, frozen=True):
    """All that a file says: its tables, and where they come from. `name` is what it is saved as, without an ending."""

    name: str
    tables: tuple[ExportTable, ...]
    manifest: Manifest

    def __post_init__(self) -> None:
        if not _FILE_NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name for a file")

    def close(self) -> None:
        """Let go of rows that nobody will read any more."""
        for table in self.tables:
            if isinstance(table.rows, Generator):
                table.rows.close()

    def only(self, table: str) -> "ExportFile":
        """Return the file with one of its tables; NotFound lists those there are."""
        chosen = tuple(each for each in self.tables if each.id == table)
        if not chosen:
            known = ", ".join(each.id for each in self.tables)
            raise NotFound(f"there is no table {table[:64]!r} here; there are {known}")
        return replace(self, name=f"{self.name}-{table.replace('_', '-')}", tables=chosen)


def table_of(
    table: str,
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Record],
    total: Record | None = None,
    *,
    adds_up: bool | None = None,
) -> ExportTable:
    """Return a table whose rows are all here."""
    return ExportTable(table, title, tuple(columns), rows, len(rows), total, adds_up)


def measure_columns(measures: Iterable[str], *, before: bool = False) -> tuple[Column, ...]:
    """Return the columns of some measures; `before`: those of the period they are compared with."""
    found = []
    for name in measures:
        measure = MEASURES[name]
        kind = _KIND_OF_MEASURE[measure.kind]
        unit = f" ({measure.unit})" if kind in {"money", "duration"} or "/" in measure.unit else ""
        label = f"{measure.label}{unit}"
        found.append(Column(previous(name), kind, f"{label}, period before") if before else Column(name, kind, label))
    return tuple(found)


def previous(measure: str) -> str:
    """Return the id of the column that holds a measure of the period before."""
    return f"{PREVIOUS}{measure}"


def dimension_column(dimension: str) -> Column:
    return Column(dimension, "text", dimension_label(dimension))


def as_one(file: ExportFile) -> tuple[tuple[Column, ...], Callable[[], Iterator[Record]]]:
    """Return columns and rows of a file that is one table: of several, each row says first which it belongs to.

    Raises ValueError where two tables have a column of one name and different kinds.
    """
    if len(file.tables) == 1:
        (table,) = file.tables
        return table.all_columns, table.all_rows
    columns: dict[str, Column] = {TABLE: Column(TABLE)}
    for table in file.tables:
        for column in table.all_columns:
            if columns.setdefault(column.id, column).kind != column.kind:
                raise ValueError(f"the column {column.id} is of two kinds in {file.name}")
    # What names a row comes before its figures, whichever table named it first.
    ordered = sorted(columns.values(), key=lambda each: each.kind not in {"text", "day", "time", "wall"})

    def rows() -> Iterator[Record]:
        for table in file.tables:
            own = [column.id for column in table.all_columns]
            for row in table.all_rows():
                yield {TABLE: table.id} | {each: row.get(each) for each in own}

    return tuple(ordered), rows
