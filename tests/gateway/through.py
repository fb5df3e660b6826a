"""A whole Outlay in this process with a provider behind its gateway: called over real HTTP, its ledger read after."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import msgspec
import uvicorn
from msgspec import Struct

from outlay.access.keys import ApiKey, NewKey
from outlay.app import Outlay, open_outlay
from outlay.config import Settings
from outlay.control.upstream import Timeouts
from outlay.control.upstream_checks import UpstreamSettings
from outlay.kit.clock import SystemClock
from outlay.serving import server_config
from outlay.wiring.site import Serving, assemble
from tests.actors import TESTER
from tests.gateway.provider import Provider, running_provider
from tests.keys import issued
from tests.live import free_port

CREDENTIAL = "sk-provider-credential-0123456789"
COLUMNS = (
    'id, status, provider, model, model_raw, "user", agent, session_id, tags, input_uncached, cache_read, output, '
    "cost, cost_status, response_id, latency_ms, first_token_ms, metadata, api_key, operation, service, source"
)


class Through(Struct):
    """A running gateway, what is behind it, and how to call it."""

    outlay: Outlay
    provider: Provider
    url: str
    key: str
    client: httpx.Client

    def upstream(self, name: str = "openai", provider: str | None = None, **more: Any) -> None:
        """Lead calls under a name to the provider."""
        auth = more.pop("auth", "bearer")
        credential = more.pop("credential", None if auth == "none" else CREDENTIAL)
        base_url = self.provider.url + more.pop("path", "")
        wanted = UpstreamSettings(
            name=name, provider=provider or name, base_url=base_url, auth=auth, allow_private=True, **more
        )
        self.outlay.upstreams.add(self.outlay.organisation, wanted, credential, by=TESTER)

    def another_key(self, name: str, **wanted: Any) -> tuple[ApiKey, str]:
        return issued(self.outlay.control, self.outlay.organisation, NewKey(name=name, **wanted), SystemClock().now())

    def chat(self, **fields: Any) -> httpx.Response:
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}], **fields}
        return self.client.post("/openai/v1/chat/completions", json=body)

    def events(self, at_least: int = 1, seconds: float = 10.0) -> list[dict[str, Any]]:
        """Return the events in the ledger in the order they were stored, once there are so many."""
        until = monotonic() + seconds
        while True:
            with self.outlay.ledger.snapshot() as snapshot:
                rows = snapshot.rows(f"SELECT {COLUMNS} FROM events ORDER BY seq")
            if len(rows) >= at_least or monotonic() > until:
                break
            sleep(0.02)
        assert len(rows) >= at_least, f"{len(rows)} events, not {at_least}"
        names = [name.strip().strip('"') for name in COLUMNS.split(",")]
        found = [dict(zip(names, row, strict=True)) for row in rows]
        for event in found:
            event["metadata"] = msgspec.json.decode(event["metadata"]) if event["metadata"] else None
        return found


@contextmanager
def gateway_to(data: Path, **settings: Any) -> Iterator[Through]:
    """Yield a gateway with a provider that has no answers yet, and no upstream."""
    wanted = Settings(data=str(data), port=free_port(), private_upstreams=True, **settings)
    with running_provider() as provider, open_outlay(wanted) as outlay:
        _, key = issued(outlay.control, outlay.organisation, NewKey(name="tests"), outlay.clock.now())
        with _served(assemble(outlay), wanted) as url:
            headers = {"authorization": f"Bearer {key}"}
            with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=20) as client:
                yield Through(outlay, provider, url, key, client)


@contextmanager
def _served(serving: Serving, settings: Settings) -> Iterator[str]:
    server = uvicorn.Server(server_config(serving.site, settings))
    thread = threading.Thread(target=server.run)
    thread.start()
    until = monotonic() + 20
    while not server.started and thread.is_alive() and monotonic() < until:
        sleep(0.005)
    try:
        yield f"http://127.0.0.1:{settings.port}"
    finally:
        server.should_exit = True
        thread.join()


QUICK = Timeouts(connect_seconds=1.0, first_byte_seconds=0.3, idle_seconds=0.3)
