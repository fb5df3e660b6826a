"""The address of Outlay itself: leads to the first page a member may see, or to the sign-in.

Who sets up an organisation that has no event yet is led to the first one.
"""

from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.roles import may
from outlay.errors import NotSignedIn
from outlay.query.extent import months_with_data
from outlay.query.questions import Asking, Questions
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.welcome.page import WELCOME


class HomePage:
    def __init__(self, frame: Frame, questions: Questions) -> None:
        self._frame = frame
        self._questions = questions

    def routes(self) -> list[Route]:
        return [Route("/", self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        return await run_in_threadpool(self._show, request)

    def _show(self, request: Request) -> Response:
        try:
            path = self._first_page(self._frame.signed_in(request))
        except NotSignedIn:
            path = "/sign-in"
        return RedirectResponse(self._frame.renderer.url(path), HTTPStatus.SEE_OTHER)

    def _first_page(self, who: SignedIn) -> str:
        if may(who.viewer.role, "manage_keys") and not self._questions.ask(who.viewer, _has_events):
            return WELCOME
        return self._frame.home_of(who)


def _has_events(asking: Asking) -> bool:
    return bool(months_with_data(asking.viewer, asking.snapshot))
