"""In which currency a page of figures is shown, and by which rate: one for all that is on it.

It is the rate of the last day of the page's range, of today where the range is not over: the last one up to then. So
every page of the same range shows the same amounts, and a month that is over keeps its own.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from msgspec import Struct
from msgspec.structs import replace

from outlay.control.currencies import SIGNS, USD, rate_on
from outlay.control.database import Control
from outlay.errors import QueryInvalid
from outlay.kit.money import plain
from outlay.kit.period import local_day
from outlay.query.notation import parse_range
from outlay.query.questions import Asking
from outlay.query.timerange import span_of
from outlay.web import format as text
from outlay.web.currency import DOLLARS, Shown, amounts_in
from outlay.web.render import Notice
from outlay.web.view.board import Board, BoardPage

Answer = TypeVar("Answer")

_MOMENT: Final = timedelta(microseconds=1)


class InCurrency(Struct, frozen=True):
    """Makes boards in the currency of who asks."""

    control: Control

    def board(self, page: BoardPage, asking: Asking, url_query: str) -> Board:
        """Return the page's board with its amounts in the organisation's currency, which its subtitle says."""
        shown = self._shown(asking, url_query)
        if shown is None:
            board = page.board(asking, url_query)
            return replace(board, notices=(*board.notices, _missing(asking)))
        with amounts_in(shown):
            board = page.board(asking, url_query)
        return board if shown.day is None else replace(board, subtitle=f"{board.subtitle}, {_told(shown)}")

    def written(self, asking: Asking, url_query: str, write: Callable[[], Answer]) -> Answer:
        """Return what `write` puts into words in the organisation's currency; in dollars where no rate is known."""
        with amounts_in(self._shown(asking, url_query) or DOLLARS):
            return write()

    def _shown(self, asking: Asking, url_query: str) -> Shown | None:
        """Return the currency with its rate; None where there is no rate."""
        if asking.currency == USD:
            return DOLLARS
        rate = rate_on(self.control, asking.viewer.organisation, asking.currency, last_day(asking, url_query))
        return None if rate is None else Shown(rate.currency, SIGNS[rate.currency], rate.per_usd, rate.day)


def last_day(asking: Asking, url_query: str) -> date:
    """Return the last local day of the range in a URL, today at the latest; today where it names none."""
    today = local_day(asking.now, asking.zone)
    try:
        span = span_of(parse_range(dict(parse_qsl(url_query)).get("r", "")), asking.zone, asking.now)
    except QueryInvalid:
        return today
    return min(today, local_day(span.end - _MOMENT, asking.zone))


def _told(shown: Shown) -> str:
    day = "" if shown.day is None else f" of {text.day(shown.day)}"
    return f"{shown.code} at {plain(shown.per_usd)}{day}"


def _missing(asking: Asking) -> Notice:
    said = f"Amounts are in US dollars: no exchange rate of {asking.currency} is known of the range or before it."
    return Notice("warn", said)
