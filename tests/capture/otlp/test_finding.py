"""Which spans and log records are calls, how reports of one call are put together, and that nothing sent breaks it."""

import json
from contextlib import suppress
from typing import Any, Final, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.capture.otlp.messages import JSON, PROTOBUF
from outlay.capture.otlp.read import read_export
from outlay.capture.otlp.signal import Signal
from outlay.errors import BodyUnreadable, InputError
from outlay.usage import ReportedCost, Tokens, UsageEvent
from tests.capture.otlp.making import (
    CALL,
    START_NS,
    MadeRecord,
    MadeSpan,
    a_record,
    a_span,
    as_json,
    as_protobuf,
    logs_as_protobuf,
)
from tests.capture.otlp.recorded import ARRIVAL

USED: Final[dict[str, Any]] = {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 2}
TEN: Final = Tokens(input_uncached=10, output=2)
ANSWER: Final = "chatcmpl-BpJAaDu4TDQQAGQSrmLLVy6RWZTsy"


def calls(*spans: MadeSpan, **resource: Any) -> list[UsageEvent]:
    received = read_export("traces", PROTOBUF, as_protobuf(spans, **resource), ARRIVAL, 1000)
    assert received.refused == []
    return [event for _, event in received.events]


def told(*records: MadeRecord, **resource: Any) -> list[UsageEvent]:
    received = read_export("logs", PROTOBUF, logs_as_protobuf(records, **resource), ARRIVAL, 1000)
    return [event for _, event in received.events]


@pytest.mark.parametrize(
    ("attributes", "operation"),
    [
        ({"gen_ai.operation.name": "chat"}, "chat"),
        ({"gen_ai.operation.name": "generate_content"}, "generate_content"),
        ({"gen_ai.operation.name": "text_completion"}, "text_completion"),
        ({"gen_ai.operation.name": "embeddings"}, "embeddings"),
        ({"llm.request.type": "completion", "gen_ai.system": "Cohere"}, "text_completion"),
        ({"openinference.span.kind": "LLM"}, "chat"),
        ({"openinference.span.kind": "EMBEDDING"}, "embeddings"),
        ({"langfuse.observation.type": "generation"}, "chat"),
        ({"ai.operationId": "ai.streamObject.doStream"}, "chat"),
        ({"ai.operationId": "ai.embedMany.doEmbed"}, "embeddings"),
        ({"gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o", **USED}, "chat"),
        ({"gen_ai.operation.name": "transcription", "gen_ai.request.model": "whisper-1", **USED}, "transcription"),
        ({"gen_ai.operation.name": "invoke_agent", "gen_ai.request.model": "gpt-4o", **USED}, None),
        ({"gen_ai.operation.name": "execute_tool"}, None),
        ({"gen_ai.operation.name": "invoke_workflow", **USED}, None),
        ({"openinference.span.kind": "CHAIN", "llm.token_count.prompt": 9}, None),
        ({"openinference.span.kind": "AGENT", "gen_ai.request.model": "gpt-4o", **USED}, None),
        ({"langfuse.observation.type": "span", **USED}, None),
        ({"ai.operationId": "ai.generateText", "ai.usage.inputTokens": 9}, None),
        ({"ai.operationId": "ai.toolCall"}, None),
        ({"traceloop.span.kind": "workflow", "gen_ai.request.model": "gpt-4o", **USED}, None),
        ({"gen_ai.request.model": "gpt-4o"}, None),
        ({"http.request.method": "POST", "http.response.status_code": 200}, None),
    ],
)
def test_what_is_a_call(attributes: dict[str, Any], operation: str | None) -> None:
    found = calls(a_span(usual=attributes))
    assert [event.operation for event in found] == ([] if operation is None else [operation])


def test_an_inner_call_stands_for_the_outer_one_and_learns_from_it() -> None:
    outer = a_span(span="0a" * 8, usual=CALL | {"session.id": "talk-1"}, scope="outer.tool")
    http = a_span(span="0b" * 8, parent="0a" * 8, name="POST", usual={})
    inner = a_span(span="0c" * 8, parent="0b" * 8, usual=CALL | USED | {"gen_ai.response.id": ANSWER})
    (event,) = calls(inner, http, outer)
    assert (event.id, event.tokens, event.session_id) == (f"openai:{ANSWER}", TEN, "talk-1")
    assert (event.metadata or {})["also_by"] == ["outer.tool"]


