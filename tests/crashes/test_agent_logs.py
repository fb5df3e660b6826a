"""The import of agents' logs is killed wherever it is, while the logs grow: every call counts once, with all of it."""

import random
import subprocess
import sys
from pathlib import Path
from time import sleep

import duckdb
import pytest

from outlay.app import LEDGER_FILE
from tests.bench.agent_logs import make_logs
from tests.control_engine import environment_for
from tests.live import outlay

KILLS = 12
READERS = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from outlay.intake import log_pieces

if __name__ == "__main__":
    pool = ProcessPoolExecutor(1, get_context("spawn"), log_pieces._begin)
    print(pool.submit(os.getpid).result(), flush=True)
    time.sleep(60)
"""
CALLS = "SELECT sum(requests), sum(output), sum(cache_write_other), count(DISTINCT id) - count(*) FROM events"


@pytest.mark.parametrize("seed", range(2))
def test_kill_9_at_any_moment(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    make_logs(tmp_path / "whole", 8_000_000)
    growing = tmp_path / "growing"
    command = [sys.executable, "-c", "from outlay.cli import main; main()", "import", "claude-code", str(growing)]
    command += ["--data", str(tmp_path / "data")]
    rest = {path.relative_to(tmp_path / "whole"): path.read_bytes() for path in (tmp_path / "whole").rglob("*.jsonl")}
    killed = 0
    for _ in range(KILLS):
        for name, content in rest.items():
            part = chance.randrange(len(content) // 4 + 1)
            (growing / name).parent.mkdir(parents=True, exist_ok=True)
            with (growing / name).open("ab") as log:
                log.write(content[:part])
            rest[name] = content[part:]
        with subprocess.Popen(
            command, env=environment_for(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            sleep(chance.uniform(0.3, 3))
            killed += process.poll() is None
            process.kill()
    for name, content in rest.items():
        with (growing / name).open("ab") as log:
            log.write(content)
    outlay(*command[3:])
    outlay("import", "claude-code", str(tmp_path / "whole"), "--data", str(tmp_path / "once"))
    assert killed
    assert _figures(tmp_path / "data") == _figures(tmp_path / "once")
    assert outlay("verify", "--data", str(tmp_path / "data")).returncode == 0


def test_readers_end_with_the_process_that_was_killed(tmp_path: Path) -> None:
    program = tmp_path / "import_logs.py"
    program.write_text(READERS)
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        reader = int(process.stdout.readline())
        assert Path(f"/proc/{reader}").exists()
        process.kill()
    for _ in range(200):
        if not Path(f"/proc/{reader}").exists():
            return
        sleep(0.1)
    pytest.fail("the reader waits for ever")


def _figures(data: Path) -> tuple[object, ...]:
    with duckdb.connect(str(data / LEDGER_FILE), read_only=True) as connection:
        (figures,) = connection.execute(CALLS).fetchall()
    return figures
