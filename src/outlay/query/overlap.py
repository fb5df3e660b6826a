"""What the ledger has beside events that are about to be stored: the very same ones, and others of the same days."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from msgspec import Struct

from outlay.access.viewer import Viewer
from outlay.kit.period import as_micros, day_start
from outlay.ledger.local_days import as_stored, day_of
from outlay.ledger.schema import COUNTS, EVENTS
from outlay.ledger.store import Snapshot
from outlay.query.ask import Query
from outlay.query.conditions import visible
from outlay.query.dialect import dialect_of
from outlay.query.refine import within_scope

MOST_SOURCES: Final = 20
_ONE_DAY: Final = timedelta(days=1)

Identity = tuple[str, datetime]  # id and time; the source is that of all


class Beside(Struct, frozen=True):
    """What one source has of a provider in some days: events, the requests they stand for, and their cost if known."""

    provider: str | None
    source: str
    events: int
    requests: int
    cost: Decimal | None


def known_among(viewer: Viewer, snapshot: Snapshot, source: str, identities: Sequence[Identity]) -> set[Identity]:
    """Return those of the identities that are stored already: storing them again would change nothing."""
    if not identities:
        return set()
    sight = visible(within_scope(Query(viewer)), dialect_of(snapshot))
    times = {as_micros(moment): moment for _, moment in identities}
    # The bounds let the engine skip every row group of other times.
    found = snapshot.rows(
        f"""SELECT id, epoch_us(time) FROM {EVENTS} WHERE {sight.text} AND source = ?
        AND time BETWEEN make_timestamp(?) AND make_timestamp(?) AND id IN (SELECT unnest(?))""",
        (*sight.parameters, source, min(times), max(times), [name for name, _ in identities]),
    )
    return {(name, times[micros]) for name, micros in found if micros in times}


def stored_beside(
    viewer: Viewer, snapshot: Snapshot, providers: Collection[str | None], days: Collection[date]
) -> list[Beside]:
    """Return what each source has of these providers in these days (local ones), the most expensive first."""
    if not days:
        return []
    sight = visible(within_scope(Query(viewer)), dialect_of(snapshot))
    named = [each for each in providers if each is not None]
    zone = snapshot.zone_of(viewer.organisation)
    begin, end = as_stored(day_start(min(days), zone)), as_stored(day_start(max(days) + _ONE_DAY, zone))
    found = snapshot.rows(
        f"""SELECT provider, source, count(*), sum(requests), sum(cost) FROM {EVENTS}
        WHERE {sight.text} AND time >= ? AND time < ? AND {day_of(zone, begin, end)} IN (SELECT unnest(?))
        AND (provider IN (SELECT unnest(CAST(? AS VARCHAR[]))) OR (? AND provider IS NULL))
        AND {COUNTS} GROUP BY provider, source
        ORDER BY sum(cost) DESC NULLS LAST, count(*) DESC, source LIMIT {MOST_SOURCES}""",
        (*sight.parameters, begin, end, sorted(days), named, None in providers),
    )
    return [Beside(provider, source, events, int(requests), cost) for provider, source, events, requests, cost in found]
