"""Reads the sessions of pi and of its sister omp: `agent/sessions/**/*.jsonl`, one entry a line.

A branched session repeats its parent's entries as they were, so a call is known by what its entry says and not by its
session. Input excludes cached tokens; the cost is pi's own reckoning.
"""

from decimal import Decimal
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import Struct

from outlay.capture.agent_logs.each_line import read_each
from outlay.capture.agent_logs.lines import lines_with
from outlay.capture.agent_logs.logged import Found, LoggedCall, Stretch
from outlay.capture.wire import Count
from outlay.usage import Status, Tokens

_WORD: Final = b'"usage"'
_HEAD: Final = b'"session"'
_STATUSES: Final[dict[str | None, Status]] = {"aborted": "cancelled", "error": "error"}


class _Cost(Struct, gc=False):
    total: Decimal | None = None


class _Usage(Struct, gc=False):
    input: Count | None = None
    output: Count | None = None
    cacheRead: Count | None = None  # noqa: N815 - the names are pi's
    cacheWrite: Count | None = None  # noqa: N815
    cacheWrite1h: Count | None = None  # noqa: N815
    reasoning: Count | None = None
    cost: _Cost | None = None

    def tokens(self) -> Tokens:
        hour = self.cacheWrite1h
        return Tokens(
            input_uncached=self.input,
            cache_read=self.cacheRead,
            cache_write_1h=hour,
            cache_write_other=max(0, self.cacheWrite - (hour or 0)) if self.cacheWrite is not None else None,
            output=self.output,
            reasoning=min(self.reasoning, self.output or 0) if self.reasoning is not None else None,
        )


class _Message(Struct, gc=False):
    role: str | None = None
    provider: str | None = None
    model: str | None = None
    api: str | None = None
    usage: _Usage | None = None
    stopReason: str | None = None  # noqa: N815
    timestamp: int | float | None = None
    responseId: str | None = None  # noqa: N815


class _Entry(Struct, gc=False):
    type: str | None = None
    id: str | None = None
    timestamp: str | int | float | None = None
    cwd: str | None = None
    message: _Message | None = None


_decode: Final = msgspec.json.Decoder(_Entry).decode


def read(stretch: Stretch) -> Found:
    """Return the calls of a stretch, all of the session that the log's first line names."""
    session, folder = _session(stretch)

    def read_line(raw: bytes) -> LoggedCall | None:
        entry = _decode(raw)
        message = entry.message
        if message is None or message.role != "assistant" or message.usage is None or message.usage.input is None:
            return None
        return _call(entry, message, message.usage, session, folder)

    found = read_each(stretch, _WORD, read_line)
    found.carry = msgspec.json.encode((session, folder)).decode()
    return found


def _session(stretch: Stretch) -> tuple[str | None, str | None]:
    if stretch.carry:
        return msgspec.json.decode(stretch.carry, type=tuple[str | None, str | None])
    for line in lines_with(_HEAD, stretch.data):
        try:
            entry = _decode(line.raw)
        except msgspec.DecodeError:
            continue
        if entry.type == "session":
            return entry.id, entry.cwd
    return stretch.path.stem, None


def _call(entry: _Entry, message: _Message, usage: _Usage, session: str | None, folder: str | None) -> LoggedCall:
    said = (entry.id, entry.timestamp, message.timestamp, message.provider, message.model, usage)
    return LoggedCall(
        id=blake2b(msgspec.json.encode(said), digest_size=16).hexdigest(),
        at=entry.timestamp or message.timestamp,
        tokens=usage.tokens(),
        model=message.model,
        provider=message.provider,
        session=session,
        run=session,
        response_id=message.responseId,
        status=_STATUSES.get(message.stopReason, "ok"),
        usd=usage.cost.total if usage.cost is not None else None,
        folder=folder,
    )
