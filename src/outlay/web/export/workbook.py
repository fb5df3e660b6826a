"""XLSX, written by XlsxWriter row by row: a sheet "About" with the manifest, then each table on sheets of its own.

A spreadsheet counts with fifteen digits. A number with more is written as text, exactly, so that nothing is lost
silently; an amount at an exchange rate, which nearly always has more, is rounded to them, and is exact in other files.
An instant is text too, beside which `wall` columns hold the local time to the millisecond as a date that can be
reckoned with. Text is always written as text: no cell ever becomes a formula or a link.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.exceptions import XlsxFileError  # type: ignore[import-untyped]

from outlay.errors import ExportTooLarge
from outlay.kit.money import plain
from outlay.kit.period import parse_zone
from outlay.web.export.about import about_lines
from outlay.web.export.manifest import moment_text
from outlay.web.export.spool import spooled
from outlay.web.export.table import KIND, Cell, Column, ExportFile, ExportTable, Kind, Record

SHEET_ROWS: Final = 1_048_576
MOST_CELLS: Final = 20_000_000
MOST_TEXT: Final = 32_767  # characters in a cell
EXACT_DIGITS: Final = 15
CUT: Final = " … (cut)"

_IN_DIGITS: Final = Context(prec=EXACT_DIGITS)
_FIRST_DAY: Final = date(1900, 3, 1)  # before it a spreadsheet counts a day that never was
_TOTAL: Final[dict[str, Any]] = {"bold": True, "top": 1}
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_FORMATS: Final[Mapping[Kind, tuple[int, str]]] = {  # width in characters, number format
    "text": (24, ""),
    "count": (12, "#,##0"),
    "tokens": (16, "#,##0"),
    "money": (18, "$#,##0.00##########"),
    "converted": (18, "#,##0.00##########"),
    "ratio": (14, "0.############"),
    "quantity": (14, "#,##0.######"),
    "duration": (12, "#,##0"),
    "time": (34, ""),
    "wall": (24, "yyyy-mm-dd hh:mm:ss.000"),
    "day": (12, "yyyy-mm-dd"),
    "list": (24, ""),
}


def workbook_pieces(file: ExportFile) -> Iterator[bytes]:
    """Yield the file. Raises ExportTooLarge when no spreadsheet could open it, ExportFailed when there is no room."""
    cells = sum(each.count * len(each.all_columns) for each in file.tables)
    if cells > MOST_CELLS:
        raise ExportTooLarge(
            f"this would be {cells:,} cells, and a workbook here has at most {MOST_CELLS:,}; "
            "take CSV or Parquet, or a shorter range"
        )
    return spooled(partial(write_workbook, file))


def write_workbook(file: ExportFile, path: Path, sheet_rows: int = SHEET_ROWS) -> None:
    """Write the file; a table with more rows than a sheet has goes on on the next."""
    book = xlsxwriter.Workbook(str(path), _OPTIONS | {"tmpdir": str(path.parent)})
    book.use_zip64()
    book.set_properties({"created": file.manifest.made_at.replace(tzinfo=None), "title": file.name})
    try:
        writer = _Writer(book, parse_zone(file.manifest.zone), sheet_rows)
        about = book.add_worksheet("About")
        for table in file.tables:
            writer.write(table)
        writer.write_about(about, file)
        book.close()
    except XlsxFileError as error:
        raise (error.__context__ if isinstance(error.__context__, OSError) else error) from error
    finally:
        for sheet in book.worksheets():
            sheet.row_data_fh.close()  # the library does so only where all went well


class _Writer:
    """Writes the sheets of one workbook. `_cut` counts the texts that no cell can hold whole."""

    def __init__(self, book: Any, zone: ZoneInfo, sheet_rows: int) -> None:  # noqa: ANN401 - the library has no types
        self._book = book
        self._zone = zone
        self._sheet_rows = sheet_rows
        self._heads = book.add_format({"bold": True, "bottom": 1})
        self._plain = {kind: book.add_format(_format(form)) for kind, (_, form) in _FORMATS.items()}
        self._bold = {kind: book.add_format(_format(form) | _TOTAL) for kind, (_, form) in _FORMATS.items()}
        self._cut = 0

    def write(self, table: ExportTable) -> None:
        columns, rows = table.all_columns, table.all_rows()
        for number in range(1, self._sheets_for(table) + 1):
            sheet = self._sheet(table.id if number == 1 else f"{table.id} {number}", columns)
            at = 0
            for at, row in enumerate(islice(rows, self._sheet_rows - 1), start=1):
                self._row(sheet, at, columns, row)
            sheet.autofilter(0, 0, at, len(columns) - 1)
        next(rows, None)  # says so where there are more than were announced

    def _sheets_for(self, table: ExportTable) -> int:
        rows = table.count + (table.total is not None)
        return max(1, -(-rows // (self._sheet_rows - 1)))

    def write_about(self, sheet: Any, file: ExportFile) -> None:  # noqa: ANN401 - as above
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 1, 100)
        lines = list(about_lines(file))
        if self._cut:
            lines.append(
                ("Note", f"{self._cut:,} texts are longer than a cell: they end in {CUT!r}; CSV has them whole")
            )
        for at, (name, value) in enumerate(lines):
            sheet.write_string(at, 0, name, self._heads if not at else None)
            sheet.write_string(at, 1, self._whole(value))

    def _sheet(self, name: str, columns: Sequence[Column]) -> Any:  # noqa: ANN401 - as above
        sheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for at, column in enumerate(columns):
            sheet.set_column(at, at, _FORMATS[column.kind][0])
            sheet.write_string(0, at, self._heading(column), self._heads)
        return sheet

    def _heading(self, column: Column) -> str:
        return f"{column.heading} ({self._zone.key})" if column.kind == "wall" else column.heading

    def _row(self, sheet: Any, at: int, columns: Sequence[Column], row: Record) -> None:  # noqa: ANN401 - as above
        formats = self._bold if row.get(KIND) == "total" else self._plain
        for place, column in enumerate(columns):
            cell = self._cell(row.get(column.id), column.kind)
            if isinstance(cell, str):
                sheet.write_string(at, place, cell, formats[column.kind])
            elif isinstance(cell, date):
                sheet.write_datetime(at, place, cell, formats[column.kind])
            elif cell is not None:
                sheet.write_number(at, place, cell, formats[column.kind])

    def _cell(self, value: Cell, kind: Kind) -> str | int | Decimal | date | None:
        """Return what is written: a text, a number that fifteen digits hold, a local date, or nothing."""
        match value:
            case Decimal() if kind == "converted":
                return _IN_DIGITS.plus(value)  # to be reckoned with; CSV and the manifest have it exactly
            case int() | Decimal():
                return value if _fits(value) else plain(Decimal(value))
            case datetime():
                return _wall(value, self._zone) if kind == "wall" else moment_text(value.astimezone(UTC))
            case date():
                return value if value >= _FIRST_DAY else value.isoformat()
            case None:
                return None
            case _:
                return self._whole(value if isinstance(value, str) else ", ".join(value)) or None

    def _whole(self, text: str) -> str:
        """Return the text; one that is longer than a cell ends in a mark, and is counted."""
        if len(text) * 2 <= MOST_TEXT or len(text.encode("utf-16-le")) <= MOST_TEXT * 2:
            return text
        self._cut += 1
        kept = text.encode("utf-16-le")[: (MOST_TEXT - len(CUT)) * 2]
        return kept.decode("utf-16-le", errors="ignore") + CUT


def _fits(value: int | Decimal) -> bool:
    """Say whether a spreadsheet's fifteen digits hold the number exactly."""
    digits = Decimal(value).as_tuple().digits
    return len("".join(map(str, digits)).strip("0")) <= EXACT_DIGITS


def _wall(moment: datetime, zone: ZoneInfo) -> datetime | str:
    local = moment.astimezone(zone)
    return local.replace(tzinfo=None) if local.date() >= _FIRST_DAY else local.isoformat()


def _format(form: str) -> dict[str, Any]:
    return {"num_format": form} if form else {}
