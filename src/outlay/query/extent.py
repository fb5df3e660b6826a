"""When a viewer has anything: the months that pickers offer, and the last day. Read from the day rollup, never from the
events.
"""

from datetime import date

from outlay.access.viewer import Viewer
from outlay.kit.period import Month
from outlay.ledger.store import Snapshot
from outlay.query.ask import Query
from outlay.query.conditions import visible
from outlay.query.dialect import dialect_of
from outlay.query.plan import day_tables
from outlay.query.refine import within_scope
from outlay.query.statement import Sql, joined


def months_with_data(viewer: Viewer, snapshot: Snapshot) -> tuple[Month, ...]:
    """Return the months of the organisation's zone that have events in the viewer's sight, oldest first."""
    days = _days(viewer, snapshot)
    found = snapshot.rows(
        f'SELECT DISTINCT year("day") AS y, month("day") AS m FROM ({days.text}) AS days ORDER BY y, m', days.parameters
    )
    return tuple(Month(year, month) for year, month in found)


def last_day_with_data(viewer: Viewer, snapshot: Snapshot) -> date | None:
    """Return the last local day of the organisation's zone that has events in the viewer's sight."""
    days = _days(viewer, snapshot)
    ((last,),) = snapshot.rows(f'SELECT max("day") FROM ({days.text}) AS days', days.parameters)
    found: date | None = last
    return found


def _days(viewer: Viewer, snapshot: Snapshot) -> Sql:
    sight = visible(within_scope(Query(viewer)), dialect_of(snapshot))
    branches = [
        Sql(f'SELECT "day" FROM {table} WHERE {sight.text}', sight.parameters)
        for table in day_tables(tags=False, recent=snapshot.days_waiting > 0)
    ]
    return joined(branches, " UNION ALL ")
