"""Gemini's interactions: running totals beside the events of a stream, the final ones in its last event.

The same semantics as `usageMetadata` under other names: thoughts and tools are counted beside input and output.
"""

import re
from typing import Any, Final

import msgspec
from msgspec import Struct

from outlay.capture.readings.counting import CacheUse, from_total
from outlay.capture.readings.fold import Fold, joined, marks
from outlay.capture.readings.gemini import AUDIO, IMAGE, of_kind, summed
from outlay.capture.readings.reading import Reading
from outlay.capture.readings.values import Value, count, decoded, decoder, table, tables, text
from outlay.usage import Tokens

_NOTHING: Final = msgspec.Raw(b"null")
_LAST: Final = frozenset({"interaction.completed", "interaction.complete"})


class _Piece(Struct):
    interaction: msgspec.Raw = _NOTHING
    event_type: Any = None
    metadata: Any = None
    id: Any = None
    model: Any = None
    usage: Any = None
    service_tier: Any = None
    error: Any = None


_decoder = decoder(_Piece)


class InteractionsFold(Fold):
    token = re.compile(rb'"event_type"\s*:\s*"(?:step|content)\.delta"')

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self._tier: object = None
        self._final = False

    def add(self, piece: bytes) -> None:
        found = decoded(piece, _decoder)
        if found is None:
            return
        self.fail(found.error)
        self.usage.update(table(table(found.metadata).get("usage")))
        if found.event_type is not None:
            self._final = self._final or text(found.event_type) in _LAST
            found = decoded(found.interaction, _decoder) or _Piece()
        else:
            self._final = True
        self.identify(found.id, found.model)
        self.fail(found.error)
        self._tier = found.service_tier or self._tier
        self.usage.update(table(found.usage))

    def complete(self, *, ended: bool) -> bool:  # noqa: ARG002  # its last event says so
        return self._final

    def reading(self) -> Reading:
        usage = self.usage
        thoughts = count(usage.get("total_thought_tokens"))
        given, made = tables(usage.get("input_tokens_by_modality")), tables(usage.get("output_tokens_by_modality"))
        tokens, contradicts = from_total(
            summed(count(usage.get("total_input_tokens")), count(usage.get("total_tool_use_tokens"))),
            CacheUse(read=count(usage.get("total_cached_tokens"))),
            Tokens(
                output=summed(count(usage.get("total_output_tokens")), thoughts),
                reasoning=thoughts,
                audio_input=of_kind(_renamed(given), AUDIO),
                image_input=of_kind(_renamed(given), IMAGE),
                audio_output=of_kind(_renamed(made), AUDIO),
                image_output=of_kind(_renamed(made), IMAGE),
            ),
        )
        return Reading(
            tokens=tokens,
            model=self.model,
            response_id=self.response_id,
            variant=joined([self._tier]),
            marks=marks(contradicts=contradicts),
            error=self.error,
        )


def _renamed(details: list[Value]) -> list[Value]:
    return [{"modality": each.get("modality"), "tokenCount": each.get("tokens")} for each in details]
