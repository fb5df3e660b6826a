"""Live mode: two hundred viewers of one page while five thousand events a second come in.

Intake is measured with and without viewers in one run, on one server: at a steady rate (what a request takes) and as
fast as it goes (events a second), each without viewers before and after. An update's age is the time from the
acknowledgement of an event to the arrival, at each viewer, of the first state that surely contains it.
"""

import subprocess
import sys
import tempfile
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from statistics import median, quantiles
from time import monotonic, sleep
from typing import Final

import msgspec
from msgspec import Struct

from outlay.access.sessions import Sessions
from outlay.control.database import CONTROL_FILE, open_control
from outlay.control.members import NewMember, create_member
from outlay.control.organisations import DEFAULT_ORGANISATION
from outlay.control.trail import SYSTEM
from outlay.demo.generate import generate
from outlay.demo.organisation import DemoSpec
from outlay.kit.ids import new_id
from tests.bench.intake import as_wire
from tests.bench.organisation import organisation_with, sizes_asked
from tests.bench.report import Report, Target
from tests.bench.steady import Answered
from tests.bench.viewers import Update
from tests.live import LiveOutlay, live_outlay

VIEWERS: Final = 200
VIEWERS_OF_A_MEMBER: Final = 10
SECONDS: Final = 20
EVENTS_A_SECOND: Final = 5000
STEADY_BATCH: Final = 100
STEADY_CONNECTIONS: Final = 4
FULL_BATCH: Final = 1000
FULL_EVENTS: Final = 100_000
STEADY_EVENTS: Final = EVENTS_A_SECOND * SECONDS
PATH: Final = "/consumption/live?live=1"
RENDERINGS: Final = "outlay_live_renderings_total"


class Steady(Struct, frozen=True):
    """A run at a steady rate: what each request took, and how many events were acknowledged when, in order."""

    seconds: list[float]
    acknowledged: list[float]
    events_a_second: float


def run(report: Report) -> None:
    for events in sizes_asked("1000000"):
        with tempfile.TemporaryDirectory() as scratch:
            data = copytree(organisation_with(events, report), Path(scratch) / "data")
            tokens = _sessions(data)
            with live_outlay(data) as server:
                report.note(f"{VIEWERS} viewers of a page over {events:,} events")
                _steadily(server, tokens, report)
                _at_full_speed(server, tokens, report)


def _steadily(server: LiveOutlay, tokens: list[str], report: Report) -> None:
    alone = [_steady(server)]
    with _bodies(STEADY_EVENTS, STEADY_BATCH) as bodies, _watched(server, tokens) as watched:
        first, before, began_at = _watermark(server), _metric(server, RENDERINGS), monotonic()
        steady = _sent_steadily(server, bodies)
        renderings, watched_seconds = _metric(server, RENDERINGS) - before, monotonic() - began_at
    alone.append(_steady(server))
    for name, pick in (("median", median), ("95th percentile", lambda found: quantiles(found, n=20)[-1])):
        without = [seconds for each in alone for seconds in each.seconds]
        report.figure(f"a request of {STEADY_BATCH} events, nobody watches, {name}", pick(without) * 1e3, "ms")
        report.figure(f"a request, {VIEWERS} watch, {name}", pick(steady.seconds) * 1e3, "ms")
    rate = sum(each.events_a_second for each in alone) / len(alone)
    report.figure("events a second, nobody watches", rate, "1/s")
    report.figure(f"events a second, {VIEWERS} watch", steady.events_a_second, "1/s")
    report.figure("intake with viewers", 100 * steady.events_a_second / rate, "%", Target(at_least=90))
    ages = [age for updates in watched for age in _ages(steady.acknowledged, updates, first)]
    report.figure("renderings a second", renderings / watched_seconds, "1/s", Target(at_most=1.05))
    report.figure("updates a second at each viewer", len(watched[0]) / watched_seconds, "1/s")
    report.figure("age of an update, median", median(ages), "s")
    report.figure("age of an update, 99th percentile", quantiles(ages, n=100)[-1], "s", Target(at_most=1.5))
    report.figure("age of an update, the oldest", max(ages), "s")


def _at_full_speed(server: LiveOutlay, tokens: list[str], report: Report) -> None:
    found = []
    for is_watched in (False, True, False):
        with _bodies(FULL_EVENTS, FULL_BATCH) as bodies, _watched(server, tokens if is_watched else []):
            found.append(_full_speed(server, bodies))
    alone = (found[0] + found[2]) / 2
    report.figure("at full speed, events a second, nobody watches", alone, "1/s")
    report.figure(f"at full speed, {VIEWERS} watch", found[1], "1/s")
    report.figure("at full speed, intake with viewers", 100 * found[1] / alone, "%")