def test_usage_that_only_the_outer_one_states_is_taken() -> None:
    outer = a_span(span="0a" * 8, usual=CALL | USED)
    inner = a_span(span="0c" * 8, parent="0a" * 8, usual=CALL | {"gen_ai.response.id": ANSWER})
    (event,) = calls(outer, inner)
    assert (event.response_id, event.tokens) == (ANSWER, TEN)


def test_every_try_inside_a_call_counts() -> None:
    outer = a_span(span="0a" * 8, usual=CALL | USED)
    failed = a_span(span="0b" * 8, parent="0a" * 8, failed=True)
    worked = a_span(span="0c" * 8, parent="0a" * 8, usual=CALL | USED)
    assert [(event.status, event.tokens.total) for event in calls(failed, worked, outer)] == [
        ("error", None),
        ("ok", 12),
    ]


def test_a_call_inside_a_tool_of_a_call_is_another_one() -> None:
    outer = a_span(span="0a" * 8, usual=CALL | USED)
    tool = a_span(span="0b" * 8, parent="0a" * 8, usual={"gen_ai.operation.name": "execute_tool"})
    inner = a_span(span="0c" * 8, parent="0b" * 8, usual=CALL | USED)
    assert len(calls(outer, tool, inner)) == 2


def test_an_agent_around_a_call_names_it() -> None:
    agent = a_span(
        span="0a" * 8,
        usual={"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner", "user.id": "ada"},
    )
    (event,) = calls(a_span(span="0b" * 8, parent="0a" * 8), agent, **{"outlay.team": "research", "team": "x"})
    assert (event.agent, event.agent_type, event.user, event.team) == ("planner", "framework", "ada", "research")


def test_a_ring_of_parents_ends() -> None:
    ring = [a_span(span=f"0{n}" * 8, parent=f"0{(n + 1) % 3}" * 8) for n in range(3)]
    assert 1 <= len(calls(*ring)) <= 3


@pytest.mark.parametrize(
    ("attributes", "provider"),
    [
        ({"server.address": "api.groq.com"}, "groq"),
        ({"server.address": "my.openai.azure.com"}, "azure"),
        ({"gen_ai.openai.api_base": "https://openrouter.ai/api/v1/"}, "openrouter"),
        ({"gen_ai.openai.api_base": "http://10.0.0.1/openai/deployments/gpt/"}, "azure"),
        ({"server.address": "api.groq.com.evil.example"}, "openai"),
        ({"server.address": "http://[bad"}, "openai"),
        ({"gen_ai.response.model": "deepseek-chat"}, None),
        ({"gen_ai.provider.name": "vertex_ai"}, "vertex_ai"),
    ],
)
def test_who_served_it(attributes: dict[str, Any], provider: str | None) -> None:
    (event,) = calls(a_span(usual=CALL | attributes))
    assert event.provider == provider


@pytest.mark.parametrize(
    ("attributes", "failed", "status"),
    [
        ({}, False, "ok"),
        ({}, True, "error"),
        ({"error.type": "RateLimitError"}, True, "error"),
        ({"error.type": "asyncio.CancelledError"}, True, "cancelled"),
        ({"error.type": "AbortError"}, True, "cancelled"),
        ({"http.response.status_code": 529}, False, "error"),
    ],
)
def test_how_it_ended(attributes: dict[str, Any], *, failed: bool, status: str) -> None:
    (event,) = calls(a_span(usual=CALL | attributes, failed=failed))
    assert event.status == status


