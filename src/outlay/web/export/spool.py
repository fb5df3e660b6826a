"""Files that can't be made in one go: they are written to a temporary one first, which is gone whatever happens.

They lie where the system keeps temporary files (TMPDIR says where), not beside the ledger: a large export must not take
the room that events need.
"""

import errno
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Final

from outlay.errors import ExportFailed

PIECE_BYTES: Final = 64 * 1024
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_log = logging.getLogger(__name__)


def spooled(write: Callable[[Path], None]) -> Iterator[bytes]:
    """Let `write` make a file, then yield what is in it. Raises ExportFailed when there is no room for it."""
    with _translated(), TemporaryDirectory(prefix="outlay-export-") as folder:
        path = Path(folder) / "file"
        write(path)
        made = path.open("rb")
    with made:  # its name is gone already: nothing is left when the reader, or this process, goes away now
        while piece := made.read(PIECE_BYTES):
            yield piece


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise no_room() if error.errno in _NO_ROOM else _unwritable(error) from error


def no_room() -> ExportFailed:
    return ExportFailed(
        f"there is no room left for the file in {gettempdir()}; CSV and JSON need none, or set TMPDIR to a larger disk"
    )


def _unwritable(error: OSError) -> ExportFailed:
    _log.error("an export could not be written", exc_info=error)
    return ExportFailed(f"the file could not be written in {gettempdir()}: {error.strerror}; CSV and JSON need no disk")
