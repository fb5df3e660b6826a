"""What single lines of agents' logs mean, and that nothing in a log can break its reader."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.capture.agent_logs.codex import family_of
from outlay.capture.agent_logs.tools import TOOLS, Tool, logs_at, tool_named, usual_places
from outlay.errors import ImportFailed
from outlay.usage import Tokens
from tests.capture.agent_logs.reading import read_bytes, read_lines
from tests.intake.logs import codex_count, codex_head
from tests.real_data import REAL_DATA

_NAMES: Final = {"swe-agent": "a.traj", "opencode": "msg_1.json", "open-design": "events.jsonl"}
_PATHS: Final = {tool.name: Path("/logs") / _NAMES.get(tool.name, "a.jsonl") for tool in TOOLS}
_SAMPLES: Final = sorted((REAL_DATA / "agent-logs").rglob("*.jsonl")) if REAL_DATA.exists() else []


def usage_of(**usage: Any) -> Tokens:
    (call,) = read_lines("claude-code", json.dumps({"message": {"id": "m", "usage": usage}}))
    return call.tokens


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"input_tokens": 1, "output_tokens": 2}, Tokens(input_uncached=1, output=2)),
        ({"input_tokens": None, "output_tokens": 2}, Tokens(output=2)),
        (
            {"input_tokens": 1, "output_tokens": 2, "cache_creation_input_tokens": 7},
            Tokens(input_uncached=1, output=2, cache_write_other=7),
        ),
        (
            {
                "input_tokens": 1,
                "output_tokens": 2,
                "cache_creation_input_tokens": 7,
                "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 2},
            },
            Tokens(input_uncached=1, output=2, cache_write_5m=4, cache_write_1h=2, cache_write_other=1),
        ),
        (
            {"input_tokens": 1, "output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}},
            Tokens(input_uncached=1, output=9, reasoning=4),
        ),
    ],
    ids=["plain", "null", "writes", "writes-by-time", "thinking"],
)
def test_usage_of_claude_code(usage: dict[str, Any], tokens: Tokens) -> None:
    assert usage_of(**usage) == tokens


def test_what_an_answer_of_claude_code_counts_beside_its_totals() -> None:
    parts = [
        {"type": "message", "input_tokens": 5, "output_tokens": 5},
        {"type": "compaction", "input_tokens": 100, "output_tokens": 20},
        {"type": "advisor_message", "model": "claude-opus-4-5", "input_tokens": 7, "output_tokens": 3},
    ]
    usage = {"input_tokens": 5, "output_tokens": 5, "iterations": parts, "server_tool_use": {"web_search_requests": 2}}
    calls = read_lines("claude-code", json.dumps({"message": {"id": "m", "model": "claude-x", "usage": usage}}))
    assert [(call.id, call.service, call.model, call.tokens.total, call.quantity) for call in calls] == [
        ("m@None", "llm", "claude-x", 10, None),
        ("m@None#compaction-1", "llm", "claude-x", 120, None),
        ("m@None#advisor-2", "llm", "claude-opus-4-5", 10, None),
        ("m@None#web_search", "web_search", "claude-x", None, Decimal(2)),
    ]


@pytest.mark.parametrize(
    ("said", "variant"),
    [
        ({"service_tier": "standard"}, None),
        ({"service_tier": "priority", "speed": "fast"}, "priority+fast"),
        ({"inference_geo": "us", "service_tier": "batch"}, "batch+us"),
        ({"inference_geo": "not_available"}, None),
    ],
)
def test_variant_of_claude_code(said: dict[str, str], variant: str | None) -> None:
    usage = {"input_tokens": 1, "output_tokens": 1} | said
    (call,) = read_lines("claude-code", json.dumps({"message": {"id": "m", "usage": usage}}))
    assert call.variant == variant


def test_a_subagents_sum_in_a_tools_result_is_no_call() -> None:
    line = {
        "type": "user",
        "toolUseResult": {"usage": {"input_tokens": 900, "output_tokens": 9}},
        "message": {"role": "user"},
    }
    progress = {"type": "progress", "data": {"message": {"message": {"id": "m", "usage": {"input_tokens": 1}}}}}
    assert not read_lines("claude-code", json.dumps(line), json.dumps(progress))


def test_codex_without_last_usage_tells_differences() -> None:
    def sums(total: int, output: int) -> str:
        info = {
            "total_token_usage": {"input_tokens": total, "cached_input_tokens": total // 2, "output_tokens": output}
        }
        return json.dumps({"type": "event_msg", "timestamp": "t", "payload": {"type": "token_count", "info": info}})

    calls = read_lines("codex", codex_head("a").strip(), sums(100, 5), sums(160, 9), sums(20, 1))
    assert [(call.tokens.input_total, call.tokens.cache_read, call.tokens.output) for call in calls] == [
        (100, 50, 5),
        (60, 30, 4),
        (20, 10, 1),
    ]


def test_codex_names_tier_model_and_response() -> None:
    usage = {"input_tokens": 10, "cached_input_tokens": 0, "output_tokens": 1}
    settings_line = {"type": "thread_settings_applied", "thread_settings": {"service_tier": "priority"}}
    record = {"response_id": "resp_1", "usage": usage}
    (call,) = read_lines(
        "codex",
        codex_head("a").strip(),
        json.dumps({"type": "turn_context", "payload": {"model": "gpt-5", "cwd": "/w"}}),
        json.dumps({"type": "event_msg", "payload": settings_line}),
        json.dumps({"type": "token_usage_record", "payload": record}),
        codex_count((10, 1), (10, 1)).strip(),
    )
    assert (call.model, call.variant, call.response_id, call.folder) == ("gpt-5", "priority", "resp_1", "/w")


@pytest.mark.parametrize(
    ("head", "parents"),
    [
        (codex_head("a"), ()),
        (codex_head("a", forked_from_id="b"), ("b",)),
        (codex_head("a", source={"subagent": {"thread_spawn": {"parent_thread_id": "c"}}}), ("c",)),
        (codex_head("a", source="exec"), ()),
    ],
)
def test_family_of_a_session(head: str, parents: tuple[str, ...]) -> None:
    family = family_of(head.encode())
    assert family is not None
    assert (family.session, family.parents) == ("a", parents)


@pytest.mark.parametrize("head", [b"", b"{", b'{"type":"turn_context","payload":{}}', b'{"type":"session_meta"}'])
def test_no_family(head: bytes) -> None:
    assert family_of(head) is None


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_nothing_breaks_a_reader(tool: Tool, data: st.DataObject) -> None:
    content = data.draw(st.binary(max_size=300))
    if _SAMPLES:
        content = data.draw(st.sampled_from(_SAMPLES)).read_bytes()[: data.draw(st.integers(0, 60_000))]
        for _ in range(data.draw(st.integers(0, 6))):
            place = data.draw(st.integers(0, len(content)))
            content = (
                content[:place] + data.draw(st.binary(max_size=4)) + content[place + data.draw(st.integers(0, 4)) :]
            )
    found = read_bytes(tool.name, content, _PATHS[tool.name], settled=data.draw(st.booleans()))
    assert 0 <= found.consumed <= len(content)


@pytest.mark.parametrize("tool", [each for each in TOOLS if each.files[0].way == "grows"], ids=lambda tool: tool.name)
def test_a_line_that_is_not_yet_written_whole_waits(tool: Tool) -> None:
    found = read_bytes(tool.name, b'{"type":"x"}\n{"usage', _PATHS[tool.name])
    assert (found.consumed, found.refused) == (13, [])


def test_where_tools_keep_their_logs(tmp_path: Path) -> None:
    claude = tool_named("claude-code")
    assert claude is not None
    for folder in (".claude/projects/p", ".config/claude/projects", "one/projects", "two/projects"):
        (tmp_path / folder).mkdir(parents=True)
    assert usual_places(claude, {}, tmp_path) == [tmp_path / ".config/claude/projects", tmp_path / ".claude/projects"]
    named = {"CLAUDE_CONFIG_DIR": f"{tmp_path / 'one'}, {tmp_path / 'two'},{tmp_path / 'none'}"}
    assert usual_places(claude, named, tmp_path) == [tmp_path / "one/projects", tmp_path / "two/projects"]
    (tmp_path / ".claude/projects/p/b.jsonl").touch()
    (tmp_path / ".claude/projects/a.jsonl").touch()
    (tmp_path / ".claude/projects/settings.json").touch()
    names = [path.name for path in logs_at(claude, [tmp_path / ".claude/projects"])]
    assert names == ["a.jsonl", "b.jsonl"]
    with pytest.raises(ImportFailed, match="no file or folder"):
        list(logs_at(claude, [tmp_path / "nowhere"]))
