"""Reads the trajectories of SWE-agent (`*.traj`) and mini-swe-agent (`*.traj.json`).

SWE-agent states the counts of a whole trajectory: one event stands for all of its calls. It names no time, so the
file's holds, and its model in `replay_config` or, before that, in the folder's name. mini-swe-agent keeps each answer
of the provider as it came.
"""

from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from outlay.capture.agent_logs.logged import MALFORMED, Found, LoggedCall, Refused, Stretch, excerpt_of
from outlay.capture.wire import Count
from outlay.errors import EventRejected
from outlay.usage import Tokens, split_input

_PARTS_OF_PATH: Final = 3
_SETTINGS_FOLLOW: Final = "__t-"  # SWE-agent's folders: model__data__config__t-0.00__p-0.95__…


class _Stats(Struct, gc=False):
    instance_cost: Decimal | None = None
    tokens_sent: Count = 0
    tokens_received: Count = 0
    api_calls: Count = 0


class _Info(Struct, gc=False):
    model_stats: _Stats | None = None


class _Details(Struct, gc=False):
    cached_tokens: Count | None = None
    cache_creation_tokens: Count | None = None
    reasoning_tokens: Count | None = None


class _Usage(Struct, gc=False):
    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None

    def tokens(self) -> Tokens:
        into = self.prompt_tokens_details or _Details()
        out = self.completion_tokens_details or _Details()
        cached = {"cached_tokens": into.cached_tokens, "cache_creation_tokens": into.cache_creation_tokens}
        return Tokens(
            input_uncached=split_input(self.prompt_tokens, cached),
            cache_read=into.cached_tokens,
            cache_write_other=into.cache_creation_tokens,
            output=self.completion_tokens,
            reasoning=out.reasoning_tokens,
        )


class _Answer(Struct, gc=False):
    id: str | None = None
    created: int | float | None = None
    model: str | None = None
    usage: _Usage | None = None


class _Extra(Struct, gc=False):
    response: _Answer | None = None
    timestamp: int | float | None = None
    cost: Decimal | None = None


class _Message(Struct, gc=False):
    extra: _Extra | None = None


class _Trajectory(Struct, gc=False):
    info: _Info | None = None
    replay_config: Any = None
    messages: list[_Message] = []


_decode: Final = msgspec.json.Decoder(_Trajectory).decode
_decode_messages: Final = msgspec.json.Decoder(list[_Message]).decode


def read(stretch: Stretch) -> Found:
    """Return the calls of a trajectory."""
    found = Found([], [], 0, len(stretch.data))
    try:
        bare = stretch.data.lstrip()[:1] == b"["
        trajectory = _Trajectory(messages=_decode_messages(stretch.data)) if bare else _decode(stretch.data)
    except MALFORMED as error:
        found.refused.append(Refused(0, "row_unreadable", str(error), excerpt_of(stretch.data)))
        return found
    for number, message in enumerate(trajectory.messages):
        _add_answer(found, message, _name(stretch.path), number)
    stats = trajectory.info.model_stats if trajectory.info is not None else None
    if stats is not None and not found.records and (stats.api_calls or stats.tokens_sent or stats.tokens_received):
        found.records += 1
        found.calls.append(_whole(stretch.path, trajectory, stats))
    return found


def _add_answer(found: Found, message: _Message, name: str, number: int) -> None:
    extra = message.extra
    answer = extra.response if extra is not None else None
    if extra is None or answer is None or answer.usage is None:
        return
    try:
        tokens = answer.usage.tokens()
    except EventRejected as error:
        found.refused.append(Refused(0, error.code, error.message, ""))
        return
    call = LoggedCall(
        id=f"{name}/{number}",
        at=extra.timestamp or answer.created,
        tokens=tokens,
        model=answer.model,
        session=name,
        run=name,
        response_id=answer.id,
        usd=extra.cost,
    )
    found.records += 1
    found.calls.append(call)


def _whole(path: Path, trajectory: _Trajectory, stats: _Stats) -> LoggedCall:
    name = _name(path)
    return LoggedCall(
        id=name,
        at=None,
        tokens=Tokens(input_uncached=stats.tokens_sent, output=stats.tokens_received),
        model=_model(path, trajectory.replay_config),
        session=name,
        run=name,
        usd=stats.instance_cost,
        calls=stats.api_calls,
    )


def _name(path: Path) -> str:
    """Return what names a trajectory wherever its folder lies: the experiment, the instance, the file."""
    return "/".join(path.parts[-_PARTS_OF_PATH:])


def _model(path: Path, replay_config: object) -> str | None:
    found = replay_config
    if isinstance(found, str):
        try:
            found = msgspec.json.decode(found)
        except MALFORMED:
            found = None
    for key in ("agent", "model", "name"):
        found = found.get(key) if isinstance(found, dict) else None
    if isinstance(found, str) and found:
        return found
    named = next((part for part in path.parts if _SETTINGS_FOLLOW in part), "")
    return named.partition("__")[0] or None
