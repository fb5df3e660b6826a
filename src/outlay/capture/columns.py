"""Finds the cell a mapping's column name stands for: by header in a table, by key or dotted path in a JSON object."""

from collections.abc import Sequence
from difflib import get_close_matches

from outlay.capture.cells import Cell, Cells, Row, shown
from outlay.capture.mapping import Mapping
from outlay.errors import ImportFailed


def table_cells(mapping: Mapping, columns: Sequence[str]) -> Cells:
    """Return what finds a cell in a row under these columns; ImportFailed when a mapped one is missing or doubled."""
    missing = missing_column(mapping, columns)
    if missing is not None:
        raise missing
    for feeds, column in mapping.used_columns():
        if columns.count(column) > 1:
            raise ImportFailed(
                f"there are {columns.count(column)} columns {column!r}; which one feeds {feeds} is unclear"
            )
    places = {name: place for place, name in enumerate(columns)}
    empty = frozenset(mapping.empty)

    def find(column: str) -> Cell:
        if column in places:
            return _cell_at(places[column], empty)
        head, *path = column.split(".")
        return _within(_cell_at(places[head], frozenset()), path, empty) if head in places else nothing

    return find


def object_cells(mapping: Mapping) -> Cells:
    """Return what finds a value in a JSON object; a column is a key or, with dots, a path of keys."""
    empty = frozenset(mapping.empty)

    def find(column: str) -> Cell:
        path = column.split(".")
        return _key(column, empty) if len(path) == 1 else _key_or_path(column, path, empty)

    return find


def missing_column(mapping: Mapping, columns: Sequence[str]) -> ImportFailed | None:
    """Return the error that names the first mapped column which is not among `columns`, if there is one."""
    known = set(columns)
    for feeds, column in mapping.used_columns():
        if column in known or column in mapping.optional or column.partition(".")[0] in known:
            continue
        near = get_close_matches(column, columns, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        listed = ", ".join(shown(name) for name in columns[:50]) or "none"
        return ImportFailed(f"there is no column {column!r}, which is to feed {feeds}.{hint} The columns are {listed}")
    return None


def nothing(_: Row) -> None:
    return None


def _cell_at(place: int, empty: frozenset[str]) -> Cell:
    if not empty:
        return lambda cells: cells[place]

    def get(cells: Sequence[object]) -> object:
        return _unless_empty(cells[place], empty)

    return get


def _key(name: str, empty: frozenset[str]) -> Cell:
    if not empty:
        return lambda fields: fields.get(name)

    def get(fields: dict[str, object]) -> object:
        return _unless_empty(fields.get(name), empty)

    return get


def _key_or_path(name: str, path: list[str], empty: frozenset[str]) -> Cell:
    below = _within(_key(path[0], frozenset()), path[1:], empty)

    def get(fields: dict[str, object]) -> object:
        return _unless_empty(fields[name], empty) if name in fields else below(fields)

    return get


def _within(get: Cell, path: list[str], empty: frozenset[str]) -> Cell:
    def deep(row: Row) -> object:
        found = get(row)
        for name in path:
            if not isinstance(found, dict):
                return None
            found = found.get(name)
        return _unless_empty(found, empty)

    return deep


def _unless_empty(value: object, empty: frozenset[str]) -> object:
    return None if value.__class__ is str and str(value).strip() in empty else value
