"""Finds the files an import means and gives their rows, whatever format and compression they have.

A folder stands for every file in it, at any depth, whose name fits the kind; hidden ones are left alone.
"""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

from outlay.capture.arrays import begins_as_json
from outlay.capture.files import ByteSource, Counted, damage_named, decompressed
from outlay.capture.mapping import Mapping
from outlay.capture.parquet import read_parquet
from outlay.capture.rowmap import FileOrigin
from outlay.capture.tabular import ReadRow, read_csv, read_jsonl
from outlay.capture.traces import COMPRESSED, SUFFIXES, Format, Kind
from outlay.errors import ImportFailed

Opened = Callable[[Counted], None]


def files_at(path: Path, kind: Kind) -> list[Path]:
    """Return the file, or the files of a folder in the order of their names; ImportFailed when there is none."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise ImportFailed(f"there is no file or folder {path}")
    found = sorted(each for each in path.rglob("*") if kind.matches(each.name) and each.is_file())
    found = [each for each in found if not any(part.startswith(".") for part in each.relative_to(path).parts)]
    if not found:
        endings = ", ".join(SUFFIXES[kind.format])
        packed = "" if kind.format == "parquet" else f" (also {' and '.join(COMPRESSED[1:])})"
        raise ImportFailed(f"there is no file ending in {endings}{packed} in {path}")
    return found


def rows_of_file(path: Path, form: Format, mapping: Mapping, origin: FileOrigin, opened: Opened) -> Iterator[ReadRow]:
    """Yield the rows of a file from its start. `opened` gets the byte counter; Parquet has none."""
    if form == "parquet":
        with damage_named(str(path)):
            yield from read_parquet(path, mapping, origin)
        return
    with damage_named(str(path)), path.open("rb", buffering=0) as source:
        yield from rows_of_stream(source, form, mapping, origin, opened)


def rows_of_stream(
    source: ByteSource, form: Format, mapping: Mapping, origin: FileOrigin, opened: Opened
) -> Iterator[ReadRow]:
    """Yield the rows of a stream of CSV or JSON."""
    counted = Counted(source)
    opened(counted)
    stream: io.BufferedReader = decompressed(counted)
    as_csv = form == "csv" or (form == "table" and not begins_as_json(stream))
    yield from (read_csv if as_csv else read_jsonl)(stream, mapping, origin)