def _ages(acknowledged: Sequence[float], updates: list[Update], first: int) -> Iterator[float]:
    """Yield, for each acknowledged request, how long this viewer waited for a state that contains it.

    Commits of other connections may lie before it that are acknowledged after it, so it is surely contained only in
    states that are further by one request of each.
    """
    states = [watermark for watermark, _ in updates]
    for number, at in enumerate(acknowledged, start=1):
        found = bisect_left(states, first + (number + STEADY_CONNECTIONS) * STEADY_BATCH)
        if found < len(updates):
            yield max(0.0, updates[found][1] - at)


def _steady(server: LiveOutlay) -> Steady:
    with _bodies(STEADY_EVENTS, STEADY_BATCH) as bodies:
        return _sent_steadily(server, bodies)


def _sent_steadily(server: LiveOutlay, bodies: Path) -> Steady:
    a_second = str(EVENTS_A_SECOND / STEADY_BATCH)
    sent = _send("steady", server, str(STEADY_CONNECTIONS), a_second, str(bodies))
    answered = msgspec.json.decode(sent, type=list[Answered])
    acknowledged = sorted(done for _, done in answered)
    took = acknowledged[-1] - min(due for due, _ in answered)
    return Steady([done - due for due, done in answered], acknowledged, len(answered) * STEADY_BATCH / took)


def _full_speed(server: LiveOutlay, bodies: Path) -> float:
    """Return the events a second that are acknowledged when as many come as go through."""
    sent = _send("load", server, str(STEADY_CONNECTIONS), str(bodies))
    seconds, _ = msgspec.json.decode(sent, type=tuple[float, list[float]])
    return FULL_EVENTS / seconds


def _send(program: str, server: LiveOutlay, *arguments: str) -> bytes:
    command = [sys.executable, "-m", f"tests.bench.{program}", f"{server.url}/v1/events", server.key, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


@contextmanager
def _watched(server: LiveOutlay, tokens: list[str]) -> Iterator[list[list[Update]]]:
    """Have the page watched inside the block; what the viewers were sent is in the list after it."""
    command = [sys.executable, "-m", "tests.bench.viewers", str(server.port), PATH]
    found: list[list[Update]] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        if process.stdin is None:
            raise RuntimeError("the viewers can't be told for whom they watch")
        process.stdin.write(" ".join(tokens).encode() + b"\n")
        process.stdin.flush()
        while _metric(server, "outlay_live_viewers") < len(tokens):
            sleep(0.1)
        yield found
        output, _ = process.communicate()
    found.extend(msgspec.json.decode(output, type=list[list[Update]]))


def _sessions(data: Path) -> list[str]:
    """Return a session for each viewer; several of them are of the same member."""
    control, now, tokens = open_control(data / CONTROL_FILE), datetime.now(UTC), []
    for _ in range(VIEWERS // VIEWERS_OF_A_MEMBER):
        member = create_member(
            control, DEFAULT_ORGANISATION, NewMember(email=f"{new_id('viewer')}@example.com", role="admin"), SYSTEM, now
        )
        tokens += [Sessions(control, timedelta(hours=1)).open(member, now)[0] for _ in range(VIEWERS_OF_A_MEMBER)]
    control.close()
    return tokens


@contextmanager
def _bodies(number: int, batch: int) -> Iterator[Path]:
    """Yield a folder of requests with events of now that nobody has sent before."""
    now = datetime.now(UTC)
    made = generate(DemoSpec(number, 2, 1, now, "UTC"), DEFAULT_ORGANISATION)
    wired = [as_wire(event) | {"id": new_id("evt"), "adjusts": None} for events in made for event in events]
    for at, each in enumerate(wired):
        each["time"] = now + timedelta(microseconds=at)
    with tempfile.TemporaryDirectory() as folder:
        for start in range(0, number, batch):
            body = msgspec.json.encode(wired[start : start + batch])
            Path(folder, f"{start:08d}.json").write_bytes(body)
        yield Path(folder)


def _watermark(server: LiveOutlay) -> int:
    found: int = server.usage(measures="requests", r="24h")["watermark"]
    return found


def _metric(server: LiveOutlay, name: str) -> float:
    lines = server.client.get("/metrics").text.splitlines()
    return next(float(line.partition(" ")[2]) for line in lines if line.startswith(f"{name} "))
