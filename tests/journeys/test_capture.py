"""One call told through three doors, the gateway, OpenTelemetry and the event API, is the same call everywhere: in the
API, in the file and on the page. The gateway's provider and the exporter are real programs on this machine.
"""

import csv
import io
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import httpx
import msgspec
import pytest
from msgspec import Struct
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind
from playwright.sync_api import Page

from outlay.web.gate import SESSION_COOKIE
from tests.bench.organisation import session_in
from tests.control_engine import environment_for
from tests.live import OUTLAY, LiveOutlay, live_outlay, outlay

USER: Final = "ada"
DOORS: Final = ("gateway", "otlp:shop", "api:teller")
MEASURES: Final = "requests,tokens,input_tokens,cache_read_tokens,output_tokens,cost,unpriced_requests"
SAME: Final = (
    *("user", "provider", "model", "status", "requests", "cost", "cost_status", "cost_input", "cost_cache_read"),
    *("cost_cache_write", "cost_output", "input_uncached", "cache_read", "output", "reasoning"),
)


class Told(Struct, frozen=True):
    """One call as each door is told of it: the provider's answer, attributes of a span, tokens of an event."""

    name: str
    path: str
    asked: dict[str, Any]
    answer: str
    span: dict[str, Any]
    tokens: dict[str, int]
    provider: str
    model: str
    media: str = "application/json"


def lines(*events: dict[str, Any]) -> str:
    return "".join(f"event: {each['type']}\ndata: {msgspec.json.encode(each).decode()}\n\n" for each in events)


CHAT: Final = Told(
    name="OpenAI chat, cached and reasoned",
    path="/openai/v1/chat/completions",
    asked={"model": "gpt-5-mini", "messages": [{"role": "user", "content": "hello"}], "user": USER},
    answer=msgspec.json.encode(
        {
            "id": "chatcmpl-capture-1",
            "object": "chat.completion",
            "model": "gpt-5-mini-2025-08-07",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
            "usage": {
                "prompt_tokens": 2006,
                "completion_tokens": 300,
                "total_tokens": 2306,
                "prompt_tokens_details": {"cached_tokens": 1920},
                "completion_tokens_details": {"reasoning_tokens": 192},
            },
        }
    ).decode(),
    span={
        "gen_ai.usage.input_tokens": 2006,
        "gen_ai.usage.cache_read.input_tokens": 1920,
        "gen_ai.usage.output_tokens": 300,
        "gen_ai.usage.reasoning.output_tokens": 192,
    },
    tokens={"input": 2006, "cache_read": 1920, "output": 300, "reasoning": 192},
    provider="openai",
    model="gpt-5-mini-2025-08-07",
)
MESSAGES: Final = Told(
    name="Anthropic messages, streamed, cached and cumulative",
    path="/anthropic/v1/messages",
    asked={
        "model": "claude-sonnet-4-5-20250929",
        "max_tokens": 64,
        "stream": True,
        "messages": [{"role": "user", "content": "hello"}],
        "metadata": {"user_id": USER},
    },
    answer=lines(
        {
            "type": "message_start",
            "message": {
                "id": "msg_capture_1",
                "type": "message",
                "role": "assistant",
                "model": "claude-sonnet-4-5-20250929",
                "content": [],
                "usage": {
                    "input_tokens": 12,
                    "cache_creation_input_tokens": 2000,
                    "cache_read_input_tokens": 14000,
                    "cache_creation": {"ephemeral_5m_input_tokens": 2000, "ephemeral_1h_input_tokens": 0},
                    "output_tokens": 1,
                },
            },
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}},
        {"type": "message_delta", "delta": {"stop_reason": None}, "usage": {"output_tokens": 20}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 45}},
        {"type": "message_stop"},
    ),
    span={
        "gen_ai.usage.input_tokens": 16012,
        "gen_ai.usage.cache_read.input_tokens": 14000,
        "gen_ai.usage.cache_creation.input_tokens": 2000,
        "gen_ai.usage.output_tokens": 45,
    },
    tokens={"input": 16012, "cache_read": 14000, "cache_write_5m": 2000, "output": 45},
    provider="anthropic",
    model="claude-sonnet-4-5-20250929",
    media="text/event-stream",
)
GENERATED: Final = Told(
    name="Gemini, thoughts beside the answer",
    path="/gemini/v1beta/models/gemini-2.5-flash:generateContent",
    asked={"contents": [{"parts": [{"text": "hello"}]}]},
    answer=msgspec.json.encode(
        {
            "candidates": [{"content": {"parts": [{"text": "hi"}], "role": "model"}, "finishReason": "STOP"}],
            "usageMetadata": {
                "promptTokenCount": 900,
                "cachedContentTokenCount": 500,
                "candidatesTokenCount": 30,
                "thoughtsTokenCount": 70,
                "totalTokenCount": 1000,
            },
            "modelVersion": "gemini-2.5-flash",
            "responseId": "gemini-capture-1",
        }
    ).decode(),
    span={
        "gen_ai.usage.input_tokens": 900,
        "gen_ai.usage.cache_read.input_tokens": 500,
        "gen_ai.usage.output_tokens": 100,
        "gen_ai.usage.reasoning.output_tokens": 70,
    },
    tokens={"input": 900, "cache_read": 500, "output": 100, "reasoning": 70},
    provider="google",
    model="gemini-2.5-flash",
)
CALLS: Final = (CHAT, MESSAGES, GENERATED)


