"""Every real log is read to the figures that are written beside it, and no other log is lost without a reason."""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from outlay.capture.agent_logs.logged import LoggedCall
from outlay.capture.agent_logs.tools import TOOLS
from tests.capture.agent_logs.reading import read_file
from tests.real_data import REAL_DATA, shared_data

LOGS: Final = REAL_DATA / "agent-logs"
INDEX: Final[list[dict[str, Any]]] = (
    json.loads((LOGS / "index.json").read_text()) if (LOGS / "index.json").exists() else []
)

# The figures beside these say nothing of the calls in them.
WITHOUT_FIGURES: Final = {
    "expected_pi": "pi's figures were also taken of Claude Code's lines, where they are all zero",
}
# What is read of logs that have no figures beside them: worked out by hand from what each states.
BY_HAND: Final[dict[str, tuple[str, dict[str | None, dict[str, int]]]]] = {
    "projects/project-alpha/session-alpha/chat.jsonl": (
        "claude-code",
        {
            "claude-sonnet-4-20250514": {"calls": 2, "input": 400, "read": 50, "write": 25, "output": 175},
            "claude-opus-4-20250514": {"calls": 1, "input": 200, "read": 20, "write": 50, "output": 75},
        },
    ),
    "projects/project-beta/session-beta/chat.jsonl": (
        "claude-code",
        {"claude-haiku-4-5-20251001": {"calls": 2, "input": 130, "read": 40, "write": 15, "output": 60}},
    ),
    "storage/message/test-project/msg_test001.json": (
        "opencode",
        {"claude-3-5-sonnet-20241022": {"calls": 1, "input": 1000, "read": 200, "write": 100, "output": 500}},
    ),
    "gemini-cli-session/session-sample.json": (  # 125 + 50 of a tool, 890 - 125 + 150; 450 + 200, 1250 + 2500
        "gemini-cli",
        {"gemini-2.5-pro": {"calls": 2, "input": 1090, "read": 125, "output": 4400, "reasoning": 2700}},
    ),
    "session-2026-11-20T07-27-ae5c11ed.jsonl": (
        "gemini-cli",
        {"gemini-2.5-flash": {"calls": 1, "input": 18, "output": 115, "reasoning": 35}},
    ),
    "session-2026-11-20T07-28-29c5b723.jsonl": (
        "gemini-cli",
        {"gemini-2.5-flash": {"calls": 1, "input": 32 + 4610, "output": 62, "reasoning": 37}},
    ),
    "session-2026-11-20T07-28-64369d53.jsonl": (
        "gemini-cli",
        {"gemini-2.5-pro": {"calls": 1, "input": 15 + 770, "output": 779, "reasoning": 742}},
    ),
    "source_data/qwen_code.jsonl": (
        "qwen-code",
        {"coder-model": {"calls": 2, "input": 1050, "read": 50, "output": 25}},
    ),
    "dsh/bash-tool-turn.jsonl": (
        "dsh",
        {"deepseek-v4-flash": {"calls": 2, "input": 3045, "read": 2816, "output": 115, "reasoning": 40}},
    ),
    "runs/run-mixed/events.jsonl": (  # the second event of one id says 9,999 of everything
        "open-design",
        {
            "gpt-5.5": {"calls": 1, "input": 950, "read": 50, "output": 200, "reasoning": 25},
            "glm-5.2": {"calls": 1, "input": 3000, "read": 100, "output": 460, "reasoning": 60},
        },
    ),
    "runs/run-start-seeded/events.jsonl": (
        "open-design",
        {"glm-5.2": {"calls": 1, "input": 777, "read": 7, "output": 36, "reasoning": 3}},
    ),
}
# Logs that hold no call's counts, and why.
WITHOUT_CALLS: Final[dict[str, str]] = {
    "tests/sample_session.json": "an export for the web, without usage",
    "tests/sample_session.jsonl": "its answers state no usage",
    "claude/valid_session.jsonl": "its answers state no usage",
    "codex/fc_args_1.jsonl": "no token_count was written",
    "codex/fc_args_2.jsonl": "no token_count was written",
    "codex/fc_stdin.jsonl": "no token_count was written",
    "codex/function_calls.jsonl": "no token_count was written",
    "codex/standard_session.jsonl": "no token_count was written",
    "gemini/standard_session.json": "its answers state no tokens",
    "gemini/system_messages.json": "no answers in it",
    "gemini/thinking_only.json": "its answers state no tokens",
    "gemini/tool_calls.json": "its answers state no tokens",
    "test-project/conversation.jsonl": "counts beside the message, without message ids: Claude Code writes none such",
    "claude-code-session/session-20251125T103045-abc123.jsonl": "another meter's report, which contradicts itself",
    "codex-cli-session/session-20251125T143022-def456.jsonl": "another meter's report, which contradicts itself",
    "source_data/copilot.json": "VS Code's chat state, which holds no counts",
    "archived-fork-33ce-3869/ORACLE.md": "the figures of the two logs beside it",
    "archived-fork-33ce-3869/manifest.json": "the figures of the two logs beside it",
    "harness-smoke/manifest.json": "the figures of the two logs beside it",
    "2026-08-03T11-00-00-000Z_omp-legacy.jsonl": "a session that was opened only",
    "2026-08-03T12-00-00-000Z_omp-fixture.jsonl": "a session that was opened only",
    "2026-08-03T12-00-00-000Z_pi-fixture.jsonl": "an answer that states no usage",
    "Fixtures/agent-session-rollout.jsonl": "a session that was opened only",
    "Fixtures/codex-historical-usage-real-legacy.jsonl": "percents of a plan, not counts",
    "logs/transcript.jsonl": "an answer that states no usage",
    "run-no-usage/events.jsonl": "no usage was emitted",
    "demonstrations/function_calling_simple.traj": "a demonstration, without counts",
    "test_data/github_issue.traj.json": "messages without the provider's answers",
    "test_data/local.traj.json": "messages without the provider's answers",
}


