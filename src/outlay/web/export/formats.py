"""The formats a file can be had in, each by its ending: a function from a file to the bytes it is sent as."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from outlay.web.export.archive import archive_pieces
from outlay.web.export.csv_file import csv_pieces
from outlay.web.export.json_file import json_pieces
from outlay.web.export.parquet_file import parquet_pieces
from outlay.web.export.table import ExportFile
from outlay.web.export.workbook import workbook_pieces


class Format(Struct, frozen=True):
    """`pieces` makes the bytes one after the other; what can go wrong goes wrong before the first. `packed`: they are
    compressed already; `spooled`: the first piece comes when the whole file is made.
    """

    ending: str
    label: str
    media_type: str
    pieces: Callable[[ExportFile], Iterator[bytes]]
    packed: bool = False
    spooled: bool = False


FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {
        each.ending: each
        for each in (
            Format("csv", "CSV", "text/csv; charset=utf-8", csv_pieces),
            Format("json", "JSON", "application/json", json_pieces),
            Format("parquet", "Parquet", "application/vnd.apache.parquet", parquet_pieces, packed=True, spooled=True),
            Format(
                "xlsx",
                "Excel",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                workbook_pieces,
                packed=True,
                spooled=True,
            ),
            Format("zip", "CSV, one per table", "application/zip", archive_pieces, packed=True),
        )
    }
)
