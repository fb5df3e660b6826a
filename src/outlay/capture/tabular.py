"""Reads CSV and JSONL: from a stream of bytes to one UsageEvent or RowRejected per row, with the line it begins at.

A bad row (ragged, not UTF-8, with NUL, too long, not closed) is rejected for itself: the reader never shifts a cell
into another column and never lets one stray quote swallow the rows after it.
"""

import csv
import io
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from itertools import chain, islice
from typing import Final

import msgspec

from outlay.capture.arrays import elements, is_array
from outlay.capture.cells import shown
from outlay.capture.columns import missing_column, object_cells, table_cells
from outlay.capture.identity import cells_content, object_content
from outlay.capture.mapping import Mapping
from outlay.capture.rowmap import FileOrigin, RowReader, RowRejected
from outlay.errors import ImportFailed
from outlay.usage import UsageEvent

MAX_LINE_BYTES: Final = 1 << 20
MAX_CELL_CHARS: Final = 1 << 17
MAX_ROW_LINES: Final = 1000
EXCERPT_CHARS: Final = 200

RAGGED: Final = "row_ragged"
TOO_LONG: Final = "row_too_long"
NOT_UTF8: Final = "row_not_utf8"
UNREADABLE: Final = "row_unreadable"

_BOM: Final = b"\xef\xbb\xbf"
_BOMS_OF_OTHERS: Final = (b"\xff\xfe", b"\xfe\xff")
_LOOK_AHEAD: Final = 100
_MALFORMED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_decode_json = msgspec.json.Decoder(float_hook=Decimal).decode

Position = int
ReadRow = tuple[Position, UsageEvent | RowRejected]
NumberedLine = tuple[int, bytes]


def read_csv(stream: io.BufferedReader, mapping: Mapping, origin: FileOrigin) -> Iterator[ReadRow]:
    """Yield every row of a CSV file with its first line's number. Raises ImportFailed when the header can't be used."""
    lines = _Lines(stream)
    delimiter, columns = _header(lines, mapping)
    reader = RowReader(mapping, origin, table_cells(mapping, columns), cells_content(columns, mapping.identity))
    for line, raw in lines:
        if b'"' in raw:
            cells = _quoted_cells(lines, (line, raw), len(columns), delimiter)
        else:
            cells = _plain_cells(line, raw, len(columns), delimiter)
        if isinstance(cells, RowRejected):
            yield line, cells
        elif cells:
            yield line, reader.read(cells, line, partial(_excerpt, raw))


def read_jsonl(stream: io.BufferedReader, mapping: Mapping, origin: FileOrigin) -> Iterator[ReadRow]:
    """Yield every object of a file with one JSON object a line, or of one with a JSON array of objects.

    The "line" of an object in an array is its number there. Raises ImportFailed when a mapped key never occurs.
    """
    reader = RowReader(mapping, origin, object_cells(mapping), object_content(mapping.identity))
    lines = elements(stream, MAX_LINE_BYTES) if is_array(stream) else _Lines(stream)
    rows = _json_rows(lines)
    ahead = list(islice(rows, _LOOK_AHEAD))
    _check_keys(mapping, [found for _, found, _ in ahead if isinstance(found, dict)])
    for line, found, raw in chain(ahead, rows):
        if isinstance(found, RowRejected):
            yield line, found
        else:
            yield line, reader.read(found, line, partial(_excerpt, raw))


