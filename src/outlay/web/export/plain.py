"""Files: rows as CSV or JSON, at full precision, guarded against spreadsheet formulas, and streamed when they are many.

A CSV has one header line and no comments, UTF-8, lines ended as RFC 4180 says. Money is a plain decimal, never rounded;
an unknown figure is an empty cell (null in JSON), never 0.
"""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from outlay.kit.money import plain
from outlay.web.format import csv_text

CSV_TYPE: Final = "text/csv; charset=utf-8"
JSON_TYPE: Final = "application/json"

Cell = str | int | Decimal | datetime | Sequence[str] | None


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> str:
    """Return rows as lines of CSV, without the header; a column that a row lacks is empty."""
    found = io.StringIO()
    writer = csv.writer(found, lineterminator="\r\n")
    writer.writerows([_csv_cell(row.get(column)) for column in columns] for row in rows)
    return found.getvalue()


def csv_header(columns: Sequence[str]) -> str:
    return csv_lines(columns, [dict(zip(columns, columns, strict=True))])


def json_row(row: Mapping[str, Cell]) -> dict[str, Any]:
    """Return a row as JSON carries it: decimals as exact strings, instants as RFC 3339."""
    return {key: _json_cell(value) for key, value in row.items()}


def as_file(content: str | bytes, name: str, media_type: str) -> Response:
    """Return a whole file to save."""
    return Response(content, media_type=media_type, headers=_saved_as(name))


def streamed(pieces: Iterator[bytes], name: str, media_type: str) -> Response:
    """Return a file that is made while it is sent: each piece in a thread, one at a time, none held."""
    return StreamingResponse(_in_threads(pieces), media_type=media_type, headers=_saved_as(name))


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    try:
        while (piece := await run_in_threadpool(next, pieces, None)) is not None:
            yield piece
    finally:
        # A reader that went away leaves the maker in the middle; its snapshot must not outlive the request.
        close = getattr(pieces, "close", None)
        if close is not None:
            close()


def _saved_as(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}


def _csv_cell(value: Cell) -> str | int:
    match value:
        case None:
            return ""
        case str():
            return csv_text(value)
        case int():
            return value
        case Decimal():
            return plain(value)
        case datetime():
            return value.isoformat()
        case _:
            return csv_text(",".join(value))


def _json_cell(value: Cell) -> Any:  # noqa: ANN401 - what JSON takes
    match value:
        case Decimal():
            return plain(value)
        case datetime():
            return value.isoformat()
        case _:
            return value


def json_bytes(value: Any) -> bytes:  # noqa: ANN401 - anything JSON takes
    return msgspec.json.encode(value)
