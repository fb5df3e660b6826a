"""ZIP: one CSV per table and `manifest.json`, compressed while it is sent; nothing of it is ever held whole."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import IO, Final, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from outlay.web.export.csv_file import csv_of
from outlay.web.export.json_file import manifest_bytes
from outlay.web.export.table import ExportFile

MANIFEST_FILE: Final = "manifest.json"
_FIRST_YEAR: Final = 1980  # what the format can name


class _Outlet:
    """Takes what the archive writes, and gives it on. No more of a file is needed where nothing is sought."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: what was written is here already."""

    def taken(self) -> bytes:
        taken, self._waiting = b"".join(self._waiting), []
        return taken


def archive_pieces(file: ExportFile) -> Iterator[bytes]:
    """Yield the file."""
    outlet = _Outlet()
    with ZipFile(cast("IO[bytes]", outlet), "w", ZIP_DEFLATED, compresslevel=6) as archive:
        yield from _member(archive, outlet, _info(file, MANIFEST_FILE), [manifest_bytes(file)])
        for table in file.tables:
            lines = csv_of(table.all_columns, table.all_rows())
            yield from _member(archive, outlet, _info(file, f"{table.id}.csv"), lines)
    yield outlet.taken()


def _member(archive: ZipFile, outlet: _Outlet, info: ZipInfo, pieces: Iterable[bytes]) -> Iterator[bytes]:
    with archive.open(info, "w", force_zip64=True) as member:
        for piece in pieces:
            member.write(piece)
            if compressed := outlet.taken():
                yield compressed
    yield outlet.taken()


def _info(file: ExportFile, name: str) -> ZipInfo:
    made: datetime = file.manifest.made_at.astimezone(UTC)
    info = ZipInfo(name, (max(made.year, _FIRST_YEAR), made.month, made.day, made.hour, made.minute, made.second))
    info.compress_type = ZIP_DEFLATED
    return info
