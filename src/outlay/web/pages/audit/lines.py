"""Entries as lines of a file: JSON objects, or rows of a CSV. The same from page, API and command line."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from outlay.audit.entries import Entry
from outlay.web.format import csv_text

COLUMNS: Final = (
    "number",
    "at",
    "actor_kind",
    "actor",
    "actor_name",
    "address",
    "action",
    "kind",
    "subject",
    "name",
    "before",
    "after",
    "previous",
    "hash",
)


def plain_of(entry: Entry) -> dict[str, Any]:
    """Return an entry by COLUMNS, as JSON carries it."""
    return {
        "number": entry.number,
        "at": entry.at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "actor_kind": entry.by.kind,
        "actor": entry.by.id,
        "actor_name": entry.by.name,
        "address": entry.by.address,
        "action": entry.action,
        "kind": entry.kind,
        "subject": entry.subject,
        "name": entry.name,
        "before": entry.before,
        "after": entry.after,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def csv_pieces(entries: Iterator[Entry]) -> Iterator[bytes]:
    """Yield a CSV: a header line, then one line an entry, guarded against spreadsheet formulas."""
    yield _csv_line(COLUMNS)
    for entry in entries:
        yield _csv_line([_cell(value) for value in plain_of(entry).values()])


def json_pieces(entries: Iterator[Entry]) -> Iterator[bytes]:
    """Yield a JSON array, one entry a line."""
    before = b"[\n"
    for entry in entries:
        yield before + msgspec.json.encode(plain_of(entry))
        before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[]\n"


def _csv_line(cells: Sequence[str]) -> bytes:
    found = io.StringIO()
    csv.writer(found, lineterminator="\r\n").writerow(cells)
    return found.getvalue().encode()


def _cell(value: Any) -> str:  # noqa: ANN401 - whatever JSON carries
    """Return what is missing as nothing, both sides of a change as JSON, and no text that begins a formula."""
    if value is None:
        return ""
    return csv_text(value) if isinstance(value, str) else msgspec.json.encode(value).decode()
