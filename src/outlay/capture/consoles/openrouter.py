"""OpenRouter's activity: every generation (with its id), or sums by day and model. CSV, or JSON from its API.

Cached tokens are inside the prompt's and reasoning inside the completion's. `cost_total` and `Usage` are what
OpenRouter takes; what a provider bills for calls with one's own key beside that is kept, but is no part of the cost.
"""

from typing import Final

from outlay.capture.cells import as_text
from outlay.capture.consoles.console import Console, Made, end_of_day, instant, middle_of_day, truth


def _status(cancelled: object, finished: object) -> str:
    if truth(cancelled):
        return "cancelled"
    return "error" if as_text("finish_reason", finished) == "error" else "ok"


def _day(cell: object) -> object:
    """Return the day of a text such as `2026-05-12 00:00:00`."""
    text = as_text("date", cell)
    return None if text is None else text[:10]


def _time(day: object) -> object:
    return middle_of_day(_day(day))


def _over(day: object) -> object:
    return end_of_day(_day(day))


OPENROUTER: Final = Console(
    told_by=("generation_id", "created_at", "cost_total"),
    columns={
        "id": "generation_id",
        "response_id": "generation_id",
        "time": "=time",
        "user": "user",
        "api_key": "api_key_name",
        "agent": "app_name",
        "model": "model_permaslug",
        "status": "=status",
        "latency_ms": "generation_time_ms",
        "first_token_ms": "time_to_first_token_ms",
        "tokens.input": "tokens_prompt",
        "tokens.cache_read": "tokens_cached",
        "tokens.output": "tokens_completion",
        "tokens.reasoning": "tokens_reasoning",
        "cost": "cost_total",
    },
    made={
        "=time": Made(("created_at",), instant),
        "=status": Made(("cancelled", "finish_reason_normalized"), _status),
    },
    defaults={"provider": "openrouter"},
    metadata={
        "provider_name": "provider_name",
        "variant": "variant",
        "finish_reason": "finish_reason_normalized",
        "byok_usd": "byok_usage_inference",
    },
)

OPENROUTER_ACTIVITY: Final = Console(
    told_by=("date", "slug", "requests"),
    spelled={
        "slug": ("model_permaslug", "model"),
        "usage": ("cost",),
        "byok_usage": ("byok_usage_inference",),
    },
    columns={
        "time": "=time",
        "requests": "requests",
        "api_key": "api_key_name",
        "model": "slug",
        "tokens.input": "prompt_tokens",
        "tokens.output": "completion_tokens",
        "tokens.reasoning": "reasoning_tokens",
        "cost": "usage",
    },
    made={"=time": Made(("date",), _time), "=over": Made(("date",), _over)},
    states=("usage", "requests", "prompt_tokens", "completion_tokens"),
    ends="=over",
    identity=("date", "slug", "provider_name", "endpoint_id", "api_key_name"),
    defaults={"provider": "openrouter", "operation": "console"},
    metadata={"provider_name": "provider_name", "byok_usd": "byok_usage"},
)
