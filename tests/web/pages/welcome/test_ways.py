"""What the page prints to copy works as it stands: each way is run against a real server, with awkward names in it."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import sleep

import msgspec
import pytest

from outlay.web.pages.welcome.ways import FILE, Sender, ways_for
from tests.control_engine import environment_for
from tests.live import OUTLAY, LiveOutlay, live_outlay
from tests.providing import saying_hello

USER = """o'brien "ann" \\ $HOME `id` 'model': é@example.com"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveOutlay]:
    with live_outlay(tmp_path_factory.mktemp("it's a directory")) as found:
        yield found


def texts(server: LiveOutlay) -> dict[str, str]:
    sender = Sender(f"{server.url}/v1/events", server.url, server.key, USER, str(server.data), datetime.now(UTC))
    return {way.id: way.text for way in ways_for(sender)}


def run(way: str, text: str, where: Path) -> subprocess.CompletedProcess[str]:
    if way in {"python", "httpx", "javascript"}:
        file = where / ("first.mjs" if way == "javascript" else "first.py")
        file.write_text(text, encoding="utf-8")
        command = [shutil.which("node") or "node" if way == "javascript" else sys.executable, str(file)]
    else:
        command = ["bash", "-c", f"export PATH={shlex.quote(str(Path(OUTLAY).parent))}:$PATH\n{text}"]
    return subprocess.run(command, capture_output=True, text=True, cwd=where, timeout=60, check=False)


@pytest.mark.parametrize("way", ["curl", "python", "httpx", "javascript", "cloudevents", FILE])
def test_each_way_sends_an_event_as_it_is_printed(server: LiveOutlay, tmp_path: Path, way: str) -> None:
    if way == "javascript" and shutil.which("node") is None:
        pytest.skip("no node on this machine")
    before = server.usage(measures="requests", r="1d")["totals"]["requests"]
    done = run(way, texts(server)[way], tmp_path)
    assert done.returncode == 0, done.stderr
    sent = 2 if way == FILE else 1
    if way != FILE:
        assert msgspec.json.decode(done.stdout) == {"stored": 1, "duplicates": 0, "rejected": []}
    assert server.usage(measures="requests", r="1d")["totals"]["requests"] == before + sent


def test_a_call_through_the_gateway_works_as_it_is_printed(server: LiveOutlay, tmp_path: Path) -> None:
    with saying_hello() as there:
        command = [OUTLAY, "upstreams", "add", "openai", "--private", "--credential-stdin", "--data", str(server.data)]
        command += ["--url", there.url]
        environment = environment_for(command)
        subprocess.run(command, env=environment, input="sk-test", text=True, check=True, capture_output=True)
        sleep(1)  # as long as it takes a running server to see it
        done = run("gateway", texts(server)["gateway"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert msgspec.json.decode(done.stdout)["choices"][0]["message"]["content"] == "Hello!"


def test_an_exporter_of_opentelemetry_sends_here_as_it_is_told(server: LiveOutlay, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        """
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
with provider.get_tracer("a.tool").start_as_current_span("chat") as span:
    span.set_attribute("gen_ai.operation.name", "chat")
    span.set_attribute("gen_ai.request.model", "gpt-4o-mini")
assert provider.force_flush()
""",
        encoding="utf-8",
    )
    before = server.usage(measures="requests", r="1d")["totals"]["requests"]
    program = f"{shlex.quote(sys.executable)} program.py"
    done = run("opentelemetry", f"{texts(server)['opentelemetry']}{program}", tmp_path)
    assert done.returncode == 0, done.stderr
    assert server.usage(measures="requests", r="1d")["totals"]["requests"] == before + 1


def test_the_sender_is_known_by_the_name_that_was_given(server: LiveOutlay, tmp_path: Path) -> None:
    for way in ("curl", "python", "httpx", "cloudevents"):
        run(way, texts(server)[way], tmp_path)  # again, or for the first time: the events are the same
    rows = server.usage(measures="requests", by="user", r="1d")["rows"]
    assert {row["user"] for row in rows} <= {USER, None}
    assert USER in {row["user"] for row in rows}


def test_without_a_key_the_texts_say_where_it_goes() -> None:
    ways = ways_for(Sender("http://x/v1/events", "http://x", "", "ann", "data", datetime(2026, 10, 20, tzinfo=UTC)))
    assert all(("YOUR_KEY" in way.text) == way.needs_key for way in ways)
    assert [way.id for way in ways if not way.needs_key] == [FILE]
