"""Promise: what was acknowledged is kept, once, however often and whenever the process is killed."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from time import sleep
from typing import Any, Final

import httpx
import msgspec

from tests.live import JSON, free_port, outlay, wait_until_ready

KILLS: Final = 50
BATCH: Final = 40
START_MS: Final = 1_790_000_000_000
RANGE: Final = "2026-09-20..2026-10-20"


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

    def __init__(self, data: Path, starter: subprocess.Popen[str], port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._starter = starter
        key = outlay("keys", "create", "crash", "--data", str(data)).stdout.strip()
        self.client = httpx.Client(
            base_url=self.url, headers={"authorization": f"Bearer {key}"}, trust_env=False, timeout=30
        )
        self._pid = self.start()

    def start(self) -> int:
        assert self._starter.stdin
        assert self._starter.stdout
        self._starter.stdin.write("\n")
        self._starter.stdin.flush()
        self._pid = int(self._starter.stdout.readline())
        wait_until_ready(self.url, self._lives)
        return self._pid

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)

    def send(self, events: list[dict[str, Any]]) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.post(
            "/v1/events", content=msgspec.json.encode(events), headers=JSON
        ).json()
        return answer

    def requests(self) -> int:
        found = self.client.get("/api/v1/usage", params={"measures": "requests", "r": RANGE})
        number: int = found.json()["totals"]["requests"]
        return number

    def _lives(self) -> bool:
        return Path(f"/proc/{self._pid}").exists()


@contextmanager
def killable(data: Path) -> Iterator[Killable]:
    port = free_port()
    command = [sys.executable, "-m", "tests.crashes.preloaded", "--data", str(data), "--port", str(port)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as starter:
        server = Killable(data, starter, port)
        try:
            yield server
        finally:
            server.kill()
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


def test_killing_the_server_at_random_moments_loses_and_doubles_nothing(tmp_path: Path) -> None:
    moments = Random("kill")
    with killable(tmp_path) as server:
        senders = [Sender(server, first, 2) for first in range(2)]
        for sender in senders:
            sender.thread.start()
        for _ in range(KILLS):
            sleep(moments.uniform(0.0, 0.25))
            server.kill()
            server.start()
        for sender in senders:
            sender.stop()
        acknowledged = set().union(*(sender.acknowledged for sender in senders))
        assert len(acknowledged) > KILLS
        assert server.requests() == len(acknowledged) * BATCH
        for batch in sorted(acknowledged):
            assert server.send(numbered(batch)) == {"stored": 0, "duplicates": BATCH, "rejected": []}
        assert server.requests() == len(acknowledged) * BATCH
    told = outlay("verify", "--data", str(tmp_path)).stdout
    assert f"{len(acknowledged) * BATCH:,} events checked" in told
