"""How many stored events a question's figures stand for, adjustments included: the length of their list."""

from outlay.ledger.schema import EVENTS
from outlay.ledger.store import Snapshot
from outlay.query.ask import Query
from outlay.query.conditions import counted, visible, within
from outlay.query.dialect import dialect_of
from outlay.query.refine import Moment, asked_span, refine
from outlay.query.statement import Sql, joined


def count_events(query: Query, snapshot: Snapshot, moment: Moment) -> int:
    """Return the number of events in the viewer's sight that pass the filters."""
    asked = refine(query, moment)
    wanted = joined([visible(asked, dialect_of(snapshot)), within(asked_span(asked)), counted()], " AND ")
    counting = joined([Sql(f"SELECT count(*) FROM {EVENTS} WHERE"), wanted], " ")
    ((count,),) = snapshot.rows(counting.text, counting.parameters)
    return int(count)
