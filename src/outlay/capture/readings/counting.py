"""From counts as an answer states them to `Tokens`, where parts are disjoint and subsets lie inside.

Providers differ in whether their input includes what was cached and their output what was reasoned; who reads an API
says which. What can't be true beside the totals is left out, and the second value returned says that this happened.
"""

from msgspec import Struct
from msgspec.structs import replace

from outlay.usage import Tokens


class CacheUse(Struct, frozen=True, kw_only=True):
    """What of an input came from a cache or went into one."""

    read: int | None = None
    write_5m: int | None = None
    write_1h: int | None = None
    write_other: int | None = None

    def stated(self) -> dict[str, int]:
        named = {
            "cache_read": self.read,
            "cache_write_5m": self.write_5m,
            "cache_write_1h": self.write_1h,
            "cache_write_other": self.write_other,
        }
        return {name: count for name, count in named.items() if count is not None}


def from_total(input_total: int | None, cache: CacheUse, subsets: Tokens) -> tuple[Tokens, bool]:
    """Return the tokens where the input includes its cached parts; `subsets` holds the output and all subsets."""
    parts = cache.stated()
    if input_total is None:
        return fitted(replace(subsets, **parts))
    left, kept = input_total, dict[str, int]()
    for name, count in parts.items():
        if count <= left:
            kept[name] = count
            left -= count
    tokens, contradicts = fitted(replace(subsets, input_uncached=left, **kept))
    return tokens, contradicts or len(kept) < len(parts)


def from_parts(input_uncached: int | None, cache: CacheUse, subsets: Tokens) -> tuple[Tokens, bool]:
    """Return the tokens where the input is what was neither read from a cache nor written to it."""
    return fitted(replace(subsets, input_uncached=input_uncached, **cache.stated()))


def fitted(tokens: Tokens) -> tuple[Tokens, bool]:
    """Leave out every subset that is larger than what it is part of."""
    wholes = {
        "reasoning": tokens.output,
        "audio_output": tokens.output,
        "image_output": tokens.output,
        "audio_input": tokens.input_total,
        "image_input": tokens.input_total,
        "audio_cache_read": tokens.cache_read,
    }
    too_large = {name: None for name, whole in wholes.items() if (getattr(tokens, name) or 0) > (whole or 0)}
    return (replace(tokens, **too_large), True) if too_large else (tokens, False)
