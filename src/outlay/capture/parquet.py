"""Reads Parquet, through DuckDB as a file reader only: rows are streamed, nothing is kept, nothing is downloaded.

Values keep their types: a timestamp is an instant (without zone: in the mapping's zone), a struct is reached by a
dotted path. The "line" of a row is its number in the file, from 1.
"""

from collections.abc import Iterator
from functools import partial
from glob import escape
from pathlib import Path
from typing import Any, Final

import duckdb

from outlay.capture.cells import shown
from outlay.capture.columns import table_cells
from outlay.capture.identity import cells_content
from outlay.capture.mapping import Mapping
from outlay.capture.rowmap import FileOrigin, RowReader
from outlay.capture.tabular import EXCERPT_CHARS, ReadRow
from outlay.errors import ImportFailed

_BATCH_ROWS: Final = 5_000
_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": "512MB",
    "threads": "1",
}
# The engine gives Python a zoned timestamp only with a package that nothing else here needs; as text it needs none.
_ZONED: Final = "TIMESTAMP WITH TIME ZONE"


def read_parquet(path: Path, mapping: Mapping, origin: FileOrigin) -> Iterator[ReadRow]:
    """Yield every row of a Parquet file with its number. Raises ImportFailed when it is none or lacks a column."""
    if not path.is_file():
        raise ImportFailed(f"there is no file {path}")
    connection = duckdb.connect(":memory:", config=_CONFIG)
    try:
        yield from _rows(connection, path, mapping, origin)
    except duckdb.Error as error:
        raise ImportFailed(f"{path} can't be read as Parquet: {str(error).splitlines()[0]}") from None
    finally:
        connection.close()


def _rows(connection: duckdb.DuckDBPyConnection, path: Path, mapping: Mapping, origin: FileOrigin) -> Iterator[ReadRow]:
    where = [escape(str(path.absolute()))]  # the engine reads * ? [ in a name as a pattern
    connection.execute("SET TimeZone = 'UTC'")
    described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", where).fetchall()
    columns = [str(name) for name, *_ in described]
    reader = RowReader(mapping, origin, table_cells(mapping, columns), cells_content(columns, mapping.identity))
    chosen = ", ".join(_selected(name, str(kind)) for name, kind, *_ in described)
    connection.execute(f"SELECT {chosen} FROM read_parquet(?)", where)  # noqa: S608 - the file's own quoted columns
    number = 0
    while batch := connection.fetchmany(_BATCH_ROWS):
        for row in batch:
            number += 1
            yield number, reader.read(row, number, partial(_excerpt, row))


def _selected(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    return f"CAST({quoted} AS {kind.replace(_ZONED, 'VARCHAR')}) AS {quoted}" if _ZONED in kind else quoted


def _excerpt(row: tuple[Any, ...]) -> str:
    return shown(", ".join("" if value is None else str(value)[:EXCERPT_CHARS] for value in row), EXCERPT_CHARS)[1:-1]
