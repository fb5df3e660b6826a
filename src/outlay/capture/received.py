"""What every reader of bytes gives back: events, refusals and remarks, each with its place in what was sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from msgspec import Struct

from outlay.errors import EventRejected
from outlay.usage import UsageEvent

MOST_REMARKS: Final = 100


class Arrival(Struct, frozen=True, kw_only=True):
    """Under which circumstances bytes came in: whose they are, through which door, and when.

    `fixed` are fields the API key is bound to: they win over what the sender says. So do its `tags`, key by key.
    """

    organisation: str
    source: str
    received_at: datetime
    api_key: str | None = None
    fixed: Mapping[str, object] = {}
    tags: tuple[str, ...] = ()


class Refused(Struct, frozen=True):
    """One event that can't be used, and why."""

    index: int
    id: str | None
    error: EventRejected


class Remark(Struct, frozen=True):
    """Something about a usable event that its sender should know."""

    index: int
    id: str | None
    code: str
    message: str


class Received(Struct, frozen=True):
    """The readable content of one request: `events` with their index in it, what was refused, what was remarked.

    There are at most MOST_REMARKS remarks, the first ones.
    """

    events: list[tuple[int, UsageEvent]]
    refused: list[Refused]
    remarks: list[Remark]
