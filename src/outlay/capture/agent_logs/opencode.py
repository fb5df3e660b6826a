"""Reads OpenCode's messages: the table `message` of `opencode*.db`, or of an older release one JSON file a message.

Input excludes cached tokens. Since OpenCode states a total, reasoning is beside the output, and the total shows it;
before, it was inside. The cost is OpenCode's own reckoning.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct

from outlay.capture.agent_logs.logged import MALFORMED, Found, LoggedCall, Refused, Stretch, excerpt_of
from outlay.capture.wire import Count
from outlay.errors import ImportFailed
from outlay.usage import Tokens

_MESSAGES: Final = "SELECT id, session_id, data FROM message ORDER BY id"
_WAIT_SECONDS: Final = 10.0


class _Cache(Struct, frozen=True, gc=False):
    read: Count | None = None
    write: Count | None = None


class _Counts(Struct, gc=False):
    input: Count = 0
    output: Count = 0
    reasoning: Count | None = None
    total: Count | None = None
    cache: _Cache = _Cache()

    def tokens(self) -> Tokens:
        beside = self.input + self.output + (self.cache.read or 0) + (self.cache.write or 0) + (self.reasoning or 0)
        inside = self.total != beside and (self.reasoning or 0) <= self.output
        return Tokens(
            input_uncached=self.input,
            cache_read=self.cache.read,
            cache_write_other=self.cache.write,
            output=self.output + (0 if inside else self.reasoning or 0),
            reasoning=self.reasoning,
        )

    @property
    def empty(self) -> bool:
        return not (self.input or self.output or self.reasoning or self.cache.read or self.cache.write)


class _Times(Struct, frozen=True, gc=False):
    created: int | float | None = None
    completed: int | float | None = None


class _Path(Struct, gc=False):
    root: str | None = None
    cwd: str | None = None


class _Message(Struct, gc=False, rename={"session": "sessionID", "model": "modelID", "provider": "providerID"}):
    id: str | None = None
    session: str | None = None
    role: str | None = None
    time: _Times = _Times()
    model: str | None = None
    provider: str | None = None
    tokens: _Counts | None = None
    cost: Decimal | None = None
    path: _Path | None = None
    error: Any = None


_decode: Final = msgspec.json.Decoder(_Message).decode


def read_file(stretch: Stretch) -> Found:
    """Return the call of a file that holds one message."""
    found = Found([], [], 0, len(stretch.data))
    if b'"tokens"' in stretch.data:
        _add(found, stretch.data, None, None)
    return found


def read_database(stretch: Stretch) -> Found:
    """Return the calls of a database. ImportFailed where it is none of OpenCode's."""
    found = Found([], [], 0, 0)
    try:
        for name, session, data in _rows(stretch):
            _add(found, data.encode() if isinstance(data, str) else bytes(data or b""), name, session)
    except sqlite3.Error as error:
        raise ImportFailed(f"can't read {stretch.path} as OpenCode's database: {error}") from None
    return found


def _rows(stretch: Stretch) -> Iterator[tuple[str, str, str | bytes | None]]:
    url = f"{stretch.path.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(url, uri=True, timeout=_WAIT_SECONDS)) as connection:
        yield from connection.execute(_MESSAGES)


def _add(found: Found, data: bytes, name: str | None, session: str | None) -> None:
    try:
        message = _decode(data)
    except MALFORMED as error:
        found.refused.append(Refused(0, "row_unreadable", f"{name or 'message'}: {error}", excerpt_of(data)))
        return
    counts = message.tokens
    # A message that has begun states zeros; it is a call once it is done or has counts.
    if message.role != "assistant" or counts is None or (counts.empty and message.time.completed is None):
        return
    found.records += 1
    found.calls.append(_call(message, counts, name or message.id, session or message.session))


def _call(message: _Message, counts: _Counts, name: str | None, session: str | None) -> LoggedCall:
    begun, done = message.time.created, message.time.completed
    folder = message.path.root or message.path.cwd if message.path is not None else None
    return LoggedCall(
        id=name or f"{session}/{begun}",
        at=begun,
        tokens=counts.tokens(),
        model=message.model,
        provider=message.provider,
        session=session,
        run=session,
        status="error" if message.error is not None else "ok",
        latency_ms=round(done - begun) if begun is not None and done is not None and done >= begun else None,
        usd=message.cost,
        folder=folder,
    )
