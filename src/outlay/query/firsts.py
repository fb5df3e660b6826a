"""When each value of a dimension was first used: what a chart marks as new. Read from the day rollup, over all time."""

from datetime import date

from outlay.access.viewer import Viewer
from outlay.errors import QueryInvalid
from outlay.ledger.store import Snapshot
from outlay.query.ask import Filter, Query
from outlay.query.catalogue import DIMENSIONS
from outlay.query.conditions import visible
from outlay.query.dialect import dialect_of
from outlay.query.plan import day_tables
from outlay.query.refine import sorted_filters, within_scope
from outlay.query.statement import Sql, joined


def first_days(
    viewer: Viewer, snapshot: Snapshot, dimension: str = "model", filters: tuple[Filter, ...] = ()
) -> dict[str, date]:
    """Return the local day of the first request with each value of a dimension, in the viewer's sight.

    Days are those of the organisation's zone. Raises QueryInvalid for a dimension or filter that the rollup lacks.
    """
    for name in (dimension, *(each.dimension for each in filters)):
        if name not in DIMENSIONS or not DIMENSIONS[name].in_rollup:
            raise QueryInvalid(f"first days can't be told by {name!r}: the day rollup doesn't have it")
    asked = within_scope(Query(viewer, filters=sorted_filters(filters)))
    seen = visible(asked, dialect_of(snapshot))
    branches = [
        Sql(f'SELECT "{dimension}" AS value, "day" FROM {table} WHERE "requests" > 0 AND {seen.text}', seen.parameters)
        for table in day_tables(tags=False, recent=snapshot.days_waiting > 0)
    ]
    days = joined(branches, " UNION ALL ")
    found = snapshot.rows(
        f"SELECT value, min(day) FROM ({days.text}) AS days WHERE value IS NOT NULL GROUP BY value", days.parameters
    )
    return dict(found)
