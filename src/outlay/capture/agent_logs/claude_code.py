"""Reads Claude Code's logs: `projects/**/*.jsonl`, one JSON object a line, one line per piece of an answer.

The lines of an answer repeat its usage, the last with all of its output; a resumed session repeats earlier lines, and a
side conversation repeats what its parent said, under another request. So a call is known by its message and request; a
line that is no side conversation goes before one that is, then the one that counts more.
"""

from collections.abc import Iterator
from decimal import Decimal
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from outlay.capture.agent_logs.lines import Line, lines_with, whole_lines
from outlay.capture.agent_logs.logged import MALFORMED, Found, LoggedCall, Refused, Stretch, excerpt_of
from outlay.capture.readings.events import PART_OF
from outlay.capture.wire import Count
from outlay.usage import NO_TOKENS, Tokens

PROVIDER: Final = "anthropic"
_SYNTHETIC: Final = "<synthetic>"
_BESIDE: Final = {"advisor_message": "advisor", "compaction": "compaction"}
_SEARCH: Final = "web_search"
_WORD: Final = b'"usage"'
_PLAIN: Final = frozenset({None, "standard", "default", "global", "not_available", ""})


class _Writes(Struct, gc=False):
    ephemeral_5m_input_tokens: Count | None = None
    ephemeral_1h_input_tokens: Count | None = None


class _Details(Struct, gc=False):
    thinking_tokens: Count | None = None


class _Tools(Struct, gc=False):
    web_search_requests: Count | None = None


class _Part(Struct, gc=False):
    """One step inside an answer. Advisors and compactions are not in the totals of the answer; messages are."""

    type: str | None = None
    model: str | None = None
    input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation: _Writes | None = None
    output_tokens: Count | None = None


class _Usage(_Part, gc=False):
    output_tokens_details: _Details | None = None
    server_tool_use: _Tools | None = None
    service_tier: str | None = None
    speed: str | None = None
    inference_geo: str | None = None
    iterations: list[_Part] | None = None

    @property
    def is_empty(self) -> bool:
        return self.input_tokens is None and self.output_tokens is None

    @property
    def total(self) -> int:
        return (
            (self.input_tokens or 0)
            + (self.cache_creation_input_tokens or 0)
            + (self.cache_read_input_tokens or 0)
            + (self.output_tokens or 0)
        )


class _Message(Struct, gc=False):
    id: str | None = None
    model: str | None = None
    usage: _Usage | None = None


class _Entry(Struct, gc=False, rename={"session": "sessionId", "request": "requestId", "agent": "agentId"}):
    message: _Message | None = None
    timestamp: str | int | float | None = None
    session: str | None = None
    request: str | None = None
    agent: str | None = None
    uuid: str | None = None
    cwd: str | None = None
    isSidechain: bool | None = None  # noqa: N815 - the names are Claude Code's
    costUSD: Decimal | None = None  # noqa: N815


class _Told(Struct, gc=False):
    """The best line of a call so far, and the first one's time."""

    entry: _Entry
    usage: _Usage
    first: str | int | float | None
    offset: int

    def is_beaten_by(self, entry: _Entry, usage: _Usage) -> bool:
        mine, its = bool(self.entry.isSidechain), bool(entry.isSidechain)
        return mine if mine != its else usage.total > self.usage.total


_decode: Final = msgspec.json.Decoder(_Entry).decode


def read(stretch: Stretch) -> Found:
    """Return the calls of a stretch, each once."""
    told: dict[tuple[str, str | None], _Told] = {}
    refused: list[Refused] = []
    records, consumed, last = 0, whole_lines(stretch.data), None
    for line in lines_with(_WORD, stretch.data):
        try:
            entry = _decode(line.raw)
        except MALFORMED as error:
            if line.ended:
                refused.append(Refused(line.offset, "row_unreadable", str(error), excerpt_of(line.raw)))
            continue
        if not line.ended:
            consumed = len(stretch.data)
        usage = entry.message.usage if entry.message is not None else None
        if entry.message is None or usage is None or usage.is_empty or entry.message.model == _SYNTHETIC:
            continue
        records += 1
        last = (_id_of(entry, entry.message, line, stretch.offset), entry.request)
        _note(told, last, _Told(entry, usage, entry.timestamp, line.offset))
    if last is not None and not stretch.settled:  # the call may go on: it is left for the next stretch
        return read(replace(stretch, data=stretch.data[: told[last].offset], settled=True))
    calls = [call for (name, _), each in told.items() for call in _calls(name, each)]
    return Found(calls, refused, records + len(calls) - len(told), consumed)


