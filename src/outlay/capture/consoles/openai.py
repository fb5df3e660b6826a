"""OpenAI's exports: activity (a file for each API: completions, embeddings, images, audio …) and costs.

Both sum up a bucket of a minute, an hour or a day for each combination of what they are grouped by. Counts may read
`10.0`, amounts may have far more digits than a number needs, and a bucket without usage is a row of empty cells.
"""

import re
from typing import Final

from outlay.capture.cells import as_text, parse_number
from outlay.capture.consoles.console import (
    Console,
    Made,
    end_of,
    first_stated,
    joined_variants,
    middle,
    some,
    truth,
    word,
)
from outlay.errors import FieldInvalid
from outlay.usage import LLM

_BUCKET: Final = ("start_time_iso", "start_time", "end_time_iso", "end_time")
_MEDIUM: Final = re.compile(r" (?:text|image|audio)$")
_AMOUNT_CHARS: Final = 60

# What a file counts besides tokens -> what we call it.
_UNITS: Final = {"images": "images", "characters": "characters", "seconds": "seconds"}


def _variant(batch: object, tier: object) -> str | None:
    stated = word(tier)
    return joined_variants("batch" if truth(batch) else None, None if stated == "batch" and truth(batch) else stated)


def _counted(*cells: object) -> object:
    return next((cell for cell in cells if some("quantity", cell) is not None), None)


def _unit(*cells: object) -> str | None:
    named = zip(_UNITS.values(), cells, strict=True)
    return next((unit for unit, cell in named if some("quantity", cell) is not None), None)


def _amount(cell: object) -> object:
    """Return an amount without the digits that are far below what is kept: `0.00000450000…`, `0E-6176`."""
    text = as_text("cost", cell)
    if text is None:
        return None
    if "." in text and "e" not in text.lower():
        text = text[:_AMOUNT_CHARS]
    return 0 if parse_number("cost", text) == 0 else text


def _item(line_item: object) -> tuple[str | None, str | None]:
    """Return the model and the kind of token of a line such as `evals | gpt-4o-mini-2024-07-18, cached input`."""
    text = as_text("line_item", line_item)
    if text is None:
        return None, None
    named, comma, kind = text.rpartition(", ")
    if not comma:
        return None, text
    return _MEDIUM.sub("", named.rpartition(" | ")[2]), kind


def _model(line_item: object) -> str | None:
    return _item(line_item)[0]


def _service(line_item: object) -> str:
    model, kind = _item(line_item)
    return LLM if model is not None or kind is None else word(kind) or LLM


def _kind(line_item: object) -> str | None:
    model, kind = _item(line_item)
    return word(kind) if model is not None else None


def _no_request(currency: object) -> int:
    stated = as_text("currency", currency)
    if stated is not None and stated.lower() != "usd":
        raise FieldInvalid(f"amount_currency is {stated[:40]!r}; costs are in USD")
    return 0


_WHO: Final = {
    "=user": Made(("user_email", "user_id"), first_stated),
    "=key": Made(("api_key_name", "api_key_id"), first_stated),
    "=project": Made(("project_name", "project_id"), first_stated),
    "=start": Made(_BUCKET[:2], first_stated),
    "=end": Made(_BUCKET[2:], first_stated),
    "=time": Made(("=start", "=end"), middle),
    "=over": Made(("=start", "=end"), end_of),
}

OPENAI_USAGE: Final = Console(
    told_by=("num_model_requests", "start_time"),
    spelled={"images": ("num_images",), "input_cached_tokens": ("cached_input_tokens",)},
    columns={
        "time": "=time",
        "requests": "num_model_requests",
        "user": "=user",
        "api_key": "=key",
        "model": "model",
        "variant": "=variant",
        "quantity": "=quantity",
        "unit": "=unit",
        "tokens.input": "input_tokens",
        "tokens.cache_read": "input_cached_tokens",
        "tokens.cache_write": "input_cache_write_tokens",
        "tokens.output": "output_tokens",
        "tokens.audio_input": "input_audio_tokens",
        "tokens.audio_cache_read": "input_cached_audio_tokens",
        "tokens.audio_output": "output_audio_tokens",
        "tokens.image_input": "input_image_tokens",
        "tokens.image_output": "output_image_tokens",
    },
    made={
        **_WHO,
        "=variant": Made(("batch", "service_tier"), _variant),
        "=quantity": Made(tuple(_UNITS), _counted),
        "=unit": Made(tuple(_UNITS), _unit),
    },
    states=("num_model_requests", "input_tokens", "output_tokens", *_UNITS),
    ends="=over",
    identity=(*_BUCKET, "project_id", "user_id", "api_key_id", "model", "batch", "service_tier", "size", "source"),
    defaults={"provider": "openai", "operation": "console"},
    tags={"project": "=project"},
)

OPENAI_COSTS: Final = Console(
    told_by=("amount_value", "start_time"),
    columns={
        "time": "=time",
        "requests": "=none",
        "user": "=user",
        "api_key": "=key",
        "service": "=service",
        "model": "=model",
        "operation": "=kind",
        "cost": "=amount",
    },
    made={
        **_WHO,
        "=amount": Made(("amount_value",), _amount),
        "=none": Made(("amount_currency",), _no_request),
        "=model": Made(("line_item",), _model),
        "=service": Made(("line_item",), _service),
        "=kind": Made(("line_item",), _kind),
    },
    states=("amount_value",),
    ends="=over",
    identity=(*_BUCKET, "line_item", "project_id", "user_id", "api_key_id"),
    defaults={"provider": "openai", "operation": "charge"},
    tags={"project": "=project"},
    metadata={"line_item": "line_item"},
)
