"""JSON: the manifest, and inside it every table with its rows, one on a line. Without rows it is the manifest alone."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import msgspec

from outlay.web.export.cells import json_record
from outlay.web.export.manifest import as_head
from outlay.web.export.table import ExportFile, ExportTable

ROWS_AT_ONCE: Final = 200


def manifest_bytes(file: ExportFile) -> bytes:
    """Return the JSON file without its rows."""
    return msgspec.json.encode(
        as_head(file.manifest) | _adding_up(file) | {"tables": [_head(each) for each in file.tables]}
    )


def json_pieces(file: ExportFile) -> Iterator[bytes]:
    """Yield the file; a table's rows come last in it, so that they can be read as they come."""
    yield _open(as_head(file.manifest) | _adding_up(file)) + b',"tables":['
    for at, table in enumerate(file.tables):
        yield (b",\n" if at else b"\n") + _open(_head(table)) + b',"rows":['
        yield from _rows(table)
        yield b"]}"
    yield b"]}\n"


def _rows(table: ExportTable) -> Iterator[bytes]:
    encode = msgspec.json.Encoder().encode
    columns = table.all_columns
    coming, before = table.own_rows(), b"\n"
    while some := list(islice(coming, ROWS_AT_ONCE)):
        yield before + b",\n".join(encode(json_record(row, columns)) for row in some)
        before = b",\n"


def _open(value: dict[str, Any]) -> bytes:
    """Return an object that is still open: more can be written into it."""
    return msgspec.json.encode(value)[:-1]


def _adding_up(file: ExportFile) -> dict[str, Any]:
    """Say how the parts add up: true when the rows of every table that is a sum make exactly its total."""
    known = [each.adds_up for each in file.tables if each.adds_up is not None]
    return {"adds_up": all(known) if known else None}


def _head(table: ExportTable) -> dict[str, Any]:
    return {
        "id": table.id,
        "title": table.title,
        "columns": [{"id": each.id, "kind": each.kind, "label": each.heading} for each in table.all_columns],
        "row_count": table.count,
        "adds_up": table.adds_up,
        "total": None if table.total is None else json_record(table.own_total, table.all_columns),
    }
