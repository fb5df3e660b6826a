"""Promise: a move of past calls that was killed in between is finished by running it again, exactly once."""

import signal
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Final

import duckdb

from outlay.app import LEDGER_FILE
from tests.crashes.preloaded import preloaded
from tests.live import outlay

KILLS: Final = 6
ROWS: Final = 12_000
MAPPING: Final = """[columns]
time = "at"
user = "user"
team = "team"
model = "model"
provider = "provider"
tokens.output = "n"
"""


def test_a_move_that_is_killed_is_finished_by_running_it_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    lines = [f"2026-09-{number % 28 + 1:02} 12:00:00,u1,growth,gpt-4o,openai,{number}" for number in range(ROWS)]
    (tmp_path / "calls.csv").write_text("\n".join(["at,user,team,model,provider,n", *lines]))
    (tmp_path / "calls.toml").write_text(MAPPING)
    told = ["--data", str(data)]
    outlay("import", "csv", str(tmp_path / "calls.csv"), "--mapping", str(tmp_path / "calls.toml"), *told)
    outlay("members", "add", "ada@example.com", "--user", "u1", "--team", "growth", "--team", "core", *told)
    ((_, *before),) = _figures(data)
    command = ["members", "move", "ada@example.com", "--from", "growth", "--to", "core", "--since", "2026-01-01"]
    random = Random(7)
    with preloaded() as commands:
        begun = monotonic()
        assert commands.run(*command, "--dry-run", *told) == 0
        whole = 2 * (monotonic() - begun)
        killed = 0
        for _ in range(KILLS):
            commands.start(*command, "--yes", *told)
            sleep(random.random() * whole)
            killed += commands.kill() == -signal.SIGKILL
        assert killed
        assert commands.run(*command, "--yes", *told) == 0
        assert commands.run("verify", *told) == 0
    assert _figures(data) == [("core", *before)]
    with duckdb.connect(str(data / LEDGER_FILE), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM events WHERE repricing IS NOT NULL").fetchall() == [(2 * ROWS,)]


def _figures(data: Path) -> list[tuple[str, int, int, int]]:
    """Return requests, output and cost in picodollars of each team that has any."""
    asked = """SELECT team, sum(requests), sum(output), CAST(sum(cost) * 1000000000000 AS HUGEINT) FROM events
        GROUP BY team HAVING sum(requests) <> 0 OR sum(output) <> 0 OR sum(cost) <> 0"""
    with duckdb.connect(str(data / LEDGER_FILE), read_only=True) as connection:
        return connection.execute(asked).fetchall()
