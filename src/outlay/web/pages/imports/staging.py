"""Files that were uploaded and are not stored yet, in a folder of the data directory, for their owner's eyes alone.

A member has one at a time: the next upload takes the place of the last, unless that is being stored. What is left over
is removed with the first upload after a day and at every start, when nobody can be looking at it any more.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Final

from msgspec import Struct, field

from outlay.errors import NotFound, Unavailable
from outlay.kit.ids import new_id

FOLDER: Final = "uploads"
KEPT: Final = timedelta(days=1)
MOST_NAME_CHARS: Final = 120
SPARE_BYTES: Final = 256 * 1024 * 1024  # the ledger needs room more than any upload


class Choice(Struct, frozen=True):
    """How the file is to be read, as it was filled in; `kind` is empty where the file tells it."""

    kind: str = ""
    mapping: str = ""
    fills: dict[str, str] = field(default_factory=dict)


class Upload(Struct, frozen=True):
    """One uploaded file; `file_name` is what its owner calls it, `path` where it lies."""

    id: str
    organisation: str
    member: str
    file_name: str
    size: int
    at: datetime
    path: Path
    choice: Choice


class Staging:
    """The uploads of this process. What another process left is gone after `clear`."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER
        self._uploads: dict[str, Upload] = {}

    def clear(self) -> None:
        """Remove whatever an earlier process left."""
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def receiving(self) -> Iterator[IO[bytes]]:
        """Give a new file to write into; it is removed again unless the block ends without an error.

        Raises Unavailable where the disk has no room to spare.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(self._folder).free < SPARE_BYTES:
            raise Unavailable("the disk of the data directory is nearly full; no file can be uploaded")
        path = self._folder / new_id("upload")
        complete = False
        try:
            with open(path, "xb", opener=_for_the_owner) as file:
                yield file
            complete = True
        finally:
            if not complete:
                path.unlink(missing_ok=True)

    def keep(self, upload: Upload, needed: Callable[[str], bool]) -> list[str]:
        """Remember an upload, in the place of its member's last one and of those that are too old; return these.

        What is still `needed` stays.
        """
        gone = []
        for other in list(self._uploads.values()):
            same = (other.organisation, other.member) == (upload.organisation, upload.member)
            if (same or upload.at - other.at > KEPT) and not needed(other.id):
                self.remove(other)
                gone.append(other.id)
        self._uploads[upload.id] = upload
        return gone

    def find(self, organisation: str, member: str, upload: str) -> Upload:
        """Return a member's own upload; NotFound when it is gone or another's."""
        found = self._uploads.get(upload)
        if found is None or (found.organisation, found.member) != (organisation, member):
            raise NotFound("there is no such upload, or it was stored or discarded already")
        return found

    def of(self, organisation: str, member: str) -> Upload | None:
        """Return the member's upload that waits to be stored, if there is one."""
        mine = [each for each in self._uploads.values() if (each.organisation, each.member) == (organisation, member)]
        return mine[-1] if mine else None

    def change(self, upload: Upload) -> None:
        """Remember an upload in its own place."""
        self._uploads[upload.id] = upload

    def remove(self, upload: Upload) -> None:
        """Forget an upload and its file."""
        self._uploads.pop(upload.id, None)
        upload.path.unlink(missing_ok=True)


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def shown_name(file_name: str) -> str:
    """Return a file's name as it is shown: without the folder that some browsers send, short, and printable."""
    last = file_name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in last).strip()
    return clean[:MOST_NAME_CHARS] or "file"
