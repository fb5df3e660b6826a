"""What a single event has a number of: something to filter events on by its size, never to group them by.

An amount is exact: its bound is a decimal, compared as one.
"""

import re
from decimal import Decimal
from typing import Final

from msgspec import Struct

from outlay.query.catalogue import INPUTS

_BOUND: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?")


class Amount(Struct, frozen=True, kw_only=True):
    """The sum of those columns of an event that are known; unknown when none is."""

    id: str
    label: str
    unit: str
    columns: tuple[str, ...]


AMOUNTS: Final[dict[str, Amount]] = {
    each.id: each
    for each in (
        Amount(id="cost", label="Cost", unit="USD", columns=("cost",)),
        Amount(id="tokens", label="Tokens", unit="tokens", columns=(*INPUTS, "output")),
        Amount(id="input_tokens", label="Input tokens", unit="tokens", columns=INPUTS),
        Amount(id="output_tokens", label="Output tokens", unit="tokens", columns=("output",)),
        Amount(id="latency_ms", label="Latency", unit="ms", columns=("latency_ms",)),
        Amount(id="first_token_ms", label="Time to first token", unit="ms", columns=("first_token_ms",)),
    )
}


def parse_bound(text: str) -> Decimal:
    """Read what an amount is compared with, such as `0.5`. Raises ValueError."""
    if not _BOUND.fullmatch(text):
        raise ValueError(f"{text!r} is no number such as 5000 or 0.5")
    return Decimal(text)
