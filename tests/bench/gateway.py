"""What the gateway adds to a call, with recording on: latency, throughput, memory, beside calling straight.

Other gateways are measured in the same run where the environment names a command that starts one on `{port}` before a
provider at `{provider}`: OUTLAY_BENCH_LITELLM and OUTLAY_BENCH_PORTKEY.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Final

import httpx
import msgspec
from msgspec import Struct

from outlay.app import open_desk
from outlay.config import Settings
from outlay.control.upstream_checks import UpstreamSettings
from tests.actors import TESTER
from tests.bench.report import Report, Target
from tests.live import free_port, live_outlay

CALLS: Final = 4_000
ONE: Final = 1
MANY: Final = 64
LONG_RUN: Final = 100_000
WARMING_CALLS: Final = 200
READY_SECONDS: Final = 60.0
PATH: Final = "/v1/chat/completions"


class Way(Struct, frozen=True):
    """One way to the provider: straight, through Outlay, or through another gateway."""

    name: str
    url: str
    headers: Mapping[str, str] = {}


class Measured(Struct, frozen=True):
    """Calls a second, and milliseconds at the median and the 99th percentile."""

    a_second: float
    median_ms: float
    p99_ms: float


class Peer(Struct, frozen=True):
    """Another gateway: the variable that names its command, and what its calls need."""

    name: str
    variable: str
    headers: Mapping[str, str]


PEERS: Final = (
    Peer("LiteLLM", "OUTLAY_BENCH_LITELLM", {"authorization": "Bearer sk-bench"}),
    Peer(
        "Portkey",
        "OUTLAY_BENCH_PORTKEY",
        {"authorization": "Bearer sk", "x-portkey-provider": "openai", "x-portkey-custom-host": "{provider}/v1"},
    ),
)


def run(report: Report) -> None:
    with ExitStack() as stack, TemporaryDirectory() as scratch:
        provider = stack.enter_context(_process([sys.executable, "-m", "tests.bench.provider", "{port}"]))
        direct = Way("direct", f"{provider}{PATH}")
        data = Path(scratch) / "data"
        _configure(data, provider)
        server = stack.enter_context(live_outlay(data))
        ours = Way("Outlay", f"{server.url}/openai{PATH}", {"authorization": f"Bearer {server.key}"})
        others = [stack.enter_context(_peer(peer, provider)) for peer in PEERS if peer.variable in os.environ]
        for streams in (False, True):
            _compare(report, direct, ours, others, streams=streams)
        _memory(report, ours, server.process.pid)
        told = server.usage(measures="requests,unpriced_requests")["totals"]
        report.note(f"in the ledger: {told['requests']:,} calls, {told['unpriced_requests']} of them without a price")
    for peer in PEERS:
        if peer.variable not in os.environ:
            report.note(f"{peer.name}: not measured; {peer.variable} names no command")


def _compare(report: Report, direct: Way, ours: Way, others: list[Way], *, streams: bool) -> None:
    kind = "streamed" if streams else "plain"
    others = [way for way in others if _answers(report, way, streams=streams)]
    alone = {way.name: _measured(way, ONE, streams=streams) for way in (direct, ours, *others)}
    crowd = {way.name: _measured(way, MANY, streams=streams) for way in (direct, ours, *others)}
    added = alone[ours.name].median_ms - alone[direct.name].median_ms
    report.figure(f"{kind}: added at the median, one connection", added, "ms", Target(at_most=1.5))
    report.figure(f"{kind}: added at p99, one connection", alone[ours.name].p99_ms - alone[direct.name].p99_ms, "ms")
    for name, found in crowd.items():
        target = Target(at_least=1_376 if not streams else 1_049) if name == ours.name else None
        report.figure(f"{kind}: {name}, {MANY} connections", found.a_second, "calls/s", target)
        report.figure(f"{kind}: {name}, {MANY} connections, median", found.median_ms, "ms")
        report.figure(f"{kind}: {name}, {MANY} connections, p99", found.p99_ms, "ms")
    for way in (direct, *others):
        times = crowd[ours.name].a_second / crowd[way.name].a_second
        report.figure(f"{kind}: Outlay's throughput, of {way.name}'s", times, "times")
    for way in others:
        theirs = alone[way.name].median_ms - alone[direct.name].median_ms
        report.figure(f"{kind}: {way.name} adds at the median", theirs, "ms")


def _answers(report: Report, way: Way, *, streams: bool) -> bool:
    """Say whether another gateway can be measured at all; one that can't is told of, and the others go on."""
    try:
        _call(way, ONE, WARMING_CALLS, streams=streams)
    except subprocess.CalledProcessError:
        report.note(f"{way.name}: its {'streamed' if streams else 'plain'} calls fail, see above; not measured")
        return False
    return True


def _measured(way: Way, connections: int, *, streams: bool, calls: int = CALLS) -> Measured:
    _call(way, connections, WARMING_CALLS, streams=streams)
    took, seconds = _call(way, connections, calls, streams=streams)
    ordered = sorted(seconds)
    return Measured(calls / took, median(ordered) * 1000, ordered[int(len(ordered) * 0.99)] * 1000)


def _call(way: Way, connections: int, calls: int, *, streams: bool) -> tuple[float, list[float]]:
    told = msgspec.json.encode(dict(way.headers)).decode()
    command = [sys.executable, "-m", "tests.bench.callers", way.url, str(connections), str(calls), str(int(streams))]
    done = subprocess.run([*command, told], stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=tuple[float, list[float]])


def _memory(report: Report, ours: Way, pid: int) -> None:
    """Tell whether memory stays as it is over many calls: by how much it grew in the second half of them."""
    sizes = []
    for half in range(2):
        _call(ours, MANY, LONG_RUN // 2, streams=bool(half))
        sizes.append(_megabytes(pid))
    report.figure(f"memory after {LONG_RUN // 2:,} calls", sizes[0], "MB")
    report.figure(f"memory after {LONG_RUN:,} calls", sizes[1], "MB")
    report.figure("growth between them", sizes[1] - sizes[0], "MB", Target(at_most=20))


def _megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _configure(data: Path, provider: str) -> None:
    with open_desk(Settings(data=str(data))) as desk:
        wanted = UpstreamSettings(name="openai", provider="openai", base_url=provider, auth="none", allow_private=True)
        desk.upstreams.add(desk.organisation, wanted, by=TESTER)


@contextmanager
def _peer(peer: Peer, provider: str) -> Iterator[Way]:
    command = [each.replace("{provider}", provider) for each in shlex.split(os.environ[peer.variable])]
    headers = {name: value.replace("{provider}", provider) for name, value in peer.headers.items()}
    with _process(command) as url:
        yield Way(peer.name, f"{url}{PATH}", headers)


@contextmanager
def _process(command: list[str]) -> Iterator[str]:
    """Yield the address of a server that a command starts on `{port}`."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        [each.replace("{port}", str(port)) for each in command], stdout=subprocess.DEVNULL
    ) as process:
        try:
            _wait_for(url, process)
            yield url
        finally:
            process.terminate()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = monotonic() + READY_SECONDS
    while monotonic() < until and process.poll() is None:
        try:
            httpx.post(f"{url}{PATH}", json={}, trust_env=False, timeout=2)
        except httpx.TransportError:
            sleep(0.05)
        else:
            return
    raise RuntimeError(f"nothing answers at {url}")
