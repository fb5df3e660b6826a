"""Which models a viewer's calls went to, since when, and which in a span: what marks on the time axis start from.

Read from the day rollup in one statement, never from the events; days are local to the organisation's zone.
"""

from datetime import date

from msgspec import Struct

from outlay.access.viewer import Viewer
from outlay.ledger.schema import DAY, DAY_RECENT
from outlay.ledger.store import Snapshot
from outlay.query.ask import Query
from outlay.query.conditions import visible
from outlay.query.dialect import dialect_of
from outlay.query.refine import within_scope


class ModelSeen(Struct, frozen=True):
    """`first` is the first local day of any call to it, `within` whether there were calls in the days asked for."""

    provider: str | None
    model: str
    first: date
    within: bool


def models_seen(viewer: Viewer, snapshot: Snapshot, first: date, end: date) -> tuple[ModelSeen, ...]:
    """Return all models in the viewer's sight, by name; `within` is about `first` up to but without `end`."""
    sight = visible(within_scope(Query(viewer)), dialect_of(snapshot))
    branches = " UNION ALL ".join(
        f'SELECT "provider", "model", "day" FROM {table} WHERE {sight.text} AND "model" IS NOT NULL'
        for table in (DAY, DAY_RECENT)
    )
    found = snapshot.rows(
        'SELECT "provider", "model", min("day"), coalesce(bool_or("day" >= ? AND "day" < ?), FALSE) '
        f'FROM ({branches}) AS days GROUP BY "provider", "model" ORDER BY "model", "provider"',
        (first, end, *sight.parameters, *sight.parameters),
    )
    return tuple(ModelSeen(*row) for row in found)
