"""What a call says of itself in headers and body: whom it is for, of which session, with which tags.

Clients of other gateways, of tracing and of coding agents are understood as they are, so nothing has to be changed in
them. All of it is text from outside and only a claim; `attribution` decides what it is worth.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import msgspec
from msgspec import Struct

_MOST_CLAIMS: Final = 256
# A header's name -> what it states, in the order of precedence.
_HEADERS: Final[tuple[tuple[bytes, str], ...]] = (
    *((f"x-outlay-{name}".encode(), name.replace("-", "_")) for name in ("user", "team", "agent", "agent-type", "pod")),
    *((f"x-outlay-{name}".encode(), name.replace("-", "_")) for name in ("task", "parent-agent")),
    (b"x-outlay-run", "run_id"),
    (b"x-outlay-session", "session_id"),
    (b"x-litellm-end-user-id", "user"),
    (b"x-litellm-session-id", "session_id"),
    (b"x-litellm-agent-id", "agent"),
    (b"x-portkey-trace-id", "run_id"),
    (b"helicone-user-id", "user"),
    (b"helicone-session-id", "session_id"),
    (b"helicone-session-name", "agent"),
    (b"x-bf-session-id", "session_id"),
    (b"x-claude-code-session-id", "session_id"),
    (b"x-claude-code-agent-id", "run_id"),
    (b"session-id", "session_id"),
    (b"session_id", "session_id"),
)
_TAG_LISTS: Final = (b"x-outlay-tags", b"x-litellm-tags")
_TAG_BEGINNINGS: Final = (b"helicone-property-", b"x-bf-dim-", b"x-outlay-tag-")
# What keys of metadata, baggage and the like mean; every other key is a tag.
_KEYS: Final[Mapping[str, str]] = {
    "_user": "user",
    "user": "user",
    "user_id": "user",
    "user.id": "user",
    "user.email": "user",
    "enduser.id": "user",
    "team": "team",
    "team_id": "team",
    "agent": "agent",
    "agent_name": "agent",
    "agent.name": "agent",
    "gen_ai.agent.name": "agent",
    "run": "run_id",
    "run_id": "run_id",
    "run.id": "run_id",
    "session": "session_id",
    "session_id": "session_id",
    "session.id": "session_id",
    "conversation_id": "session_id",
    "gen_ai.conversation.id": "session_id",
    "pod": "pod",
    "project": "pod",
    "task": "task",
    "task_id": "task",
}
_CODING_AGENTS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"claude-cli/", "claude-code"),
    (b"codex_", "codex"),
    (b"geminicli", "gemini-cli"),
    (b"opencode/", "opencode"),
)
# How Claude Code fills Anthropic's `metadata.user_id`; newer versions write JSON there.
_CLAUDE_CODE_USER: Final = re.compile(r"user_([0-9a-f]{64})_account_([0-9a-f-]{36})?_session_([0-9a-f-]{36})")
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode
_MALFORMED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Told(Struct, frozen=True, gc=False):
    """What the body of a call says beside the model; the values are whatever JSON was there."""

    user: Any = None
    safety_identifier: Any = None
    metadata: Any = None
    prompt_cache_key: Any = None


NOTHING_TOLD: Final = Told()


class Claims:
    """What was claimed so far: the first claim of each field and of each tag's key counts."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self.tags: dict[str, str] = {}
        self._left = _MOST_CLAIMS

    def state(self, field: str, text: str) -> None:
        text = text.strip()
        if text and field not in self.fields:
            self.fields[field] = _printable(text)

    def tag(self, key: str, value: str) -> None:
        key, value = _printable(key.strip()).replace(":", "_"), _printable(value.strip())
        if key and value and self._left:
            self._left -= 1
            self.tags.setdefault(key, value)

    def tag_text(self, text: str) -> None:
        """Take a tag as lists have them: `team:red`, or `red` alone."""
        key, colon, value = text.partition(":")
        if colon:
            self.tag(key, value)
        else:
            self.tag("tag", key)

    def pair(self, key: str, value: object) -> None:
        """Take an entry of metadata or baggage."""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return
        field = _KEYS.get(key)
        if field is None:
            self.tag(key, str(value))
        else:
            self.state(field, str(value))


def claims_of(telling: Mapping[bytes, bytes], told: Told) -> Claims:
    """Return what headers (by their names in small letters) and body claim; headers come first."""
    claims = Claims()
    for name, field in _HEADERS:
        value = telling.get(name)
        if value is not None:
            claims.state(field, _text(value))
    _claim_tags(claims, telling)
    if (metadata := telling.get(b"x-portkey-metadata")) is not None:
        for key, said in _object(metadata).items():
            claims.pair(key, said)
    if (baggage := telling.get(b"baggage")) is not None:
        _claim_baggage(claims, baggage)
    if told is not NOTHING_TOLD:
        _claim_body(claims, told)
    agent = telling.get(b"user-agent", b"")[:40].lower()
    for beginning, known in _CODING_AGENTS:
        if agent.startswith(beginning):
            claims.state("agent", known)
    return claims


def _claim_tags(claims: Claims, telling: Mapping[bytes, bytes]) -> None:
    for name in _TAG_LISTS:
        for text in _text(telling.get(name, b"")).split(",")[:_MOST_CLAIMS]:
            claims.tag_text(text)
    for name, value in telling.items():
        for beginning in _TAG_BEGINNINGS:
            if name.startswith(beginning):
                claims.tag(name[len(beginning) :].decode("latin-1"), _text(value))


def _claim_baggage(claims: Claims, baggage: bytes) -> None:
    """Take what W3C baggage says of people and agents; the rest of it is for tracing."""
    for entry in baggage.split(b",")[:_MOST_CLAIMS]:
        key, _, value = entry.partition(b";")[0].partition(b"=")
        field = _KEYS.get(_text(key).strip())
        if field is not None:
            claims.state(field, _text(unquote_to_bytes(value.strip())))


def _claim_body(claims: Claims, told: Told) -> None:
    if isinstance(told.metadata, dict):
        _claim_metadata(claims, told.metadata)
    for stated in (told.user, told.safety_identifier):
        if isinstance(stated, str):
            claims.state("user", stated)
    if isinstance(told.prompt_cache_key, str):
        claims.state("session_id", told.prompt_cache_key)


def _claim_metadata(claims: Claims, metadata: Mapping[str, Any]) -> None:
    user, tags = metadata.get("user_id"), metadata.get("tags")
    if isinstance(user, str):
        _claim_anthropic_user(claims, user)
    for tag in tags[:_MOST_CLAIMS] if isinstance(tags, list) else ():
        if isinstance(tag, str):
            claims.tag_text(tag)
    for key, value in list(metadata.items())[:_MOST_CLAIMS]:
        if key != "user_id":
            claims.pair(key, value)


def _claim_anthropic_user(claims: Claims, user: str) -> None:
    known = _CLAUDE_CODE_USER.fullmatch(user)
    if known is not None:
        claims.state("user", known[2] or known[1])
        claims.state("session_id", known[3])
    elif user.startswith("{"):
        said = _object(user.encode(errors="replace"))
        claims.state("user", str(said.get("account_uuid") or said.get("device_id") or ""))
        claims.state("session_id", str(said.get("session_id") or ""))
    else:
        claims.state("user", user)


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def _text(value: bytes) -> str:
    """Read a header's bytes, which are UTF-8 where people write names, as text."""
    return value.decode("utf-8", "replace")


def _object(text: bytes) -> dict[str, Any]:
    try:
        return _decode_object(text)
    except _MALFORMED:
        return {}
