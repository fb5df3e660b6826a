"""Single values as CSV and JSON write them: exact, guarded against spreadsheet formulas, unknown as nothing."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from outlay.kit.money import plain
from outlay.web.export.manifest import moment_text
from outlay.web.export.table import Cell, Column, Record
from outlay.web.format import csv_text


def csv_cell(value: Cell) -> str | int:
    match value:
        case None:
            return ""
        case str():
            return csv_text(value)
        case int():
            return value
        case Decimal():
            return plain(value)
        case date():  # a datetime is one
            return moment_text(value)
        case _:
            return csv_text(",".join(value))


def json_cell(value: Cell) -> Any:  # noqa: ANN401 - what JSON takes
    match value:
        case Decimal():
            return plain(value)
        case date():
            return moment_text(value)
        case str() | int() | None:
            return value
        case _:
            return list(value)


def json_record(row: Record, columns: Iterable[Column]) -> Mapping[str, Any]:
    """Return a row as JSON carries it: decimals as exact strings, instants as RFC 3339, what is unknown as null."""
    return {each.id: json_cell(row.get(each.id)) for each in columns}