class _Lines:
    """The lines of a stream with their numbers, from 1. A line may be put back; one too long is cut short."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._number = 0
        self._waiting: deque[NumberedLine] = deque()
        first = stream.peek(3)[:3]
        if first == _BOM:
            stream.read(3)
        elif first[:2] in _BOMS_OF_OTHERS:
            raise ImportFailed("the file is UTF-16; save it as UTF-8 and import that")

    def __iter__(self) -> Iterator[NumberedLine]:
        return self

    def __next__(self) -> NumberedLine:
        if self._waiting:
            return self._waiting.popleft()
        raw = self._stream.readline(MAX_LINE_BYTES + 1)
        if not raw:
            raise StopIteration
        self._number += 1
        if len(raw) > MAX_LINE_BYTES and not raw.endswith(b"\n"):
            self._skip_rest()
        return self._number, raw

    def put_back(self, lines: list[NumberedLine]) -> None:
        self._waiting.extendleft(reversed(lines))

    def _skip_rest(self) -> None:
        while True:
            rest = self._stream.readline(MAX_LINE_BYTES)
            if not rest or rest.endswith(b"\n"):
                return


def _header(lines: _Lines, mapping: Mapping) -> tuple[str, list[str]]:
    """Return what stands between cells, and the columns by the names that the mapping knows them by."""
    for line, raw in lines:
        if not raw.strip():
            continue
        delimiter = mapping.delimiter_in(raw.decode(errors="replace"))
        found = _cells_of(line, raw, delimiter)
        if isinstance(found, RowRejected):
            raise ImportFailed(f"the header (line {line}) can't be read: {found.message}")
        return delimiter, mapping.headers([name.strip() for name in found])
    raise ImportFailed("the file is empty; its first line must name the columns")


def _plain_cells(line: int, raw: bytes, columns: int, delimiter: str) -> list[str] | RowRejected:
    """Return the cells of a line without quotes; none for a blank line. Splitting is then all that CSV asks for."""
    if raw.isspace():
        return []
    try:
        cells = raw.decode().rstrip("\r\n").split(delimiter)
    except UnicodeDecodeError as error:
        return _not_utf8(line, raw, error)
    if len(cells) == columns and len(raw) < MAX_CELL_CHARS and b"\0" not in raw:
        return cells
    return _checked(line, raw, cells, columns)


def _quoted_cells(lines: _Lines, first: NumberedLine, columns: int, delimiter: str) -> list[str] | RowRejected:
    """Return the cells of a row with quotes, which may go over several lines.

    Lines are joined while a quote is open. When that does not end in a sound row, only the first line is rejected and
    the others are read again by themselves.
    """
    line, raw = first
    joined = [first]
    record = raw
    while record.count(b'"') % 2 and len(joined) < MAX_ROW_LINES and len(record) < MAX_LINE_BYTES:
        following = next(lines, None)
        if following is None:
            break
        joined.append(following)
        record += following[1]
    found = _cells_of(line, record, delimiter)
    if not isinstance(found, RowRejected):
        found = _checked(line, record, found, columns)
    if isinstance(found, RowRejected) and len(joined) > 1 and not _closes(record, columns, delimiter):
        lines.put_back(joined[1:])
    return found


def _closes(record: bytes, columns: int, delimiter: str) -> bool:
    """Whether the lines of a rejected row do belong together, and only what is in its cells can't be used."""
    cells = _cells_of(0, record.decode(errors="replace").encode(), delimiter)
    return not isinstance(cells, RowRejected) and len(cells) == columns


def _cells_of(line: int, record: bytes, delimiter: str) -> list[str] | RowRejected:
    try:
        text = record.decode()
    except UnicodeDecodeError as error:
        return _not_utf8(line, record, error)
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        reason = "a quote is not closed" if "unexpected end" in str(error) else str(error)
        return RowRejected(line, UNREADABLE, f"the row is no valid CSV: {reason}", _excerpt(record))


def _checked(line: int, raw: bytes, cells: list[str], columns: int) -> list[str] | RowRejected:
    if len(raw) > MAX_LINE_BYTES:
        return RowRejected(line, TOO_LONG, f"the row is longer than {MAX_LINE_BYTES} bytes", _excerpt(raw))
    if b"\0" in raw:
        return RowRejected(line, UNREADABLE, "the row contains NUL bytes", _excerpt(raw))
    if len(cells) != columns:
        return RowRejected(line, RAGGED, f"the row has {len(cells)} cells, the header has {columns}", _excerpt(raw))
    if any(len(cell) > MAX_CELL_CHARS for cell in cells):
        return RowRejected(line, TOO_LONG, f"a cell is longer than {MAX_CELL_CHARS} characters", _excerpt(raw))
    return cells


def _json_rows(lines: Iterator[NumberedLine]) -> Iterator[tuple[int, dict[str, object] | RowRejected, bytes]]:
    for line, raw in lines:
        if raw.isspace():
            continue
        yield line, _json_object(line, raw), raw


def _json_object(line: int, raw: bytes) -> dict[str, object] | RowRejected:
    if len(raw) > MAX_LINE_BYTES:
        return RowRejected(line, TOO_LONG, f"the line is longer than {MAX_LINE_BYTES} bytes", _excerpt(raw))
    try:
        found = _decode_json(raw)
    except UnicodeDecodeError as error:
        return _not_utf8(line, raw, error)
    except _MALFORMED as error:
        return RowRejected(line, UNREADABLE, f"the line is not valid JSON: {error}", _excerpt(raw))
    if not isinstance(found, dict):
        return RowRejected(line, UNREADABLE, "the line is JSON but no object", _excerpt(raw))
    return found


def _check_keys(mapping: Mapping, objects: list[dict[str, object]]) -> None:
    """Raise ImportFailed when a mapped key is in none of the first objects: then the mapping, not a row, is wrong."""
    if not objects:
        return
    keys = mapping.headers(list(dict.fromkeys(key for each in objects for key in each)))
    missing = missing_column(mapping, keys)
    if missing is not None:
        raise missing


def _not_utf8(line: int, raw: bytes, error: UnicodeDecodeError) -> RowRejected:
    byte = raw[error.start] if error.start < len(raw) else 0
    message = f"the row is not valid UTF-8 (byte 0x{byte:02x} at position {error.start})"
    return RowRejected(line, NOT_UTF8, message, _excerpt(raw))


def _excerpt(raw: bytes) -> str:
    text = raw[: 4 * EXCERPT_CHARS].decode(errors="replace").rstrip("\r\n")
    return shown(text, EXCERPT_CHARS)[1:-1]
