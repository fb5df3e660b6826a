"""Promise: a change of zone that was killed, however often and whenever, the next start does, and doubles nothing."""

import signal
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Final

import duckdb

from outlay.app import LEDGER_FILE
from outlay.kit.period import local_day, parse_zone
from outlay.ledger.duckdb import DuckLedger
from tests.crashes.preloaded import Preloaded, preloaded
from tests.live import outlay

KILLS: Final = 8
ROWS: Final = 12_000
MAPPING: Final = '[columns]\ntime = "at"\nuser = "user"\nmodel = "model"\nprovider = "provider"\ntokens.output = "n"\n'
BEGIN: Final = datetime(2026, 9, 1, tzinfo=UTC)
ZONES: Final = ("Asia/Kathmandu", "America/New_York", "Pacific/Kiritimati")


def test_a_change_of_zone_that_is_killed_is_done_by_the_next(tmp_path: Path) -> None:
    data, random = tmp_path / "data", Random(7)
    times = [BEGIN + timedelta(minutes=3 * number) for number in range(ROWS)]
    lines = [f"{time:%Y-%m-%d %H:%M:%S},u{at % 50},own-7b,selfhosted,{at}" for at, time in enumerate(times)]
    (tmp_path / "calls.csv").write_text("\n".join(["at,user,model,provider,n", *lines]))
    (tmp_path / "calls.toml").write_text(MAPPING)
    told = ("--data", str(data))
    outlay("import", "csv", str(tmp_path / "calls.csv"), "--mapping", str(tmp_path / "calls.toml"), *told)
    _fold(data)
    with preloaded() as commands:
        begun = monotonic()
        _work(commands, "Europe/Berlin", told)
        whole = monotonic() - begun
        assert _days(data) == _expected(times, "Europe/Berlin")
        killed = 0
        for number in range(KILLS):
            zone = ZONES[number // 2 % len(ZONES)]  # some are wanted while another is half done
            assert commands.run("organisations", "set", "--zone", zone, *told) == 0
            commands.start("retention", *told)
            sleep(random.random() * whole)
            killed += commands.kill() == -signal.SIGKILL
            assert sum(_days(data).values()) == ROWS
        assert killed
        assert commands.run("verify", *told) == 0
        _work(commands, "Asia/Kathmandu", told)
        assert commands.run("verify", *told) == 0
    assert _days(data) == _expected(times, "Asia/Kathmandu")
    with duckdb.connect(str(data / LEDGER_FILE), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM hidden_editions").fetchall() == [(0,)]
        assert connection.execute("SELECT count(DISTINCT edition) FROM usage_day_sums").fetchall() == [(1,)]


def _work(commands: Preloaded, zone: str, told: tuple[str, str]) -> None:
    assert commands.run("organisations", "set", "--zone", zone, *told) == 0
    assert commands.run("retention", *told) == 0


def _fold(data: Path) -> None:
    """Have something to count: so few events would all wait to be folded."""
    with closing(DuckLedger(data / LEDGER_FILE, lambda _: parse_zone("UTC"))) as ledger:
        ledger.fold()


def _expected(times: list[datetime], zone: str) -> Counter[date]:
    return Counter(local_day(time, parse_zone(zone)) for time in times)


def _days(data: Path) -> Counter[date]:
    """Return the requests of each day, as readers get them."""
    both = "SELECT * FROM usage_day UNION ALL SELECT * FROM usage_day_recent"
    with duckdb.connect(str(data / LEDGER_FILE), read_only=True) as connection:
        found = connection.execute(f"SELECT day, sum(requests) FROM ({both}) GROUP BY day").fetchall()
    return Counter({day: int(requests) for day, requests in found})
