"""Reads the runs of Open Design: `runs/*/events.jsonl`, one event a line, the model in the events before a usage.

Several agents write them, each in its own way: the total shows whether cached tokens are inside the input and thoughts
inside the output. The first event of an id counts.
"""

from typing import Final

import msgspec
from msgspec import Struct

from outlay.capture.agent_logs.each_line import read_each
from outlay.capture.agent_logs.logged import Found, LoggedCall, Stretch
from outlay.capture.wire import Count
from outlay.errors import TokensContradict
from outlay.usage import Tokens, split_input

_WORD: Final = b'"data"'


class _Usage(Struct, gc=False):
    input_tokens: Count
    output_tokens: Count
    cached_read_tokens: Count = 0
    thought_tokens: Count = 0
    total_tokens: Count | None = None

    def tokens(self) -> Tokens:
        inside = self.input_tokens + self.output_tokens
        beside = inside + self.cached_read_tokens + self.thought_tokens
        if self.total_tokens not in {None, inside, beside}:
            raise TokensContradict(f"total_tokens is {self.total_tokens}, but its parts make {inside} or {beside}")
        if self.total_tokens == beside:
            fresh, output = self.input_tokens, self.output_tokens + self.thought_tokens
        else:
            fresh = split_input(self.input_tokens, {"cached_read": self.cached_read_tokens})
            output = self.output_tokens
        return Tokens(
            input_uncached=fresh, cache_read=self.cached_read_tokens, output=output, reasoning=self.thought_tokens
        )


class _Data(Struct, gc=False):
    type: str | None = None
    model: str | None = None
    usage: _Usage | None = None


class _Event(Struct, gc=False):
    id: str | None = None
    timestamp: str | int | float | None = None
    data: _Data | None = None


_decode: Final = msgspec.json.Decoder(_Event).decode


def read(stretch: Stretch) -> Found:
    """Return the calls of a stretch; `carry` is the model that answers at its end."""
    run = stretch.path.parent.name
    model = stretch.carry
    seen: set[str] = set()

    def read_line(raw: bytes) -> LoggedCall | None:
        nonlocal model
        event = _decode(raw)
        if event.data is None:
            return None
        model = event.data.model or model
        if event.data.usage is None or event.id in seen:
            return None
        seen.add(event.id or "")
        provider, colon, name = (model or "").partition(":")
        return LoggedCall(
            id=f"{run}/{event.id or event.timestamp}",
            at=event.timestamp,
            tokens=event.data.usage.tokens(),
            model=name if colon else model,
            provider=provider.partition("-")[0] if colon else None,
            session=run,
            run=run,
        )

    found = read_each(stretch, _WORD, read_line)
    found.carry = model
    return found
