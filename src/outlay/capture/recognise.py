"""Tells what kind of file one is, from its beginning: the columns of its header or the keys of its first object.

What no built-in kind fits is left to a mapping of the user's. Nothing is told by a file's name.
"""

import csv
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from outlay.capture.arrays import begins_as_json, elements, is_array
from outlay.capture.columns import missing_column
from outlay.capture.files import Counted, damage_named, decompressed
from outlay.capture.tabular import MAX_LINE_BYTES
from outlay.capture.traces import KINDS, Format, Kind

_PARQUET: Final = b"PAR1"
_BOM: Final = b"\xef\xbb\xbf"


class Recognised(Struct, frozen=True):
    """What a file looks like: the built-in kind that reads it, if any, and its format and columns."""

    kind: Kind | None
    format: Format
    columns: tuple[str, ...]


def recognised(path: Path) -> Recognised:
    """Return what a file looks like. Raises ImportFailed where it is damaged."""
    with damage_named(path.name), path.open("rb", buffering=0) as source:
        stream = decompressed(Counted(source))
        if stream.peek(4)[:4] == _PARQUET:
            return Recognised(None, "parquet", ())
        if is_array(stream):
            return _told("jsonl", [_keys(next(elements(stream, MAX_LINE_BYTES), (0, b""))[1])])
        as_json = begins_as_json(stream)
        line = stream.readline(MAX_LINE_BYTES).removeprefix(_BOM)
    if as_json:
        return _told("jsonl", [_keys(line)])
    header = line.decode(errors="replace").strip()
    return _told("csv", [_cells(header, delimiter) for delimiter in ",;\t"])


def _told(form: Format, readings: list[list[str]]) -> Recognised:
    """Return the first kind of this format that has its columns in one of the ways to read the header."""
    for columns in readings:
        for kind in KINDS:
            if kind.format in {form, "table"} and _fits(kind, columns):
                return Recognised(kind, form, tuple(columns))
    return Recognised(None, form, max((tuple(columns) for columns in readings), key=len))


def _fits(kind: Kind, columns: list[str]) -> bool:
    mapping = kind.mapping
    return mapping is not None and missing_column(mapping, mapping.headers(columns)) is None


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _keys(text: bytes) -> list[str]:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return list(islice(found, 1000)) if isinstance(found, dict) else []
