"""OpenAI's images, transcriptions and speech: tokens where the model counts them, else seconds or images.

Bodies that are no JSON (a spoken answer, subtitles) state nothing.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from outlay.capture.readings.fold import TEXT, Fold, marks
from outlay.capture.readings.openai_usage import read_cost, read_tokens
from outlay.capture.readings.reading import Reading
from outlay.capture.readings.values import Value, count, decoded, decoder, quantity, table, text


class _Images(Struct):
    type: Any = None
    model: Any = None
    usage: Any = None
    svg_usage: Any = None
    data: list[msgspec.Raw] | None = None
    error: Any = None


class _Audio(Struct):
    type: Any = None
    model: Any = None
    usage: Any = None
    duration: Any = None
    error: Any = None


_images_decoder = decoder(_Images)
_audio_decoder = decoder(_Audio)


class ImagesFold(Fold):
    token = re.compile(rb'"b64_json"' + TEXT)

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self._svg: Value = {}
        self._images = 0

    def add(self, piece: bytes) -> None:
        found = decoded(piece, _images_decoder)
        if found is None:
            return
        self.identify(None, found.model)
        self.fail(found.error)
        self.usage = table(found.usage) or self.usage
        self._svg = table(found.svg_usage) or self._svg
        self._images = len(found.data or ()) or self._images

    def reading(self) -> Reading:
        tokens, contradicts = read_tokens(self.usage, self.provider)
        if tokens.output is not None and tokens.image_output is None and "output_tokens_details" not in self.usage:
            tokens = replace(tokens, image_output=tokens.output)  # before the split was stated, all of it was images
        by_image = tokens.total is None and self._images > 0
        return Reading(
            tokens=tokens,
            quantity=Decimal(self._images) if by_image else None,
            unit="images" if by_image else None,
            model=self.model,
            reported_cost=read_cost(self.usage),
            also=tuple(self._drawn()),
            marks=marks(contradicts=contradicts),
            error=self.error,
        )

    def _drawn(self) -> Iterator[Reading]:
        if count(self._svg.get("total_tokens")):
            tokens, contradicts = read_tokens(self._svg, self.provider)
            reasoning = count(self._svg.get("reasoning_tokens"))
            if reasoning is not None and reasoning <= (tokens.output or 0):
                tokens = replace(tokens, reasoning=reasoning)
            yield Reading(
                tokens=tokens,
                model=text(self._svg.get("model")),
                marks=marks(contradicts=contradicts),
                role="svg_authoring",
            )


class AudioFold(Fold):
    token = re.compile(rb'"(?:delta|audio|text)"' + TEXT)

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self._spoken = False
        self._seconds: Decimal | None = None

    def add(self, piece: bytes) -> None:
        found = decoded(piece, _audio_decoder)
        if found is None:
            return
        self.identify(None, found.model)
        self.fail(found.error)
        self.usage = table(found.usage) or self.usage
        self._spoken = self._spoken or text(found.type) == "speech.audio.done"
        stated = (self.usage.get("seconds"), self.usage.get("prompt_audio_seconds"), found.duration)
        self._seconds = next((seconds for each in stated if (seconds := quantity(each))), self._seconds)

    def reading(self) -> Reading:
        tokens, contradicts = read_tokens(self.usage, self.provider)
        if self._spoken and tokens.output is not None:
            tokens = replace(tokens, audio_output=tokens.output)
        # Beside tokens, a duration is only told; Mistral bills the time and says so among the counts.
        by_time = self._seconds is not None and (tokens.total is None or "prompt_audio_seconds" in self.usage)
        return Reading(
            tokens=tokens,
            quantity=self._seconds if by_time else None,
            unit="seconds" if by_time else None,
            model=self.model,
            reported_cost=read_cost(self.usage),
            marks=marks(contradicts=contradicts),
            error=self.error,
        )
