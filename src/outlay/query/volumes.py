"""How much there is, before it is moved or removed, and for who operates an installation: volumes, nothing of whom.

These are the only figures that are asked for without a viewer of the organisation: an operator sees requests and cost
of each organisation as sums, and can't ask for more.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Final

from msgspec import Struct

from outlay.access.roles import require
from outlay.access.viewer import Viewer
from outlay.errors import Forbidden
from outlay.kit.period import Month, day_start, local_day, parse_zone
from outlay.ledger.local_days import as_stored
from outlay.ledger.schema import DAY, DAY_RECENT, EVENTS
from outlay.ledger.store import Snapshot
from outlay.query.ask import Query
from outlay.query.questions import Asking
from outlay.query.result import Result
from outlay.query.timerange import Days

_BOTH: Final = f"""(SELECT organisation, day, requests, cost FROM {DAY}
    UNION ALL SELECT organisation, day, requests, cost FROM {DAY_RECENT})"""
SHOWN_MONTHS: Final = 6


class Volume(Struct, frozen=True):
    """Requests and cost in USD (None: nothing has a price) of some time; `first` and `last` are its local days."""

    requests: int
    cost: Decimal | None
    first: date | None
    last: date | None


class Moved(Struct, frozen=True):
    """One month's requests and cost as days are counted now, and as another zone would count them."""

    month: str
    before: tuple[int, Decimal | None]
    after: tuple[int, Decimal | None]


def volumes_of(snapshot: Snapshot, organisations: Sequence[str], since: date | None = None) -> Mapping[str, Volume]:
    """Return the volume of each of these organisations, from a day on where one is given."""
    marks = ", ".join("?" * len(organisations))
    rows = snapshot.rows(
        f"""SELECT organisation, sum(requests), sum(cost), min(day), max(day) FROM {_BOTH}
        WHERE organisation IN ({marks}) AND day >= ? GROUP BY organisation""",
        (*organisations, since or date.min.replace(year=1900)),
    )
    return {organisation: Volume(int(requests), *rest) for organisation, requests, *rest in rows}


def whole_and_month(asking: Asking, organisations: Sequence[str]) -> tuple[Mapping[str, Volume], Mapping[str, Volume]]:
    """Return the volumes of organisations in all, and in the running month (UTC). Forbidden for all but operators."""
    require(asking.viewer, "operate")
    if not organisations:
        return {}, {}
    month = Month.of(local_day(asking.now, parse_zone("UTC"))).first_day
    return volumes_of(asking.snapshot, organisations), volumes_of(asking.snapshot, organisations, month)


def events_before(viewer: Viewer, snapshot: Snapshot, day: date) -> tuple[int, Volume]:
    """Return how many events lie before a local day, and their volume. Forbidden for who does not see all of them."""
    _require_all(viewer)
    zone = snapshot.zone_of(viewer.organisation)
    events, requests, cost, *times = snapshot.rows(
        f"""SELECT count(*), sum(requests), sum(cost), min(time), max(time) FROM {EVENTS}
        WHERE organisation = ? AND time < ?""",
        (viewer.organisation, as_stored(day_start(day, zone))),
    )[0]
    first, last = (None if time is None else local_day(time.replace(tzinfo=UTC), zone) for time in times)
    return events, Volume(int(requests or 0), cost, first, last)


def moved_by_zone(asking: Asking, zone: str, today: date) -> list[Moved]:
    """Return the last months as they are and as they would be in another zone, newest first."""
    _require_all(asking.viewer)
    month = Month.of(today)
    for _ in range(SHOWN_MONTHS - 1):
        month = month.previous
    days = Days(month.first_day, today + timedelta(days=1))
    now, then = (
        _by_month(asking.run(Query(asking.viewer, ("requests", "cost"), grain="month", range=days, zone=each)))
        for each in (asking.zone.key, zone)
    )
    nothing = (0, None)
    return [
        Moved(each, now.get(each, nothing), then.get(each, nothing)) for each in sorted({*now, *then}, reverse=True)
    ]


def _by_month(result: Result) -> dict[str, tuple[int, Decimal | None]]:
    found: dict[str, tuple[int, Decimal | None]] = {}
    for row in result.rows:
        requests, cost = result.figure(row, "requests"), result.figure(row, "cost")
        label = result.buckets[row.bucket or 0].label
        found[label] = (int(requests or 0), None if cost is None else Decimal(cost))
    return found


def _require_all(viewer: Viewer) -> None:
    if not viewer.sees_all:
        raise Forbidden(f"the role {viewer.role} does not see all of the organisation. Ask an admin.")
