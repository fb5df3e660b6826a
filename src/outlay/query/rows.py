"""The events behind a figure, newest first: the same viewer, range and filters as the figure, page by page.

Paging goes by `(time, seq)` of the last row, never by counting rows, so page 10,000 costs what page 1 does and nothing
is shown twice when new events come in.
"""

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from outlay.errors import QueryInvalid
from outlay.kit.period import as_micros, from_micros
from outlay.ledger.schema import EVENTS
from outlay.ledger.store import Snapshot
from outlay.query.ask import Query
from outlay.query.conditions import visible, within
from outlay.query.dialect import DIALECTS, Dialect
from outlay.query.refine import Moment, asked_span, refine, zone_of
from outlay.query.statement import Sql, joined

MOST_EVENTS: Final = 10_000
_POSITION: Final = re.compile(rb"([0-9]{1,18})\.([0-9]{1,18})")


class EventRow(Struct, frozen=True):
    """One stored event: the columns of the ledger under their own names. `seq` is the ledger's running number."""

    seq: int
    organisation: str
    source: str
    id: str
    time: datetime
    received_at: datetime
    adjusts: str | None
    requests: int
    user: str | None
    team: str | None
    api_key: str | None
    agent: str | None
    agent_type: str | None
    parent_agent: str | None
    run_id: str | None
    session_id: str | None
    pod: str | None
    task: str | None
    tags: list[str] | None
    service: str
    operation: str | None
    provider: str | None
    model: str | None
    model_raw: str | None
    response_id: str | None
    status: str
    latency_ms: int | None
    first_token_ms: int | None
    input_uncached: int | None
    cache_read: int | None
    cache_write_5m: int | None
    cache_write_1h: int | None
    cache_write_other: int | None
    output: int | None
    reasoning: int | None
    audio_input: int | None
    audio_output: int | None
    image_input: int | None
    image_output: int | None
    audio_cache_read: int | None
    quantity: Decimal | None
    unit: str | None
    variant: str | None
    cost: Decimal | None
    cost_input: Decimal | None
    cost_cache_read: Decimal | None
    cost_cache_write: Decimal | None
    cost_output: Decimal | None
    cost_other: Decimal | None
    reported_cost: Decimal | None
    cost_status: str
    price_id: str | None
    metadata: str | None

    @property
    def input_tokens(self) -> int | None:
        return _known_sum(
            self.input_uncached, self.cache_read, self.cache_write_5m, self.cache_write_1h, self.cache_write_other
        )

    @property
    def tokens(self) -> int | None:
        return _known_sum(self.input_tokens, self.output)


class EventsPage(Struct, frozen=True):
    """Some events in order; `next` asks for those that follow (None: there are none)."""

    rows: tuple[EventRow, ...]
    next: str | None
    query: Query
    zone: str
    watermark: int


class Position(Struct, frozen=True):
    """The place of an event in the order of the list."""

    time: datetime
    seq: int


_COLUMNS: Final = ", ".join(f'"{name}"' for name in EventRow.__struct_fields__)
_NEWEST_FIRST: Final = 'ORDER BY "time" DESC, "seq" DESC'


def list_events(
    query: Query,
    snapshot: Snapshot,
    zone: ZoneInfo,
    now: datetime,
    *,
    after: str | None = None,
    limit: int = 50,
) -> EventsPage:
    """Return the events that the question's figures stand for, newest first, from the cursor `after` on.

    Raises QueryInvalid for a cursor that is none, or a limit out of bounds.
    """
    if not 1 <= limit <= MOST_EVENTS:
        raise QueryInvalid(f"{limit} events can't be listed at once; 1 to {MOST_EVENTS:,} can")
    asked = refine(query, Moment(zone, now))
    statement = events_statement(asked, read_cursor(after) if after else None, limit + 1, DIALECTS["duckdb"])
    found = [_event_row(columns) for columns in snapshot.rows(statement.text, statement.parameters)]
    shown = tuple(found[:limit])
    following = write_cursor(Position(shown[-1].time, shown[-1].seq)) if len(found) > limit else None
    return EventsPage(shown, following, asked, zone_of(asked).key, snapshot.watermark)


def events_statement(asked: Query, after: Position | None, most: int, dialect: Dialect) -> Sql:
    """Return the statement that lists events; it finds them by two columns and reads the others for those alone."""
    wanted = [visible(asked, dialect), within(asked_span(asked))]
    if after is not None:
        moment = after.time.replace(tzinfo=None)
        wanted.append(Sql('"time" <= ? AND ("time" < ? OR "seq" < ?)', (moment, moment, after.seq)))
    chosen = joined([Sql(f'SELECT "seq" FROM {EVENTS} WHERE'), joined(wanted, " AND ")], " ")
    return Sql(
        f'SELECT {_COLUMNS} FROM {EVENTS} WHERE "seq" IN ({chosen.text} {_NEWEST_FIRST} LIMIT ?) {_NEWEST_FIRST}',
        (*chosen.parameters, most),
    )


def write_cursor(position: Position) -> str:
    """Return an opaque text for a place in the list. It opens nothing: what is listed is decided by the viewer."""
    text = f"{as_micros(position.time)}.{position.seq}"
    return urlsafe_b64encode(text.encode("ascii")).rstrip(b"=").decode("ascii")


def read_cursor(text: str) -> Position:
    """Read what `write_cursor` wrote; QueryInvalid for anything else."""
    try:
        plain = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)) if len(text) <= 64 else b""
    except (binascii.Error, ValueError):
        plain = b""
    found = _POSITION.fullmatch(plain)
    try:
        position = Position(from_micros(int(found[1])), int(found[2])) if found else None
    except OverflowError:
        position = None
    if position is None or write_cursor(position) != text:
        raise QueryInvalid("this cursor was not made here; begin with the first page again")
    return position


def _event_row(columns: tuple[Any, ...]) -> EventRow:
    row = EventRow(*columns)
    return replace(row, time=row.time.replace(tzinfo=UTC), received_at=row.received_at.replace(tzinfo=UTC))


def _known_sum(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
