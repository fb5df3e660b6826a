"""Which currency amounts are shown in, and by which rate: one for all that is in an answer, page or file.

It is the rate of the last day of the answer's range, of today where the range is not over: the last one up to then. So
every answer of the same range shows the same amounts, and a month that is over keeps its own.
"""

from datetime import date, timedelta
from typing import Final
from urllib.parse import parse_qsl

from outlay.control.currencies import SIGNS, USD, rate_on
from outlay.control.database import Control
from outlay.errors import QueryInvalid
from outlay.kit.period import local_day
from outlay.query.notation import parse_range
from outlay.query.questions import Asking
from outlay.query.timerange import Span, span_of
from outlay.web.currency import DOLLARS, Shown

_MOMENT: Final = timedelta(microseconds=1)


def shown_by(control: Control, asking: Asking, url_query: str) -> Shown | None:
    """Return the currency with its rate; None where the organisation shows another than USD and no rate is known."""
    if asking.currency == USD:
        return DOLLARS
    rate = rate_on(control, asking.viewer.organisation, asking.currency, last_day(asking, url_query))
    return None if rate is None else Shown(rate.currency, SIGNS[rate.currency], rate.per_usd, rate.day)


def last_day(asking: Asking, url_query: str) -> date:
    """Return the last local day of the range in a URL, today at the latest; today where it names none."""
    today, span = local_day(asking.now, asking.zone), span_in(asking, url_query)
    return today if span is None else min(today, local_day(span.end - _MOMENT, asking.zone))


def span_in(asking: Asking, url_query: str) -> Span | None:
    """Return the instants of the range in a URL; None where it names none."""
    try:
        return span_of(parse_range(dict(parse_qsl(url_query)).get("r", "")), asking.zone, asking.now)
    except QueryInvalid:
        return None


def no_rate(currency: str) -> str:
    """Say that amounts stay dollars."""
    return f"Amounts are in US dollars: no exchange rate of {currency} is known of the range or before it."
