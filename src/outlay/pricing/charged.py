"""Which counts a price is multiplied with: those a provider says it charges for, where they are others than it served.

Cohere counts its own preamble among the tokens it serves and does not bill it. An event keeps the served counts, which
is what was used, and the billed ones in its metadata.
"""

from typing import Final

from msgspec.structs import replace

from outlay.usage import BILLED_TOKENS, Tokens, UsageEvent

_NAMES: Final = frozenset(Tokens.__struct_fields__)


def as_charged(event: UsageEvent) -> UsageEvent:
    """Return the event with the counts that are charged for; metadata that can't be read so changes nothing."""
    stated = (event.metadata or {}).get(BILLED_TOKENS)
    if not isinstance(stated, dict) or not stated:
        return event
    if not all(name in _NAMES and type(count) is int and count >= 0 for name, count in stated.items()):
        return event
    return replace(event, tokens=Tokens(**stated))
