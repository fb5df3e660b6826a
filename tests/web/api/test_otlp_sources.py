"""The same call through several doors: counted once where it is told to be the same, and the same figures wherever."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from outlay.capture.otlp.messages import PROTOBUF
from outlay.usage import Tokens, UsageEvent
from tests.capture.otlp.making import (
    CALL,
    SERVICE,
    START_NS,
    MadeSpan,
    a_record,
    a_span,
    as_protobuf,
    logs_as_protobuf,
)
from tests.web.site import Site, open_site

ANSWER: Final = "chatcmpl-BpJAaDu4TDQQAGQSrmLLVy6RWZTsy"
STARTED: Final = datetime.fromtimestamp(START_NS / 1e9, UTC)
USED: Final = {
    "gen_ai.response.id": ANSWER,
    "gen_ai.usage.input_tokens": 1220,
    "gen_ai.usage.cache_read.input_tokens": 1152,
    "gen_ai.usage.output_tokens": 100,
}
RANGE: Final = "2026-11-01..30"


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path) as site:
        site.clock.move(timedelta(days=30))
        yield site


def by_gateway(site: Site) -> str:
    event = UsageEvent(
        organisation=site.outlay.organisation,
        source="gateway",
        id="call_1",
        time=STARTED + timedelta(milliseconds=3),
        received_at=STARTED + timedelta(seconds=1),
        provider="openai",
        model_raw="gpt-4o-2024-08-06",
        response_id=ANSWER,
        latency_ms=790,
        tokens=Tokens(input_uncached=68, cache_read=1152, output=100),
    )
    return site.outlay.intake.accept(site.outlay.organisation, [event])[0].result


def by_telemetry(site: Site, key: dict[str, str]) -> None:
    body = as_protobuf([a_span(usual=CALL | USED)])
    answer = site.client.post("/v1/traces", content=body, headers={**key, "content-type": PROTOBUF})
    assert (answer.status_code, answer.content) == (200, b"")


def by_event(site: Site, key: dict[str, str]) -> None:
    event = {
        "id": "mine-1",
        "time": STARTED.isoformat(),
        "provider": "openai",
        "model": "gpt-4o-2024-08-06",
        "response_id": ANSWER,
        "tokens": {"input": 1220, "cache_read": 1152, "output": 100},
    }
    assert site.client.post("/v1/events", json=event, headers=key).json()["stored"] == 1


def listed(site: Site, key: dict[str, str]) -> list[dict[str, Any]]:
    answer = site.client.get("/api/v1/events", params={"r": RANGE}, headers=key)
    found: list[dict[str, Any]] = answer.json()["events"]
    return found


def exported(site: Site, key: dict[str, str]) -> list[dict[str, str]]:
    answer = site.client.get("/calls/export.csv", params={"r": RANGE}, headers=key)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("gateway_first", [True, False], ids=["gateway first", "telemetry first"])
def test_a_call_of_the_gateway_that_is_traced_too_counts_once(site: Site, *, gateway_first: bool) -> None:
    key = site.key("exporter")
    if gateway_first:
        by_gateway(site)
        by_telemetry(site, key)
    else:
        by_telemetry(site, key)
        assert by_gateway(site) == "duplicate"
    (event,) = listed(site, key)
    both = ["gateway", f"otlp:{SERVICE}"] if gateway_first else [f"otlp:{SERVICE}", "gateway"]
    assert [event["source"], *event["also_from"]] == both
    assert event["tokens"]["input"] == 1220
    (row,) = exported(site, key)
    assert row["also_from"] == both[1]


@pytest.mark.parametrize("door", ["gateway", "telemetry", "event"])
def test_every_door_gives_the_same_tokens_and_cost(site: Site, door: str) -> None:
    key = site.key("sender")
    match door:
        case "gateway":
            by_gateway(site)
        case "telemetry":
            by_telemetry(site, key)
        case _:
            by_event(site, key)
    (event,) = listed(site, key)
    # 68 uncached at 2.50, 1,152 read at 1.25 and 100 written at 10 dollars a million.
    assert event["cost"] == "0.00261"
    assert (event["model"], event["provider"]) == ("gpt-4o", "openai")
    totals = site.client.get("/api/v1/usage", params={"r": RANGE, "measures": "cost,tokens"}, headers=key).json()
    assert totals["totals"] == {"cost": "0.00261", "tokens": 1320}
    (row,) = exported(site, key)
    assert (row["cost"], row["tokens"], row["cache_read"]) == ("0.00261", "1320", "1152")


def export(site: Site, key: dict[str, str], signal: str, body: bytes) -> None:
    answer = site.client.post(f"/v1/{signal}", content=body, headers={**key, "content-type": PROTOBUF})
    assert (answer.status_code, answer.content) == (200, b"")


OUTER: Final = a_span(span="0a" * 8, lasting=10**9, scope="outer.tool")
INNER: Final = a_span(span="0b" * 8, parent="0a" * 8, start=START_NS + 10**6)


@pytest.mark.parametrize(
    "batches",
    [
        ([INNER], [OUTER]),
        ([OUTER], [INNER]),
        ([INNER, OUTER], [OUTER]),
        ([INNER, OUTER], [INNER], [OUTER]),
        ([OUTER], [INNER, OUTER]),
        ([INNER], [INNER, OUTER]),
    ],
    ids=["apart", "outer first", "outer again", "both again", "outer, both", "inner, both"],
)
def test_a_call_inside_a_call_counts_once_however_spans_are_batched(
    site: Site, batches: tuple[list[MadeSpan], ...]
) -> None:
    key = site.key("exporter")
    for batch in batches:
        export(site, key, "traces", as_protobuf(batch))
    assert len(listed(site, key)) == 1


def test_tries_inside_a_call_count_however_spans_are_batched(site: Site) -> None:
    key = site.key("exporter")
    again = a_span(span="0c" * 8, parent="0a" * 8, start=START_NS + 10**8)
    for batch in ([INNER, OUTER], [again], [INNER, again, OUTER]):
        export(site, key, "traces", as_protobuf(batch))
    assert len(listed(site, key)) == 2


def test_answers_logged_in_the_span_of_what_asked_for_them_count_each(site: Site) -> None:
    key = site.key("exporter")
    records = [
        a_record(
            "gen_ai.client.inference.operation.details",
            span="0a" * 8,
            time=START_NS + number * 10**7,
            **CALL | USED | {"gen_ai.response.id": f"{ANSWER}{number}"},
        )
        for number in range(3)
    ]
    export(site, key, "logs", logs_as_protobuf(records))
    assert len(listed(site, key)) == 3


def test_calls_for_one_request_of_a_program_count_each(site: Site) -> None:
    key = site.key("exporter")
    request = {"request_id": "9b2cdbb0-6a3c-4c3e-8d31-5a9ce44b9f11"}
    spans = [a_span(span=f"0{number}" * 8, usual=CALL | request) for number in range(1, 4)]
    export(site, key, "traces", as_protobuf(spans))
    assert len(listed(site, key)) == 3


def test_an_event_of_ones_own_is_never_merged(site: Site) -> None:
    key = site.key("sender")
    by_event(site, key)
    by_telemetry(site, key)
    assert {event["source"] for event in listed(site, key)} == {"api:sender", f"otlp:{SERVICE}"}
