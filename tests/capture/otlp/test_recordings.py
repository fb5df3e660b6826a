"""Every recorded call is counted once, with the tokens that were served, or as its tool says and marked for it."""

from collections import Counter
from typing import Final

import pytest

from outlay.usage import NO_TOKENS, UsageEvent
from tests.capture.otlp.recorded import ARRIVAL, Export, Served, recorded_exports

# tool/scenario -> why what was served can't be read from what the tool exported. The event says so, too.
NOT_AS_SERVED: Final = {
    "js-openinference-openai/chat_stream_cached": "states no usage of streamed chats",
    "js-openinference-openai/embeddings": "states no usage of embeddings",
    "js-traceloop-openai/chat_cached": "states no cached tokens",
    "js-traceloop-openai/chat_stream_cached": "states no usage of streams",
    "js-traceloop-openai/responses_cache_write": "states no cached tokens and no reasoning",
    "js-traceloop-openai/responses_cached_reasoning": "states no cached tokens and no reasoning",
    "js-traceloop-openai/responses_stream_cached": "states no usage of streams",
    "langfuse-python/groq_stream": "does not read Groq's own field of streams",
    "opentelemetry-instrumentation-anthropic/messages_stream_cache_read": "adds up cumulative output",
    "opentelemetry-instrumentation-anthropic/messages_stream_cache_write": "adds up cumulative output",
    "opentelemetry-instrumentation-anthropic/messages_stream_web_search": "takes the input of the first message",
    "opentelemetry-instrumentation-anthropic/messages_stream_plain": "adds up cumulative output",
    "opentelemetry-instrumentation-openai/chat_cache_write_reasoning": "states no cache writes",
    "opentelemetry-instrumentation-openai/openrouter_claude_cached_cost": "states no cache writes",
    "opentelemetry-instrumentation-openai/groq_stream": "does not read Groq's own field of streams",
    "opentelemetry-instrumentation-openai-v2/chat_cached": "states no cached tokens",
    "opentelemetry-instrumentation-openai-v2/chat_reasoning": "states no reasoning",
    "opentelemetry-instrumentation-openai-v2/chat_cache_write_reasoning": "states no cached tokens and no reasoning",
    "opentelemetry-instrumentation-openai-v2/chat_stream_cached": "states no cached tokens",
    "opentelemetry-instrumentation-openai-v2/openrouter_claude_cached_cost": "states no cached tokens",
    "opentelemetry-instrumentation-openai-v2/deepseek_cached": "states no cached tokens",
    "opentelemetry-instrumentation-openai-v2/mistral_cached": "states no cached tokens",
    "opentelemetry-instrumentation-openai-v2/groq_stream": "does not read Groq's own field of streams",
    "opentelemetry-instrumentation-openai-v2/azure_reasoning": "states no reasoning",
    "pydantic-ai/chat_reasoning": "could not use the answer, and says it failed",
    "vercel-ai-sdk-v5/chat_cached": "states no cached tokens of answers that are not streamed",
    "vercel-ai-sdk-v5/responses_cache_write": "states no reasoning of answers that are not streamed",
    "vercel-ai-sdk-v5/responses_cached_reasoning": "states no cached tokens and no reasoning of such answers",
    "vercel-ai-sdk-v5/embeddings": "could not read the answer, and says it failed",
}


def by_call() -> dict[str, list[Export]]:
    """Return the exports of each recorded call: a tool may send spans, logs and metrics of the same one."""
    found: dict[str, list[Export]] = {}
    for export in recorded_exports():
        found.setdefault(f"{export.tool}/{export.scenario}", []).append(export)
    return found


def test_every_recorded_call_is_found_once() -> None:
    counted = {name: sum(len(each.calls()) for each in exports) for name, exports in by_call().items()}
    metrics = {name for name in counted if name.endswith("/_metrics_or_final_flush")}
    batch = "openinference-batch-gzip/batch_all"
    assert {counted[name] for name in metrics} == {0}
    assert {name: number for name, number in counted.items() if number != 1 and name not in metrics} == {batch: 28}


def test_tokens_are_those_that_were_served() -> None:
    differing = set()
    for name, exports in by_call().items():
        served = exports[0].usage_expected
        if isinstance(served, Served):
            (event,) = [event for each in exports for event in each.calls()]
            if not served.is_in(event.tokens):
                differing.add(name)
    assert differing == set(NOT_AS_SERVED)


