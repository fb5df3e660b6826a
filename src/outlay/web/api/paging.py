"""Pages of a list by place instead of by number, so that every page costs the same and none shows a row twice.

A cursor is the sort key of the last row shown, as opaque text. It opens nothing: what is listed is decided anew by
whoever asks.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from outlay.errors import QueryInvalid
from outlay.web.api.endpoint import Parameter

DEFAULT_LIMIT: Final = 100
MOST_LIMIT: Final = 1000
LIMIT: Final = "n"
AFTER: Final = "after"

PAGING: Final = (
    Parameter(LIMIT, f"Rows on a page, at most {MOST_LIMIT:,}; {DEFAULT_LIMIT} when left out.", "100"),
    Parameter(AFTER, "`next` of the page before."),
)

_LONGEST_CURSOR: Final = 2000

K = TypeVar("K")
R = TypeVar("R")


class PageAsked(Struct, Generic[K], frozen=True):
    """Up to `limit` rows behind the one whose sort key is `after`; from the first where that is None."""

    limit: int
    after: K | None


class PageOf(Struct, Generic[R], frozen=True):
    """The rows of a page, and the cursor of the one behind it; None on the last one."""

    rows: Sequence[R]
    next: str | None


def page_asked(query: Mapping[str, str], key: type[K]) -> PageAsked[K]:
    """Return which page is asked for; `key` is the type of the list's sort key, `tuple[datetime, str]` for example.

    Raises QueryInvalid where limit or cursor can't be.
    """
    text = query.get(LIMIT, str(DEFAULT_LIMIT))
    limit = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= limit <= MOST_LIMIT:
        raise QueryInvalid(f"{LIMIT} is a number of rows from 1 to {MOST_LIMIT:,}")
    cursor = query.get(AFTER)
    return PageAsked(limit, None if cursor is None else read_cursor(cursor, key))


def page_of(asked: PageAsked[K], rows: Sequence[R], key_of: Callable[[R], K]) -> PageOf[R]:
    """Return the page of these rows, of which one more than asked for was looked up to see whether any follows."""
    shown = rows[: asked.limit]
    return PageOf(shown, write_cursor(key_of(shown[-1])) if len(rows) > len(shown) else None)


def write_cursor(key: object) -> str:
    return urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode("ascii")


def read_cursor(text: str, kind: type[K]) -> K:
    """Read what `write_cursor` wrote of a key of this type; QueryInvalid for anything else."""
    refused = QueryInvalid("this cursor was not made here; begin with the first page again")
    if len(text) > _LONGEST_CURSOR:
        raise refused
    try:
        plain = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        found: Any = msgspec.json.decode(plain, type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise refused from None
    if write_cursor(found) != text or b"\\u0000" in plain:
        raise refused
    return found  # type: ignore[no-any-return] # decoded as K
