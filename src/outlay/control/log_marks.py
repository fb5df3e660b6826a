"""What is remembered of an agent's log and of a call in it, as values: how they are kept is in `agent_logs`.

Processes that read logs ahead load this and no database.
"""

from functools import lru_cache
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
    return _number(_hash_of("\0".join(parts)))


def key_of(organisation: str, source: str, call: str) -> int:
    """Return what a call is remembered by: `hashed` of the three."""
    whole = _begun(organisation, source).copy()
    whole.update(_as_bytes(call))
    return _number(whole)


@lru_cache(maxsize=64)
def _begun(organisation: str, source: str) -> blake2b:
    return _hash_of(f"{organisation}\0{source}\0")


def _hash_of(text: str) -> blake2b:
    return blake2b(_as_bytes(text), digest_size=8)


def _as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _number(whole: blake2b) -> int:
    return int.from_bytes(whole.digest(), "big", signed=True)
