"""`/search`: a page of its own, and the list that the dialog behind Ctrl-K shows; the same in both."""

from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from outlay.query.questions import Questions
from outlay.web.frame import Frame
from outlay.web.pages.search.found import MOST_CHARS, Search

SEARCH: Final = "/search"
RESULTS: Final = "/search/results"


class SearchPage:
    def __init__(self, frame: Frame, questions: Questions, search: Search) -> None:
        self._frame = frame
        self._questions = questions
        self._search = search

    def routes(self) -> list[Route]:
        return [Route(SEARCH, self.show, methods=["GET"]), Route(RESULTS, self.list_results, methods=["GET"])]

    # Starlette runs what is no coroutine in a thread.
    def show(self, request: Request) -> Response:
        who = self._frame.signed_in(request)
        text = _text_of(request)
        groups = self._questions.ask(who.viewer, lambda asking: self._search.found(asking, who, text))
        shell = self._frame.shell(request, who, "Search", "search")
        return self._frame.page("search.html", shell, 200, text=text, groups=groups)

    def list_results(self, request: Request) -> Response:
        who = self._frame.signed_in(request)
        text = _text_of(request)
        groups = self._questions.ask(who.viewer, lambda asking: self._search.found(asking, who, text))
        return HTMLResponse(self._frame.renderer.part("macros/search.html", "results", text, groups))


def _text_of(request: Request) -> str:
    return request.query_params.get("q", "").replace("\0", "").strip()[:MOST_CHARS]
