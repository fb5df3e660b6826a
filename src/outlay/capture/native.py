"""Reads events in Outlay's own JSON: one object, an array, or one object a line.

A batch is first read as a whole by the compiled decoder. Only when that fails is it read event by event, so that each
bad one is refused by its index, with its reason, and its neighbours go on.
"""

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from outlay.capture.pieces import pieces_of
from outlay.capture.received import Arrival, Received, Refused, Remark
from outlay.capture.wire import WireAdjustment, WireEvent, as_event
from outlay.errors import BodyTooLarge, BodyUnreadable, EventRejected, FieldInvalid
from outlay.usage import AGENT_TYPES, STATUSES

Piece = TypeVar("Piece")

_MALFORMED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_CHOICES: Final = {"agent_type": AGENT_TYPES, "status": STATUSES}


class Oddity(Struct, frozen=True):
    """A field that was left out of a usable event, and why."""

    field: str
    code: str
    message: str


_decode_one = msgspec.json.Decoder(WireEvent).decode
_decode_many = msgspec.json.Decoder(list[WireEvent]).decode
_decode_raw_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_FIELDS: Final = WireEvent.__struct_fields__


def read_json(body: bytes, arrival: Arrival, most: int) -> Received:
    """Read one JSON object or an array of them. Raises BodyUnreadable, or BodyTooLarge above `most` events."""
    try:
        if body.lstrip()[:1] != b"[":
            return _collect([msgspec.json.decode(body, type=msgspec.Raw)], arrival, _decode_one)
        try:
            wired = _decode_many(body)
        except _MALFORMED:
            return _collect(_within_number(_elements(body), most), arrival, _decode_one)
    except (*_MALFORMED, ValueError) as error:  # ValueError: an array that can't be taken apart
        raise BodyUnreadable(f"the body is not valid JSON: {error}") from None
    return _collect(_within_number(wired, most), arrival, _same)


def read_lines(body: bytes, arrival: Arrival, most: int) -> Received:
    """Read one JSON object per line; empty lines are passed over and not counted. Raises BodyTooLarge."""
    lines = [line for line in body.splitlines() if line.strip()]
    return _collect(_within_number(lines, most), arrival, _decode_one)


def read_objects(objects: Sequence[object], arrival: Arrival) -> Received:
    """Read objects that another reader has decoded already; they carry the same fields."""
    return _collect(objects, arrival, lambda each: msgspec.convert(each, WireEvent))


def _elements(body: bytes) -> Sequence[msgspec.Raw | bytes]:
    try:
        return _decode_raw_list(body)
    except _MALFORMED:
        return pieces_of(body)


def _within_number(pieces: Sequence[Piece], most: int) -> Sequence[Piece]:
    if len(pieces) > most:
        raise BodyTooLarge(f"{len(pieces)} events in one request; the limit is {most}, send them in several")
    return pieces


def _same(wire: WireEvent) -> WireEvent:
    return wire


def _collect(pieces: Iterable[Any], arrival: Arrival, decode: Callable[[Any], WireEvent]) -> Received:
    received = Received([], [], [])
    for index, piece in enumerate(pieces):
        wire: WireEvent | None = None
        try:
            try:
                wire = decode(piece)
            except _MALFORMED as error:
                wire, odd = _decode_leniently(piece, str(error))
                received.remarks.extend(Remark(index, wire.id, each.code, each.message) for each in odd)
            received.events.append((index, as_event(wire, arrival)))
        except EventRejected as error:
            received.refused.append(Refused(index, wire.id if wire else _id_of(piece), error))
    return received


def _decode_leniently(piece: object, first_error: str) -> tuple[WireEvent, list[Oddity]]:
    """Read an adjustment, or an event without its unknown or empty fields, and name those; FieldInvalid where something
    else is wrong.
    """
    try:
        fields = _decoded(piece)
    except _MALFORMED as error:
        raise FieldInvalid(f"this is not valid JSON: {error}") from None
    if not isinstance(fields, dict):
        raise FieldInvalid("an event is a JSON object with at least an id")
    odd = [_unknown(name) for name in fields if name not in _FIELDS]
    odd += [_empty(name) for name, value in fields.items() if value == "" and name in _FIELDS and name != "id"]
    adjusting = fields.get("adjusts") is not None
    if not odd and not adjusting:
        raise FieldInvalid(_readable(first_error))
    try:
        known = {name: value for name, value in fields.items() if name not in {each.field for each in odd}}
        return msgspec.convert(known, WireAdjustment if adjusting else WireEvent), odd
    except msgspec.ValidationError as error:
        raise FieldInvalid(_readable(str(error))) from None


def _readable(decoder_message: str) -> str:
    message, _, path = decoder_message.partition(" - at `$")
    field = path.rstrip("`").lstrip(".")
    if field in _CHOICES:
        message += f"; it is one of {', '.join(_CHOICES[field])}"
    return f"{field}: {message}" if field else message


def _unknown(name: str) -> Oddity:
    near = get_close_matches(name, _FIELDS, n=1)
    hint = f"; did you mean {near[0]}?" if near else "; put what is yours under metadata"
    return Oddity(name, "unknown_field", f"{name[:64]!r} is no field of an event and was left out{hint}")


def _empty(name: str) -> Oddity:
    return Oddity(name, "empty_field", f"{name} is empty and was left out; leave out what is not known")


def _id_of(piece: object) -> str | None:
    try:
        fields = _decoded(piece)
    except _MALFORMED:
        return None
    found = fields.get("id") if isinstance(fields, dict) else None
    return found[:256] if isinstance(found, str) else None


def _decoded(piece: object) -> object:
    return msgspec.json.decode(piece) if isinstance(piece, (bytes, msgspec.Raw)) else piece
