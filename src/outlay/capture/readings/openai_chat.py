"""Chat completions, the older completions and embeddings in OpenAI's shape, whoever answers in it.

In a stream the last chunk that holds a usage object counts; Groq puts it under `x_groq`. It comes only where the caller
asked for it (`stream_options.include_usage`).
"""

import re
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.capture.readings.fold import TEXT, Fold, joined, marks
from outlay.capture.readings.openai_usage import read_cost, read_fees, read_tokens
from outlay.capture.readings.reading import Reading
from outlay.capture.readings.values import count, decoded, decoder, quantity, table
from outlay.usage import Tokens


class _Piece(Struct):
    id: Any = None
    model: Any = None
    service_tier: Any = None
    usage: Any = None
    error: Any = None
    x_groq: Any = None


_decoder = decoder(_Piece)
_LAST_CHUNK: Final = re.compile(rb'"choices"\s*:\s*\[\s*\]|"finish_reason"\s*:\s*"')


class ChatFold(Fold):
    token = re.compile(rb'"(?:content|text|reasoning|reasoning_content|arguments|name|refusal|data)"' + TEXT)

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self._tier: object = None
        self._final = False

    def add(self, piece: bytes) -> None:
        found = decoded(piece, _decoder)
        if found is None:
            return
        self.identify(found.id, found.model)
        self.fail(found.error)
        self._tier = found.service_tier or self._tier
        usage = table(found.usage) or table(table(found.x_groq).get("usage"))
        if usage:
            self.usage = usage
            # Some repeat a growing usage in every chunk; it is final in the one that ends the answer.
            self._final = b'"choices"' not in piece or _LAST_CHUNK.search(piece) is not None

    def complete(self, *, ended: bool) -> bool:
        return ended or self._final

    def reading(self) -> Reading:
        tokens, contradicts = self.tokens()
        # Voxtral's audio is in none of its counts but the total, and billed by time.
        seconds = quantity(self.usage.get("prompt_audio_seconds"))
        return Reading(
            tokens=tokens,
            quantity=seconds,
            unit=None if seconds is None else "audio_seconds",
            model=self.model,
            response_id=self.response_id,
            variant=joined([self._tier]),
            reported_cost=read_cost(self.usage),
            fees=tuple(read_fees(self.usage)),
            marks=marks(contradicts=contradicts and seconds is None),
            error=self.error,
        )

    def tokens(self) -> tuple[Tokens, bool]:
        return read_tokens(self.usage, self.provider, reasoning_beside=True)


class EmbeddingsFold(ChatFold):
    """What makes no text: its output is no tokens, and Voyage states only the total."""

    def tokens(self) -> tuple[Tokens, bool]:
        tokens, contradicts = super().tokens()
        if tokens.input_uncached is None and (total := count(self.usage.get("total_tokens"))) is not None:
            tokens = replace(tokens, input_uncached=total)
        if tokens.output is None and tokens.input_uncached is not None:
            tokens = replace(tokens, output=0)
        return tokens, contradicts


class OcrFold(ChatFold):
    """Mistral's document reader: it bills pages."""

    def add(self, piece: bytes) -> None:
        found = decoded(piece, _ocr_decoder)
        if found is not None:
            self.identify(None, found.model)
            self.fail(found.error)
            self.usage = table(found.usage_info)

    def reading(self) -> Reading:
        pages = count(self.usage.get("pages_processed"))
        return Reading(
            quantity=None if pages is None else Decimal(pages),
            unit=None if pages is None else "pages",
            model=self.model,
            error=self.error,
        )


class _OcrPiece(Struct):
    model: Any = None
    usage_info: Any = None
    error: Any = None


_ocr_decoder = decoder(_OcrPiece)
