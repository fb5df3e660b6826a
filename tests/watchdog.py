"""Ends what a test run started and could not end itself, because it was killed: servers, browsers, Postgres.

A shell stands beside each process that runs tests, at the other end of a pipe. When that process is gone, however it
went, the pipe ends, and the shell ends all that inherited this process's mark in its environment. Where there is no
/proc nothing is found, and left-overs stay.
"""

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Final
from uuid import uuid4

_MARK: Final = "TESTS_RUN_BY"  # not OUTLAY_…: it is no setting, and the tests of pages drop those
_PATIENCE_SECONDS: Final = 10
# SIGINT first: Postgres gives its shared memory back then. What is killed may write into its folder a moment longer.
_SHELL: Final = """
cat >/dev/null
marked() { grep -lzxF "$1" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3; }
found=$(marked "$1")
[ -z "$found" ] || kill -INT $found
for _ in $(seq "$2"); do
    found=$(marked "$1")
    [ -n "$found" ] || break
    sleep 1
done
[ -z "$found" ] || kill -KILL $found
for _ in $(seq "$2"); do
    rm -rf "$3"* && break
    sleep 1
done
"""


def folder_prefix() -> str:
    """Return what the name of a temporary folder begins with that goes when this process does."""
    return f"outlay-tests-{os.getpid()}-"


def start_watchdog() -> subprocess.Popen[bytes]:
    """Start the shell, and mark what this process starts from now on."""
    mark = uuid4().hex
    folders = str(Path(tempfile.gettempdir()) / folder_prefix())
    shell = subprocess.Popen(
        ["/bin/sh", "-c", _SHELL, "watchdog", f"{_MARK}={mark}", str(_PATIENCE_SECONDS), folders],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C, and whoever ends a whole group, mean the tests
    )
    os.environ[_MARK] = mark
    return shell
