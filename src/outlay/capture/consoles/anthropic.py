"""Anthropic's exports from its console: tokens and costs, both by day (UTC), model, key, workspace and more.

The tokens do not say how many requests they are of; a row counts as one, the least it can be. Input that a cache had a
part in stands beside the input, not in it. Costs name models as people read them.
"""

import re
from typing import Final

from outlay.capture.cells import as_text
from outlay.capture.consoles.console import (
    Console,
    Made,
    end_of_day,
    joined_variants,
    middle_of_day,
    some,
    word,
)
from outlay.usage import LLM, LONG_CONTEXT, SHORT_CONTEXT

_DASHED_DATE: Final = re.compile(r"(20\d\d)-(\d\d)-(\d\d)$")
_LARGE: Final = re.compile(r">|(?:200k|200,?000)\s*[-–+]")  # noqa: RUF001 - an en dash, as the console writes it
_SEARCHES: Final = "web_search_count"

_DIMENSIONS: Final = (
    "usage_date_utc",
    "api_key",
    "workspace",
    "usage_type",
    "context_window",
    "inference_geo",
    "speed",
)
_TOKENS: Final = (
    "usage_input_tokens_no_cache",
    "usage_input_tokens_cache_write",
    "usage_input_tokens_cache_write_5m",
    "usage_input_tokens_cache_write_1h",
    "usage_input_tokens_cache_read",
    "usage_output_tokens",
)


def _variant(usage_type: object, context_window: object, geo: object, speed: object) -> str | None:
    kind = word(usage_type) or ""
    paid_as = "batch" if "batch" in kind else "priority" if "priority" in kind else None
    window = LONG_CONTEXT if _LARGE.search(as_text("context_window", context_window) or "") else SHORT_CONTEXT
    where, fast = word(geo), word(speed)
    return joined_variants(paid_as, window, where, fast)


def _searches(count: object) -> int | None:
    return some(_SEARCHES, count)


def _searched(count: object) -> str | None:
    return None if _searches(count) is None else "web_searches"


def _model(name: object) -> str | None:
    """Return a model's id from its name: `Claude Haiku 4.5`, `Claude 3.5 Sonnet 2024-10-22`, or an id as it is."""
    text = as_text("model", name)
    return None if text is None else _DASHED_DATE.sub(r"\1\2\3", re.sub(r"[ .]", "-", text.lower()))


def _service(cost_type: object) -> str:
    kind = word(cost_type)
    return LLM if kind in {None, "token", "tokens", "standard"} else str(kind)


def _no_request(_: object) -> int:
    return 0


ANTHROPIC_USAGE: Final = Console(
    told_by=("usage_date_utc", "model_version", "usage_output_tokens"),
    columns={
        "time": "=time",
        "api_key": "api_key",
        "model": "model_version",
        "variant": "=variant",
        "quantity": "=searches",
        "unit": "=searched",
        "tokens.input_uncached": "usage_input_tokens_no_cache",
        "tokens.cache_write_other": "usage_input_tokens_cache_write",
        "tokens.cache_write_5m": "usage_input_tokens_cache_write_5m",
        "tokens.cache_write_1h": "usage_input_tokens_cache_write_1h",
        "tokens.cache_read": "usage_input_tokens_cache_read",
        "tokens.output": "usage_output_tokens",
    },
    made={
        "=time": Made(("usage_date_utc",), middle_of_day),
        "=over": Made(("usage_date_utc",), end_of_day),
        "=variant": Made(("usage_type", "context_window", "inference_geo", "speed"), _variant),
        "=searches": Made((_SEARCHES,), _searches),
        "=searched": Made((_SEARCHES,), _searched),
    },
    states=(*_TOKENS, _SEARCHES),
    ends="=over",
    identity=(*_DIMENSIONS, "model_version"),
    defaults={"provider": "anthropic", "operation": "console"},
    tags={"workspace": "workspace"},
)

ANTHROPIC_COSTS: Final = Console(
    told_by=("usage_date_utc", "model", "cost_usd"),
    columns={
        "time": "=time",
        "requests": "=none",
        "api_key": "api_key",
        "service": "=service",
        "model": "=model",
        "operation": "token_type",
        "cost": "cost_usd",
    },
    made={
        "=time": Made(("usage_date_utc",), middle_of_day),
        "=over": Made(("usage_date_utc",), end_of_day),
        "=none": Made(("cost_usd",), _no_request),
        "=service": Made(("cost_type",), _service),
        "=model": Made(("model",), _model),
    },
    states=("cost_usd",),
    ends="=over",
    identity=(*_DIMENSIONS, "model", "token_type", "cost_type"),
    defaults={"provider": "anthropic", "operation": "charge"},
    tags={"workspace": "workspace"},
    metadata={"usage_type": "usage_type", "list_price_usd": "list_price_usd"},
)
