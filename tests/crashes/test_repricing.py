"""Promise: a repricing that was killed, however often and whenever, is finished by running it again, exactly once."""

import signal
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Final

import duckdb

from outlay.app import LEDGER_FILE, PRICES_FILE
from tests.crashes.preloaded import preloaded
from tests.live import outlay

KILLS: Final = 12
ROWS: Final = 12_000
MAPPING: Final = '[columns]\ntime = "at"\nuser = "user"\nmodel = "model"\nprovider = "provider"\ntokens.output = "n"\n'
PRICE: Final = (
    '[[price]]\nprovider = "selfhosted"\nmodel = "own-7b"\nfrom = 2026-01-01\ninput = "0"\noutput = "0.123457"\n'
)


def test_a_repricing_that_is_killed_is_finished_by_running_it_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    lines = [f"2026-09-{number % 28 + 1:02} 12:00:00,u{number},own-7b,selfhosted,{number}" for number in range(ROWS)]
    (tmp_path / "calls.csv").write_text("\n".join(["at,user,model,provider,n", *lines]))
    (tmp_path / "calls.toml").write_text(MAPPING)
    told = ["--mapping", str(tmp_path / "calls.toml"), "--data", str(data)]
    outlay("import", "csv", str(tmp_path / "calls.csv"), *told)
    assert _figures(data) == (ROWS, ROWS, None, 0)
    (data / PRICES_FILE).write_text(PRICE)
    command = ["reprice", "--yes", "--data", str(data)]
    random = Random(7)
    with preloaded() as commands:
        begun = monotonic()
        assert commands.run("reprice", "--dry-run", "--data", str(data)) == 0
        whole = 2 * (monotonic() - begun)
        killed = 0
        for _ in range(KILLS):
            commands.start(*command)
            sleep(random.random() * whole)
            killed += commands.kill() == -signal.SIGKILL
        assert killed
        assert commands.run(*command) == 0
        assert commands.run("verify", "--data", str(data)) == 0
    cost = sum(range(ROWS)) * 123_457
    assert _figures(data) == (ROWS, 0, cost, 2 * ROWS)


def _figures(data: Path) -> tuple[int, int, int | None, int]:
    """Return requests, unpriced ones, cost in picodollars, and how many rows repricings wrote."""
    with duckdb.connect(str(data / LEDGER_FILE), read_only=True) as connection:
        found: tuple[int, int, int | None, int] = connection.execute(
            """SELECT sum(requests), sum(CASE WHEN cost_status = 'unpriced' THEN requests ELSE 0 END),
            CAST(sum(cost) * 1000000000000 AS HUGEINT), count(repricing) FROM events"""
        ).fetchall()[0]
        return found
