"""Reads events in Outlay's own JSON: one object, an array, or one object a line.

A batch is first read as a whole by the compiled decoder. Only when that fails is it read event by event, so that each
bad one is refused by its index, with its reason, and its neighbours go on. No number goes through floating point.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Any, Final, TypeVar

import msgspec

from outlay.capture.pieces import check_values, elements_of
from outlay.capture.received import MOST_REMARKS, Arrival, Received, Refused, Remark
from outlay.capture.wire import WireAdjustment, WireEvent, as_event
from outlay.errors import BodyTooLarge, BodyUnreadable, EventRejected, FieldInvalid
from outlay.usage import AGENT_TYPES, STATUSES

Piece = TypeVar("Piece")

_MALFORMED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_BRACES_PER_EVENT: Final = 8
_LONGEST_GUESSED: Final = 64
_CHOICES: Final = {"agent_type": AGENT_TYPES, "status": STATUSES}


_decode_one = msgspec.json.Decoder(WireEvent).decode
_decode_many = msgspec.json.Decoder(list[WireEvent]).decode
_decode_adjustment = msgspec.json.Decoder(WireAdjustment).decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode
_FIELDS: Final = frozenset(WireEvent.__struct_fields__)


def read_json(body: bytes, arrival: Arrival, most: int) -> Received:
    """Read one JSON object or an array of them. Raises BodyUnreadable, or BodyTooLarge above `most` events."""
    check_values(body, most)
    try:
        if body.lstrip()[:1] != b"[":
            return _collect([msgspec.json.decode(body, type=msgspec.Raw)], arrival, _decode_one)
        # Every event has a brace of its own. Where there are far too many, decoding all would take a gigabyte.
        if body.count(b"{") > _BRACES_PER_EVENT * most:
            return read_pieces(within_number(elements_of(body, most), most), arrival)
        try:
            wired = _decode_many(body)
        except _MALFORMED:
            return read_pieces(within_number(elements_of(body, most), most), arrival)
    except (*_MALFORMED, ValueError) as error:  # ValueError: an array that can't be taken apart
        raise BodyUnreadable(f"the body is not valid JSON: {error}") from None
    return _collect(within_number(wired, most), arrival, _same)


def read_lines(body: bytes, arrival: Arrival, most: int) -> Received:
    """Read one JSON object per line; empty lines are passed over and not counted. Raises BodyTooLarge."""
    check_values(body, most)
    lines = list(islice((line for line in io.BytesIO(body) if line.strip()), most + 1))
    return read_pieces(within_number(lines, most), arrival)


def read_pieces(pieces: Sequence[msgspec.Raw | bytes], arrival: Arrival) -> Received:
    """Read events of which each is a JSON text of its own."""
    return _collect(pieces, arrival, _decode_one)


def within_number(pieces: Sequence[Piece], most: int) -> Sequence[Piece]:
    """Return the pieces; BodyTooLarge when they are more than `most`."""
    if len(pieces) > most:
        raise BodyTooLarge(f"more than {most} events in one request; send them in several")
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
                room = MOST_REMARKS - len(received.remarks)
                received.remarks.extend(_left_out(index, wire.id, name) for name in odd[:room])
            received.events.append((index, as_event(wire, arrival)))
        except EventRejected as error:
            received.refused.append(Refused(index, wire.id if wire else _id_of(piece), error))
    return received


def _decode_leniently(piece: msgspec.Raw | bytes, first_error: str) -> tuple[WireEvent, list[str]]:
    """Read an adjustment, or an event without its unknown or empty fields, and name those; FieldInvalid where something
    else is wrong.
    """
    try:
        fields = _decode_fields(piece)
    except msgspec.ValidationError:
        raise FieldInvalid("an event is a JSON object with at least an id") from None
    except _MALFORMED as error:
        raise FieldInvalid(f"this is not valid JSON: {error}") from None
    known = {name: value for name, value in fields.items() if name in _FIELDS and not _is_empty(name, value)}
    adjusting = "adjusts" in known and bytes(known["adjusts"]) != b"null"
    if len(known) == len(fields) and not adjusting:
        raise FieldInvalid(_readable(first_error))
    try:
        wire = (_decode_adjustment if adjusting else _decode_one)(_encode(known))
    except _MALFORMED as error:
        raise FieldInvalid(_readable(str(error))) from None
    return wire, [name for name in fields if name not in known]


def _is_empty(name: str, value: msgspec.Raw) -> bool:
    return name != "id" and bytes(value) == b'""'


def _readable(decoder_message: str) -> str:
    message, _, path = decoder_message.partition(" - at `$")
    field = path.rstrip("`").lstrip(".")
    if field in _CHOICES:
        message += f"; it is one of {', '.join(_CHOICES[field])}"
    return f"{field}: {message}" if field else message


def _left_out(index: int, event: str, name: str) -> Remark:
    """Return what is said of a field that was left out: it is unknown, or empty."""
    if name in _FIELDS:
        said = f"{name} is empty and was left out; leave out what is not known"
        return Remark(index, event, "empty_field", said)
    near = get_close_matches(name, _FIELDS, n=1) if len(name) <= _LONGEST_GUESSED else []
    hint = f"did you mean {near[0]}?" if near else "put what is yours under metadata"
    said = f"{name[:64]!r} is no field of an event and was left out; {hint}"
    return Remark(index, event, "unknown_field", said)


def _id_of(piece: msgspec.Raw | bytes) -> str | None:
    try:
        found = msgspec.json.decode(_decode_fields(piece)["id"], type=str)
    except (KeyError, *_MALFORMED):
        return None
    return found[:256]
