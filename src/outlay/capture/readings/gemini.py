"""Gemini and Vertex: `usageMetadata`, in a body, in every chunk of a stream, or in the elements of a JSON array.

Each chunk states running totals, so a later field replaces the earlier one. The prompt includes what was cached, but
not what tools brought in; the candidates do not include the thoughts.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct

from outlay.capture.readings.counting import CacheUse, from_total
from outlay.capture.readings.fold import TEXT, Fold, joined, marks
from outlay.capture.readings.reading import Fee, Reading
from outlay.capture.readings.values import (
    Value,
    count,
    decoded,
    decoder,
    first_count,
    table,
    tables,
    text,
)
from outlay.usage import Tokens

_NOTHING: Final = msgspec.Raw(b"null")
_SEARCHED: Final = re.compile(rb'"webSearchQueries"\s*:\s*\[\s*"')
# Modalities by name, and by number as the gRPC transcoding of older Vertex clients writes them.
IMAGE: Final = frozenset({"IMAGE", 2})
AUDIO: Final = frozenset({"AUDIO", 4})
_TRAFFIC: Final[dict[object, str]] = {
    "ON_DEMAND_FLEX": "flex",
    "ON_DEMAND_PRIORITY": "priority",
    "PROVISIONED_THROUGHPUT": "provisioned_throughput",
    2: "provisioned_throughput",
}
_MAJOR: Final = re.compile(r"gemini-(\d+)")
_BILLED_BY_QUERY_SINCE: Final = 3
_MOST_QUERIES: Final = 1_000


class _Piece(Struct, rename="camel"):
    usage_metadata: Any = None
    model_version: Any = None
    response_id: Any = None
    candidates: msgspec.Raw = _NOTHING
    predictions: msgspec.Raw = _NOTHING
    error: Any = None


class _Candidate(Struct, rename="camel"):
    grounding_metadata: Any = None


class _Prediction(Struct):
    embeddings: Any = None


_decoder = decoder(_Piece)
_candidates_decoder = decoder(list[_Candidate])
_predictions_decoder = decoder(list[_Prediction])


class GeminiFold(Fold):
    telling = re.compile(rb'"(?:usageMetadata|error)"\s*:\s*\{|"webSearchQueries"|"statistics"')
    token = re.compile(rb'"(?:text|data)"' + TEXT + rb'|"(?:functionCall|executableCode)"')

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self._queries: set[str] = set()
        self._embedded: int | None = None

    def add(self, piece: bytes) -> None:
        found = decoded(piece, _decoder)
        if found is None:
            return
        self.identify(found.response_id, found.model_version)
        self.fail(found.error)
        self.usage.update((name, each) for name, each in table(found.usage_metadata).items() if each is not None)
        if _SEARCHED.search(found.candidates):
            self._note_queries(decoded(found.candidates, _candidates_decoder) or [])
        if found.predictions is _NOTHING:
            return
        embedded = (table(each.embeddings) for each in decoded(found.predictions, _predictions_decoder) or ())
        counted = summed(*(count(table(each.get("statistics")).get("token_count")) for each in embedded))
        self._embedded = self._embedded if counted is None else counted

    def reading(self) -> Reading:
        usage = self.usage
        tokens, contradicts = read_tokens(usage) if usage else (self._embedding_tokens(), False)
        traffic = usage.get("trafficType")
        return Reading(
            tokens=tokens,
            model=self.model,
            response_id=self.response_id,
            variant=joined(
                [usage.get("serviceTier"), _TRAFFIC.get(traffic) if isinstance(traffic, str | int) else None]
            ),
            fees=tuple(self._fees()),
            marks=marks(contradicts=contradicts),
            error=self.error,
        )

    def _embedding_tokens(self) -> Tokens:
        return Tokens() if self._embedded is None else Tokens(input_uncached=self._embedded, output=0)

    def _note_queries(self, candidates: list[_Candidate]) -> None:
        for candidate in candidates:
            queries = table(candidate.grounding_metadata).get("webSearchQueries")
            for query in queries if isinstance(queries, list) else ():
                if text(query) is not None and len(self._queries) < _MOST_QUERIES:
                    self._queries.add(query)

    def _fees(self) -> Iterator[Fee]:
        """Grounding with Google Search is billed by the prompt up to Gemini 2.5, and by the query since Gemini 3."""
        if self._queries:
            major = _MAJOR.search(self.model or "")
            by_query = major is not None and int(major[1]) >= _BILLED_BY_QUERY_SINCE
            yield Fee("web_search", Decimal(len(self._queries) if by_query else 1), "web_searches")


def read_tokens(usage: Value) -> tuple[Tokens, bool]:
    prompt, tools = count(usage.get("promptTokenCount")), count(usage.get("toolUsePromptTokenCount"))
    made = first_count(usage, "candidatesTokenCount", "responseTokenCount")
    thoughts = count(usage.get("thoughtsTokenCount"))
    given = tables(usage.get("promptTokensDetails") or usage.get("promptTokenDetails"))
    given += tables(usage.get("toolUsePromptTokensDetails"))
    answered = tables(usage.get("candidatesTokensDetails") or usage.get("responseTokensDetails"))
    cached = tables(usage.get("cacheTokensDetails"))
    output, total = summed(made, thoughts), count(usage.get("totalTokenCount"))
    if output is None:
        output = _unsaid_output(usage, summed(prompt, tools), total)
    tokens, contradicts = from_total(
        summed(prompt, tools),
        CacheUse(read=count(usage.get("cachedContentTokenCount"))),
        Tokens(
            output=output,
            reasoning=thoughts,
            audio_input=of_kind(given, AUDIO),
            image_input=of_kind(given, IMAGE),
            audio_output=of_kind(answered, AUDIO),
            image_output=of_kind(answered, IMAGE),
            audio_cache_read=of_kind(cached, AUDIO),
        ),
    )
    return tokens, contradicts or (total is not None and total != tokens.total)


def _unsaid_output(usage: Value, given: int | None, total: int | None) -> int | None:
    """Return the output where no field says it: zeros are left out, so the total tells, and an embedding has none."""
    if "promptTokenDetails" in usage and given is not None:
        return 0
    return None if given is None or total is None or total < given else total - given


def of_kind(details: list[Value], kinds: frozenset[object]) -> int | None:
    counts = [count(each.get("tokenCount")) for each in details if _kind(each) in kinds]
    return summed(*counts) or None


def _kind(detail: Value) -> object:
    stated = detail.get("modality")
    return stated.upper() if isinstance(stated, str) else stated if isinstance(stated, int) else None


def summed(*counts: int | None) -> int | None:
    known = [each for each in counts if each is not None]
    return sum(known) if known else None
