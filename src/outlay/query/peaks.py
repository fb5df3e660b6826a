"""Which groups had a high step: few of many thousand, found where the figures are, so that only theirs are read."""

from decimal import Decimal

from outlay.query import sql
from outlay.query.ask import Key, Query
from outlay.query.dialect import dialect_of
from outlay.query.plan import plan_for
from outlay.query.questions import Asking
from outlay.query.refine import Moment, asked_span, refine
from outlay.query.source import Reading


def groups_with_a_peak(asking: Asking, query: Query, least: Decimal) -> tuple[Key, ...]:
    """Return the groups that had at least so much of the question's first measure in one of its steps."""
    asked = refine(query, Moment(asking.zone, asking.now))
    plan = plan_for(asked, asked_span(asked), asking.zone, asking.snapshot)
    found = sql.peaks(Reading(asked, plan, asked.buckets, dialect_of(asking.snapshot)), least)
    return tuple(tuple(row) for row in asking.snapshot.rows(found.text, found.parameters))
