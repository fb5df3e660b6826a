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
from outlay.web.view.picks import with_picks
from outlay.web.view.saved import saved_menu
from outlay.web.view.typed import with_typed


class Answered(Struct, frozen=True):
    """A board, what makes it live (None: it is not), and the local day it was asked on."""

    board: Board
    mark: LiveMark | None
    today: date


class BoardRoute:
    """One page of figures under its path."""

    def __init__(self, frame: Frame, questions: Questions, page: BoardPage) -> None:
        self._frame = frame
        self._questions = questions
        self._page = page

    def routes(self) -> list[Route]:
        return [Route(self._page.path, self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        return await run_in_threadpool(self._show, request)

    def _show(self, request: Request) -> Response:
        who = self._frame.signed_in(request)
        asked = request.url.query
        answer = self._questions.ask(who.viewer, lambda asking: self._answered(_seen_by(asking, who, asked), asked))
        if isinstance(answer, str):
            target = self._frame.renderer.url(self._page.path) + (f"?{answer}" if answer else "")
            return RedirectResponse(target, HTTPStatus.SEE_OTHER)
        board = answer.board
        shell = self._frame.shell(request, who, self._page.title, self._page.nav, board.notices)
        saved = saved_menu(self._frame, who, board.place.ground.path, board.place.written)
        note = Draft(day=answer.today.isoformat(), next=shell.path)
        values = {"board": board, "live_mark": answer.mark, "saved": saved, "note": note}
        return self._frame.page(self._page.template, shell, 200, **values)

    def _answered(self, asking: Asking, asked: str) -> Answered | str:
        """Return the board, or the query string that a form's fields mean."""
        meant = with_typed(asked, asking.zone, asking.now)
        picked = with_picks(asked if meant is None else meant)
        meant = meant if picked is None else picked
        if meant is not None:
            return meant
        board = self._page.board(asking, asked)
        mark = mark_of(board, asking, self._frame.renderer)
        return Answered(board, mark, local_day(asking.now, asking.zone))


def _seen_by(asking: Asking, who: SignedIn, asked: str) -> Asking:
    """Return the asking with who looks; a live page's updates are made for several, so it begins without as well."""
    live = dict(parse_qsl(asked)).get("live") == "1"
    return asking if live else replace(asking, member=who.member.id)
