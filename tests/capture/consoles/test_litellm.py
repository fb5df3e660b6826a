"""LiteLLM's spend logs, from its table (CSV) and its API (JSON): the same calls either way."""

import csv
import io
import json
from typing import Any

import pytest

from outlay.capture.traces import Format
from outlay.kit.money import as_usd
from outlay.usage import UsageEvent
from tests.capture.reading import events, kind_named, own_mapping, read, rejected

CALL: dict[str, Any] = {
    "request_id": "chatcmpl-1",
    "call_type": "acompletion",
    "api_key": "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b",
    "spend": 0.00123,
    "total_tokens": 1300,
    "prompt_tokens": 1200,
    "completion_tokens": 100,
    "startTime": "2026-09-01T10:00:00.000Z",
    "endTime": "2026-09-01T10:00:02.500Z",
    "completionStartTime": "2026-09-01T10:00:00.750Z",
    "model": "claude-sonnet-4-5",
    "model_group": "smart",
    "custom_llm_provider": "anthropic",
    "api_base": "https://api.anthropic.com",
    "user": "default_user_id",
    "end_user": "ann",
    "team_id": "t-1",
    "metadata": {
        "user_api_key_alias": "ci",
        "user_api_key_team_alias": "Growth",
        "additional_usage_values": {
            "cache_read_input_tokens": 900,
            "cache_creation_input_tokens": 50,
            "prompt_tokens_details": {"cached_tokens": 900},
            "completion_tokens_details": {"reasoning_tokens": 40},
        },
    },
    "cache_hit": "False",
    "request_tags": ["prod", "env:eu", "User-Agent: curl"],
    "session_id": "s-9",
    "status": "success",
    "messages": {"role": "user", "content": "secret"},
}
CACHED = CALL | {"request_id": "chatcmpl-2", "cache_hit": "True", "spend": 0.5, "session_id": "chatcmpl-2"}
FAILED = CALL | {
    "request_id": "chatcmpl-3",
    "status": None,
    "spend": 0,
    "prompt_tokens": 0,
    "completion_tokens": 0,
    "metadata": {"status": "failure"},
    "custom_llm_provider": "",
    "model": "",
    "request_tags": None,
}
CALLS = [CALL, CACHED, FAILED]


def as_csv(calls: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, CALL)
    writer.writeheader()
    for call in calls:
        writer.writerow(
            {key: json.dumps(value) if isinstance(value, dict | list) else value for key, value in call.items()}
        )
    return text.getvalue().encode()


FORMS = {
    "csv": as_csv(CALLS),
    "array": json.dumps(CALLS, indent=2).encode(),
    "under data": json.dumps({"data": CALLS, "total": 3}).encode(),
    "lines": b"\n".join(json.dumps(call).encode() for call in CALLS),
}


def calls_in(data: bytes, form: Format = "table") -> list[UsageEvent]:
    rows = read(data, own_mapping("litellm"), form)
    assert not rejected(rows)
    return events(rows)


@pytest.mark.parametrize("form", FORMS)
def test_a_call(form: str) -> None:
    call, cached, failed = calls_in(FORMS[form], kind_named("litellm").format)
    assert (call.id, call.response_id, call.operation) == ("chatcmpl-1", "chatcmpl-1", "acompletion")
    assert (call.user, call.team, call.api_key, call.session_id) == ("ann", "Growth", "ci", "s-9")
    assert (call.provider, call.model, call.status) == ("anthropic", "claude-sonnet-4-5", "ok")
    assert (call.latency_ms, call.first_token_ms) == (2500, 750)
    tokens = call.tokens
    assert (tokens.input_uncached, tokens.cache_read, tokens.cache_write) == (250, 900, 50)
    assert (tokens.output, tokens.reasoning) == (100, 40)
    assert call.tags == ("tag:prod", "env:eu", "User-Agent: curl")
    assert call.reported_cost is not None
    assert (str(as_usd(call.reported_cost.pico)), call.reported_cost.by) == ("0.001230000000", "tool")
    assert call.metadata == {"model_group": "smart", "api_base": "https://api.anthropic.com", "cache_hit": "False"}
    assert cached.reported_cost is not None
    assert (cached.reported_cost.pico, cached.reported_cost.by, cached.session_id) == (0, "provider", None)
    assert (failed.status, failed.reported_cost, failed.tokens.total, failed.model) == ("error", None, None, "smart")


def test_no_prompt_is_kept() -> None:
    assert b"secret" in FORMS["lines"]
    assert all("secret" not in repr(event) for form in FORMS.values() for event in calls_in(form))


def test_figures_that_contradict_each_other_refuse_the_row() -> None:
    usage = {"additional_usage_values": {"cache_read_input_tokens": 5000}}
    (refused,) = rejected(read(json.dumps([CALL | {"metadata": usage}]).encode(), own_mapping("litellm"), "table"))
    assert refused.code == "tokens_contradict"


@pytest.mark.parametrize(
    "metadata", ['"x"', "[", "{", "{}", "[1]", "null", '{"usage_object": 5}', '{"usage_object": []}']
)
def test_metadata_of_any_kind_is_no_error(metadata: str) -> None:
    (event,) = calls_in(as_csv([CALL | {"metadata": metadata}]))
    assert event.tokens.cache_read is None
