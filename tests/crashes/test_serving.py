"""Promise: what was acknowledged is kept, once, however often and whenever the process is killed."""

import threading
from pathlib import Path
from random import Random
from time import sleep
from typing import Any, Final

import httpx

from tests.live import LiveOutlay, live_outlay, outlay

KILLS: Final = 50
BATCH: Final = 40
START_MS: Final = 1_790_000_000_000


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


class Sender:
    """Posts numbered batches for as long as it is let, and remembers which were acknowledged."""

    def __init__(self, server: LiveOutlay, first: int, step: int) -> None:
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
    with live_outlay(tmp_path) as server:
        senders = [Sender(server, first, 2) for first in range(2)]
        for sender in senders:
            sender.thread.start()
        for _ in range(KILLS):
            sleep(moments.uniform(0.0, 0.25))
            server.kill()
            server.start_again()
        for sender in senders:
            sender.stop()
        acknowledged = set().union(*(sender.acknowledged for sender in senders))
        assert len(acknowledged) > KILLS
        totals = server.usage(measures="requests", r="2026-09-20..2026-10-20")["totals"]
        assert totals["requests"] == len(acknowledged) * BATCH
        for batch in sorted(acknowledged):
            assert server.send(numbered(batch)) == {"stored": 0, "duplicates": BATCH, "rejected": []}
        assert server.usage(measures="requests", r="2026-09-20..2026-10-20")["totals"] == totals
    assert f"{totals['requests']:,} events checked" in outlay("verify", "--data", str(tmp_path)).stdout
