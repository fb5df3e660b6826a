"""Answers for every page of figures: who asks, one snapshot, the frame, and forms led on to the state they mean."""

from datetime import date
from http import HTTPStatus
from urllib.parse import parse_qsl

from msgspec import Struct
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.kit.period import local_day
from outlay.query.questions import Asking, Questions
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.live.mark import LiveMark, mark_of
from outlay.web.pages.annotations.draft import Draft
from outlay.web.view.board import Board, BoardPage
from outlay.web.view.columns import with_columns
from outlay.web.view.money import InCurrency
from outlay.web.view.picks import with_picks
from outlay.web.view.saved import saved_menu
from outlay.web.view.typed import with_typed


class Answered(Struct, frozen=True):
    """A board, what makes it live (None: it is not), and the local day it was asked on. `meant` is the query string
    that a form's fields stood for.
    """

    board: Board
    mark: LiveMark | None
    today: date
    meant: str | None = None


class BoardRoute:
    """One page of figures under its path."""

    def __init__(self, frame: Frame, questions: Questions, page: BoardPage) -> None:
        self._frame = frame
        self._questions = questions
        self._page = page
        self._in_currency = InCurrency(frame.control)

    def routes(self) -> list[Route]:
        return [Route(self._page.path, self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        return await run_in_threadpool(self._show, request)

    def _show(self, request: Request) -> Response:
        who = self._frame.signed_in(request)
        asked, scripted = request.url.query, "hx-request" in request.headers
        answer = self._questions.ask(
            who.viewer, lambda asking: self._answered(_seen_by(asking, who, asked), asked, lead=not scripted)
        )
        if isinstance(answer, str):
            return RedirectResponse(self._href(answer), HTTPStatus.SEE_OTHER)
        board = answer.board
        shell = self._frame.shell(request, who, board.title or self._page.title, self._page.nav, board.notices)
        saved = saved_menu(self._frame, who, board.place.ground.path, board.place.written)
        note = Draft(day=answer.today.isoformat(), next=shell.path)
        values = {"board": board, "live_mark": answer.mark, "saved": saved, "note": note}
        page = self._frame.page(self._page.template, shell, 200, **values)
        if answer.meant is not None:
            # A script needs no second round trip to get from a form's fields to the state they mean.
            whole = request.headers.get("hx-target", "body") == "body"
            page.headers["hx-push-url" if whole else "hx-replace-url"] = self._href(answer.meant)
        return page

    def _answered(self, asking: Asking, asked: str, *, lead: bool) -> Answered | str:
        """Return the board, or, to `lead` on to it, the query string that a form's fields mean."""
        meant = _meant(asking, asked)
        if meant is not None and lead:
            return meant
        board = self._in_currency.board(self._page, asking, asked if meant is None else meant)
        mark = mark_of(board, asking, self._frame.renderer)
        return Answered(board, mark, local_day(asking.now, asking.zone), meant)

    def _href(self, query: str) -> str:
        return self._frame.renderer.url(self._page.path) + (f"?{query}" if query else "")


def _meant(asking: Asking, asked: str) -> str | None:
    """Return the query string that the fields of a form mean; None when there are none."""
    meant = with_typed(asked, asking.zone, asking.now)
    for step in (with_picks, with_columns):
        found = step(asked if meant is None else meant)
        meant = meant if found is None else found
    return meant


def _seen_by(asking: Asking, who: SignedIn, asked: str) -> Asking:
    """Return the asking with who looks; a live page's updates are made for several, so it begins without as well."""
    live = dict(parse_qsl(asked)).get("live") == "1"
    return asking if live else replace(asking, member=who.member.id)
