"""The provider's own words, where a tool passes them on: the answer's body or its usage, read as the gateway reads it.

They say more than a tool's attributes do: how long a cache entry lives, the service tier, what OpenRouter billed.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from outlay.capture.otlp import words
from outlay.capture.otlp.telemetry import Attributes
from outlay.capture.readings.body import read_body
from outlay.capture.readings.reading import Api, Reading
from outlay.usage import NO_TOKENS, Tokens

_JSON: Final = "application/json"
_MALFORMED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode
_encode: Final = msgspec.json.Encoder().encode
# Langfuse's own buckets leave each other out: `input` is without its cached parts, `output` without its reasoning.
_LANGFUSE_READ: Final = ("input_cached_tokens", "cache_read_input_tokens", "input_cache_read")
_LANGFUSE_WRITE: Final = ("cache_creation_input_tokens", "input_cache_creation", "input_cache_write")
_LANGFUSE_REASONING: Final = ("output_reasoning_tokens", "output_reasoning")


def reading_in(attributes: Attributes, provider: str | None) -> Reading | None:
    """Return what the provider's own words state; None where there are none, or they say nothing of tokens."""
    for api, body in _bodies(attributes):
        reading = read_body(api, provider or "", body, _JSON)
        if reading is not None and reading.tokens != NO_TOKENS:
            return reading
    return None


def response_id_in(attributes: Attributes) -> str | None:
    """Return the id of the answer whose body is in the attributes."""
    found = _object(attributes.get(words.ANSWER_BODY)).get("id")
    return found if isinstance(found, str) and found else None


def langfuse_tokens(attributes: Attributes) -> Tokens:
    """Return the counts in Langfuse's own buckets."""
    buckets = _object(attributes.get(words.LANGFUSE_USAGE))
    if not {"input", "output"} & buckets.keys():
        return NO_TOKENS
    output = words.first_count(buckets, ("output",))
    reasoning = words.first_count(buckets, _LANGFUSE_REASONING)
    return Tokens(
        input_uncached=words.first_count(buckets, ("input",)),
        cache_read=words.first_count(buckets, _LANGFUSE_READ),
        cache_write_other=words.first_count(buckets, _LANGFUSE_WRITE),
        output=output if output is None or reasoning is None else output + reasoning,
        reasoning=None if output is None else reasoning,
    )


def langfuse_cost(attributes: Attributes) -> int | float | None:
    """Return the cost in dollars that Langfuse's client passes on."""
    return words.as_number(_object(attributes.get(words.LANGFUSE_COST)).get("total"))


def vercel_cache_writes(attributes: Attributes) -> int | None:
    """Return the cache writes of OpenAI's answers, which the Vercel AI SDK tells apart from its counts."""
    openai = _object(attributes.get(words.VERCEL_METADATA)).get("openai")
    usage = openai.get("usage") if isinstance(openai, dict) else None
    return words.first_count(usage, ("cacheWriteTokens",)) if isinstance(usage, dict) else None


def _bodies(attributes: Attributes) -> Iterator[tuple[Api, bytes]]:
    answer = attributes.get(words.ANSWER_BODY)
    if isinstance(answer, str) and answer.startswith("{"):
        api = _api_of_answer(_object(answer))
        if api is not None:
            yield api, answer.encode()
    for vendor, said in _object(attributes.get(words.VERCEL_METADATA)).items():
        if vendor == "anthropic" and isinstance(said, dict) and isinstance(said.get("usage"), dict):
            yield "anthropic", _encode({"usage": said["usage"]})
        if vendor in {"google", "vertex"} and isinstance(said, dict) and isinstance(said.get("usageMetadata"), dict):
            yield "gemini", _encode({"usageMetadata": said["usageMetadata"]})
    usage = _object(attributes.get(words.LANGFUSE_USAGE))
    api = _api_of_usage(usage)
    if api is not None:
        yield api, _encode({"usage": usage})


def _api_of_answer(answer: dict[str, Any]) -> Api | None:
    usage = answer.get("usage")
    if isinstance(usage, dict):
        return _api_of_usage(usage)
    return "openai_chat" if "x_groq" in answer else None


def _api_of_usage(usage: dict[str, Any]) -> Api | None:
    if "prompt_tokens" in usage:
        return "openai_chat" if "completion_tokens" in usage else "openai_embeddings"
    if "input_tokens" not in usage:
        return None
    if usage.keys() & {"input_tokens_details", "output_tokens_details", "total_tokens"}:
        return "openai_responses"
    return "anthropic"


def _object(text: Any) -> dict[str, Any]:  # noqa: ANN401 - an attribute may hold anything
    if not isinstance(text, str) or not text.startswith("{"):
        return {}
    try:
        return _decode(text)
    except _MALFORMED:
        return {}