def of_index(*expected: str) -> list[Any]:
    rows = [row for row in INDEX if any(name in row for name in expected)]
    return [pytest.param(row, id=row["file"][-70:]) for row in rows]


def figures(calls: list[LoggedCall]) -> dict[str | None, dict[str, int]]:
    """Return the counts by model, without those that are zero."""
    found: dict[str | None, Counter[str]] = {}
    for call in calls:
        of = found.setdefault(call.model, Counter())
        tokens = call.tokens
        of["calls"] += 1
        of["input"] += tokens.input_uncached or 0
        of["read"] += tokens.cache_read or 0
        of["write"] += tokens.cache_write or 0
        of["write_1h"] += tokens.cache_write_1h or 0
        of["output"] += tokens.output or 0
        of["reasoning"] += tokens.reasoning or 0
    return {model: {name: count for name, count in of.items() if count} for model, of in found.items()}


@pytest.mark.parametrize("row", of_index("expected_claude"))
def test_claude_code(row: dict[str, Any]) -> None:
    found = read_file("claude-code", LOGS / row["file"])
    expected = row["expected_claude"]
    assert found.records == expected["assistant_lines"]
    assert len(found.calls) == expected["unique_requests"]
    assert figures(found.calls) == {
        None if model == "null" else model: {
            name: count
            for name, count in {
                "calls": told["requests"],
                "input": told["input"],
                "read": told["cache_read"],
                "write": told["cache_write"],
                "write_1h": told["cache_write_1h"],
                "output": told["output"],
            }.items()
            if count
        }
        for model, told in expected["dedup_by_message_and_request_id"].items()
    }


@pytest.mark.parametrize("row", of_index("expected_codex"))
def test_codex(row: dict[str, Any]) -> None:
    found = read_file("codex", LOGS / row["file"])
    expected = row["expected_codex"]
    assert len(found.calls) == expected["token_count_events"] - expected["repeated_totals"]
    # A call names its own model where Codex writes it; the index has the one of the first turn.
    assert found.calls[0].model == expected["model"]
    total = Counter[str]()
    for call in found.calls:
        tokens = call.tokens
        total["input_tokens"] += tokens.input_total or 0
        total["cached_input_tokens"] += tokens.cache_read or 0
        total["cache_write_input_tokens"] += tokens.cache_write or 0
        total["output_tokens"] += tokens.output or 0
        total["reasoning_output_tokens"] += tokens.reasoning or 0
    for sums in (expected["final_total_token_usage"], expected["sum_of_last_token_usage"]):
        assert {name: total[name] for name in sums if name != "total_tokens"} == {
            name: count for name, count in sums.items() if name != "total_tokens"
        }


@pytest.mark.parametrize("row", of_index("expected_pi"))
def test_pi(row: dict[str, Any]) -> None:
    found = read_file("pi", LOGS / row["file"])
    if row["agent"] != "pi":
        assert WITHOUT_FIGURES["expected_pi"]
        assert not any(
            figure for told in row["expected_pi"].values() for name, figure in told.items() if name != "messages"
        )
        assert not found.calls
        return
    for model, told in row["expected_pi"].items():
        provider, _, name = model.partition("/")
        calls = [call for call in found.calls if (call.provider, call.model) == (provider, name)]
        assert len(calls) == told["messages"]
        assert sum(call.tokens.input_uncached or 0 for call in calls) == told["input"]
        assert sum(call.tokens.output or 0 for call in calls) == told["output"]
        assert sum(call.tokens.cache_read or 0 for call in calls) == told["cacheRead"]
        assert sum(call.tokens.cache_write or 0 for call in calls) == told["cacheWrite"]
        assert abs(sum(call.usd or 0 for call in calls) - Decimal(str(told["cost_total"]))) < Decimal("1e-9")


@pytest.mark.parametrize("row", of_index("expected_swe_agent"))
def test_swe_agent(row: dict[str, Any]) -> None:
    found = read_file("swe-agent", LOGS / row["file"])
    expected = row["expected_swe_agent"]
    assert len(found.calls) == bool(expected["api_calls"])
    assert sum(call.calls for call in found.calls) == expected["api_calls"]
    assert sum(call.tokens.input_total or 0 for call in found.calls) == expected["tokens_sent"]
    assert sum(call.tokens.output or 0 for call in found.calls) == expected["tokens_received"]
    assert sum(call.usd or 0 for call in found.calls) == Decimal(str(expected["instance_cost"]))


@pytest.mark.parametrize("end", BY_HAND)
def test_logs_without_figures_beside_them(end: str) -> None:
    name, expected = BY_HAND[end]
    assert figures(read_file(name, _file(end)).calls) == expected


@pytest.mark.parametrize("end", WITHOUT_CALLS)
def test_logs_without_calls(end: str) -> None:
    path = _file(end)
    for tool in TOOLS:
        if tool.file_given(path) is not None:
            assert not read_file(tool.name, path).calls


def test_every_log_is_tested() -> None:
    assert len(INDEX) == 73, shared_data("agent-logs")
    known = [*BY_HAND, *WITHOUT_CALLS]
    untested = [
        row["file"]
        for row in INDEX
        if not any(row["file"].endswith(end) for end in known)
        and not any(name.startswith("expected_") and name != "expected_pi" for name in row)
        and row["agent"] != "pi"
    ]
    assert not untested


def _file(end: str) -> Path:
    (name,) = (str(row["file"]) for row in INDEX if row["file"].endswith(end))
    return LOGS / name
