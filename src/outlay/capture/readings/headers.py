"""What an answer states in its headers only: Bedrock's counts for models that answer without any, and its request id.

A count in the body wins: the headers repeat it, or repeat less.
"""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from outlay.capture.readings.counting import CacheUse, from_parts
from outlay.capture.readings.fold import joined
from outlay.capture.readings.reading import Api, Reading
from outlay.usage import NO_TOKENS, Tokens

_BEDROCK: Final = frozenset({"bedrock_converse", "bedrock_invoke"})
_COUNT: Final = "x-amzn-bedrock-{}-token-count"
_MOST_DIGITS: Final = 12


def read_headers(api: Api, reading: Reading | None, headers: Mapping[str, str]) -> Reading | None:
    """Return the reading with what the headers (by lower-case name) add to it."""
    if api not in _BEDROCK:
        return reading
    found = reading or Reading()
    if not found.states_usage:
        found = replace(found, tokens=_tokens(headers))
    if found.response_id is None:
        found = replace(found, response_id=headers.get("x-amzn-requestid") or None)
    if found.variant is None:
        found = replace(found, variant=joined([headers.get("x-amzn-bedrock-service-tier")]))
    return None if found == Reading() else found


def _tokens(headers: Mapping[str, str]) -> Tokens:
    given, read, written, made = (
        _count(headers.get(_COUNT.format(kind)))
        for kind in ("input", "cache-read-input", "cache-write-input", "output")
    )
    if given is None:
        return NO_TOKENS
    # An embedding has no output header, because it has no output.
    tokens, _ = from_parts(given, CacheUse(read=read, write_other=written), Tokens(output=made or 0))
    return tokens


def _count(stated: str | None) -> int | None:
    plain = stated is not None and stated.isascii() and stated.isdigit() and len(stated) <= _MOST_DIGITS
    return int(stated) if plain and stated is not None else None
