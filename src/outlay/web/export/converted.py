"""Files in the organisation's currency: beside every column of dollars one of what they are at the file's one rate.

Nothing is rounded: the column's rows make its total as exactly as those in dollars do.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.query.catalogue import MEASURES
from outlay.web.currency import Shown
from outlay.web.export.manifest import Conversion, Manifest
from outlay.web.export.table import Column, ExportFile, ExportTable, Record

_USD: Final = "USD"


def with_converted(file: ExportFile, shown: Shown) -> ExportFile:
    """Return the file with its amounts in the currency too, and the rate in its manifest; for USD as it is."""
    if shown.day is None:
        return file
    tables = tuple(_table(each, shown) for each in file.tables)
    return replace(file, tables=tables, manifest=_manifest(file.manifest, shown))


class _Rows(Struct, frozen=True):
    """Rows with what `names` says: the column of dollars, and that of the other currency."""

    rows: Iterable[Record]
    names: Mapping[str, str]
    shown: Shown

    def __iter__(self) -> Iterator[Record]:
        return (self.converted(row) for row in self.rows)

    def converted(self, row: Record) -> Record:
        found = dict(row)
        for usd, other in self.names.items():
            amount = row.get(usd)
            if isinstance(amount, Decimal):
                found[other] = self.shown.of(amount)
        return found


def _table(table: ExportTable, shown: Shown) -> ExportTable:
    if table.dollars_only:
        return table
    names = {each.id: f"{each.id}_{shown.code.lower()}" for each in table.columns if each.kind == "money"}
    rows = _Rows(table.rows, names, shown)
    columns: list[Column] = []
    for each in table.columns:
        columns.append(each)
        if each.id in names:
            columns.append(Column(names[each.id], "converted", _heading(each, shown.code)))
    total = None if table.total is None else rows.converted(table.total)
    return replace(table, columns=tuple(columns), rows=rows, total=total)


def _heading(column: Column, code: str) -> str:
    heading = column.heading
    return heading.replace(_USD, code) if _USD in heading else f"{heading} ({code})"


def _manifest(manifest: Manifest, shown: Shown) -> Manifest:
    if shown.day is None:
        return manifest
    totals = {
        name: shown.of(value)
        for name, value in manifest.totals.items()
        if isinstance(value, Decimal) and name in MEASURES and MEASURES[name].kind == "money"
    }
    conversion = Conversion(currency=shown.code, per_usd=shown.per_usd, day=shown.day)
    return replace(manifest, conversion=conversion, converted=totals)
