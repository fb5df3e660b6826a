"""Measure: `python -m tests.bench [NAME …]`, all benchmarks or those named.

A benchmark is a module with `run(report)`; a new one is a file here and a line in BENCHMARKS. Where there is something
to compare with, both are measured in the same run on the same input, because only the ratio means something on another
machine. Nothing here is a test: a figure that misses its target is told, not failed.
"""

import argparse
import platform
from collections.abc import Callable, Mapping
from typing import Final

from tests.bench import agent_logs, footprint, gateway, intake, live, pages, paint, people, pricing, readings, zones
from tests.bench.report import Report

BENCHMARKS: Final[Mapping[str, Callable[[Report], None]]] = {
    "pricing": pricing.run,
    "readings": readings.run,
    "footprint": footprint.run,
    "intake": intake.run,
    "agent_logs": agent_logs.run,
    "gateway": gateway.run,
    "pages": pages.run,
    "paint": paint.run,
    "people": people.run,
    "live": live.run,
    "zones": zones.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure Outlay.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all when left out")
    names: list[str] = parser.parse_args().names
    for name in names:
        if name not in BENCHMARKS:
            parser.error(f"no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
    print(f"{platform.python_implementation()} {platform.python_version()} on {platform.machine()}")
    report = Report()
    for name in names or BENCHMARKS:
        report.section(name)
        BENCHMARKS[name](report)
    report.summary()


if __name__ == "__main__":
    main()
