"""Ollama's own API: a body, or JSON lines of which the last one (`done`) states the counts.

It leaves out counts that are zero: a prompt that was in its cache as a whole has no `prompt_eval_count`.
"""

import re
from typing import Any

from msgspec import Struct

from outlay.capture.readings.counting import CacheUse, from_total
from outlay.capture.readings.fold import TEXT, Fold, marks
from outlay.capture.readings.reading import Reading
from outlay.capture.readings.values import count, decoded, decoder
from outlay.usage import Tokens


class _Piece(Struct):
    model: Any = None
    done: Any = None
    prompt_eval_count: Any = None
    prompt_eval_cached_count: Any = None
    eval_count: Any = None
    embedding: Any = None
    embeddings: Any = None
    error: Any = None


_decoder = decoder(_Piece)


class OllamaFold(Fold):
    telling = re.compile(rb'"done"\s*:\s*true|"error"\s*:')
    token = re.compile(rb'"(?:response|content|thinking)"' + TEXT + rb'|"tool_calls"')

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self._last: _Piece | None = None

    def add(self, piece: bytes) -> None:
        found = decoded(piece, _decoder)
        if found is None:
            return
        self.identify(None, found.model)
        self.fail(found.error)
        if found.done is True or found.prompt_eval_count is not None:
            self._last = found

    def complete(self, *, ended: bool) -> bool:
        return ended or self._last is not None

    def reading(self) -> Reading:
        tokens, contradicts = (Tokens(), False) if self._last is None else _tokens(self._last)
        return Reading(tokens=tokens, model=self.model, marks=marks(contradicts=contradicts), error=self.error)


def _tokens(last: _Piece) -> tuple[Tokens, bool]:
    return from_total(
        count(last.prompt_eval_count) or 0,
        CacheUse(read=count(last.prompt_eval_cached_count)),
        Tokens(output=count(last.eval_count) or 0),
    )
