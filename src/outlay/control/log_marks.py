"""What is remembered of an agent's log and of a call in it, as values: how they are kept is in `agent_logs`.

Processes that read logs ahead load this and no database.
"""

from hashlib import blake2b
from typing import NamedTuple

from msgspec import Struct


class LogMark(Struct, frozen=True):
    """How far a file is read, in bytes and lines. `size` and `changed_ns` are those it had then."""

    path: str
    position: int = 0
    lines: int = 0
    size: int = 0
    changed_ns: int = 0
    anchor: bytes = b""
    carry: str | None = None
    intended: int | None = None
    last_event: bytes | None = None


class KnownCall(NamedTuple):
    """A call as the ledger has it, `counts` as its keeper wrote them; a tuple, as drivers take it."""

    time: int
    request: int | None
    copy: bool
    revision: int
    counts: bytes


def hashed(*parts: str) -> int:
    """Return 64 bits that stand for these texts."""
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big", signed=True)


def key_of(organisation: str, source: str, call: str) -> int:
    """Return what a call is remembered by."""
    return hashed(organisation, source, call)
