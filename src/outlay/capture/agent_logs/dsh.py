"""Reads the sessions of DeepSeek's harness dsh (`*.jsonl`): one event a line, an answer in `assistant/message`.

Its chunks repeat the answer's usage and are left alone. Input excludes cached tokens, output includes reasoning.
"""

from typing import Final

import msgspec
from msgspec import Struct

from outlay.capture.agent_logs.each_line import read_each
from outlay.capture.agent_logs.logged import Found, LoggedCall, Stretch
from outlay.capture.wire import Count
from outlay.usage import Tokens

_WORD: Final = b'"assistant/message"'
_OFFICIAL: Final = "-official"


class _Usage(Struct, gc=False):
    inputTokens: Count | None = None  # noqa: N815 - the names are dsh's
    outputTokens: Count | None = None  # noqa: N815
    cacheReadTokens: Count | None = None  # noqa: N815
    reasoningTokens: Count | None = None  # noqa: N815

    def tokens(self) -> Tokens:
        return Tokens(
            input_uncached=self.inputTokens,
            cache_read=self.cacheReadTokens,
            output=self.outputTokens,
            reasoning=self.reasoningTokens,
        )


class _Source(Struct, frozen=True, gc=False):
    provider: str | None = None
    model: str | None = None


class _Message(Struct, gc=False):
    id: str | None = None
    source: _Source = _Source()


class _Data(Struct, gc=False):
    message: _Message | None = None
    usage: _Usage | None = None


class _Event(Struct, gc=False):
    type: str | None = None
    time: int | None = None
    seq: int | None = None
    data: _Data | None = None


_decode: Final = msgspec.json.Decoder(_Event).decode


def read(stretch: Stretch) -> Found:
    """Return the calls of a stretch."""
    session = stretch.path.stem

    def read_line(raw: bytes) -> LoggedCall | None:
        event = _decode(raw)
        data = event.data
        if event.type != "assistant/message" or data is None or data.message is None or data.usage is None:
            return None
        source = data.message.source
        return LoggedCall(
            id=data.message.id or f"{session}/{event.seq}",
            at=event.time,
            tokens=data.usage.tokens(),
            model=source.model,
            provider=source.provider.removesuffix(_OFFICIAL) if source.provider else None,
            session=session,
            run=session,
        )

    return read_each(stretch, _WORD, read_line)
