"""Token counts out of attributes, in disjoint parts.

Most tools state an input with its cached parts inside and an output with its reasoning inside, some do not; the stated
total, where there is one, tells. What no attribute states stays unknown, and what can't be true is left out.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.capture.otlp import words
from outlay.capture.otlp.telemetry import Attributes
from outlay.capture.otlp.tools import Trait
from outlay.usage import NO_TOKENS, Tokens

_MOST: Final = 10**12
_OUTSIDE_OUTPUT: Final = "thoughts_token_count"


class Stated(Struct, frozen=True):
    """The figures as stated. `reasoning_outside` and `extra_input` are told apart by name, not by their sizes."""

    input: int | None
    output: int | None
    total: int | None
    cache_read: int | None
    cache_write: int | None
    cache_write_5m: int | None
    cache_write_1h: int | None
    reasoning: int | None
    audio_input: int | None
    audio_output: int | None
    reasoning_outside: bool = False

    def with_cache_write(self, count: int) -> "Stated":
        return replace(self, cache_write=count)

    @property
    def nothing(self) -> bool:
        return self.input is None and self.output is None and self.cache_read is None and self.cache_write is None


def stated_in(attributes: Attributes) -> Stated:
    """Return the figures that the attributes of a call state."""
    split = [_count(attributes, names) for names in (words.CACHE_WRITE_5M, words.CACHE_WRITE_1H)]
    write = _count(attributes, words.CACHE_WRITE)
    prompt = _count(attributes, words.INPUT)
    by_gemini = _OUTSIDE_OUTPUT in attributes
    if prompt is not None and by_gemini:
        prompt += _count(attributes, words.TOOL_USE) or 0
    return Stated(
        input=prompt,
        output=_count(attributes, words.OUTPUT),
        total=_count(attributes, words.TOTAL),
        cache_read=_count(attributes, words.CACHE_READ),
        cache_write=_sum(*split) if write is None else write,
        cache_write_5m=split[0],
        cache_write_1h=split[1],
        reasoning=_count(attributes, words.REASONING),
        audio_input=_count(attributes, words.AUDIO_INPUT),
        audio_output=_count(attributes, words.AUDIO_OUTPUT),
        reasoning_outside=by_gemini,
    )


def as_tokens(stated: Stated, trait: Trait) -> Tokens:
    """Return the disjoint counts."""
    if stated.nothing:
        return NO_TOKENS
    uncached = _uncached(stated, trait)
    whole_input = _sum(uncached, stated.cache_read, stated.cache_write)
    output = _output(stated, whole_input)
    write_5m, write_1h, write_other = _writes(stated)
    return Tokens(
        input_uncached=uncached,
        cache_read=stated.cache_read,
        cache_write_5m=write_5m,
        cache_write_1h=write_1h,
        cache_write_other=write_other,
        output=output,
        reasoning=_within(stated.reasoning, output),
        audio_input=_within(stated.audio_input, whole_input),
        audio_output=_within(stated.audio_output, output),
    )


def missing_in(tokens: Tokens, trait: Trait, *, embedding: bool) -> tuple[str, ...]:
    """Name what a tool did not state of a call that it saw end well."""
    if tokens.input_total is None and tokens.output is None:
        return ("usage",)
    found = []
    if tokens.input_total is None:
        found.append("input")
    if tokens.output is None and not embedding:
        found.append("output")
    if not embedding:
        found += _missing_of_cache(tokens, trait)
    return tuple(found)


def _missing_of_cache(tokens: Tokens, trait: Trait) -> list[str]:
    if trait.omits_zeros:
        return []
    if tokens.cache_read is None:
        return ["cache"] if tokens.cache_write is None else ["cache_read"]
    return ["cache_write"] if tokens.cache_write is None and trait.leaves_out_writes else []


def _uncached(stated: Stated, trait: Trait) -> int | None:
    if stated.input is None:
        return None
    cached = (stated.cache_read or 0) + (stated.cache_write or 0)
    return stated.input if _cache_outside(stated, cached, trait) else stated.input - cached


def _cache_outside(stated: Stated, cached: int, trait: Trait) -> bool:
    if not cached or stated.input is None:
        return False
    if stated.input < cached:
        return True
    if stated.total is not None and stated.output is not None:
        rest = stated.total - stated.input - stated.output
        if rest in {cached, cached + (stated.reasoning or 0)}:
            return True
        if rest in {0, stated.reasoning}:
            return trait.cache_outside
    return trait.cache_outside


def _output(stated: Stated, whole_input: int | None) -> int | None:
    output, reasoning = stated.output, stated.reasoning
    if output is None or not reasoning:
        return output
    if stated.total is not None and whole_input is not None:
        rest = stated.total - whole_input - output
        if rest in {0, reasoning}:
            return output + rest
    return output + reasoning if stated.reasoning_outside or reasoning > output else output


def _writes(stated: Stated) -> tuple[int | None, int | None, int | None]:
    """Return writes for 5 minutes, for an hour, and those of which no time is stated."""
    known = _sum(stated.cache_write_5m, stated.cache_write_1h)
    whole = stated.cache_write
    if known is None or whole is None or known > whole:
        return None, None, whole
    rest = whole - known
    return stated.cache_write_5m, stated.cache_write_1h, rest or None


def _within(part: int | None, whole: int | None) -> int | None:
    return part if part is not None and part <= (whole or 0) else None


def _count(attributes: Attributes, names: words.Names) -> int | None:
    count = words.first_count(attributes, names)
    return count if count is not None and count <= _MOST else None


def _sum(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
