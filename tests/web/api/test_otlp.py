"""The OTLP/HTTP receiver: encodings, limits, partial success, and refusals as the protocol wants them."""

import gzip
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from outlay.capture.otlp.messages import JSON, PROTOBUF
from outlay.capture.otlp.most import MOST_PARTS, MOST_RECORDS
from tests.capture.otlp.making import CALL, START_NS, a_span, as_json, as_protobuf
from tests.capture.otlp.recorded import Export, recorded_exports
from tests.web.site import Site, open_site

PATHS: Final = {"traces": "/v1/traces", "logs": "/v1/logs", "metrics": "/v1/metrics"}


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path) as site:
        # The recorded telemetry is younger than the site's clock, and times must not lie ahead.
        site.clock.move(timedelta(days=40))
        yield site


@pytest.fixture(name="key")
def _key(site: Site) -> dict[str, str]:
    return site.key("exporter")


def send(site: Site, export: Export, key: dict[str, str]) -> Any:
    encoding = {"content-encoding": "gzip"} if export.headers.get("content-encoding") == "gzip" else {}
    return site.client.post(
        PATHS[export.signal], content=export.sent(), headers={**key, "content-type": export.media, **encoding}
    )


def totals(site: Site, key: dict[str, str]) -> dict[str, Any]:
    parameters = {"measures": "requests,tokens", "r": "2026-11-01..30", "f": "service:is:llm"}
    answer = site.client.get("/api/v1/usage", params=parameters, headers=key)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["totals"]
    return found


def post_traces(site: Site, key: dict[str, str], body: bytes, media: str, **headers: str) -> Any:
    return site.client.post("/v1/traces", content=body, headers={**key, "content-type": media, **headers})


def test_all_that_tools_sent_is_taken_and_sent_again_changes_nothing(site: Site, key: dict[str, str]) -> None:
    exports = recorded_exports()
    for export in exports:
        answer = send(site, export, key)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == export.media
        assert answer.content == (b"{}" if export.media == JSON else b"")
    counted = totals(site, key)
    assert counted["requests"] == sum(len(each.calls()) for each in exports)
    for export in exports:
        assert send(site, export, key).status_code == 200
    assert totals(site, key) == counted


@pytest.mark.parametrize("media", [PROTOBUF, JSON])
@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzip"])
def test_both_encodings_say_the_same(site: Site, key: dict[str, str], media: str, *, zipped: bool) -> None:
    used = {"gen_ai.usage.input_tokens": 1200, "gen_ai.usage.output_tokens": 34}
    spans = [a_span(span="0a" * 8, usual=CALL | used)]
    body = as_json(spans) if media == JSON else as_protobuf(spans)
    encoded = {"content-encoding": "gzip"} if zipped else {}
    answer = post_traces(site, key, gzip.compress(body) if zipped else body, media, **encoded)
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)
    assert totals(site, key)["tokens"] == 1234


def test_json_and_protobuf_of_one_span_are_one_event(site: Site, key: dict[str, str]) -> None:
    spans = [a_span(span="0b" * 8)]
    post_traces(site, key, as_json(spans), f"{JSON}; charset=utf-8")
    post_traces(site, key, as_protobuf(spans), PROTOBUF)
    assert totals(site, key)["requests"] == 1


@pytest.mark.parametrize("media", [PROTOBUF, JSON])
def test_only_some_can_be_used(site: Site, key: dict[str, str], media: str) -> None:
    ahead = START_NS + 100 * 86_400 * 10**9
    spans = [a_span(span="01" * 8), a_span(span="02" * 8, start=ahead)]
    answer = post_traces(site, key, as_json(spans) if media == JSON else as_protobuf(spans), media)
    assert answer.status_code == 200
    if media == JSON:
        partial = answer.json()["partialSuccess"]
        assert partial["rejectedSpans"] == "1"
        assert "more than a day after it was received" in partial["errorMessage"]
    else:
        told = ExportTraceServiceResponse.FromString(answer.content).partial_success
        assert told.rejected_spans == 1
        assert "more than a day after it was received" in told.error_message
    assert totals(site, key)["requests"] == 1


def test_a_refused_call_is_one_however_many_events_it_would_make(site: Site, key: dict[str, str]) -> None:
    said = '{"usage": {"prompt_tokens": 5, "completion_tokens": 2, "server_tool_use": {"web_search_requests": 3}}}'
    ahead = START_NS + 100 * 86_400 * 10**9
    spans = [a_span(start=ahead, usual=CALL | {"output.value": said})]
    answer = post_traces(site, key, as_json(spans), JSON)
    assert answer.json()["partialSuccess"]["rejectedSpans"] == "1"


