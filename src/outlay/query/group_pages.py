"""Where a page of groups ends, as an opaque cursor, and the condition that a group comes after it.

A place is the figure that groups are ordered by and the group's key, so the page that follows costs what the first did
and needs no counting. A cursor opens nothing (what is read is decided by the viewer) and fits only its own question.
"""

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2s
from typing import Final

import msgspec
from msgspec import Struct

from outlay.errors import QueryInvalid
from outlay.kit.money import plain
from outlay.kit.period import as_micros, from_micros
from outlay.query.ask import Key, Order, Query, is_storable
from outlay.query.catalogue import MEASURES
from outlay.query.statement import Sql

MOST_CURSOR_CHARS: Final = 16_384
_WHOLE: Final = re.compile(r"-?[0-9]{1,36}")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,24}(\.[0-9]{1,12})?")
_MICROS: Final = re.compile(r"[0-9]{1,17}")

OrderedBy = int | Decimal | datetime | str | None


class Place(Struct, frozen=True):
    """The last group of a page: what it is ordered by, its key, and when the first page was asked."""

    by: OrderedBy
    key: Key
    asked_at: datetime


def following(place: Place, sort: str, order: Order) -> Sql:
    """Return the condition that a group comes after a place. `sort` is SQL of what groups are ordered by; unknown comes
    last, and equals are ordered by their keys.
    """
    later = _later_keys(place.key)
    if place.by is None:
        return Sql(f"({sort} IS NULL AND {later.text})", later.parameters)
    beyond = "<" if order.descending else ">"
    return Sql(
        f"({sort} {beyond} ? OR {sort} IS NULL OR ({sort} = ? AND {later.text}))",
        (_stored(place.by), _stored(place.by), *later.parameters),
    )


def _later_keys(key: Sequence[str | None], at: int = 0) -> Sql:
    """Return the condition that a key comes after this one: by the first dimension that differs, None last."""
    if at == len(key):
        return Sql("FALSE")
    rest = _later_keys(key, at + 1)
    if key[at] is None:
        return Sql(f'("g{at}" IS NULL AND {rest.text})', rest.parameters)
    return Sql(
        f'("g{at}" > ? OR "g{at}" IS NULL OR ("g{at}" = ? AND {rest.text}))', (key[at], key[at], *rest.parameters)
    )


def _stored(value: OrderedBy) -> OrderedBy:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


# -- cursors -----------------------------------------------------------------------------------------------------------


def write_place(place: Place, asked: Query) -> str:
    """Return the cursor of a place among the groups of a refined question."""
    parts = [_fingerprint(asked), str(as_micros(place.asked_at)), _written(place.by), *place.key]
    return urlsafe_b64encode(msgspec.json.encode(parts)).rstrip(b"=").decode("ascii")


def read_place(text: str, asked: Query, now: datetime) -> Place:
    """Read what `write_place` wrote for this question until now; QueryInvalid for anything else."""
    parts = _decoded(text)
    wanted = len(asked.dimensions) + 3
    if (
        len(parts) != wanted
        or parts[0] != _fingerprint(asked)
        or not is_storable("".join(part or "" for part in parts))
    ):
        raise QueryInvalid("this cursor was not made here, or for another question; begin with the first page again")
    try:
        asked_at = from_micros(int(_matched(_MICROS, parts[1] or "")))
        place = Place(_read(parts[2], asked), tuple(parts[3:]), asked_at)
    except (ValueError, OverflowError):
        place = None
    if place is None or place.asked_at > now or write_place(place, asked) != text:
        raise QueryInvalid("this cursor was not made here; begin with the first page again")
    return place


def _decoded(text: str) -> list[str | None]:
    if len(text) > MOST_CURSOR_CHARS:
        return []
    try:
        plain_text = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        return msgspec.json.decode(plain_text, type=list[str | None])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return []


def _fingerprint(asked: Query) -> str:
    """Return what tells this question's order of groups from that of others."""
    told = (asked.dimensions, asked.order, asked.filters, asked.range, asked.zone, asked.tags)
    return blake2s(msgspec.json.encode(told), digest_size=6).hexdigest()


def _written(value: OrderedBy) -> str | None:
    match value:
        case datetime():
            return str(as_micros(value))
        case Decimal():
            return plain(value)
        case int():
            return str(value)
        case _:
            return value


def _read(text: str | None, asked: Query) -> OrderedBy:
    by = asked.order.by if asked.order else ""
    if text is None or by not in MEASURES:
        return text
    match MEASURES[by].kind:
        case "time":
            return from_micros(int(_matched(_MICROS, text)))
        case "money" | "quantity" | "ratio":
            return Decimal(_matched(_DECIMAL, text))
        case _:
            return int(_matched(_WHOLE, text))


def _matched(pattern: re.Pattern[str], text: str) -> str:
    if pattern.fullmatch(text) is None:
        raise ValueError(text)
    return text