def test_claude_code() -> None:
    record = a_record(
        "claude_code.api_request",
        time=START_NS,
        scope="com.anthropic.claude_code.events",
        model="claude-sonnet-4-6",
        cost_usd=0.0231,
        duration_ms=2_000,
        input_tokens="12",
        output_tokens=340,
        cache_read_tokens=18_000,
        cache_creation_tokens=900,
        request_id="req_011CYvBm7NestsCukYLh1Zqg",
        speed="normal",
        **{"event.name": "api_request", "session.id": "s-1", "user.id": "ab12", "user.email": "ada@example.com"},
    )
    (event,) = told(record, **{"service.name": "claude-code"})
    assert event.tokens == Tokens(input_uncached=12, cache_read=18_000, cache_write_other=900, output=340)
    assert (event.provider, event.model_raw, event.agent) == ("anthropic", "claude-sonnet-4-6", "claude-code")
    assert (event.user, event.session_id, event.source) == ("ada@example.com", "s-1", "otlp:claude-code")
    assert event.reported_cost == ReportedCost(23_100_000_000, by="tool")
    assert (event.latency_ms, event.id) == (2_000, "request:req_011CYvBm7NestsCukYLh1Zqg")


def test_gemini_cli_says_it_twice_and_counts_once() -> None:
    figures: dict[str, Any] = {
        "input_token_count": 100,
        "output_token_count": 20,
        "thoughts_token_count": 5,
        "total_token_count": 125,
    }
    native = a_record("gemini_cli.api_response", model="gemini-2.5-pro", **figures)
    again = a_record("gen_ai.client.inference.operation.details", **(CALL | USED))
    (event,) = told(native, again, **{"service.name": "gemini-cli"})
    assert (event.tokens, event.agent) == (Tokens(input_uncached=100, output=25, reasoning=5), "gemini-cli")


def test_calls_of_agents_that_share_a_span_are_several() -> None:
    def record(tokens: int) -> MadeRecord:
        return a_record("codex.sse_event", span="0a" * 8, input_token_count=tokens, model="gpt-5")

    assert len({event.id for event in told(record(1), record(2))}) == 2


def test_the_event_of_the_conventions_is_the_call_of_its_span() -> None:
    (traced,) = calls(a_span(span="0a" * 8, usual=CALL | USED))
    (logged,) = told(a_record("gen_ai.client.inference.operation.details", span="0a" * 8, **(CALL | USED)))
    assert (logged.id, logged.tokens) == (traced.id, traced.tokens)


@pytest.mark.parametrize("event", ["gen_ai.choice", "codex.user_prompt", "claude_code.user_prompt", "api_request", ""])
def test_other_records_are_passed_over(event: str) -> None:
    assert told(a_record(event, input_tokens=5, model="m")) == []


def test_an_error_of_a_coding_agent_is_an_error() -> None:
    (event,) = told(a_record("claude_code.api_error", model="claude-sonnet-4-6", status_code="529", error="overloaded"))
    assert (event.status, event.tokens) == ("error", Tokens())


def test_what_no_field_can_hold_is_left_out() -> None:
    (event,) = calls(a_span(usual=CALL | {"user.id": "x" * 300, "session.id": "a\nb", "gen_ai.response.id": "y" * 999}))
    assert (event.user, event.session_id, event.response_id) == (None, None, None)


def test_a_call_without_ids_and_time_is_refused() -> None:
    body = json.loads(as_json([a_span()]))
    span = body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    for name in ("traceId", "spanId", "startTimeUnixNano", "endTimeUnixNano"):
        del span[name]
    received = read_export("traces", JSON, json.dumps(body).encode(), ARRIVAL, 10)
    assert [each.error.code for each in received.refused] == ["field_invalid"]


NO_NUMBERS: Final = ("--5", "\u00b2", "5" * 5000, "-", "", "1e5")


@pytest.mark.parametrize("stated", [*NO_NUMBERS, 10**30, -(10**30)], ids=str)
def test_a_whole_number_that_is_none_is_not_stated(stated: str | int) -> None:
    body = json.loads(as_json([a_span()]))
    span = body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    span["attributes"].append({"key": "gen_ai.usage.output_tokens", "value": {"intValue": stated}})
    received = read_export("traces", JSON, json.dumps(body).encode(), ARRIVAL, 10)
    assert [event.tokens.input_total for _, event in received.events] == [None]


