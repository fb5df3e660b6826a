"""Promise: a model call that went out leaves a record, once, however often and whenever the process is killed."""

import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from time import sleep
from typing import Any, Final

import duckdb
import httpx
import pytest

from outlay.app import LEDGER_FILE, open_desk
from outlay.config import Settings
from outlay.control.upstream_checks import UpstreamSettings
from outlay.gateway.assembly import JOURNAL_FOLDER
from tests.actors import TESTER
from tests.crashes.preloaded import Preloaded, preloaded
from tests.gateway.bodies import CHAT, DONE, TEXTS, USAGE_CHUNK
from tests.gateway.provider import Answer, Provider, running_provider
from tests.live import free_port, outlay, wait_until_ready

KILLS: Final = 50
CALLERS: Final = 6
CALL_HEADER: Final = "x-outlay-call"


class Server:
    """A server with a provider behind its gateway, killed and started again."""

    def __init__(self, data: Path, commands: Preloaded, provider: Provider) -> None:
        self._data = data
        self._commands = commands
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.key = outlay("keys", "create", "crash", "--data", str(data)).stdout.strip()
        with open_desk(Settings(data=str(data))) as desk:
            settings = UpstreamSettings(
                name="openai", provider="openai", base_url=provider.url, auth="none", allow_private=True
            )
            desk.upstreams.add(desk.organisation, settings, by=TESTER)
        self.start()

    def start(self) -> None:
        self._commands.start("serve", "--data", str(self._data), "--port", str(self._port))
        wait_until_ready(self.url, self._commands.lives)

    def kill(self, sent: signal.Signals = signal.SIGKILL) -> int:
        return self._commands.kill(sent)


class Caller:
    """Calls through the gateway for as long as it is let, and remembers which calls it got whole answers to."""

    def __init__(self, server: Server, *, streams: bool) -> None:
        self._server = server
        self._body: dict[str, Any] = {"model": "gpt-4o", "messages": [], "stream": streams}
        self._stopping = threading.Event()
        self.answered: list[str] = []
        self.cut_off = 0
        self.thread = threading.Thread(target=self._call_until_stopped)

    def stop(self) -> None:
        self._stopping.set()
        self.thread.join()

    def _call_until_stopped(self) -> None:
        headers = {"authorization": f"Bearer {self._server.key}"}
        with httpx.Client(base_url=self._server.url, headers=headers, trust_env=False, timeout=30) as client:
            while not self._stopping.is_set():
                try:
                    found = client.post("/openai/v1/chat/completions", json=self._body)
                except httpx.TransportError:
                    self.cut_off += 1
                    sleep(0.005)
                    continue
                assert found.status_code == 200, found.text
                self.answered.append(found.headers[CALL_HEADER])


@contextmanager
def calling(server: Server) -> Iterator[list[Caller]]:
    callers = [Caller(server, streams=bool(number % 2)) for number in range(CALLERS)]
    for caller in callers:
        caller.thread.start()
    try:
        yield callers
    finally:
        for caller in callers:
            caller.stop()


def recorded(data: Path) -> Counter[tuple[str, str]]:
    """Return how often each call is in the ledger with which status."""
    with duckdb.connect(str(data / LEDGER_FILE), read_only=True) as connection:
        rows = connection.execute("SELECT id, status, sum(requests) FROM events GROUP BY ALL").fetchall()
    return Counter({(call, status): requests for call, status, requests in rows})


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


def test_killing_the_gateway_under_load_loses_and_doubles_no_call(tmp_path: Path, provider: Provider) -> None:
    moments = Random("kill the gateway")
    # The first half of the kills meets streams, the second plain answers: both take a moment.
    provider.answers["/chat/completions"] = Answer.sse(*TEXTS, USAGE_CHUNK, DONE, pause=0.01)
    with preloaded() as commands:
        server = Server(tmp_path, commands, provider)
        with calling(server) as callers:
            for number in range(KILLS):
                sleep(moments.uniform(0.0, 0.25))
                assert server.kill() == -signal.SIGKILL
                if number == KILLS // 2:
                    provider.answers["/chat/completions"] = Answer.json(CHAT, delay=0.01)
                server.start()
        assert server.kill(signal.SIGTERM) == 0
    assert not (tmp_path / JOURNAL_FOLDER).exists(), "everything is in the ledger, and the journal is gone"
    found = recorded(tmp_path)
    assert set(found.values()) == {1}, "a call is in the ledger twice"
    statuses = dict(found.keys())
    answered = [call for caller in callers for call in caller.answered]
    assert len(answered) > CALLERS
    assert len(answered) == len(set(answered))
    assert {statuses.get(call) for call in answered} == {"ok"}, "an answered call is not in the ledger as such"
    went_out = len(provider.seen)
    assert len(statuses) >= went_out, "a call the provider saw left no record"
    assert set(statuses.values()) <= {"ok", "pending", "cancelled", "error"}
    assert "pending" in statuses.values()
    assert f"{len(statuses):,} events checked" in outlay("verify", "--data", str(tmp_path)).stdout
