"""A real Outlay process for tests and benchmarks: started from the installed command, asked over HTTP, killed."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final
from uuid import uuid4

import httpx
import msgspec

from tests.control_engine import environment_for

OUTLAY: Final = str(Path(sys.executable).with_name("outlay"))
GIVE_UP_SECONDS: Final = 60.0


def outlay(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the command to its end; its output is text."""
    environment = environment_for(arguments)
    return subprocess.run(
        [OUTLAY, *arguments], env=environment, capture_output=True, text=True, check=check, timeout=600
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class LiveOutlay:
    """One server process on a data directory, and a client with an API key that may send and read."""

    def __init__(self, data: Path, key: str, options: Sequence[str] = ()) -> None:
        self.data = data
        self.key = key
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._options = options
        self.process = self._start()
        self.client = httpx.Client(
            base_url=self.url, headers={"authorization": f"Bearer {key}"}, trust_env=False, timeout=30
        )

    def kill(self) -> None:
        """End the process as a power cut would: SIGKILL, no goodbye."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.client.close()
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()

    def send(self, events: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Post events; return the decoded answer, whatever its status."""
        found = self.client.post("/v1/events", content=msgspec.json.encode(events), headers=JSON)
        answer: dict[str, Any] = found.json()
        return answer

    def usage(self, **parameters: str) -> dict[str, Any]:
        found = self.client.get("/api/v1/usage", params=parameters)
        found.raise_for_status()
        answer: dict[str, Any] = found.json()
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        command = [OUTLAY, "serve", "--data", str(self.data), "--port", str(self.port), *self._options]
        process = subprocess.Popen(
            command, env=environment_for(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until_ready(self.url, lambda: process.poll() is None)
        return process


def wait_until_ready(url: str, lives: Callable[[], bool]) -> None:
    """Return once the server at `url` takes work; RuntimeError when it ended, TimeoutError when it takes too long."""
    until = monotonic() + GIVE_UP_SECONDS
    with httpx.Client(trust_env=False, timeout=1) as client:
        while monotonic() < until:
            if not lives():
                raise RuntimeError("the server ended before it answered")
            try:
                if client.get(f"{url}/readyz").is_success:
                    return
            except httpx.TransportError:
                sleep(0.01)
    raise TimeoutError(f"{url} did not answer in {GIVE_UP_SECONDS:.0f} s")


JSON: Final = {"content-type": "application/json"}


@contextmanager
def live_outlay(data: Path, options: Sequence[str] = ()) -> Iterator[LiveOutlay]:
    """Yield a running server with a fresh key."""
    key = outlay("keys", "create", f"tests {uuid4()}", "--data", str(data)).stdout.strip()
    server = LiveOutlay(data, key, options)
    try:
        yield server
    finally:
        server.stop()
