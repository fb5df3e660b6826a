"""Amazon Bedrock: Converse in its own terms, and Invoke, which passes on what each model's vendor answers.

Neither names the model (the path does), and some answers of Invoke state their counts only in headers. Input, cache
reads and cache writes are counted beside each other. Where an answer of Invoke and Bedrock's own metrics at its end
disagree, the model's events count: the metrics leave out what a tool call adds.
"""

import re
from typing import Any, Final

from msgspec import Struct

from outlay.capture.readings.anthropic import AnthropicFold
from outlay.capture.readings.counting import CacheUse, from_parts
from outlay.capture.readings.fold import TEXT, Fold, joined, marks
from outlay.capture.readings.openai_usage import read_tokens as read_openai
from outlay.capture.readings.reading import Reading
from outlay.capture.readings.values import (
    Value,
    count,
    decoded,
    decoder,
    first_count,
    table,
    tables,
)
from outlay.usage import Tokens

_READ: Final = ("cacheReadInputTokens", "cacheReadInputTokenCount")
_WRITTEN: Final = ("cacheWriteInputTokens", "cacheWriteInputTokenCount")

_SPELLED: Final = {
    "titan_input": "inputTextTokenCount",
    "titan_output": "totalOutputTextTokenCount",
    "metrics": "amazon-bedrock-invocationMetrics",
}


class _Converse(Struct, rename="camel"):
    usage: Any = None
    service_tier: Any = None
    performance_config: Any = None
    trace: Any = None
    error: Any = None


class ConverseFold(Fold):
    token = re.compile(rb'"(?:delta|start)"\s*:\s*\{')

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self._tier: object = None
        self._latency: object = None

    def add(self, piece: bytes) -> None:
        found = decoded(piece, _converse_decoder)
        if found is None:
            return
        self.fail(found.error)
        self.usage = table(found.usage) or self.usage
        self._tier = table(found.service_tier).get("type") or self._tier
        self._latency = table(found.performance_config).get("latency") or self._latency
        # A prompt router's answer says in its trace which model it chose.
        self.identify(None, table(table(found.trace).get("promptRouter")).get("invokedModelId"))

    def complete(self, *, ended: bool) -> bool:
        return ended or bool(self.usage)

    def reading(self) -> Reading:
        tokens, contradicts = read_tokens(self.usage)
        return Reading(
            tokens=tokens,
            model=self.model,
            response_id=self.response_id,
            variant=joined([self._tier, self._latency]),
            marks=marks(contradicts=contradicts),
            error=self.error,
        )


def read_tokens(usage: Value) -> tuple[Tokens, bool]:
    """Return the tokens of Converse's usage, of Nova's and of Invoke's metrics: one set of names with small changes."""
    cache, contradicts = _cache(usage)
    tokens, misfit = from_parts(
        first_count(usage, "inputTokens", "inputTokenCount"),
        cache,
        Tokens(output=first_count(usage, "outputTokens", "outputTokenCount")),
    )
    return tokens, contradicts or misfit


def _cache(usage: Value) -> tuple[CacheUse, bool]:
    read, written = first_count(usage, *_READ), first_count(usage, *_WRITTEN)
    by_time = {str(each.get("ttl")): count(each.get("inputTokens")) for each in tables(usage.get("cacheDetails"))}
    for_5m, for_1h = by_time.get("5m"), by_time.get("1h")
    timed = (for_5m or 0) + (for_1h or 0)
    if for_5m is None and for_1h is None:
        return CacheUse(read=read, write_other=written), False
    if written is not None and written < timed:
        return CacheUse(read=read, write_other=written), True
    rest = None if written in {None, timed} else (written or 0) - timed
    return CacheUse(read=read, write_5m=for_5m, write_1h=for_1h, write_other=rest), False


class _Invoked(Struct, rename=_SPELLED.get):
    usage: Any = None
    model: Any = None
    id: Any = None
    metadata: Any = None  # Nova's stream
    titan_input: Any = None
    titan_output: Any = None
    results: Any = None
    prompt_token_count: Any = None  # Llama
    generation_token_count: Any = None
    metrics: Any = None


class _Wrapped(Struct):
    bytes: bytes


class InvokeFold(Fold):
    telling = re.compile(
        rb'"(?:usage|amazon-bedrock-invocationMetrics|error)"\s*:\s*\{'
        rb'|"(?:inputTextTokenCount|prompt_token_count|generation_token_count)"'
    )
    token = re.compile(
        rb'"type"\s*:\s*"content_block_delta"|"contentBlockDelta"'
        rb'|"(?:outputText|generation|completion|text|content|arguments)"' + TEXT
    )

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self._messages = AnthropicFold(provider)
        self._metrics: Value = {}

    def opened(self, piece: bytes) -> bytes:
        wrapped = decoded(piece, _wrapped_decoder)
        return piece if wrapped is None else wrapped.bytes

    def add(self, piece: bytes) -> None:
        self._messages.add(piece)
        found = decoded(piece, _invoked_decoder)
        if found is None:
            return
        self.identify(found.id, found.model)
        self._metrics = table(found.metrics) or self._metrics
        self.usage.update(table(table(found.metadata).get("usage")) or table(found.usage))
        counted = {
            "inputTokens": found.titan_input if found.prompt_token_count is None else found.prompt_token_count,
            "outputTokens": _made(found),
        }
        self.usage.update((name, each) for name, each in counted.items() if each is not None)

    def complete(self, *, ended: bool) -> bool:
        return ended or bool(self._metrics) or self._messages.complete(ended=ended)

    def reading(self) -> Reading:
        if "input_tokens" in self._messages.usage and "prompt_tokens" not in self.usage:
            return self._messages.reading()
        if "prompt_tokens" in self.usage:
            tokens, contradicts = read_openai(self.usage, self.provider)
        else:
            tokens, contradicts = read_tokens(self.usage or self._metrics)
        return Reading(
            tokens=tokens,
            model=self.model,
            response_id=self.response_id,
            marks=marks(contradicts=contradicts),
            error=self._messages.error,
        )


def _made(found: _Invoked) -> object:
    if found.generation_token_count is not None:
        return found.generation_token_count
    if found.titan_output is not None:
        return found.titan_output
    if found.titan_input is None:
        return None
    # Titan's text models list what they made; its embeddings make none.
    return sum(count(each.get("tokenCount")) or 0 for each in tables(found.results))


_converse_decoder = decoder(_Converse)
_invoked_decoder = decoder(_Invoked)
_wrapped_decoder = decoder(_Wrapped)
