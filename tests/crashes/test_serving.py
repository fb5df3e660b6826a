"""Promise: what was acknowledged is kept, once, however often and whenever the process is killed."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any, Final

import httpx
import msgspec
import pytest

from outlay.access.secrets import KEY_FILE
from outlay.audit.notary import WITNESS_FOLDER
from outlay.control.database import CONTROL_FILE
from tests.crashes.preloaded import Preloaded, preloaded
from tests.live import JSON, free_port, outlay, wait_until_ready

KILLS: Final = 50
BATCH: Final = 40
START_MS: Final = 1_790_000_000_000
QUICK_SECONDS: Final = 8.0  # half a second where nothing else runs; after 10 s uvicorn waits for nobody any more
RANGE: Final = "2026-09-20..2026-10-20"
# What is there whether or not a server runs: who may what, the secret key, how far the audit trail was seen to go.
STAYING: Final = {CONTROL_FILE, KEY_FILE, WITNESS_FOLDER}


def numbered(batch: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"e{batch}-{index}",
            "time": START_MS + batch * 1000 + index,
            "user": f"user-{batch % 7}",
            "provider": "openai",
            "model": "gpt-4o",
            "tokens": {"input": 100, "output": 10},
        }
        for index in range(BATCH)
    ]


class Killable:
    """A server that can be killed and started again within a fraction of a second."""

    def __init__(self, data: Path, commands: Preloaded) -> None:
        self._port = free_port()
        self._data = data
        self._commands = commands
        self.url = f"http://127.0.0.1:{self._port}"
        key = outlay("keys", "create", "crash", "--data", str(data)).stdout.strip()
        self.client = httpx.Client(
            base_url=self.url, headers={"authorization": f"Bearer {key}"}, trust_env=False, timeout=30
        )
        self.start()

    def start(self) -> None:
        self._commands.start("serve", "--data", str(self._data), "--port", str(self._port))
        wait_until_ready(self.url, self._commands.lives)

    def kill(self, sent: signal.Signals = signal.SIGKILL) -> int:
        """End it with a signal; return its exit code, negative where the signal ended it."""
        return self._commands.kill(sent)

    def send(self, events: list[dict[str, Any]]) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.post(
            "/v1/events", content=msgspec.json.encode(events), headers=JSON
        ).json()
        return answer

    def requests(self) -> int:
        found = self.client.get("/api/v1/usage", params={"measures": "requests", "r": RANGE})
        number: int = found.json()["totals"]["requests"]
        return number


@contextmanager
def killable(data: Path) -> Iterator[Killable]:
    with preloaded() as commands:
        server = Killable(data, commands)
        try:
            yield server
        finally:
            server.client.close()


class Sender:
    """Posts numbered batches for as long as it is let, and remembers which were acknowledged."""

    def __init__(self, server: Killable, first: int, step: int) -> None:
        self._server = server
        self._next = first
        self._step = step
        self._stopping = threading.Event()
        self.acknowledged: set[int] = set()
        self.thread = threading.Thread(target=self._send_until_stopped)

    def stop(self) -> None:
        self._stopping.set()
        self.thread.join()

    def _send_until_stopped(self) -> None:
        while not self._stopping.is_set():
            try:
                answer = self._server.send(numbered(self._next))
            except httpx.TransportError:
                sleep(0.005)  # the server was killed: send the same batch again, as a producer does
                continue
            assert answer["stored"] + answer["duplicates"] == BATCH
            self.acknowledged.add(self._next)
            self._next += self._step


@contextmanager
def sending(server: Killable) -> Iterator[list[Sender]]:
    """Have two producers send until the end of the block."""
    senders = [Sender(server, first, 2) for first in range(2)]
    for sender in senders:
        sender.thread.start()
    try:
        yield senders
    finally:
        for sender in senders:
            sender.stop()


def expect_exactly(server: Killable, senders: list[Sender], data: Path) -> None:
    """Every acknowledged batch is there once, sending all of it again changes nothing, and the ledger is in order."""
    acknowledged = set().union(*(sender.acknowledged for sender in senders))
    assert len(acknowledged) > 0
    assert server.requests() == len(acknowledged) * BATCH
    for batch in sorted(acknowledged):
        assert server.send(numbered(batch)) == {"stored": 0, "duplicates": BATCH, "rejected": []}
    assert server.requests() == len(acknowledged) * BATCH
    assert server.kill(signal.SIGTERM) == 0
    told = outlay("verify", "--data", str(data)).stdout
    assert f"{len(acknowledged) * BATCH:,} events checked" in told


def test_killing_the_server_at_random_moments_loses_and_doubles_nothing(tmp_path: Path) -> None:
    moments = Random("kill")
    with killable(tmp_path) as server:
        with sending(server) as senders:
            for _ in range(KILLS):
                sleep(moments.uniform(0.0, 0.25))
                assert server.kill() == -signal.SIGKILL
                server.start()
        expect_exactly(server, senders, tmp_path)


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_stop_ends_well_and_leaves_nothing_to_repair(
    tmp_path: Path, sent: signal.Signals
) -> None:
    with killable(tmp_path) as server:
        with sending(server) as senders:
            for _ in range(3):
                sleep(0.3)
                began = monotonic()
                assert server.kill(sent) == 0
                assert monotonic() - began < QUICK_SECONDS
                left = {path.name for path in tmp_path.iterdir()}
                assert left - STAYING == {"ledger.duckdb"}, "no log to replay, no record of a server"
                server.start()
                assert monotonic() - began < 2 * QUICK_SECONDS
        expect_exactly(server, senders, tmp_path)
