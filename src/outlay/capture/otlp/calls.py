"""Puts a draft of a call together from the attributes of one span or log record."""

from decimal import Decimal
from typing import Final

from outlay.capture.otlp import raw, words
from outlay.capture.otlp.counts import as_tokens, missing_in, stated_in
from outlay.capture.otlp.draft import LATEST_NS, Draft
from outlay.capture.otlp.kinds import EMBEDDINGS
from outlay.capture.otlp.provider import provider_of
from outlay.capture.otlp.telemetry import Attributes, Tool
from outlay.capture.otlp.tools import Trait, trait_of
from outlay.capture.readings.reading import Reading
from outlay.kit.money import as_pico
from outlay.usage import NO_TOKENS, ReportedCost, Status, Tokens

_CANCELLED: Final = ("cancel", "abort", "generatorexit")
_LARGEST_USD: Final = 1_000_000
_VARIANTS: Final = (words.SERVICE_TIER, words.GEO, words.SPEED)
_MILLION: Final = 1_000_000


def describe(draft: Draft, attributes: Attributes, tool: Tool) -> Draft:
    """Fill in what the attributes say of the call itself: who served it, with which model, for how many tokens."""
    stated_provider = words.first_text(attributes, words.PROVIDER)
    reading = raw.reading_in(attributes, stated_provider)
    draft.response_id = words.first_text(attributes, words.RESPONSE_ID) or _id_of(reading, attributes)
    draft.request_id = draft.request_id or words.first_text(attributes, words.REQUEST_ID)
    draft.model = words.first_text(attributes, (*words.RESPONSE_MODEL, *words.REQUEST_MODEL))
    draft.provider = provider_of(attributes, draft.model, draft.response_id)
    draft.variant = "+".join(filter(None, (words.first_text(attributes, names) for names in _VARIANTS))) or None
    draft.reported_cost = _cost(attributes)
    trait = trait_of(tool, stated_provider)
    if reading is not None:
        draft.reading = reading
        return draft
    draft.tokens = _tokens(attributes, trait)
    if draft.status == "ok":
        draft.missing = missing_in(draft.tokens, trait, embedding=draft.operation == EMBEDDINGS)
    streamed = any(attributes.get(name) is True for name in words.STREAMED)
    draft.doubtful = trait.doubtful_streams if streamed else ""
    return draft


def status_of(attributes: Attributes, *, failed: bool) -> Status:
    """Return how a call ended."""
    error = words.first_text(attributes, words.ERROR)
    if error is not None and any(word in error.lower() for word in _CANCELLED):
        return "cancelled"
    code = words.first_count(attributes, words.HTTP_STATUS)
    return "error" if failed or error is not None or (code is not None and code >= 400) else "ok"


def first_token_in(attributes: Attributes) -> int | None:
    """Return the milliseconds to the first token, where a tool states them."""
    milliseconds = next(words.numbers(attributes, words.FIRST_TOKEN_MS), None)
    if milliseconds is None:
        seconds = next(words.numbers(attributes, words.FIRST_TOKEN_S), None)
        milliseconds = None if seconds is None else seconds * 1000
    return None if milliseconds is None or milliseconds > 1e12 else round(milliseconds)


def milliseconds_between(start_ns: int, end_ns: int) -> int | None:
    return round((end_ns - start_ns) / _MILLION) if 0 < start_ns <= end_ns < LATEST_NS else None


def _id_of(reading: Reading | None, attributes: Attributes) -> str | None:
    stated = reading.response_id if reading is not None else None
    return stated or raw.response_id_in(attributes)


def _tokens(attributes: Attributes, trait: Trait) -> Tokens:
    bucketed = raw.langfuse_tokens(attributes)
    if bucketed != NO_TOKENS:
        return bucketed
    stated = stated_in(attributes)
    writes = raw.vercel_cache_writes(attributes)
    if stated.cache_write is None and writes is not None:
        stated = stated.with_cache_write(writes)
    return as_tokens(stated, trait)


def _cost(attributes: Attributes) -> ReportedCost | None:
    stated = next(words.numbers(attributes, words.COST), None)
    usd = raw.langfuse_cost(attributes) if stated is None else stated
    if not usd or usd >= _LARGEST_USD:
        return None
    # The shortest decimal that stands for the number sent: what the tool wrote down before it became binary.
    return ReportedCost(as_pico(Decimal(repr(usd))), by="tool")
