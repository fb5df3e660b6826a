"""The calls of a piece of a log, made ready in the process that read them: rows for the ledger, and what is remembered.

They can be used as they are where none of them is told of elsewhere. `calls` are there for the others.
"""

from collections.abc import Sequence
from typing import Final
from zlib import crc32

import msgspec
from msgspec import Struct

from outlay.capture.agent_logs.events import LogOrigin, as_event
from outlay.capture.agent_logs.logged import LoggedCall
from outlay.control.log_marks import KnownCall, key_of
from outlay.errors import EventRejected
from outlay.intake.made_rows import MadeRows, RowMaker
from outlay.kit.period import as_micros

_encode: Final = msgspec.msgpack.Encoder().encode
_decode_calls: Final = msgspec.msgpack.Decoder(list[LoggedCall]).decode


class MadeCalls(Struct, frozen=True):
    """Different calls: `keys` and `known` are what is remembered of each, `packed` they themselves as msgpack."""

    packed: bytes
    keys: list[int]
    known: list[KnownCall]
    rows: MadeRows

    def calls(self) -> list[LoggedCall]:
        return _decode_calls(self.packed)


def make_calls(calls: Sequence[LoggedCall], origin: LogOrigin, maker: RowMaker) -> MadeCalls | None:
    """Return the calls ready; None where one of them is refused, or two have the same id."""
    keys = [key_of(origin.organisation, origin.source, call.id) for call in calls]
    if len(set(keys)) < len(keys):
        return None
    try:
        events = [as_event(call, origin) for call in calls]
    except EventRejected:
        return None
    rows = maker.make(events)
    if rows is None:
        return None
    known = [
        KnownCall(as_micros(event.time), request_of(call), call.copy, 0, _encode(call.tokens))
        for call, event in zip(calls, events, strict=True)
    ]
    return MadeCalls(_encode(calls), keys, known, rows)


def request_of(call: LoggedCall) -> int | None:
    """Return what stands for the request; it only has to tell requests of one message apart."""
    return None if call.request is None else crc32(call.request.encode("utf-8", "surrogatepass"))
