"""LiteLLM's spend logs: its table `LiteLLM_SpendLogs` as CSV, JSON lines or a JSON array, one row for each call.

`spend` is LiteLLM's own calculation, so our price goes before it; an answer from its own cache cost nothing. Cached
tokens are inside `prompt_tokens` and stated only in `metadata`, as the provider named them. Prompts and answers that
the log may hold are not read.
"""

from datetime import timedelta
from typing import Any, Final

import msgspec

from outlay.capture.cells import as_text
from outlay.capture.consoles.console import Console, Made, first_stated, instant, truth

_NOBODY: Final = frozenset({"default_user_id", "None", "null"})
_MILLISECOND: Final = timedelta(milliseconds=1)
_decode: Final = msgspec.json.Decoder().decode


def _object(cell: object) -> dict[str, Any]:
    """Return a cell that holds an object, in JSON or as its text."""
    if isinstance(cell, str):
        try:
            cell = _decode(cell) if cell.startswith("{") else None
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            cell = None
    return cell if isinstance(cell, dict) else {}


def _usage(metadata: object) -> dict[str, Any]:
    """Return what the provider said of usage; newer logs have all of it, older ones what has no column."""
    told = _object(metadata)
    return {**_object(told.get("additional_usage_values")), **_object(told.get("usage_object"))}


def _cache_read(metadata: object) -> object:
    usage = _usage(metadata)
    inside = _object(usage.get("prompt_tokens_details")).get("cached_tokens")
    return first_stated(usage.get("cache_read_input_tokens"), inside)


def _cache_write(metadata: object) -> object:
    usage = _usage(metadata)
    inside = _object(usage.get("prompt_tokens_details")).get("cache_creation_tokens")
    return first_stated(usage.get("cache_creation_input_tokens"), inside)


def _reasoning(metadata: object) -> object:
    return _object(_usage(metadata).get("completion_tokens_details")).get("reasoning_tokens")


def _status(status: object, metadata: object) -> str:
    stated = first_stated(status, _object(metadata).get("status"))
    return "error" if stated in {"failure", "error", "failed"} else "ok"


def _team(team: object, metadata: object) -> object:
    return first_stated(_object(metadata).get("user_api_key_team_alias"), team)


def _user(user: object, end_user: object, metadata: object) -> object:
    told = _object(metadata)
    stated = (told.get("user_api_key_user_email"), user, end_user)
    return first_stated(*(None if str(each).strip() in _NOBODY else each for each in stated))


def _key(api_key: object, metadata: object) -> object:
    return first_stated(_object(metadata).get("user_api_key_alias"), api_key)


def _tags(tags: object) -> list[str]:
    """Return the tags as ours, which have a key; LiteLLM's are any words."""
    listed = _list(tags) if isinstance(tags, str) else tags
    if not isinstance(listed, list):
        return []
    words = [text for each in listed if isinstance(each, str) and (text := each.strip().strip('"'))]
    return [text if all(text.partition(":")) else f"tag:{text.strip(':')}" for text in words]


def _list(text: str) -> object:
    try:
        return _decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return text.strip("{}").split(",")  # how Postgres writes a list of texts


def _elapsed(start: object, end: object) -> int | None:
    first, last = instant(start), instant(end)
    return None if first is None or last is None or last < first else (last - first) // _MILLISECOND


def _unless_failed(count: object, status: object, metadata: object) -> object:
    """Return a count or sum; of a call that failed 0 says that there was nothing to count."""
    nothing = as_text("count", count) in {"0", "0.0", None}
    return None if nothing and _status(status, metadata) == "error" else count


def _cost(spend: object, cache_hit: object, status: object, metadata: object) -> object:
    return 0 if truth(cache_hit) else _unless_failed(spend, status, metadata)


def _cost_by(cache_hit: object) -> str:
    return "provider" if truth(cache_hit) else "tool"


def _model(model: object, group: object) -> object:
    return first_stated(model, group)


def _session(session: object, request: object) -> object:
    """Return the session; LiteLLM repeats the request's own id where a client stated none."""
    text = as_text("session_id", session)
    return None if text == as_text("request_id", request) else text


LITELLM: Final = Console(
    told_by=("request_id", "startTime", "spend"),
    spelled={"startTime": ("start_time",), "endTime": ("end_time",), "completionStartTime": ("completion_start_time",)},
    columns={
        "id": "request_id",
        "response_id": "request_id",
        "time": "=time",
        "user": "=user",
        "team": "=team",
        "api_key": "=key",
        "agent": "agent_id",
        "session_id": "=session",
        "operation": "call_type",
        "provider": "custom_llm_provider",
        "model": "=model",
        "status": "=status",
        "latency_ms": "=latency",
        "first_token_ms": "=first_token",
        "tokens.input": "=prompt",
        "tokens.cache_read": "=cache_read",
        "tokens.cache_write": "=cache_write",
        "tokens.output": "=completion",
        "tokens.reasoning": "=reasoning",
        "cost": "=cost",
        "cost_by": "=cost_by",
        "tags": "=tags",
    },
    made={
        "=time": Made(("startTime",), instant),
        "=user": Made(("user", "end_user", "metadata"), _user),
        "=team": Made(("team_id", "metadata"), _team),
        "=key": Made(("api_key", "metadata"), _key),
        "=session": Made(("session_id", "request_id"), _session),
        "=model": Made(("model", "model_group"), _model),
        "=status": Made(("status", "metadata"), _status),
        "=latency": Made(("startTime", "endTime"), _elapsed),
        "=first_token": Made(("startTime", "completionStartTime"), _elapsed),
        "=cache_read": Made(("metadata",), _cache_read),
        "=cache_write": Made(("metadata",), _cache_write),
        "=reasoning": Made(("metadata",), _reasoning),
        "=prompt": Made(("prompt_tokens", "status", "metadata"), _unless_failed),
        "=completion": Made(("completion_tokens", "status", "metadata"), _unless_failed),
        "=cost": Made(("spend", "cache_hit", "status", "metadata"), _cost),
        "=cost_by": Made(("cache_hit",), _cost_by),
        "=tags": Made(("request_tags",), _tags),
    },
    metadata={"model_group": "model_group", "api_base": "api_base", "cache_hit": "cache_hit"},
)