def _note(told: dict[tuple[str, str | None], _Told], key: tuple[str, str | None], new: _Told) -> None:
    old = told.get(key)
    if old is None:
        told[key] = new
    elif old.is_beaten_by(new.entry, new.usage):
        old.entry, old.usage = new.entry, new.usage


def _id_of(entry: _Entry, message: _Message, line: Line, offset: int) -> str:
    """Return the call's id. Gateways that send no request id use message ids again in other sessions."""
    if message.id:
        return message.id if entry.request else f"{message.id}@{entry.session}"
    if entry.uuid:
        return entry.uuid
    place = offset + line.offset
    return blake2b(line.raw, digest_size=12, salt=place.to_bytes(8, "big")).hexdigest()


def _calls(name: str, told: _Told) -> list[LoggedCall]:
    """Return the call, and what its answer counts beside its totals."""
    entry, usage = told.entry, told.usage
    message = entry.message
    call = LoggedCall(
        id=name,
        at=told.first,
        tokens=_tokens(usage, usage.output_tokens_details),
        model=message.model if message is not None else None,
        provider=PROVIDER,
        session=entry.session,
        run=entry.agent or entry.session,
        response_id=message.id if message is not None else None,
        request=entry.request,
        copy=bool(entry.isSidechain),
        variant=_variant(usage),
        usd=entry.costUSD,
        folder=entry.cwd,
    )
    if usage.iterations is None and usage.server_tool_use is None:
        return [call]
    return [call, *_parts(call, usage)]


def _parts(call: LoggedCall, usage: _Usage) -> Iterator[LoggedCall]:
    """Yield what an answer's totals leave out, under the same ids as where the answer itself is read."""
    bare = replace(call, usd=None, response_id=None, tokens=NO_TOKENS, metadata={PART_OF: call.id})
    beside = [part for part in usage.iterations or () if part.type in _BESIDE]
    for number, part in enumerate(beside, start=1):
        role = _BESIDE[part.type or ""]
        told = replace(bare, id=f"{call.id}#{role}-{number}", operation=role, tokens=_tokens(part, None))
        yield replace(told, model=part.model or call.model)
    searches = usage.server_tool_use.web_search_requests if usage.server_tool_use is not None else None
    if searches:
        counted = replace(bare, id=f"{call.id}#{_SEARCH}", service=_SEARCH)
        yield replace(counted, quantity=Decimal(searches), unit="web_searches")


def _tokens(usage: _Part, details: _Details | None) -> Tokens:
    writes = usage.cache_creation
    five = writes.ephemeral_5m_input_tokens if writes is not None else None
    hour = writes.ephemeral_1h_input_tokens if writes is not None else None
    other = usage.cache_creation_input_tokens
    if other is not None and writes is not None:
        other = max(0, other - (five or 0) - (hour or 0)) or None
    thinking = details.thinking_tokens if details is not None else None
    return Tokens(
        input_uncached=usage.input_tokens,
        cache_read=usage.cache_read_input_tokens,
        cache_write_5m=five,
        cache_write_1h=hour,
        cache_write_other=other,
        output=usage.output_tokens,
        reasoning=min(thinking, usage.output_tokens or 0) if thinking is not None else None,
    )


def _variant(usage: _Usage) -> str | None:
    if usage.service_tier in _PLAIN and usage.speed in _PLAIN and usage.inference_geo in _PLAIN:
        return None
    return "+".join(name for name in (usage.service_tier, usage.speed, usage.inference_geo) if name not in _PLAIN)  # type: ignore[misc]
