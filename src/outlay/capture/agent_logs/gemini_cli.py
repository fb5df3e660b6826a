"""Reads Gemini CLI's chats: `tmp/*/chats/*.json`, rewritten as a whole, and `*.jsonl`, one record a line.

An answer's record is written again when it changes, under the same id: the last one counts. Cached tokens are inside
the input; thoughts are not inside the output, nor what tools put in inside the input.
"""

from typing import Any, Final

import msgspec
from msgspec import Struct

from outlay.capture.agent_logs.lines import lines_with, whole_lines
from outlay.capture.agent_logs.logged import MALFORMED, Found, LoggedCall, Refused, Stretch, excerpt_of
from outlay.capture.wire import Count
from outlay.errors import EventRejected
from outlay.usage import Tokens, split_input

PROVIDER: Final = "google"
_HEAD: Final = b'"sessionId"'
_WORD: Final = b'"tokens"'


class _Counts(Struct, gc=False):
    input: Count = 0
    output: Count = 0
    cached: Count = 0
    thoughts: Count | None = None
    tool: Count | None = None

    def tokens(self) -> Tokens:
        fresh = split_input(self.input, {"cached": self.cached}) + (self.tool or 0)
        return Tokens(
            input_uncached=fresh,
            cache_read=self.cached,
            output=self.output + (self.thoughts or 0),
            reasoning=self.thoughts,
        )


class _Message(Struct, gc=False):
    id: str | None = None
    timestamp: str | int | float | None = None
    model: str | None = None
    tokens: _Counts | None = None


class _Set(Struct, gc=False):
    messages: list[_Message] = []


class _Record(_Message, gc=False, rename={"session": "sessionId", "set": "$set"}):
    session: str | None = None
    set: _Set | None = None
    messages: list[_Message] = []


_decode: Final = msgspec.json.Decoder(_Record).decode


def read(stretch: Stretch) -> Found:
    """Return the calls of a chat with one record a line."""
    found = Found([], [], 0, whole_lines(stretch.data), stretch.carry)
    wanted = _WORD if stretch.carry else b'"'
    for line in lines_with(wanted, stretch.data):
        try:
            record = _decode(line.raw)
        except MALFORMED as error:
            if line.ended:
                found.refused.append(Refused(line.offset, "row_unreadable", str(error), excerpt_of(line.raw)))
            continue
        if not line.ended:
            found.consumed = len(stretch.data)
        found.carry = record.session or found.carry
        messages = [record, *record.messages, *(record.set.messages if record.set is not None else ())]
        _add(found, messages, found.carry, line.offset)
    return found


def read_whole(stretch: Stretch) -> Found:
    """Return the calls of a chat that is one JSON object."""
    found = Found([], [], 0, len(stretch.data))
    try:
        record = _decode(stretch.data)
    except MALFORMED as error:
        if _WORD in stretch.data and _HEAD in stretch.data:
            found.refused.append(Refused(0, "row_unreadable", str(error), excerpt_of(stretch.data)))
        return found
    _add(found, record.messages, record.session, 0)
    return found


def _add(found: Found, messages: list[Any], session: str | None, offset: int) -> None:
    for message in messages:
        if message.tokens is None:
            continue
        try:
            found.calls.append(_call(message, session))
            found.records += 1
        except EventRejected as error:
            found.refused.append(Refused(offset, error.code, error.message, ""))


def _call(message: _Message, session: str | None) -> LoggedCall:
    counts = message.tokens or _Counts()
    return LoggedCall(
        id=f"{session}/{message.id or message.timestamp}",
        at=message.timestamp,
        tokens=counts.tokens(),
        model=message.model,
        provider=PROVIDER,
        session=session,
        run=session,
    )
