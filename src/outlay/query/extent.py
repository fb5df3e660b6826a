"""When a viewer has anything: the months that pickers offer, and the last day. Read from the day rollup, never from the
events.
"""

from datetime import date

from outlay.access.viewer import Viewer
from outlay.kit.period import Month
from outlay.ledger.schema import DAY, DAY_RECENT
from outlay.ledger.store import Snapshot
from outlay.query.ask import Query
from outlay.query.conditions import visible
from outlay.query.dialect import dialect_of
from outlay.query.refine import within_scope


def months_with_data(viewer: Viewer, snapshot: Snapshot) -> tuple[Month, ...]:
    """Return the months of the organisation's zone that have events in the viewer's sight, oldest first."""
    sight = visible(within_scope(Query(viewer)), dialect_of(snapshot))
    branches = " UNION ALL ".join(
        f'SELECT year("day") AS y, month("day") AS m FROM {table} WHERE {sight.text}' for table in (DAY, DAY_RECENT)
    )
    found = snapshot.rows(f"SELECT DISTINCT y, m FROM ({branches}) AS days ORDER BY y, m", sight.parameters * 2)
    return tuple(Month(year, month) for year, month in found)


def last_day_with_data(viewer: Viewer, snapshot: Snapshot) -> date | None:
    """Return the last local day of the organisation's zone that has events in the viewer's sight."""
    sight = visible(within_scope(Query(viewer)), dialect_of(snapshot))
    branches = " UNION ALL ".join(f'SELECT "day" FROM {table} WHERE {sight.text}' for table in (DAY, DAY_RECENT))
    ((last,),) = snapshot.rows(f'SELECT max("day") FROM ({branches}) AS days', sight.parameters * 2)
    found: date | None = last
    return found