@pytest.mark.parametrize("end", [10**30, int("9" * 400), -5, 2**64 - 1], ids=["far", "endless", "before", "largest"])
def test_a_span_that_ends_at_no_time_lasts_nobody_knows_how_long(end: int) -> None:
    body = json.loads(as_json([a_span()]))
    span = body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    span["endTimeUnixNano"] = end
    received = read_export("traces", JSON, json.dumps(body).encode(), ARRIVAL, 10)
    assert all((event.latency_ms or 0) < 2**45 for _, event in received.events)


@pytest.mark.parametrize("media", [PROTOBUF, JSON])
def test_ids_of_zeros_are_none(media: str) -> None:
    spans = [a_span(trace="00" * 16, span="00" * 8, parent="00" * 8, start=START_NS + late) for late in (0, 10**9)]
    body = as_json(spans) if media == JSON else as_protobuf(spans)
    events = [event for _, event in read_export("traces", media, body, ARRIVAL, 10).events]
    assert len({event.id for event in events}) == 2
    assert all({"trace_id", "span_id", "inside"}.isdisjoint(event.metadata or {}) for event in events)


def test_a_request_that_a_program_works_on_is_no_name_of_a_call() -> None:
    (event,) = calls(a_span(usual=CALL | USED | {"request_id": "9b2cdbb0-6a3c-4c3e-8d31-5a9ce44b9f11"}))
    assert "request_id" not in (event.metadata or {})
    agents = {"request_id": "req_011CYvBm7NestsCukYLh1Zqg", "model": "claude-sonnet-4-6"}
    (event,) = calls(a_span(name="claude_code.llm_request", usual=agents))
    assert (event.metadata or {})["request_id"] == agents["request_id"]


def test_ids_too_long_for_an_event_lose_no_call() -> None:
    answer = "resp_" + "1" * 251
    (event,) = calls(a_span(usual=CALL | {"gen_ai.response.id": answer}))
    assert (event.response_id, len(event.id)) == (answer, 32)
    assert calls(a_span(usual=CALL | {"gen_ai.response.id": answer + "2"}))[0].id != event.id


@given(st.binary(max_size=400))
def test_bytes_are_refused_or_read(body: bytes) -> None:
    for signal in get_args(Signal):
        for media in (PROTOBUF, JSON):
            with suppress(BodyUnreadable):
                read_export(signal, media, body, ARRIVAL, 10)


@settings(max_examples=200)
@given(st.data())
def test_a_mutated_export_is_refused_or_read(data: st.DataObject) -> None:
    whole = as_json([a_span(usual=CALL | USED | {"output.value": '{"id": "x", "usage": {"prompt_tokens": 1}}'})])
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(whole) - 1))
        body, media = whole[:at] + data.draw(st.binary(max_size=3)) + whole[at + 1 :], JSON
    else:
        sent = as_protobuf([a_span(usual=CALL | USED)])
        at = data.draw(st.integers(0, len(sent) - 1))
        body, media = sent[:at] + data.draw(st.binary(max_size=3)) + sent[at + 1 :], PROTOBUF
    try:
        received = read_export("traces", media, body, ARRIVAL, 10)
    except InputError:
        return
    for _, event in received.events:
        event.tokens.check()


_JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
_PASSED_ON = (
    "output.value",
    "ai.response.providerMetadata",
    "langfuse.observation.usage_details",
    "gen_ai.response.id",
)


@given(st.sampled_from(_PASSED_ON), _JSON_VALUES)
def test_passed_on_bodies_of_any_shape_are_no_trouble(name: str, value: Any) -> None:
    text = json.dumps({"usage": value, "anthropic": {"usage": value}, "input": value, "openai": value, "id": value})
    found = calls(a_span(usual=CALL | {name: text}))
    found[0].tokens.check()


def test_both_encodings_of_a_span_are_the_same() -> None:
    span = a_span(usual=CALL | USED | {"outlay.tags": ["a:b", "c:d"], "gen_ai.request.stream": True, "cost_usd": 0.25})
    by_protobuf = read_export("traces", PROTOBUF, as_protobuf([span]), ARRIVAL, 10)
    assert by_protobuf == read_export("traces", JSON, as_json([span]), ARRIVAL, 10)
    assert by_protobuf.events[0][1].tags == ("a:b", "c:d")
