"""Anthropic's messages, whoever serves them (Vertex, Bedrock's invoke, a proxy).

A stream starts from the usage of `message_start`, and every field that a later `message_delta` states replaces the one
before: they are running totals, and summing them is the classic mistake. Only the start splits cache writes by their
time to live. Input, cache reads and cache writes are counted beside each other.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct

from outlay.capture.readings.counting import CacheUse, from_parts
from outlay.capture.readings.fold import Fold, joined, marks
from outlay.capture.readings.reading import Fee, Reading
from outlay.capture.readings.values import Value, count, decoded, decoder, table, tables, text
from outlay.usage import Tokens

# What an answer's iterations hold beyond its own totals.
_BESIDE: Final = {"advisor_message": "advisor", "compaction": "compaction"}
_NOTHING: Final = msgspec.Raw(b"null")


class _Piece(Struct):
    type: Any = None
    message: msgspec.Raw = _NOTHING
    id: Any = None
    model: Any = None
    usage: Any = None
    error: Any = None


_decoder = decoder(_Piece)


class AnthropicFold(Fold):
    token = re.compile(rb'"type"\s*:\s*"content_block_delta"')

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self._final = False

    def add(self, piece: bytes) -> None:
        found = decoded(piece, _decoder)
        if found is None:
            return
        if found.type == "message_start":
            found = decoded(found.message, _decoder) or found
        elif table(found.usage):
            self._final = True
        self.fail(found.error)
        if found.type != "error":
            self.identify(found.id, found.model)
        self.usage.update((name, stated) for name, stated in table(found.usage).items() if stated is not None)

    def complete(self, *, ended: bool) -> bool:  # noqa: ARG002  # a stream that broke off has only its start
        return self._final

    def reading(self) -> Reading:
        usage = self.usage
        tokens, contradicts = read_tokens(usage)
        return Reading(
            tokens=tokens,
            model=self.model,
            response_id=self.response_id,
            variant=joined([usage.get("service_tier"), usage.get("inference_geo"), usage.get("speed")]),
            fees=tuple(_fees(usage)),
            also=tuple(_beside(usage)),
            marks=marks(contradicts=contradicts),
            error=self.error,
        )


def read_tokens(usage: Value) -> tuple[Tokens, bool]:
    output = count(usage.get("output_tokens"))
    reasoning = count(table(usage.get("output_tokens_details")).get("thinking_tokens"))
    cache, contradicts = _cache(usage)
    tokens, misfit = from_parts(count(usage.get("input_tokens")), cache, Tokens(output=output, reasoning=reasoning))
    return tokens, contradicts or misfit


def _cache(usage: Value) -> tuple[CacheUse, bool]:
    read = count(usage.get("cache_read_input_tokens"))
    written = count(usage.get("cache_creation_input_tokens"))
    split = table(usage.get("cache_creation"))
    for_5m, for_1h = count(split.get("ephemeral_5m_input_tokens")), count(split.get("ephemeral_1h_input_tokens"))
    timed = (for_5m or 0) + (for_1h or 0)
    if for_5m is None and for_1h is None:
        return CacheUse(read=read, write_other=written), False
    if written is None or written == timed:
        return CacheUse(read=read, write_5m=for_5m, write_1h=for_1h), False
    if written > timed:  # written after the start, for a time the stream never tells
        return CacheUse(read=read, write_5m=for_5m, write_1h=for_1h, write_other=written - timed), False
    return CacheUse(read=read, write_other=written), True


def _fees(usage: Value) -> Iterator[Fee]:
    # Fetching a page is counted there too; it costs nothing but its tokens.
    searches = count(table(usage.get("server_tool_use")).get("web_search_requests"))
    if searches:
        yield Fee("web_search", Decimal(searches), "web_searches")


def _beside(usage: Value) -> Iterator[Reading]:
    for each in tables(usage.get("iterations")):
        role = _BESIDE.get(str(each.get("type")))
        if role is not None:
            tokens, contradicts = read_tokens(each)
            yield Reading(tokens=tokens, model=text(each.get("model")), marks=marks(contradicts=contradicts), role=role)
