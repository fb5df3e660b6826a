"""A process that runs tests is killed: nothing that it started is left."""

import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import pytest

WITHIN_SECONDS: Final = 30
RUNS_TESTS: Final = """
import os, signal, subprocess, sys, tempfile
from tests.watchdog import folder_prefix, start_watchdog

watchdog = start_watchdog()
stubborn = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print(flush=True); time.sleep(600)"
children = [
    subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=apart)
    for command, apart in (
        (["sleep", "600"], False),
        (["sh", "-c", "sleep 600; true"], True),
        ([sys.executable, "-c", stubborn], False),
    )
]
children[-1].stdout.readline()
print(tempfile.mkdtemp(prefix=folder_prefix()), *(child.pid for child in children), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def lives(pid: str) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are found in /proc")
def test_nothing_outlives_a_run_that_was_killed() -> None:
    beside = Path(tempfile.mkdtemp(prefix="outlay-tests-of-another-"))
    with subprocess.Popen(["/bin/sleep", "600"]) as bystander:
        done = subprocess.run([sys.executable, "-c", RUNS_TESTS], stdout=subprocess.PIPE, text=True, check=False)
        folder, *pids = done.stdout.split()
        assert len(pids) == 3
        until = monotonic() + WITHIN_SECONDS
        while any(map(lives, pids)) or Path(folder).exists():
            assert monotonic() < until, "it stays for ever"
            sleep(0.05)
        assert bystander.poll() is None
        bystander.kill()
    beside.rmdir()
