"""The types of the logs of coding agents: a stretch of a log goes in, the calls it tells of come out.

A log tells of one call several times: a line per piece of the answer, copies in forked and resumed sessions. So a
`LoggedCall` has an id that is the same in every copy. What is in the ledger already is not known here.
"""

from collections.abc import Callable, Collection
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from outlay.usage import LLM, NO_TOKENS, Status, Tokens

EXCERPT_CHARS: Final = 200
MALFORMED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Known = Callable[[Collection[str]], Collection[str]]


class LoggedCall(Struct, frozen=True, kw_only=True, gc=False):
    """One call of a model as a log tells of it.

    `id` names it within its tool. `request` is the provider's id of the request: calls with the same id and different
    requests are different calls, unless one is a `copy` (a side conversation repeats what was said before it). `usd` is
    the tool's own reckoning. `at` is None where the log states no time.
    """

    id: str
    at: str | float | None
    tokens: Tokens = NO_TOKENS
    model: str | None = None
    provider: str | None = None
    session: str | None = None
    run: str | None = None
    response_id: str | None = None
    request: str | None = None
    copy: bool = False
    variant: str | None = None
    status: Status = "ok"
    latency_ms: int | None = None
    usd: Decimal | None = None
    calls: int = 1  # how many it stands for, where a log states sums only
    folder: str | None = None  # where the agent worked
    service: str = LLM
    operation: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    metadata: dict[str, Any] | None = None


class Refused(Struct, frozen=True):
    """A record that states usage and can't be used. `offset` counts from the start of the stretch."""

    offset: int
    code: str
    message: str
    excerpt: str


class Stretch(Struct, frozen=True):
    """What is read of a file at a time: whole lines of a log that grows, or all of a file that is rewritten.

    `offset` is where `data` begins in the file, and `carry` what its reader gave back for what lies before. `settled`
    is False where the tool may still be writing its last call. `known` tells which ids of calls were met before.
    `data` is empty for a database, which is read by its path.
    """

    path: Path
    data: bytes
    offset: int
    carry: str | None
    settled: bool
    known: Known


class Found(Struct):
    """What the first `consumed` bytes of a stretch tell. `records` counts what led to the calls, refused ones not."""

    calls: list[LoggedCall]
    refused: list[Refused]
    records: int
    consumed: int
    carry: str | None = None


class Family(Struct, frozen=True):
    """A session and those it was made from, the nearest first."""

    session: str
    parents: tuple[str, ...]


Reader = Callable[[Stretch], Found]


def excerpt_of(raw: bytes) -> str:
    return raw[: 4 * EXCERPT_CHARS].decode(errors="replace").strip()[:EXCERPT_CHARS]
