"""How fast the Consumption page and the API answer from a year of a demo organisation, one and ten million events.

Beside the API's answer stands the same question put to the same file as one plain SQL statement over the events, which
is what a product without day sums would do.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter
from typing import Final

import duckdb
import httpx

from outlay.app import LEDGER_FILE
from outlay.web.gate import SESSION_COOKIE
from tests.bench.organisation import months_in, organisation_with, session_in, sizes_asked
from tests.bench.report import Report, Target
from tests.live import LiveOutlay, live_outlay

ASKED: Final = 60
PLAIN_SQL: Final = """
    SELECT time_bucket(INTERVAL 1 DAY, time) AS day, agent_type, sum(cost), sum(input_uncached + cache_read + output)
    FROM events WHERE organisation = 'default' AND time >= ? AND time < ? GROUP BY ALL
"""


def run(report: Report) -> None:
    for events in sizes_asked():
        data = organisation_with(events, report)
        months = months_in(data)
        plain = _plain_seconds(data, months)
        with live_outlay(data) as server:
            cookies = {SESSION_COOKIE: session_in(data)}
            _pages(server, cookies, months, events, report)
            asked = _api(server, months)
        report.figure(f"{events:,} events, API, day by agent type, median", median(asked) * 1e3, "ms")
        report.ratio(f"{events:,} events, time against plain SQL", median(asked), median(plain))


def _pages(server: LiveOutlay, cookies: dict[str, str], months: list[str], events: int, report: Report) -> None:
    chance = Random(1)
    with httpx.Client(base_url=server.url, cookies=cookies, trust_env=False, timeout=60) as client:

        def page(view: str) -> int:
            found = client.get("/consumption", params={"view": view, "r": chance.choice(months)})
            found.raise_for_status()
            return found.num_bytes_downloaded

        for view in ("cost", "activity"):
            sizes = [page(view) for _ in range(3)]
            seconds = list(_timed(partial(page, view)))
            name = f"{events:,} events, Consumption, {view}"
            report.figure(f"{name}, median", median(seconds) * 1e3, "ms")
            report.figure(f"{name}, 95th percentile", quantiles(seconds, n=20)[-1] * 1e3, "ms", Target(at_most=100))
            report.figure(f"{name}, compressed", max(sizes) / 1e3, "kB", Target(at_most=20))


def _api(server: LiveOutlay, months: list[str]) -> list[float]:
    chance = Random(2)
    return list(
        _timed(lambda: server.usage(measures="cost,tokens", by="agent_type", grain="day", r=chance.choice(months)))
    )


def _timed(ask: Callable[[], object]) -> Iterator[float]:
    for _ in range(ASKED):
        began = perf_counter()
        ask()
        yield perf_counter() - began


def _plain_seconds(data: Path, months: list[str]) -> list[float]:
    with duckdb.connect(str(data / LEDGER_FILE), read_only=True) as connection:

        def ask(month: str) -> None:
            year, number = map(int, month.split("-"))
            end = f"{year + number // 12}-{number % 12 + 1:02d}-01"
            connection.execute(PLAIN_SQL, [f"{month}-01", end]).fetchall()

        chance = Random(2)
        return list(_timed(lambda: ask(chance.choice(months))))
