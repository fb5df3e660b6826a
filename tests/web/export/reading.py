"""Reads every format back into the same rows: exact cells, keyed by column, as the table that went in had them."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import duckdb
from openpyxl import load_workbook  # type: ignore[import-untyped]

from outlay.web.export import FORMATS, Column, ExportFile
from outlay.web.export.table import as_one

Rows = list[dict[str, Any]]
NUMBERS: Final = frozenset({"count", "tokens", "duration", "money", "converted", "ratio", "quantity"})


def made(file: ExportFile, ending: str) -> bytes:
    return b"".join(FORMATS[ending].pieces(file))


def wanted(file: ExportFile) -> Rows:
    """Return what every format must say: what is unknown left out, numbers as decimals."""
    columns, rows = as_one(file)
    return [_known({each.id: _plain(row.get(each.id), each) for each in columns}) for row in rows()]


def csv_rows(content: bytes, columns: Sequence[Column]) -> Rows:
    kinds = {each.id: each.kind for each in columns}
    found = []
    for row in csv.DictReader(io.StringIO(content.decode(), newline="")):
        assert None not in row, "a line has more cells than the header"
        found.append(_known({key: _from_text(text, kinds[key]) for key, text in row.items()}))
    return found


def json_rows(content: bytes, columns: Sequence[Column]) -> Rows:
    """Return the rows and totals of all tables; of several, each says its table."""
    kinds = {each.id: each.kind for each in columns}
    document = json.loads(content)
    found = []
    for table in document["tables"]:
        assert len(table["rows"]) == table["row_count"]
        named = {"table": table["id"]} if len(document["tables"]) > 1 else {}
        rows = [*table["rows"], *([table["total"]] if table["total"] else [])]
        found += [_known({key: _from_json(cell, kinds[key]) for key, cell in (named | row).items()}) for row in rows]
    return found


def parquet_rows(content: bytes, folder: Path) -> Rows:
    path = folder / "read.parquet"
    path.write_bytes(content)
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        described = connection.execute("DESCRIBE SELECT * FROM read_parquet($1)", [str(path)]).fetchall()
        zoned = "TIMESTAMP WITH TIME ZONE"
        chosen = [f'epoch_us("{name}")' if kind == zoned else f'"{name}"' for name, kind, *_ in described]
        rows = connection.execute(f"SELECT {', '.join(chosen)} FROM read_parquet($1)", [str(path)]).fetchall()
    kinds = {name: kind for name, kind, *_ in described}
    return [
        _known({name: _from_parquet(cell, kinds[name]) for name, cell in zip(kinds, row, strict=True)}) for row in rows
    ]


def parquet_manifest(content: bytes, folder: Path) -> dict[str, Any]:
    path = folder / "read.parquet"
    path.write_bytes(content)
    with duckdb.connect(":memory:") as connection:
        query = "SELECT value FROM parquet_kv_metadata($1) WHERE key = 'outlay'"
        ((value,),) = connection.execute(query, [str(path)]).fetchall()
    found: dict[str, Any] = json.loads(value)
    return found


def sheets(content: bytes) -> Mapping[str, list[tuple[Any, ...]]]:
    """Return the cells of every sheet of a workbook, as they are, header first."""
    book = load_workbook(io.BytesIO(content), read_only=False)
    return {sheet.title: [tuple(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets}


def workbook_rows(content: bytes, file: ExportFile) -> Rows:
    """Return the rows of all tables of a workbook; of several, each says its table."""
    found: Rows = []
    read = sheets(content)
    for table in file.tables:
        named = {"table": table.id} if len(file.tables) > 1 else {}
        parts = [lines for name, lines in read.items() if name == table.id or name.startswith(f"{table.id} ")]
        for line in (line for lines in parts for line in lines[1:]):
            cells = {column.id: _from_sheet(cell, column) for column, cell in zip(table.all_columns, line, strict=True)}
            found.append(_known(named | cells))
    return found


def archive_parts(content: bytes) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def _known(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value not in (None, "", [])}


def as_wall(moment: datetime) -> datetime:
    """Return what a clock showed, to the millisecond: more no spreadsheet keeps."""
    rounded = moment.replace(tzinfo=None) + timedelta(microseconds=500)
    return rounded.replace(microsecond=rounded.microsecond // 1000 * 1000)


def _plain(value: Any, column: Column) -> Any:
    if value is None:
        return None
    if column.kind == "wall":
        return as_wall(value)
    if column.kind in NUMBERS:
        return Decimal(value)
    return list(value) if column.kind == "list" else value


def _from_text(text: str | None, kind: str) -> Any:
    if not text:
        return None
    if kind in NUMBERS:
        return Decimal(text)
    if kind in {"time", "wall"}:
        moment = datetime.fromisoformat(text)
        return as_wall(moment) if kind == "wall" else moment
    if kind == "day":
        return date.fromisoformat(text)
    unguarded = text.removeprefix("'")
    return unguarded.split(",") if kind == "list" else unguarded


def _from_json(cell: Any, kind: str) -> Any:
    if isinstance(cell, str) and kind not in {"text", "list"}:
        return _from_text(cell, kind)
    return Decimal(cell) if isinstance(cell, int) else cell


def _from_parquet(cell: Any, kind: str) -> Any:
    if kind == "TIMESTAMP WITH TIME ZONE" and cell is not None:
        return datetime.fromtimestamp(cell // 10**6, UTC).replace(microsecond=cell % 10**6)
    if kind == "TIMESTAMP" and cell is not None:
        return as_wall(cell)
    return Decimal(cell) if isinstance(cell, int) else cell


def _from_sheet(cell: Any, column: Column) -> Any:
    if cell is None:
        return None
    if column.kind in NUMBERS:
        # A spreadsheet shows fifteen digits of what it keeps; a text holds all of them.
        return Decimal(cell) if isinstance(cell, str) else Decimal(f"{cell:.15g}")
    if column.kind == "day":
        return cell.date() if isinstance(cell, datetime) else date.fromisoformat(cell)
    if column.kind == "time":
        return datetime.fromisoformat(cell)
    if column.kind == "wall":
        return as_wall(cell)
    return cell.split(", ") if column.kind == "list" else cell
