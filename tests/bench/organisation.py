"""The demo organisations that benchmarks ask: made once, kept under BENCH_DIR (a folder in /tmp unless set).

BENCH_EVENTS, comma-separated, names other sizes; from twenty million on, a tenth is made and copied.
"""

import os
import tempfile
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

import duckdb

from outlay.access.sessions import Sessions
from outlay.app import LEDGER_FILE
from outlay.control.database import CONTROL_FILE, open_control
from outlay.control.members import members_of
from outlay.control.organisations import DEFAULT_ORGANISATION
from outlay.kit.clock import SystemClock
from tests.bench.grow import TIMES, grow
from tests.bench.report import Report
from tests.live import outlay

MONTHS: Final = 12
MOST_MADE: Final = 20_000_000  # more are copies of a tenth


def sizes_asked(default: str = "1000000,10000000") -> list[int]:
    return [int(text) for text in os.environ.get("BENCH_EVENTS", default).split(",")]


def organisation_with(events: int, report: Report) -> Path:
    """Return the data directory of an organisation with so many events; make it when it is not there."""
    folder = Path(os.environ.get("BENCH_DIR", Path(tempfile.gettempdir()) / "outlay-bench")) / str(events)
    began = perf_counter()
    if events > MOST_MADE and not folder.exists():
        grow(organisation_with(events // TIMES, report), folder)
    outlay("demo", "--data", str(folder), "--events", str(events), "--months", str(MONTHS), "--if-missing")
    seconds = perf_counter() - began
    if seconds > 10:
        report.figure(f"{events:,} events made, priced and stored", events / seconds, "1/s")
    report.figure(f"{events:,} events on disk", (folder / LEDGER_FILE).stat().st_size / 1e6, "MB")
    return folder


def months_in(data: Path) -> list[str]:
    with duckdb.connect(str(data / LEDGER_FILE), read_only=True) as connection:
        found = connection.execute("SELECT DISTINCT strftime(day, '%Y-%m') FROM usage_day ORDER BY 1").fetchall()
        return [month for (month,) in found]


def session_in(data: Path) -> str:
    """Return the token of a new session of the organisation's admin."""
    control = open_control(data / CONTROL_FILE)
    admin = next(member for member in members_of(control, DEFAULT_ORGANISATION) if member.role == "admin")
    token, _ = Sessions(control, timedelta(hours=1)).open(admin, SystemClock().now())
    control.close()
    return token