class Provider(BaseHTTPRequestHandler):
    """Answers each API as its provider does."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        told = next(each for each in CALLS if each.path.split("/", 2)[2] in self.path.split("?")[0])
        body = told.answer.encode()
        self.send_response(200)
        self.send_header("content-type", told.media)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given: object) -> None:
        """Say nothing."""


@contextmanager
def provider() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveOutlay]:
    """Yield a server that was told of every call through every door."""
    data = tmp_path_factory.mktemp("capture") / "data"
    with provider() as url:
        outlay("members", "add", "admin@example.com", "--role", "admin", "--data", str(data))
        for name, base in (("openai", "/v1"), ("anthropic", ""), ("gemini", "")):
            add = [OUTLAY, "upstreams", "add", name, "--url", url + base, "--private", "--credential-stdin"]
            add += ["--data", str(data)]
            subprocess.run(add, env=environment_for(add), input=b"sk-upstream-1234567890", check=True, timeout=60)
        teller = outlay("keys", "create", "teller", "--data", str(data)).stdout.strip()
        with live_outlay(data) as server:
            for call in CALLS:
                through_gateway(server, call)
                through_opentelemetry(server, call)
                through_events(server, call, teller)
            yield server


def through_gateway(server: LiveOutlay, call: Told) -> None:
    with httpx.Client(trust_env=False, timeout=30) as client:
        headers = {"authorization": f"Bearer {server.key}", "helicone-user-id": USER}
        answer = client.post(server.url + call.path, json=call.asked, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.text == call.answer


def through_opentelemetry(server: LiveOutlay, call: Told) -> None:
    exporter = OTLPSpanExporter(f"{server.url}/v1/traces", headers={"authorization": f"Bearer {server.key}"})
    tracing = TracerProvider(resource=Resource({"service.name": "shop"}))
    tracing.add_span_processor(SimpleSpanProcessor(exporter))
    with tracing.get_tracer("by.hand").start_as_current_span("chat", kind=SpanKind.CLIENT) as span:
        span.set_attributes(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": {"google": "gcp.gemini"}.get(call.provider, call.provider),
                "gen_ai.request.model": call.model,
                "gen_ai.response.model": call.model,
                "user.id": USER,
                **call.span,
            }
        )
    tracing.shutdown()


def through_events(server: LiveOutlay, call: Told, key: str) -> None:
    event = {
        "id": call.name,
        "time": datetime.now(UTC).isoformat(),
        "user": USER,
        "provider": call.provider,
        "model": call.model,
        "tokens": call.tokens,
    }
    with httpx.Client(trust_env=False, timeout=30) as client:
        answer = client.post(f"{server.url}/v1/events", json=event, headers={"authorization": f"Bearer {key}"})
    assert answer.json()["stored"] == 1, answer.text


def by_model(server: LiveOutlay, door: str) -> dict[str, dict[str, Any]]:
    found = server.usage(measures=MEASURES, by="model", r="1d", f=f"source:is:{door.replace(':', '%3A')}")
    return {row["model"]: row for row in found["rows"]}


def rows_of_file(server: LiveOutlay, door: str) -> list[dict[str, str]]:
    with signed_in(server) as client:
        answer = client.get(server.url + f"/calls/export.csv?r=1d&f=source:is:{door.replace(':', '%3A')}")
    answer.raise_for_status()
    found = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    kept = ({**{name: row[name] for name in SAME}, "cache_write": written(row)} for row in found)
    return sorted(kept, key=lambda row: row["model"])


def written(row: dict[str, str]) -> str:
    """Return what was written to a cache: a span doesn't tell for how long."""
    return row["cache_write_5m"] or row["cache_write_other"]


def rows_of_page(server: LiveOutlay, page: Page, door: str) -> list[list[str]]:
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": session_in(server.data), "url": server.url}])
    page.goto(server.url + f"/calls?r=1d&f=source:is:{door.replace(':', '%3A')}")
    cells = page.locator("table tbody tr.linked").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    )
    latency = 5
    return sorted([cell for at, cell in enumerate(row) if at not in {0, latency}] for row in cells)


@contextmanager
def signed_in(server: LiveOutlay) -> Iterator[httpx.Client]:
    cookies = {SESSION_COOKIE: session_in(server.data)}
    with httpx.Client(cookies=cookies, trust_env=False, timeout=30) as client:
        yield client


def test_every_call_is_there_once_with_its_tokens_and_a_cost(told: LiveOutlay) -> None:
    for door in DOORS:
        found = by_model(told, door)
        assert len(found) == len(CALLS), (door, found)
        for row in found.values():
            assert (row["requests"], row["unpriced_requests"]) == (1, 0)
            assert float(row["cost"]) > 0
        assert sorted(row["input_tokens"] for row in found.values()) == [900, 2006, 16012]
        assert sorted(row["cache_read_tokens"] for row in found.values()) == [500, 1920, 14000]
        assert sorted(row["output_tokens"] for row in found.values()) == [45, 100, 300]


def test_the_api_tells_the_same_of_every_door(told: LiveOutlay) -> None:
    first, *others = (by_model(told, door) for door in DOORS)
    for other in others:
        assert other == first


def test_the_file_tells_the_same_of_every_door(told: LiveOutlay) -> None:
    first, *others = (rows_of_file(told, door) for door in DOORS)
    assert len(first) == len(CALLS)
    for other in others:
        assert other == first


def test_the_page_tells_the_same_of_every_door(
    told: LiveOutlay, page_with_reports: Page, axe: Callable[[Page], None]
) -> None:
    first, *others = (rows_of_page(told, page_with_reports, door) for door in DOORS)
    assert len(first) == len(CALLS)
    for other in others:
        assert other == first
    axe(page_with_reports)
