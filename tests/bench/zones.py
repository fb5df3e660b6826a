"""An organisation's days are counted in another zone while events keep coming: how long a commit waits, what it takes.

The demo organisation is copied, so that the one that others measure stays as it is. Commits are of some events each,
one after the other with short pauses; those of some seconds before tell what this machine is like just now.
"""

import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from time import perf_counter, sleep
from typing import Final, Self

from outlay.app import LEDGER_FILE
from outlay.control.organisations import DEFAULT_ORGANISATION
from outlay.kit.period import parse_zone
from outlay.ledger.duckdb import DuckLedger
from tests.bench.organisation import organisation_with, sizes_asked
from tests.bench.report import Report, Stopwatch, Target
from tests.ledger.making import NOON, priced

BEFORE_SECONDS: Final = 3.0
PAUSE_SECONDS: Final = 0.01
EVENTS_A_COMMIT: Final = 20
LONGEST: Final = Target(at_most=200)
ZONES: Final = ("Asia/Kathmandu", "Europe/Berlin")  # the second is counted if the first is the organisation's already


class Commits:
    """Commits of a thread of its own, until it is stopped: when each ended, and how long it took."""

    def __init__(self, ledger: DuckLedger) -> None:
        self._ledger = ledger
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.took: list[tuple[float, float]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def longest(self, begun: float, ended: float) -> float:
        return max((took for at, took in self.took if at >= begun and at - took <= ended), default=0.0)

    def _run(self) -> None:
        while not self._stop.is_set():
            number = len(self.took)
            events = [
                priced(
                    f"{number}-{each}", organisation=DEFAULT_ORGANISATION, time=NOON + timedelta(milliseconds=number)
                )
                for each in range(EVENTS_A_COMMIT)
            ]
            begun = perf_counter()
            self._ledger.append(events)
            ended = perf_counter()
            self.took.append((ended, ended - begun))
            sleep(PAUSE_SECONDS)


class Footprint:
    """The most memory of this process, and the most that the ledger had on disk, seen a few times a second."""

    def __init__(self, path: Path) -> None:
        self._files = (path, path.with_name(f"{path.name}.wal"))
        self.memory = self.disk = self.disk_before = 0
        self.look()
        self.disk_before = self.disk

    def look(self) -> None:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.memory = max(self.memory, pages * os.sysconf("SC_PAGE_SIZE"))
        self.disk = max(self.disk, sum(file.stat().st_size for file in self._files if file.exists()))


def run(report: Report) -> None:
    for events in sizes_asked():
        source = organisation_with(events, report)
        with tempfile.TemporaryDirectory(dir=source.parent) as folder:
            path = Path(folder) / LEDGER_FILE
            shutil.copy(source / LEDGER_FILE, path)
            with closing(DuckLedger(path, lambda _: parse_zone("UTC"))) as ledger:
                _measure(f"{events:,} events", ledger, path, report)


def _measure(what: str, ledger: DuckLedger, path: Path, report: Report) -> None:
    zone = next(parse_zone(name) for name in ZONES if not _is_in(ledger, name))
    while ledger.fold_runs():
        pass
    ledger.checkpoint()
    footprint = Footprint(path)
    with Commits(ledger) as commits:
        begun = perf_counter()
        sleep(BEFORE_SECONDS)
        report.figure(f"{what}: longest commit before", commits.longest(begun, perf_counter()) * 1e3, "ms")
        for name, work in (
            ("counted in another zone", lambda: ledger.count_in_zone(DEFAULT_ORGANISATION, zone)),
            ("swept out", ledger.sweep),
        ):
            begun = perf_counter()
            _go_through(work, footprint)
            ended = perf_counter()
            report.figure(f"{what}: {name}", ended - begun, "s")
            longest = commits.longest(begun, ended) * 1e3
            report.figure(f"{what}: longest commit while {name}", longest, "ms", LONGEST)
    with Stopwatch() as checkpoint:
        ledger.checkpoint()
    report.figure(f"{what}: next checkpoint", checkpoint.seconds, "s")
    report.figure(f"{what}: most memory", footprint.memory / 1e6, "MB")
    report.figure(f"{what}: most added on disk", (footprint.disk - footprint.disk_before) / 1e6, "MB")


def _go_through(work: Callable[[], object], footprint: Footprint) -> None:
    steps = work()
    assert hasattr(steps, "__iter__")
    for _ in steps:
        footprint.look()


def _is_in(ledger: DuckLedger, zone: str) -> bool:
    with ledger.snapshot() as snapshot:
        return snapshot.zone_of(DEFAULT_ORGANISATION).key == zone
