"""The questions of one session or run: all of it, so the range is widened by a month on both sides, and no further.

What it makes together is figured apart from its calls. Of a session without end the first calls are read and shown, and
all of them counted; the Calls page has no such bound.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct

from outlay.query.ask import Filter, Query
from outlay.query.event_order import OLDEST_FIRST
from outlay.query.questions import Asking
from outlay.query.result import Result
from outlay.query.rows import EventRow
from outlay.query.timerange import FIRST_YEAR, LAST_YEAR, MOST_DAYS, Between, Span, TimeRange, span_of
from outlay.web.pages.agents.place import SessionPlace

MEASURES: Final = (
    "requests",
    "tokens",
    "input_tokens",
    "output_tokens",
    "cost",
    "unpriced_requests",
    "estimated_requests",
    "errors",
    "error_rate",
    "active_users",
    "active_agents",
    "models",
    "runs",
    "latency_p50",
    "latency_p95",
)
MOMENTS: Final = ("first_time", "last_time")
MOST_CALLS: Final = 5_000
MARGIN: Final = timedelta(days=31)
_FIRST: Final = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(LAST_YEAR, 12, 31, tzinfo=UTC)


class SessionFigures(Struct, frozen=True):
    """`calls` are in order, oldest first; `more` says that there are others behind them. `asked` is what was looked in,
    `span` what the reader chose.
    """

    head: Result
    moments: Result
    calls: tuple[EventRow, ...]
    more: bool
    asked: Query
    span: Span


def session_figures(asking: Asking, place: SessionPlace, whose: Filter) -> SessionFigures:
    """Ask for all that the page shows."""
    asked = question_of(asking, place, whose)
    head = asking.run(asked)
    moments = asking.run(Query(asking.viewer, MOMENTS, range=asked.range, filters=(whose,)))
    page = asking.list_events(asked, order=OLDEST_FIRST, limit=MOST_CALLS)
    return SessionFigures(head, moments, page.rows, page.next is not None, asked, _span(asking, place))


def question_of(asking: Asking, place: SessionPlace, whose: Filter) -> Query:
    """Return the question that the whole session is asked with."""
    chosen = place.place.query.range
    return Query(asking.viewer, MEASURES, range=widened(_span(asking, place), chosen), filters=(whose,))


def _span(asking: Asking, place: SessionPlace) -> Span:
    return span_of(place.place.query.range, asking.zone, asking.now)


def widened(span: Span, asked: TimeRange) -> TimeRange:
    """Return a range with a month more on both sides; as it is, where there is no room for more."""
    if span.end - span.start > timedelta(days=MOST_DAYS) - 2 * MARGIN:
        return asked
    return Between(max(span.start - MARGIN, _FIRST), min(span.end + MARGIN, _LAST))
