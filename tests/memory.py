"""Keeps what tests write in memory, where the machine has enough of it: they waited for the disk half of the time.

Databases make sure, many times in each test, that what they wrote has reached the disk. Nothing that is tested needs
one: a process that is killed leaves its files as they are, in memory as well.
"""

import os
import re
import tempfile
from pathlib import Path
from typing import Final

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - everything in it gets a name of its own
_NEEDED_BYTES: Final = 6 * 1024**3


def write_into_memory() -> None:
    """Put temporary files of this process, and of those it starts, there; not where TMPDIR says another place."""
    if "TMPDIR" not in os.environ and _is_large_enough():
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


def _is_large_enough() -> bool:
    try:
        found = os.statvfs(_MEMORY)
        available = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    except OSError:
        return False
    runs_programs = not found.f_flag & os.ST_NOEXEC  # some tests write programs
    enough = available is not None and 1024 * int(available[1]) > _NEEDED_BYTES
    return runs_programs and enough and found.f_bavail * found.f_frsize > _NEEDED_BYTES
