"""CSV: one header line and no comments, UTF-8, lines ended as RFC 4180 says.

Several tables become one, each line naming its table first.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from outlay.web.export.cells import csv_cell
from outlay.web.export.table import Column, ExportFile, Record, as_one

ROWS_AT_ONCE: Final = 200


def csv_pieces(file: ExportFile) -> Iterator[bytes]:
    """Yield the file."""
    columns, rows = as_one(file)
    yield from csv_of(columns, rows())


def csv_of(columns: Sequence[Column], rows: Iterable[Record]) -> Iterator[bytes]:
    """Yield one table."""
    ids = [column.id for column in columns]
    yield _lines([ids])
    coming = iter(rows)
    while some := list(islice(coming, ROWS_AT_ONCE)):
        # Most cells of a list of events are empty.
        yield _lines(["" if (cell := row.get(each)) is None else csv_cell(cell) for each in ids] for row in some)


def _lines(rows: Iterable[Sequence[str | int]]) -> bytes:
    found = io.StringIO()
    csv.writer(found, lineterminator="\r\n").writerows(rows)
    return found.getvalue().encode()
