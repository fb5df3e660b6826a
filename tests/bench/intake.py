"""Events per second through HTTP, acknowledged after commit: batches of a thousand over four connections.

Beside it stands the plainest program that keeps the same promise: one Starlette route that decodes the same JSON and
inserts id, time and body into SQLite, committed before it answers. It prices, checks, sums and registers nothing.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

import msgspec

from outlay.demo.generate import generate
from outlay.demo.organisation import DemoSpec
from outlay.usage import UsageEvent
from tests.bench.footprint import running
from tests.bench.report import Report, Target
from tests.live import free_port, live_outlay, wait_until_ready

BATCHES: Final = 200
BATCH: Final = 1000
CONNECTIONS: Final = 4

_PLAINEST: Final = """
import sqlite3, sys, msgspec, uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
db = sqlite3.connect(sys.argv[1] + "/plainest.db", isolation_level=None)
db.execute("PRAGMA journal_mode=WAL"); db.execute("PRAGMA synchronous=FULL")
db.execute("CREATE TABLE events (id TEXT, time TEXT, body BLOB, PRIMARY KEY (id, time))")
async def receive(request):
    events = msgspec.json.decode(await request.body())
    rows = [(each["id"], each["time"], msgspec.json.encode(each)) for each in events]
    db.execute("BEGIN")
    db.executemany("INSERT OR IGNORE INTO events VALUES (?, ?, ?)", rows)
    db.execute("COMMIT")
    return JSONResponse({"stored": len(rows)})
ready = lambda request: JSONResponse("ready")
app = Starlette(routes=[Route("/v1/events", receive, methods=["POST"]), Route("/readyz", ready)])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="error", access_log=False)
"""


def run(report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bodies = Path(folder)
        size = sum(path.write_bytes(body) for path, body in _bodies(bodies))
        report.note(
            f"{BATCHES} requests of {BATCH} events, {size / BATCHES / 1e3:.0f} kB each, {CONNECTIONS} connections"
        )
        plainest, _ = _through_the_plainest(bodies)
        ours, seconds = _through_outlay(bodies)
    report.figure("events a second, generator included", BATCHES * BATCH / ours, "1/s", Target(at_least=40_000))
    report.figure("a request, median", median(seconds) * 1e3, "ms")
    report.figure("a request, 95th percentile", quantiles(seconds, n=20)[-1] * 1e3, "ms")
    report.figure("the plainest program's events a second", BATCHES * BATCH / plainest, "1/s")
    report.ratio("time for all", ours, plainest)


def _through_outlay(bodies: Path) -> tuple[float, list[float]]:
    with tempfile.TemporaryDirectory() as data, live_outlay(Path(data)) as server:
        return _load(server.url, server.key, bodies)


def _through_the_plainest(bodies: Path) -> tuple[float, list[float]]:
    port = free_port()
    with tempfile.TemporaryDirectory() as data, running([sys.executable, "-c", _PLAINEST, data, str(port)]) as process:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url, lambda: process.poll() is None)
        return _load(url, "none", bodies)


def _load(url: str, key: str, bodies: Path) -> tuple[float, list[float]]:
    command = [sys.executable, "-m", "tests.bench.load", f"{url}/v1/events", key, str(CONNECTIONS), str(bodies)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return msgspec.json.decode(done.stdout, type=tuple[float, list[float]])


def _bodies(folder: Path) -> Iterator[tuple[Path, bytes]]:
    spec = DemoSpec(BATCHES * BATCH, 2, 1, datetime.now(UTC), "UTC")
    number = 0
    for events in generate(spec, "default"):
        for start in range(0, len(events), BATCH):
            wired = [as_wire(event) for event in events[start : start + BATCH]]
            yield folder / f"{number:05d}.json", msgspec.json.encode(wired)
            number += 1


def as_wire(event: UsageEvent) -> dict[str, Any]:
    """Return the event as a producer would send it: only what it knows."""
    known = {
        "id": event.id,
        "time": event.time,
        "adjusts": event.adjusts,
        "user": event.user,
        "team": event.team,
        "agent": event.agent,
        "agent_type": event.agent_type,
        "run_id": event.run_id,
        "session_id": event.session_id,
        "pod": event.pod,
        "task": event.task,
        "tags": event.tags,
        "service": event.service,
        "provider": event.provider,
        "model": event.model_raw,
        "status": event.status,
        "latency_ms": event.latency_ms,
        "first_token_ms": event.first_token_ms,
        "tokens": dict(event.tokens.stated()),
        "quantity": event.quantity,
        "unit": event.unit,
    }
    return {name: value for name, value in known.items() if value not in (None, (), {})}
