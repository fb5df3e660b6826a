"""The events behind a figure: the same viewer, range and filters as the figure, in one of a few orders, page by page.
A call that was moved to another team is listed once, as that team's.

Paging goes by the place of the last row, never by counting rows, so page 10,000 costs what page 1 does; and all pages
show the ledger as the first one did, so nothing is shown twice or lost when new events come in.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.errors import QueryInvalid
from outlay.ledger.schema import EVENTS
from outlay.ledger.store import Snapshot
from outlay.query.ask import Query
from outlay.query.conditions import counted, visible, within
from outlay.query.dialect import Dialect, dialect_of
from outlay.query.event_order import NEWEST_FIRST, EventOrder, Place, event_order, read_cursor, write_cursor
from outlay.query.past_teams import CameIn, Moved, moved_among
from outlay.query.refine import Moment, asked_span, refine, zone_of
from outlay.query.sightings import other_sources
from outlay.query.statement import Sql, joined

MOST_EVENTS: Final = 10_000


class EventRow(Struct, frozen=True):
    """One stored event: the columns of the ledger under their own names. `seq` is the ledger's running number.

    `also_from` are other sources that reported the same call. A call that was moved to another team has its own `id`,
    `adjusts` and `received_at`, though another row counts by now: `repricing` names the last one of its `moves`.
    """

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
    repricing: str | None
    reported_by: str | None
    also_from: tuple[str, ...] = ()
    moves: tuple[Moved, ...] = ()

    @property
    def input_tokens(self) -> int | None:
        return _known_sum(
            self.input_uncached, self.cache_read, self.cache_write_5m, self.cache_write_1h, self.cache_write_other
        )

    @property
    def tokens(self) -> int | None:
        return _known_sum(self.input_tokens, self.output)


class EventsPage(Struct, frozen=True):
    """Some events in order; `next` asks for those that follow (None: there are none). `watermark` is that of the first
    page: the state of the ledger that all pages of the list show.
    """

    rows: tuple[EventRow, ...]
    next: str | None
    query: Query
    zone: str
    watermark: int


_FOUND_APART: Final = frozenset({"also_from", "moves"})
_COLUMNS: Final = ", ".join(f'"{name}"' for name in EventRow.__struct_fields__ if name not in _FOUND_APART)


def list_events(
    query: Query,
    snapshot: Snapshot,
    moment: Moment,
    *,
    order: str = NEWEST_FIRST,
    after: str | None = None,
    limit: int = 50,
) -> EventsPage:
    """Return the events that the question's figures stand for, by one of EVENT_ORDERS, from the cursor `after` on.

    Raises QueryInvalid for an order or a cursor that is none, or a limit out of bounds.
    """
    if not 1 <= limit <= MOST_EVENTS:
        raise QueryInvalid(f"{limit} events can't be listed at once; 1 to {MOST_EVENTS:,} can")
    sorting = event_order(order)
    place = _place_in(order, after, snapshot, moment)
    asked = refine(query, Moment(moment.zone, place.asked_at))
    statement = events_statement(asked, sorting, place, limit + 1, dialect_of(snapshot))
    found = [_event_row(columns) for columns in snapshot.rows(statement.text, statement.parameters)]
    shown = _with_other_sources(_as_calls(found[:limit], snapshot, place.watermark), snapshot)
    following = None
    if len(found) > limit:
        last = shown[-1]
        following = write_cursor(replace(place, key=sorting.key_of(last), seq=last.seq))
    return EventsPage(shown, following, asked, zone_of(asked).key, place.watermark)


def _as_calls(rows: Sequence[EventRow], snapshot: Snapshot, watermark: int) -> Sequence[EventRow]:
    moved = moved_among(rows, snapshot, watermark)
    if not moved:
        return rows
    return [_as_call(row, moved[row.seq]) if row.seq in moved else row for row in rows]


def _as_call(row: EventRow, call: CameIn) -> EventRow:
    return replace(row, id=call.id, adjusts=call.adjusts, received_at=call.received_at, moves=call.moves)


def _with_other_sources(rows: Sequence[EventRow], snapshot: Snapshot) -> tuple[EventRow, ...]:
    others = other_sources(rows, snapshot)
    if not others:
        return tuple(rows)
    identities = [(row.source, row.id, row.time.replace(tzinfo=None)) for row in rows]
    return tuple(replace(row, also_from=others.get(each, ())) for row, each in zip(rows, identities, strict=True))


def _place_in(order: str, after: str | None, snapshot: Snapshot, moment: Moment) -> Place:
    """Return where the page begins: where the cursor says, or before the first event of the list as it is now."""
    if after is None:
        return Place(order, None, None, snapshot.watermark, moment.now)
    place = read_cursor(after)
    if place.order != order:
        raise QueryInvalid(
            f"this cursor is of a list by {place.order!r}, not {order!r}; begin with the first page again"
        )
    # A forged one can't ask for what is not there yet.
    return replace(place, watermark=min(place.watermark, snapshot.watermark), asked_at=min(place.asked_at, moment.now))


def events_statement(asked: Query, order: EventOrder, place: Place, most: int, dialect: Dialect) -> Sql:
    """Return the statement that lists events; it finds them by few columns and reads the others for those alone."""
    # On a further page also what a move took out since the first one.
    wanted = [visible(asked, dialect), within(asked_span(asked)), counted(place.seq and place.watermark)]
    if any(each.dimension == "cost_status" for each in asked.filters):
        wanted.append(_not_moved_out(asked))
    if place.seq is not None:
        wanted += [Sql('"seq" <= ?', (place.watermark,)), order.after(place.key, place.seq)]
    chosen = joined([Sql(f'SELECT "seq" FROM {EVENTS} WHERE'), joined(wanted, " AND ")], " ")
    return Sql(
        f'SELECT {_COLUMNS} FROM {EVENTS} WHERE "seq" IN ({chosen.text} {order.text()} LIMIT ?) {order.text()}',
        (*chosen.parameters, most),
    )


def _not_moved_out(asked: Query) -> Sql:
    """Return the condition that an event was not repriced out of its cost status: whoever looks for calls without a
    price looks for those that have none by now. All its rows in that status make nothing together.
    """
    moved = joined(
        [
            Sql(f'SELECT ("source", "adjusts", "time", "cost_status") FROM {EVENTS} WHERE "repricing" IS NOT NULL AND'),
            Sql('"organisation" = ? AND', (asked.viewer.organisation,)),
            within(asked_span(asked)),
            Sql('GROUP BY "source", "adjusts", "time", "cost_status" HAVING sum("requests") < 0'),
        ],
        " ",
    )
    about = 'CASE WHEN "repricing" IS NULL THEN "id" ELSE "adjusts" END'
    return Sql(f'("source", {about}, "time", "cost_status") NOT IN ({moved.text})', moved.parameters)


def _event_row(columns: tuple[Any, ...]) -> EventRow:
    row = EventRow(*columns)
    return replace(row, time=row.time.replace(tzinfo=UTC), received_at=row.received_at.replace(tzinfo=UTC))


def _known_sum(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
