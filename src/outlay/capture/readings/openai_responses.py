"""OpenAI's Responses: the body, or the events of its stream; the terminal one (completed, incomplete, failed) counts.

Hosted tools are stated beside the tokens: newer answers count searches and the tokens of images in `tool_usage`, older
ones only list the calls among their output.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct

from outlay.capture.readings.fold import Fold, joined, marks
from outlay.capture.readings.openai_usage import read_cost, read_fees, read_tokens
from outlay.capture.readings.reading import Fee, Reading
from outlay.capture.readings.values import Value, count, decoded, decoder, table, tables, text

_NOTHING: Final = msgspec.Raw(b"null")
_CALLS: Final = re.compile(rb'"type"\s*:\s*"(?:web_search|file_search)_call"')
_TERMINAL: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})


class _Answer(Struct):
    type: Any = None
    response: msgspec.Raw = _NOTHING
    id: Any = None
    model: Any = None
    service_tier: Any = None
    usage: Any = None
    tool_usage: Any = None
    error: Any = None
    code: Any = None
    output: msgspec.Raw = _NOTHING
    tools: msgspec.Raw = _NOTHING


class _Call(Struct):
    type: Any = None
    action: Any = None


_decoder = decoder(_Answer)
_calls_decoder = decoder(list[_Call])
_any_decoder = decoder(object)


class ResponsesFold(Fold):
    telling = re.compile(rb'"usage"\s*:\s*\{|"error"\s*:\s*[{"]|"type"\s*:\s*"(?:error|response\.failed)"')
    token = re.compile(rb'"type"\s*:\s*"response\.[a-z_.]+\.delta"')

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self._tier: object = None
        self._tool_usage: Value = {}
        self._searches: list[_Call] = []
        self._image_model: str | None = None
        self._final = False

    def add(self, piece: bytes) -> None:
        found = decoded(piece, _decoder)
        if found is None:
            return
        if found.type == "error":
            self.fail(found.error or {"code": found.code or "error"})
        elif found.response is not _NOTHING:
            self._final = self._final or text(found.type) in _TERMINAL
            self._take(decoded(found.response, _decoder))
        elif found.type is None:
            self._final = True
            self._take(found)

    def complete(self, *, ended: bool) -> bool:  # noqa: ARG002  # only the terminal event has the usage
        return self._final

    def _take(self, answer: _Answer | None) -> None:
        if answer is None:
            return
        self.identify(answer.id, answer.model)
        self.fail(answer.error)
        self._tier = answer.service_tier or self._tier
        self.usage = table(answer.usage) or self.usage
        self._tool_usage = table(answer.tool_usage) or self._tool_usage
        if _CALLS.search(answer.output):
            self._searches = decoded(answer.output, _calls_decoder) or []
        for tool in tables(decoded(answer.tools, _any_decoder)):
            if tool.get("type") == "image_generation":
                self._image_model = text(tool.get("model"))

    def reading(self) -> Reading:
        tokens, contradicts = read_tokens(self.usage, self.provider)
        return Reading(
            tokens=tokens,
            model=self.model,
            response_id=self.response_id,
            variant=joined([self._tier]),
            reported_cost=read_cost(self.usage),
            fees=(*read_fees(self.usage), *self._hosted_tools()),
            also=tuple(self._images()),
            marks=marks(contradicts=contradicts),
            error=self.error,
        )

    def _hosted_tools(self) -> Iterator[Fee]:
        searches = count(table(self._tool_usage.get("web_search")).get("num_requests"))
        if searches is None:
            # Opening a page and finding in it are listed as calls too, and cost nothing.
            searched = [call for call in self._searches if call.type == "web_search_call"]
            searches = sum(table(call.action).get("type", "search") == "search" for call in searched)
        if searches:
            yield Fee("web_search", Decimal(searches), "web_searches")
        in_files = sum(call.type == "file_search_call" for call in self._searches)
        if in_files:
            yield Fee("file_search", Decimal(in_files), "storage_searches")

    def _images(self) -> Iterator[Reading]:
        usage = table(self._tool_usage.get("image_gen"))
        if count(usage.get("total_tokens")):
            tokens, contradicts = read_tokens(usage, self.provider)
            yield Reading(
                tokens=tokens, model=self._image_model, marks=marks(contradicts=contradicts), role="image_generation"
            )
