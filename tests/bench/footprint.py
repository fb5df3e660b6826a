"""What Outlay takes before anybody uses it: disk when installed, time to the first answer, memory when idle.

Beside it stands the least that could do the job's outline: one route of Starlette on uvicorn with DuckDB loaded. The
installation is measured in an environment of its own, from the locked dependencies, without the developers' tools.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep
from typing import Final, NamedTuple

import httpx

from tests.bench.report import Report, Target
from tests.shape.tree import ROOT

STARTS: Final = 5
IDLE_SECONDS: Final = 3.0
GIVE_UP_SECONDS: Final = 60.0

_LEAST: Final = """
import sys, duckdb, uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
duckdb.connect(sys.argv[1] + "/least.duckdb")
app = Starlette(routes=[Route("/healthz", lambda request: PlainTextResponse("ok"))])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="error")
"""


class Start(NamedTuple):
    """One start of a server. Its processor time does not depend on what else the machine is doing; the seconds do."""

    seconds: float
    processor_seconds: float
    idle_megabytes: float


def run(report: Report) -> None:
    report.figure("installed, with all dependencies", installed_megabytes(report), "MB", Target(at_most=200))
    with tempfile.TemporaryDirectory() as data:
        outlay = [str(Path(sys.executable).with_name("outlay")), "serve", "--data", data, "--port"]
        first = start_of(outlay)
        started = [start_of(outlay) for _ in range(STARTS)]
    with tempfile.TemporaryDirectory() as data:
        least = [start_of([sys.executable, "-c", _LEAST, data]) for _ in range(STARTS)]
    report.figure("first start, making its data directory", first.seconds, "s")
    for name, starts, targets in (
        ("later start", started, (Target(at_most=1.5), Target(at_most=150))),
        ("the least program's start", least, (None, None)),
    ):
        seconds, processor, megabytes = (statistics.median(column) for column in zip(*starts, strict=True))
        report.figure(f"{name}, to the first answer", seconds, "s", targets[0])
        report.figure(f"{name}, processor time of it", processor, "s")
        report.figure(f"{name}, idle memory after it", megabytes, "MB", targets[1])


def installed_megabytes(report: Report) -> float:
    """Return what a fresh installation takes, in 10⁶ bytes, and tell its largest parts."""
    with tempfile.TemporaryDirectory() as folder:
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, folder], check=True, cwd=ROOT)
        install = [*uv, "pip", "install", "--quiet", "--python", f"{folder}/bin/python"]
        subprocess.run([*install, "--require-hashes", "-r", "requirements.lock"], check=True, cwd=ROOT)
        subprocess.run([*install, "--no-deps", "."], check=True, cwd=ROOT)
        (packages,) = Path(folder).glob("lib/python*/site-packages")
        sizes = {part.name: _bytes_of(part) for part in packages.iterdir()}
        largest = sorted(sizes.items(), key=lambda item: -item[1])[:6]
        report.note("largest: " + ", ".join(f"{name} {size / 1e6:.0f} MB" for name, size in largest))
        return sum(sizes.values()) / 1e6


def start_of(command: Sequence[str]) -> Start:
    """Start a server whose command ends before the port, wait for its first answer, and let it idle."""
    port = _free_port()
    began = perf_counter()
    with running([*command, str(port)]) as process:
        _wait_for_answer(process, f"http://127.0.0.1:{port}/healthz")
        seconds, processor = perf_counter() - began, processor_seconds(process.pid)
        sleep(IDLE_SECONDS)
        return Start(seconds, processor, resident_bytes(process.pid) / 1e6)


@contextmanager
def running(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a started program; stop it at the end, and kill it where it does not stop by itself."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def resident_bytes(pid: int) -> int:
    """Return the memory a process and its children hold in RAM (Linux)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(resident_bytes(int(child)) for child in children)


def processor_seconds(pid: int) -> float:
    """Return the processor time a process has taken so far, all its threads together (Linux)."""
    # The second field is the program's name in brackets and may hold spaces: count from behind it.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _wait_for_answer(process: subprocess.Popen[bytes], url: str) -> None:
    until = perf_counter() + GIVE_UP_SECONDS
    with httpx.Client(trust_env=False) as client:
        while perf_counter() < until:
            if process.poll() is not None:
                raise RuntimeError(f"the server ended with {process.returncode} before it answered")
            try:
                if client.get(url, timeout=1).is_success:
                    return
            except httpx.TransportError:
                sleep(0.005)
    raise TimeoutError(f"{url} did not answer in {GIVE_UP_SECONDS:.0f} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _bytes_of(path: Path) -> int:
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(file.lstat().st_size for file in files)
