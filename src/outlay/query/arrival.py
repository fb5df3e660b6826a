"""What came into the ledger after a state of it, in a viewer's sight, whatever time the events themselves state."""

from datetime import UTC, datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.ledger.schema import EVENTS
from outlay.ledger.store import Snapshot
from outlay.query.ask import Query
from outlay.query.conditions import visible
from outlay.query.dialect import dialect_of
from outlay.query.refine import within_scope
from outlay.query.statement import known_sum

_INPUT = known_sum(
    [f'"{name}"' for name in ("input_uncached", "cache_read", "cache_write_5m", "cache_write_1h", "cache_write_other")]
)


class Arrival(Struct, frozen=True, kw_only=True):
    """The last event that came in, and how many did in all. `cost` is in US dollars, None when no price is known."""

    count: int
    id: str
    source: str
    time: datetime
    user: str | None
    service: str
    model: str | None
    input_tokens: int | None
    output_tokens: int | None
    quantity: Decimal | None
    unit: str | None
    cost: Decimal | None
    cost_status: str


_COLUMNS = ("id", "source", "time", "user", "service", "model", "quantity", "unit", "cost", "cost_status")


def arrived_since(viewer: Viewer, snapshot: Snapshot, watermark: int) -> Arrival | None:
    """Return what came in after this watermark; None when nothing did."""
    if snapshot.watermark <= watermark:
        return None
    sight = visible(within_scope(Query(viewer)), dialect_of(snapshot))
    newer = f'FROM {EVENTS} WHERE {sight.text} AND "seq" > ? AND "repricing" IS NULL'
    parameters = (*sight.parameters, watermark)
    ((count,),) = snapshot.rows(f"SELECT count(*) {newer}", parameters)
    if not count:
        return None
    listed = ", ".join(f'"{name}"' for name in _COLUMNS)
    (last,) = snapshot.rows(f'SELECT {listed}, {_INPUT}, "output" {newer} ORDER BY "seq" DESC LIMIT 1', parameters)
    *named, read, written = last
    found = Arrival(count=count, input_tokens=read, output_tokens=written, **dict(zip(_COLUMNS, named, strict=True)))
    return replace(found, time=found.time.replace(tzinfo=UTC))