def test_a_span_of_absurd_length_does_not_take_the_others_with_it(site: Site, key: dict[str, str]) -> None:
    body = as_json([a_span(span="01" * 8), a_span(span="02" * 8, lasting=10**30)])
    assert post_traces(site, key, body, JSON).status_code == 200
    assert totals(site, key)["requests"] == 2


@pytest.mark.parametrize(
    ("path", "media", "body"),
    [
        ("/v1/traces", PROTOBUF, ExportTraceServiceRequest().SerializeToString()),
        ("/v1/logs", PROTOBUF, ExportLogsServiceRequest().SerializeToString()),
        ("/v1/metrics", PROTOBUF, ExportMetricsServiceRequest().SerializeToString()),
        ("/v1/traces", JSON, b"{}"),
        ("/v1/logs", JSON, b'{"resourceLogs": null, "laterField": {"a": [1]}}'),
        ("/v1/metrics", JSON, b'{"resourceMetrics": [{"scopeMetrics": []}]}'),
    ],
)
def test_nothing_in_it_is_a_success(site: Site, key: dict[str, str], path: str, media: str, body: bytes) -> None:
    answer = site.client.post(path, content=body, headers={**key, "content-type": media})
    assert answer.status_code == 200
    assert answer.content == (b"{}" if media == JSON else b"")


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({"content-type": JSON}, b"{", 400, 3),
        ({"content-type": JSON}, b'{"resourceSpans": 7}', 400, 3),
        ({"content-type": JSON}, b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz"}]}]}]}', 400, 3),
        ({"content-type": JSON, "content-encoding": "gzip"}, b"no gzip", 400, 3),
        ({"content-type": PROTOBUF}, b"\x0a\xff\xff", 400, 3),
        ({"content-type": PROTOBUF, "content-encoding": "br"}, b"", 415, 3),
        ({"content-type": "text/plain"}, b"", 415, 3),
        ({"content-type": JSON}, b" " * (1024 * 1024 + 1), 413, 8),
        ({"content-type": PROTOBUF, "content-encoding": "gzip"}, gzip.compress(bytes(1024 * 1024 + 1)), 413, 8),
        ({"content-type": PROTOBUF, "authorization": "Bearer outlay_none"}, b"", 401, 16),
        ({"content-type": JSON, "authorization": ""}, b"{}", 401, 16),
    ],
    ids=["no json", "not otlp", "id", "gzip", "no protobuf", "brotli", "text", "large", "bomb", "key", "no key"],
)
def test_refusals_are_a_status(tmp_path: Path, headers: dict[str, str], body: bytes, status: int, code: int) -> None:
    with open_site(tmp_path, otlp_body_mb=1) as site:
        answer = site.client.post("/v1/traces", content=body, headers={**site.key("exporter"), **headers})
    assert answer.status_code == status
    if headers["content-type"] == PROTOBUF:
        assert answer.headers["content-type"] == PROTOBUF
        assert answer.content[:2] == bytes([8, code])
        assert answer.content[2] == 0x12
    else:
        told = answer.json()
        assert told["code"] == code
        assert told["message"]


def test_a_key_that_only_reads_is_refused(site: Site) -> None:
    key = site.key("reader", scopes=frozenset({"read"}))
    answer = post_traces(site, key, b"", PROTOBUF)
    assert (answer.status_code, answer.content[:2]) == (403, bytes([8, 7]))


def test_more_calls_than_one_request_may_have(tmp_path: Path) -> None:
    with open_site(tmp_path, max_batch_events=2) as site:
        spans = [a_span(span=f"{number:016x}") for number in range(1, 4)]
        answer = post_traces(site, site.key("exporter"), as_json(spans), JSON)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("media", "body"),
    [(PROTOBUF, bytes([0x0A, 0]) * (MOST_RECORDS + 1)), (JSON, b"[" + b"{}," * MOST_PARTS + b"{}]")],
    ids=["protobuf", "json"],
)
@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs"])
def test_an_export_of_too_much_is_refused_before_it_is_built(
    site: Site, key: dict[str, str], path: str, media: str, body: bytes
) -> None:
    answer = site.client.post(path, content=body, headers={**key, "content-type": media})
    assert (answer.status_code, answer.headers["content-type"]) == (413, media)
    assert answer.content[:2] == bytes([8, 8]) if media == PROTOBUF else answer.json()["code"] == 8


def test_what_passed_is_counted(site: Site, key: dict[str, str]) -> None:
    for _ in range(2):
        post_traces(site, key, as_json([a_span(span="0c" * 8)]), JSON)
    told = site.client.get("/metrics").text
    assert 'outlay_ingest_events_total{result="stored",source="otlp"} 1.0' in told
    assert 'outlay_ingest_events_total{result="duplicate",source="otlp"} 1.0' in told
