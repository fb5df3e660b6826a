"""A page of figures in the organisation's currency, which it says beside the zone."""

from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from outlay.control.database import Control
from outlay.kit.money import plain
from outlay.query.questions import Asking
from outlay.web import format as text
from outlay.web.currency import DOLLARS, Shown, amounts_in
from outlay.web.display_rate import no_rate, shown_by, span_in
from outlay.web.kept import not_kept
from outlay.web.render import Notice
from outlay.web.view.board import Board, BoardPage

Answer = TypeVar("Answer")


class InCurrency(Struct, frozen=True):
    """Makes boards in the currency of who asks."""

    control: Control

    def board(self, page: BoardPage, asking: Asking, url_query: str) -> Board:
        """Return the page's board with its amounts in the organisation's currency, which its subtitle says; and with a
        word on what is not in its figures because it is not kept any more.
        """
        span = span_in(asking, url_query)
        kept = not_kept(asking, None if span is None else span.start)
        if kept:
            board = self._board(page, asking, url_query)
            return replace(board, notices=(*board.notices, Notice("info", kept)))
        return self._board(page, asking, url_query)

    def _board(self, page: BoardPage, asking: Asking, url_query: str) -> Board:
        shown = shown_by(self.control, asking, url_query)
        if shown is None:
            board = page.board(asking, url_query)
            return replace(board, notices=(*board.notices, Notice("warn", no_rate(asking.currency))))
        with amounts_in(shown):
            board = page.board(asking, url_query)
        return board if shown.day is None else replace(board, subtitle=f"{board.subtitle}, {_told(shown)}")

    def written(self, asking: Asking, url_query: str, write: Callable[[], Answer]) -> Answer:
        """Return what `write` puts into words in the organisation's currency; in dollars where no rate is known."""
        with amounts_in(shown_by(self.control, asking, url_query) or DOLLARS):
            return write()


def _told(shown: Shown) -> str:
    day = "" if shown.day is None else f" of {text.day(shown.day)}"
    return f"{shown.code} at {plain(shown.per_usd)}{day}"