def test_a_batch_of_many_calls_counts_each_as_served() -> None:
    (export,) = by_call()["openinference-batch-gzip/batch_all"]
    assert isinstance(export.usage_expected, dict)
    wanted = Counter(
        (each.input_total, each.input_cached_read or 0, each.input_cache_write or 0, each.output_total)
        for each in export.usage_expected.values()
        if each is not None
    )
    found = Counter(
        (event.tokens.input_total, event.tokens.cache_read or 0, event.tokens.cache_write or 0, event.tokens.output)
        for event in export.calls()
        if event.tokens != NO_TOKENS
    )
    assert found == wanted


def test_what_is_not_as_served_is_marked() -> None:
    for name in NOT_AS_SERVED:
        event = the_call(name)
        metadata = event.metadata or {}
        assert metadata["reported_by"]
        assert metadata.get("partial") or metadata.get("doubtful") or event.status == "error", name


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("js-traceloop-openai/chat_stream_cached", ["usage"]),
        ("js-traceloop-openai/chat_cached", ["cache"]),
        ("vercel-ai-sdk-v5/responses_cached_reasoning", ["cache_read"]),
        ("opentelemetry-instrumentation-openai/openrouter_claude_cached_cost", ["cache_write"]),
        ("pydantic-ai/messages", None),
        ("openinference-instrumentation-anthropic/messages", None),
    ],
    ids=["usage", "cache", "cache reads", "cache writes", "zeros are left out", "the body says all"],
)
def test_what_a_tool_left_out_is_named(name: str, missing: list[str] | None) -> None:
    assert (the_call(name).metadata or {}).get("partial") == missing


def test_reading_again_gives_the_same_events() -> None:
    for exports in by_call().values():
        for export in exports:
            assert export.calls() == export.calls()


def test_no_prompt_and_no_answer_is_kept() -> None:
    for exports in by_call().values():
        for event in (event for export in exports for event in export.calls()):
            kept = set(event.metadata or {})
            assert kept <= {
                "also_by", "doubtful", "inside", "partial", "reported_by", "request_id", "span_id", "trace_id",
            }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "pydantic-ai/chat_cached",
            {"agent": "support_agent", "agent_type": "framework", "team": "search-platform", "tags": ("env:staging",)},
        ),
        ("vercel-ai-sdk-v5/chat_cached", {"user": "user-42", "team": "growth", "agent": "answer-question"}),
        ("codex-cli/responses_cached", {"agent": "codex", "source": "otlp:codex_exec", "provider": "openai"}),
        ("anthropic-sdk-native/messages", {"provider": "anthropic", "model_raw": "claude-sonnet-4-6"}),
        ("opentelemetry-instrumentation-openai/azure_reasoning", {"provider": "azure"}),
        ("pydantic-ai/openrouter_claude_cached_cost", {"provider": "openrouter"}),
        ("openinference-instrumentation-openai/mistral_cached", {"provider": None}),
        ("anthropic-sdk-native/messages_error_401", {"status": "error", "model_raw": "claude-3-opus-20240229"}),
    ],
)
def test_who_and_what(name: str, expected: dict[str, object]) -> None:
    event = the_call(name)
    assert {field: getattr(event, field) for field in expected} == expected


def test_twins_of_one_call_are_put_together() -> None:
    event = the_call("openinference-instrumentation-anthropic/messages_cache_write_1h")
    metadata = event.metadata or {}
    assert metadata["reported_by"] == "com.anthropic.sdk.python 2.10.0"
    assert metadata["also_by"] == ["openinference.instrumentation.anthropic 3.1.0"]
    assert event.tokens.cache_write_1h == 2056
    assert event.response_id == "msg_01E2NzSzVjyyMLU5k3fo6d8t"


def test_bindings_of_the_key_win() -> None:
    bound = ARRIVAL.__class__(
        organisation="org",
        source="otlp",
        received_at=ARRIVAL.received_at,
        fixed={"user": "ada", "team": "research"},
        tags=("env:bound",),
    )
    (export,) = by_call()["vercel-ai-sdk-v5/chat_cached"]
    (event,) = export.calls(bound)
    assert (event.user, event.team, event.tags) == ("ada", "research", ("env:bound",))
    assert event.agent == "answer-question"


def the_call(name: str) -> UsageEvent:
    (event,) = [event for export in by_call()[name] for event in export.calls()]
    return event
