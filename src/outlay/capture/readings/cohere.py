"""Cohere, both generations: `usage` (v2) and `meta` (v1), in a body or at the end of a stream (SSE or JSON lines).

It states the tokens it served (`tokens`) and those it charges for (`billed_units`), which leave out its own preamble.
Its counts are floats. A reranking has neither and bills searches.
"""

import re
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct

from outlay.capture.readings.counting import CacheUse, from_total
from outlay.capture.readings.fold import TEXT, Fold, marks
from outlay.capture.readings.reading import Reading
from outlay.capture.readings.values import Value, count, decoded, decoder, table
from outlay.usage import NO_TOKENS, Tokens

_NOTHING: Final = msgspec.Raw(b"null")


class _Piece(Struct):
    type: Any = None
    event_type: Any = None
    delta: Any = None
    response: msgspec.Raw = _NOTHING
    id: Any = None
    generation_id: Any = None
    response_id: Any = None
    usage: Any = None
    meta: Any = None


_decoder = decoder(_Piece)


class CohereFold(Fold):
    telling = re.compile(rb'"(?:usage|billed_units|meta)"\s*:\s*\{')
    token = re.compile(rb'"type"\s*:\s*"(?:content|tool-call|tool-plan)-delta"|"text"' + TEXT)

    def add(self, piece: bytes) -> None:
        found = decoded(piece, _decoder)
        if found is None:
            return
        answer = decoded(found.response, _decoder) if found.response is not _NOTHING else found
        answer = answer or found
        self.identify(answer.id or answer.response_id or answer.generation_id, None)
        stated = table(answer.usage) or table(answer.meta)
        self.usage = stated or table(table(found.delta).get("usage")) or self.usage

    def complete(self, *, ended: bool) -> bool:
        return ended or bool(self.usage)

    def reading(self) -> Reading:
        units = table(self.usage.get("billed_units"))
        served, contradicts = _tokens(table(self.usage.get("tokens")), self.usage.get("cached_tokens"))
        billed, misfit = _tokens(units, None)
        if served == NO_TOKENS:
            served = billed
        searches = count(units.get("search_units"))
        return Reading(
            tokens=served,
            billed=None if billed in (served, NO_TOKENS) or _same(billed, served) else billed,
            quantity=Decimal(searches) if searches else None,
            unit="searches" if searches else None,
            response_id=self.response_id,
            marks=marks(contradicts=contradicts or misfit),
        )


def _tokens(stated: Value, cached: object) -> tuple[Tokens, bool]:
    given, output = count(stated.get("input_tokens")), count(stated.get("output_tokens"))
    images = count(stated.get("image_tokens"))
    if given is None:
        return Tokens(output=output), False
    # An embedding states its images beside its text and no output; a chat states them within.
    beside = images is not None and output is None
    return from_total(
        given + (images or 0) if beside else given,
        CacheUse(read=count(cached)),
        Tokens(output=0 if output is None else output, image_input=images or None),
    )


def _same(billed: Tokens, served: Tokens) -> bool:
    return (billed.input_total, billed.output) == (served.input_total, served.output) and not served.cache_read
