"""Reads Codex's logs: `sessions/**/*.jsonl` and `archived_sessions/`, one JSON object a line.

A `token_count` tells the call that just ended and the session's sum; the same sum again is no call. A session that was
forked or spawned begins with a copy of its parent's calls, mostly under new times. Such a call is known by the session
it comes from, the sum and its own counts: while every call of a child is one its ancestors had, it is a copy. What is
written in the child's first seconds counts as its parent's too, so that children of a lost parent share it.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Final

import msgspec
from msgspec import Struct

from outlay.capture.agent_logs.lines import Line, lines_matching, whole_lines
from outlay.capture.agent_logs.logged import MALFORMED, Family, Found, LoggedCall, Refused, Stretch, excerpt_of
from outlay.capture.moments import parse_moment
from outlay.capture.wire import Count
from outlay.errors import EventRejected, FieldInvalid
from outlay.usage import Tokens, split_input

_WORDS: Final = re.compile(rb'"(?:token_count|session_meta|turn_context|token_usage_record|thread_settings_applied)"')
_COPYING: Final = timedelta(seconds=3)  # 5,427 copied calls were seen to be written in two seconds
_MOST_ANCESTORS: Final = 16


class _Counts(Struct, frozen=True, gc=False):
    """Cached tokens and those written to a cache are inside the input, reasoning is inside the output."""

    input_tokens: Count = 0
    cached_input_tokens: Count = 0
    cache_write_input_tokens: Count | None = None
    output_tokens: Count = 0
    reasoning_output_tokens: Count | None = None

    def since(self, earlier: "_Counts") -> "_Counts":
        """Return the difference, for a log that states sums only; from nothing where a sum went down."""
        if earlier.input_tokens > self.input_tokens or earlier.output_tokens > self.output_tokens:
            return self
        return _Counts(
            self.input_tokens - earlier.input_tokens,
            max(0, self.cached_input_tokens - earlier.cached_input_tokens),
            _less(self.cache_write_input_tokens, earlier.cache_write_input_tokens),
            self.output_tokens - earlier.output_tokens,
            _less(self.reasoning_output_tokens, earlier.reasoning_output_tokens),
        )

    def tokens(self) -> Tokens:
        cached = {"cached_input": self.cached_input_tokens, "cache_write_input": self.cache_write_input_tokens}
        return Tokens(
            input_uncached=split_input(self.input_tokens, cached),
            cache_read=self.cached_input_tokens,
            cache_write_other=self.cache_write_input_tokens or None,
            output=self.output_tokens,
            reasoning=self.reasoning_output_tokens,
        )


class _Info(Struct, gc=False):
    last_token_usage: _Counts | None = None
    total_token_usage: _Counts | None = None
    model: str | None = None


class _Settings(Struct, gc=False):
    model: str | None = None
    service_tier: str | None = None


class _Payload(Struct, gc=False):
    type: str | None = None
    id: str | None = None
    session_id: str | None = None
    timestamp: str | None = None
    cwd: str | None = None
    model: str | None = None
    model_provider: str | None = None
    forked_from_id: str | None = None
    parent_thread_id: str | None = None
    source: Any = None
    info: _Info | None = None
    response_id: str | None = None
    usage: _Counts | None = None
    thread_settings: _Settings | None = None


class _Entry(Struct, gc=False):
    type: str | None = None
    timestamp: str | None = None
    payload: _Payload | None = None


class _Carry(Struct):
    """What a reader knows of a session at some place of its log."""

    session: str | None = None
    ancestors: list[str] = []
    started: str | None = None
    model: str | None = None
    provider: str | None = None
    tier: str | None = None
    folder: str | None = None
    sums: _Counts | None = None
    response: tuple[str, _Counts] | None = None
    copying: bool = False


_decode: Final = msgspec.json.Decoder(_Entry).decode
_decode_carry: Final = msgspec.json.Decoder(_Carry).decode


def family_of(head: bytes) -> Family | None:
    """Return whose log begins like this, so that parents can be read before their children."""
    entry = _entry(Line(0, head.partition(b"\n")[0], ended=True), [])
    if entry is None or entry.type != "session_meta" or entry.payload is None:
        return None
    session = entry.payload.id or entry.payload.session_id
    return Family(session, tuple(_parents(entry.payload))) if session else None


def read(stretch: Stretch) -> Found:
    """Return the calls of a stretch. Those that are copies of an ancestor's have that one's id."""
    state = _decode_carry(stretch.carry) if stretch.carry else _Carry()
    found = Found([], [], 0, whole_lines(stretch.data))
    told: list[_Told] = []
    for line in lines_matching(_WORDS, stretch.data):
        entry = _entry(line, found.refused)
        if entry is None or entry.payload is None:
            continue
        if not line.ended:
            found.consumed = len(stretch.data)
        try:
            told += _follow(state, entry, entry.payload)
        except EventRejected as error:
            found.refused.append(Refused(line.offset, error.code, error.message, excerpt_of(line.raw)))
    found.records = len(told)
    found.calls = list(_named(told, state, stretch))
    found.carry = msgspec.json.encode(state).decode()
    return found


class _Told(Struct):
    """A call before it has its id: by its own session, and by each ancestor that it may be copied from."""

    call: LoggedCall
    mark: str
    early: bool


def _entry(line: Line, refused: list[Refused]) -> _Entry | None:
    try:
        return _decode(line.raw)
    except MALFORMED as error:
        if line.ended:
            refused.append(Refused(line.offset, "row_unreadable", str(error), excerpt_of(line.raw)))
        return None


def _follow(state: _Carry, entry: _Entry, payload: _Payload) -> Iterator[_Told]:
    """Take in what a line says of the session; yield the call that it tells of, if it does."""
    if entry.type == "session_meta":
        _enter(state, entry, payload)
    elif entry.type == "turn_context":
        state.model = payload.model or state.model
        state.folder = payload.cwd or state.folder
    elif entry.type == "token_usage_record" and payload.response_id and payload.usage is not None:
        state.response = (payload.response_id, payload.usage)
    elif payload.type == "thread_settings_applied" and payload.thread_settings is not None:
        state.tier = payload.thread_settings.service_tier
    elif payload.type == "token_count" and payload.info is not None:
        yield from _counted(state, entry, payload.info)


def _enter(state: _Carry, entry: _Entry, payload: _Payload) -> None:
    """The first head of a log is its own; those that follow are copied from its ancestors."""
    session = payload.id or payload.session_id
    new = [*_parents(payload)]
    if state.session is None:
        state.session, state.started = session, payload.timestamp or entry.timestamp
        state.provider, state.folder = payload.model_provider, payload.cwd
    elif session is not None and session != state.session:
        new = [session, *new]
    state.ancestors = list(dict.fromkeys([*state.ancestors, *new]))[:_MOST_ANCESTORS]
    state.copying = state.copying or bool(new and state.sums is None)


def _parents(payload: _Payload) -> Iterator[str]:
    spawned = payload.source
    for key in ("subagent", "thread_spawn", "parent_thread_id"):
        spawned = spawned.get(key) if isinstance(spawned, dict) else None
    for parent in (payload.forked_from_id, payload.parent_thread_id, spawned):
        if isinstance(parent, str) and parent:
            yield parent


def _counted(state: _Carry, entry: _Entry, info: _Info) -> Iterator[_Told]:
    sums, last = info.total_token_usage, info.last_token_usage
    if sums is not None and sums == state.sums:
        return  # told again, because the limits of the plan changed
    counts = last if last is not None else (sums.since(state.sums or _Counts()) if sums is not None else None)
    state.sums = sums or state.sums
    if counts is None:
        return
    response = state.response[0] if state.response is not None and state.response[1] == counts else None
    call = LoggedCall(
        id="",
        at=entry.timestamp,
        tokens=counts.tokens(),
        model=info.model or state.model,
        provider=state.provider or "openai",
        session=state.session,
        run=state.session,
        response_id=response,
        variant=None if state.tier in {None, "default", "auto"} else state.tier,
        folder=state.folder,
    )
    # Two calls of a session have the same sum only where none is stated; then their times tell them apart.
    mark = msgspec.json.encode((sums, counts) if sums is not None else (entry.timestamp, counts)).decode()
    yield _Told(call, mark, _is_early(state, entry))


def _is_early(state: _Carry, entry: _Entry) -> bool:
    try:
        began = _moment(state.started)
        return began is not None and (_moment(entry.timestamp) or began) - began <= _COPYING
    except FieldInvalid:
        return False


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_moment(text)


def _named(told: list[_Told], state: _Carry, stretch: Stretch) -> Iterator[LoggedCall]:
    """Yield the calls with their ids. A child's first call that none of its ancestors had ends the copy."""
    session = state.session or stretch.path.stem
    ids = {(whose, each.mark): _id(whose, each.mark) for each in told for whose in (*state.ancestors, session)}
    known = set(stretch.known(ids.values())) if state.copying else set()
    for each in told:
        whose = session
        if state.copying:
            whose = next((one for one in state.ancestors if ids[one, each.mark] in known), "")
            if not whose and each.early:
                whose = state.ancestors[0]
            state.copying = bool(whose)
        yield msgspec.structs.replace(each.call, id=ids[whose or session, each.mark])


def _id(session: str, mark: str) -> str:
    return blake2b(f"{session}\0{mark}".encode(), digest_size=16).hexdigest()


def _less(count: int | None, earlier: int | None) -> int | None:
    return None if count is None else max(0, count - (earlier or 0))
