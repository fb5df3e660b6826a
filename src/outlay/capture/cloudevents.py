"""Reads CloudEvents 1.0 in JSON, one or a batch: the envelope gives id, source and time, `data` all other fields.

`subject`, which meters use for whoever consumed, becomes the user where `data` names none.
"""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from outlay.capture.native import read_pieces, within_number
from outlay.capture.pieces import check_values, elements_of
from outlay.capture.received import Arrival, Received, Refused
from outlay.errors import BodyUnreadable, FieldInvalid

_Text = Annotated[str, Meta(min_length=1)]
_FROM_ENVELOPE: Final = ("id", "source", "time")


class CloudEvent(Struct):
    """The attributes this reader uses; extension attributes are allowed and passed over."""

    specversion: Literal["1.0"]
    id: _Text
    source: _Text
    type: _Text
    data: dict[str, msgspec.Raw]
    subject: _Text | None = None
    time: str | None = None


_decode_one = msgspec.json.Decoder(CloudEvent).decode
_encode = msgspec.json.Encoder().encode


def read_cloud_event(body: bytes, arrival: Arrival) -> Received:
    """Read the body of `application/cloudevents+json`. Raises BodyUnreadable and BodyTooLarge, as for a batch."""
    check_values(body, 1)
    return _read([_valid_json(body)], arrival)


def read_cloud_events(body: bytes, arrival: Arrival, most: int) -> Received:
    """Read the body of `application/cloudevents-batch+json`; an empty array is a valid batch of nothing."""
    check_values(body, most)
    try:
        pieces = elements_of(body, most)
    except (ValueError, RecursionError) as error:
        raise BodyUnreadable(f"the body is no JSON array: {error}") from None
    return _read(within_number(pieces, most), arrival)


def _valid_json(body: bytes) -> msgspec.Raw:
    try:
        return msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BodyUnreadable(f"the body is not valid JSON: {error}") from None


def _read(pieces: Sequence[msgspec.Raw | bytes], arrival: Arrival) -> Received:
    opened: list[bytes] = []
    indexes: list[int] = []
    refused: list[Refused] = []
    for index, piece in enumerate(pieces):
        try:
            opened.append(_fields(_decode_one(piece)))
            indexes.append(index)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason, _, path = str(error).partition(" - at `$.")
            where = f"{path.rstrip('`')}: " if path else ""
            refused.append(Refused(index, None, FieldInvalid(f"not a CloudEvent 1.0: {where}{reason}")))
    inner = read_pieces(opened, arrival)
    return Received(
        [(indexes[index], event) for index, event in inner.events],
        refused + [msgspec.structs.replace(each, index=indexes[each.index]) for each in inner.refused],
        [msgspec.structs.replace(each, index=indexes[each.index]) for each in inner.remarks],
    )


def _fields(cloud: CloudEvent) -> bytes:
    """Return the event as its own JSON; what `data` holds is passed on as written."""
    fields: dict[str, msgspec.Raw | str] = {}
    if cloud.subject is not None:
        fields["user"] = cloud.subject
    fields |= {name: value for name, value in cloud.data.items() if name not in _FROM_ENVELOPE}
    if cloud.time is not None:
        fields["time"] = cloud.time
    return _encode(fields | {"id": cloud.id, "source": cloud.source})
