"""Whom a call is attributed to: what each client sends, what wins, and what is too much."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.access.keys import USUAL_SCOPES, ApiKey
from outlay.gateway import claims
from outlay.gateway.attribution import TAGS_CUT, TEXT_CUT, TextLimits, attributed, shortened
from outlay.gateway.claims import NOTHING_TOLD, Told
from tests.shape.tree import ROOT

LIMITS = TextLimits(max_field_chars=64, max_tags=3)
ACCOUNT = "0" * 8 + "-0000-4000-8000-" + "1" * 12
SESSION = "0" * 8 + "-0000-4000-8000-" + "2" * 12


def key(**bound: Any) -> ApiKey:
    nothing: dict[str, Any] = dict.fromkeys(
        ("user", "team", "agent", "agent_type", "pod", "created_by", "expires_at", "last_used_at", "revoked_at")
    )
    told = {"id": "key_1", "organisation": "acme", "name": "k", "prefix": "p", "scopes": USUAL_SCOPES, "tags": ()}
    return ApiKey(**{**nothing, **told, "created_at": datetime(2026, 1, 1, tzinfo=UTC), **bound})


def of(headers: dict[str, str] | None = None, told: Told = NOTHING_TOLD, bound: ApiKey | None = None) -> dict[str, Any]:
    sent = {name.lower().encode(): value.encode() for name, value in (headers or {}).items()}
    return attributed(bound, sent, told, LIMITS).fields


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-outlay-user": "ada", "x-outlay-run": "r1"}, {"user": "ada", "run_id": "r1"}),
        ({"x-outlay-agent-type": "framework"}, {"agent_type": "framework"}),
        ({"x-outlay-agent-type": "robot"}, {}),
        ({"x-outlay-tags": "env:prod, red"}, {"tags": ("env:prod", "tag:red")}),
        ({"x-litellm-tags": "a:1,b:2", "x-litellm-end-user-id": "u"}, {"tags": ("a:1", "b:2"), "user": "u"}),
        ({"x-litellm-session-id": "s", "x-litellm-agent-id": "a"}, {"session_id": "s", "agent": "a"}),
        (
            {"x-portkey-metadata": '{"_user":"u","env":"prod","n":1,"deep":{}}'},
            {"user": "u", "tags": ("env:prod", "n:1")},
        ),
        ({"x-portkey-metadata": "no json", "x-portkey-trace-id": "t"}, {"run_id": "t"}),
        ({"Helicone-User-Id": "u", "Helicone-Property-Env": "prod"}, {"user": "u", "tags": ("env:prod",)}),
        ({"Helicone-Session-Id": "s"}, {"session_id": "s"}),
        ({"x-bf-dim-region": "eu", "x-bf-session-id": "s"}, {"session_id": "s", "tags": ("region:eu",)}),
        ({"baggage": "user.id=ada%20l;x=1, other=2,session.id=s"}, {"user": "ada l", "session_id": "s"}),
        (
            {"user-agent": "claude-cli/2.1 (external)", "x-claude-code-session-id": "s", "x-claude-code-agent-id": "a"},
            {"agent": "claude-code", "session_id": "s", "run_id": "a"},
        ),
        ({"user-agent": "codex_cli_rs/0.60", "session_id": "s"}, {"agent": "codex", "session_id": "s"}),
        ({"x-outlay-user": " ", "user-agent": "curl/8"}, {}),
        ({"x-outlay-user": "ad\x07a"}, {"user": "ad\N{REPLACEMENT CHARACTER}a"}),
    ],
)
def test_headers(headers: dict[str, str], expected: dict[str, Any]) -> None:
    assert of(headers) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (Told(user="u", safety_identifier="other", prompt_cache_key="s"), {"user": "u", "session_id": "s"}),
        (Told(safety_identifier="h"), {"user": "h"}),
        (Told(metadata={"user_id": "u7"}), {"user": "u7"}),
        (
            Told(metadata={"user_id": f"user_{'a' * 64}_account_{ACCOUNT}_session_{SESSION}"}),
            {"user": ACCOUNT, "session_id": SESSION},
        ),
        (
            Told(metadata={"user_id": '{"device_id":"d","account_uuid":"","session_id":"s"}'}),
            {"user": "d", "session_id": "s"},
        ),
        (Told(metadata={"tags": ["env:prod", 7], "project": "p"}), {"pod": "p", "tags": ("env:prod",)}),
        (Told(metadata={"env": "prod", "flag": True, "deep": {}}), {"tags": ("env:prod",)}),
        (Told(metadata=["not", "an", "object"], user=7), {}),
    ],
)
def test_bodies(told: Told, expected: dict[str, Any]) -> None:
    assert of(told=told) == expected


def test_the_keys_bindings_win_over_headers_and_headers_over_the_body() -> None:
    bound = key(user="owner", team="red", tags=("env:prod",))
    found = of(
        {"x-outlay-user": "claimed", "x-outlay-tags": "env:dev,a:1"}, Told(user="body", metadata={"run": "r"}), bound
    )
    assert found == {"user": "owner", "team": "red", "run_id": "r", "api_key": "key_1", "tags": ("env:prod", "a:1")}
    assert of({"x-outlay-user": "claimed"}, Told(user="body"), key()) == {"user": "claimed", "api_key": "key_1"}


def test_what_is_too_long_or_too_much_is_cut_and_said() -> None:
    long = {b"x-outlay-user": b"u" * 65, b"x-outlay-tags": b"a:1,b:2,c:3,d:4"}
    found = attributed(None, long, NOTHING_TOLD, LIMITS)
    assert found.cut == (TEXT_CUT, TAGS_CUT)
    assert len(found.fields["user"]) == 64
    assert found.fields["tags"] == ("a:1", "b:2", "c:3")


@given(st.text(min_size=65, max_size=300), st.text(min_size=65, max_size=300))
def test_shortened_texts_fit_and_stay_different(one: str, other: str) -> None:
    assert len(shortened(one, 64)) == 64
    assert (shortened(one, 64) == shortened(other, 64)) == (one == other)


@given(st.dictionaries(st.binary(max_size=40), st.binary(max_size=200)), st.recursive(st.text() | st.none(), st.lists))
def test_whatever_is_sent_is_attributed_within_limits(telling: dict[bytes, bytes], told: Any) -> None:
    found = attributed(None, telling, Told(told, told, {"user_id": told, "tags": told, "x": told}), LIMITS)
    assert all(len(text) <= 64 for name, text in found.fields.items() if name != "tags")
    assert len(found.fields.get("tags", ())) <= 3


def test_the_reference_page_names_every_header_that_is_read() -> None:
    page = (ROOT / "docs/reference/gateway.md").read_text()
    read = [name for name, _ in claims._HEADERS] + list(claims._TAG_LISTS) + list(claims._TAG_BEGINNINGS)
    # Those of our own are listed in one row by their ends.
    expected = [name.decode().replace("x-outlay-", "-") for name in read]
    assert [name for name in expected if name not in page.replace("x-outlay-", "-")] == []
