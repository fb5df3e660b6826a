"""Reads Qwen Code's chats: `projects/*/chats/*.jsonl`, one record a line, an answer with Gemini's `usageMetadata`.

Its `ui_telemetry` lines tell the same calls again, under response ids that some servers use for every call; they are
left alone. Whose models are called is not stated: the name may say it.
"""

from typing import Final

import msgspec
from msgspec import Struct

from outlay.capture.agent_logs.each_line import read_each
from outlay.capture.agent_logs.logged import Found, LoggedCall, Stretch
from outlay.capture.wire import Count
from outlay.usage import Tokens, split_input

_WORD: Final = b'"usageMetadata"'


class _Usage(Struct, gc=False):
    """Thoughts are beside the candidates where the total says so; an OpenAI-compatible server has them inside."""

    promptTokenCount: Count = 0  # noqa: N815 - the names are the format's
    candidatesTokenCount: Count = 0  # noqa: N815
    thoughtsTokenCount: Count = 0  # noqa: N815
    cachedContentTokenCount: Count = 0  # noqa: N815
    toolUsePromptTokenCount: Count = 0  # noqa: N815
    totalTokenCount: Count | None = None  # noqa: N815

    def tokens(self) -> Tokens:
        fresh = split_input(self.promptTokenCount, {"cachedContentTokenCount": self.cachedContentTokenCount})
        spoken = self.promptTokenCount + self.toolUsePromptTokenCount + self.candidatesTokenCount
        inside = self.totalTokenCount == spoken and self.thoughtsTokenCount <= self.candidatesTokenCount
        return Tokens(
            input_uncached=fresh + self.toolUsePromptTokenCount,
            cache_read=self.cachedContentTokenCount,
            output=self.candidatesTokenCount + (0 if inside else self.thoughtsTokenCount),
            reasoning=self.thoughtsTokenCount,
        )


class _Entry(Struct, gc=False, rename={"session": "sessionId", "usage": "usageMetadata"}):
    type: str | None = None
    uuid: str | None = None
    session: str | None = None
    timestamp: str | int | float | None = None
    cwd: str | None = None
    model: str | None = None
    usage: _Usage | None = None


_decode: Final = msgspec.json.Decoder(_Entry).decode


def read(stretch: Stretch) -> Found:
    """Return the calls of a stretch."""
    return read_each(stretch, _WORD, _read_line)


def _read_line(raw: bytes) -> LoggedCall | None:
    entry = _decode(raw)
    return _call(entry, entry.usage) if entry.type == "assistant" and entry.usage is not None else None


def _call(entry: _Entry, usage: _Usage) -> LoggedCall:
    return LoggedCall(
        id=entry.uuid or f"{entry.session}/{entry.timestamp}",
        at=entry.timestamp,
        tokens=usage.tokens(),
        model=entry.model,
        session=entry.session,
        run=entry.session,
        folder=entry.cwd,
    )
