"""Parquet, written by DuckDB as a file writer only: exact decimals, real timestamps, the manifest as metadata.

Rows pass through as Arrow batches, so memory does not grow with them. Several tables become one, as in CSV; a single
one (`?table=`) has nothing but its own columns. Decimals and lists travel as text, which the engine turns into their
types and refuses to cut; built as Arrow values they could not be.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Final
from zoneinfo import ZoneInfo

import duckdb
import msgspec
from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema
from msgspec import Struct

from outlay.kit.money import plain
from outlay.kit.period import as_micros, parse_zone
from outlay.web.export.json_file import manifest_bytes
from outlay.web.export.spool import no_room, spooled
from outlay.web.export.table import Cell, Column, ExportFile, Kind, Record, as_one

BATCH_ROWS: Final = 2_000
ROW_GROUP_ROWS: Final = 30_000  # what memory holds of a file at a time
METADATA_KEY: Final = "outlay"
_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": "512MB",
    "temp_directory": "",  # nothing here sorts or joins; without it the engine would leave files where it was started
    "threads": "1",
}
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()


class _Stored(Struct, frozen=True):
    """How cells of a kind travel (`through`, made from a cell by `cell`), and what the engine makes of them."""

    through: DataType
    cell: Callable[[Any, ZoneInfo], Any]
    stored: str = ""
    final: DataType | None = None


def _text(value: Cell, _: ZoneInfo) -> str:
    return value if isinstance(value, str) else str(value)


def _whole(value: int, _: ZoneInfo) -> int:
    return int(value)


def _exact(value: int | Decimal, _: ZoneInfo) -> str:
    return plain(Decimal(value))


def _instant(value: datetime, _: ZoneInfo) -> int:
    return as_micros(value)


def _wall(value: datetime, zone: ZoneInfo) -> int:
    return as_micros(value.astimezone(zone).replace(tzinfo=UTC))


def _day(value: date, _: ZoneInfo) -> int:
    return value.toordinal() - _EPOCH_ORDINAL


def _list(value: Sequence[str], _: ZoneInfo) -> str:
    return msgspec.json.encode(list(value)).decode()


_WHOLE_NUMBER: Final = _Stored(DataType.int64(), _whole)
_STORED: Final[Mapping[Kind, _Stored]] = {
    "text": _Stored(DataType.utf8(), _text),
    "count": _WHOLE_NUMBER,
    "tokens": _WHOLE_NUMBER,
    "duration": _WHOLE_NUMBER,
    "money": _Stored(DataType.utf8(), _exact, "DECIMAL(38,12)"),
    "converted": _Stored(DataType.utf8(), _exact, "DECIMAL(38,24)"),
    "ratio": _Stored(DataType.utf8(), _exact, "DECIMAL(38,12)"),
    "quantity": _Stored(DataType.utf8(), _exact, "DECIMAL(38,6)"),
    "time": _Stored(DataType.int64(), _instant, final=DataType.timestamp("us", tz="UTC")),
    "wall": _Stored(DataType.int64(), _wall, final=DataType.timestamp("us")),
    "day": _Stored(DataType.int32(), _day, final=DataType.date32()),
    "list": _Stored(DataType.utf8(), _list, "JSON::VARCHAR[]"),
}


def parquet_pieces(file: ExportFile) -> Iterator[bytes]:
    """Yield the file. Raises ExportFailed when there is no room for it."""
    return spooled(partial(write_parquet, file))


def write_parquet(file: ExportFile, path: Path) -> None:
    columns, rows = as_one(file)
    batches = _Batches(columns, rows(), parse_zone(file.manifest.zone))
    connection = duckdb.connect(":memory:", config=_CONFIG)
    try:
        connection.register("coming", RecordBatchReader.from_batches(batches.schema, batches.each()))
        about = manifest_bytes(file).decode()
        connection.execute(_statement(columns), {"about": about, "path": str(path)})
    except duckdb.Error as error:
        if batches.failed is not None:
            raise batches.failed from None
        raise _as_known(error) from error
    finally:
        connection.close()


def _statement(columns: Sequence[Column]) -> str:
    chosen = ", ".join(_chosen(column) for column in columns)
    options = (
        f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP_ROWS}, KV_METADATA {{{METADATA_KEY}: $about}}"
    )
    return f"COPY (SELECT {chosen} FROM coming) TO $path ({options})"  # noqa: S608 - ids that `_quoted` made safe


def _chosen(column: Column) -> str:
    name, stored = _quoted(column.id), _STORED[column.kind].stored
    return f"{name}::{stored} AS {name}" if stored else name


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class _Batches:
    """Turns rows into Arrow batches as they are asked for; `failed` is what went wrong in the making of a row."""

    def __init__(self, columns: Sequence[Column], rows: Iterator[Record], zone: ZoneInfo) -> None:
        self._columns = columns
        self._rows = rows
        self._zone = zone
        self.failed: BaseException | None = None
        stored = [(column.id, _STORED[column.kind]) for column in columns]
        self.schema = Schema([Field(name, each.final or each.through) for name, each in stored])

    def each(self) -> Iterator[RecordBatch]:
        with ExitStack() as watched:
            watched.push(self._note)
            while some := list(islice(self._rows, BATCH_ROWS)):
                arrays = [self._array(column, some) for column in self._columns]
                yield RecordBatch.from_arrays(arrays, schema=self.schema)

    def _note(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> bool:
        """Keep what ends the making of rows: the engine gives on no more than its text."""
        self.failed = error
        return False

    def _array(self, column: Column, rows: Iterable[Record]) -> Array:
        kind = _STORED[column.kind]
        cells = (row.get(column.id) for row in rows)
        array = Array([None if cell is None else kind.cell(cell, self._zone) for cell in cells], kind.through)
        return array.cast(kind.final) if kind.final else array


def _as_known(error: duckdb.Error) -> Exception:
    return no_room() if "No space left on device" in str(error) else error
