"""The manifest as lines that people read: the first sheet of a workbook."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from outlay.kit.money import plain
from outlay.web.export.manifest import PRODUCT, Figure, Manifest
from outlay.web.export.table import ExportFile, ExportTable

Line = tuple[str, str]


def about_lines(file: ExportFile) -> Iterator[Line]:
    """Yield what a reader must know of the figures, each with its name."""
    about = file.manifest
    yield "Made by", PRODUCT
    yield "Made at", _instant(about.made_at)
    yield "Organisation", about.organisation
    yield "Page", about.page
    yield "Question", about.query
    yield "Period", f"{_instant(about.period.start)} up to but without {_instant(about.period.end)}"
    yield "Days and local times", about.zone
    yield from _baseline(about)
    yield "Seen by", f"role {about.role}: {about.scope}"
    yield "Ledger watermark", str(about.watermark)
    yield from _figures("Total", about.totals)
    yield from _conversion(about)
    for table in file.tables:
        yield table.title, f"table {table.id}, {_counted(table.count)}{_adding_up(table)}"
    for note in about.notes:
        yield "Note", note


def _conversion(about: Manifest) -> Iterator[Line]:
    rate = about.conversion
    if rate is None:
        return
    yield "Amounts", f"in USD, and in {rate.currency} at {plain(rate.per_usd)} for a dollar, the rate of {rate.day}"
    for name, value in (about.converted or {}).items():
        yield f"Total {name} in {rate.currency}", _figure(value)


def _baseline(about: Manifest) -> Iterator[Line]:
    if about.baseline is None:
        return
    span, running = about.baseline.span, about.baseline.running
    same = ", as much as has elapsed of the period" if running else ""
    yield "Compared with", f"{_instant(span.start)} up to but without {_instant(span.end)}{same}"
    yield from _figures("Before", about.before or {})


def _figures(what: str, figures: Mapping[str, Figure]) -> Iterator[Line]:
    for name, value in figures.items():
        yield f"{what} {name}", _figure(value)


def _figure(value: Figure) -> str:
    match value:
        case None:
            return "unknown"
        case Decimal():
            return plain(value)
        case datetime():
            return _instant(value)
        case _:
            return str(value)


def _counted(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows:,} rows"


def _adding_up(table: ExportTable) -> str:
    match table.adds_up:
        case None:
            return ""
        case True:
            return ", which make exactly its total"
        case False:
            return ", which do not make its total"


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(sep=" ")
