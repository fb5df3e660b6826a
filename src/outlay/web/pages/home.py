"""The address of Outlay itself: leads to the first page a member may see, or to the sign-in."""

from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.errors import NotSignedIn
from outlay.web.frame import Frame


class HomePage:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def routes(self) -> list[Route]:
        return [Route("/", self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        return await run_in_threadpool(self._show, request)

    def _show(self, request: Request) -> Response:
        try:
            path = self._frame.home_of(self._frame.signed_in(request))
        except NotSignedIn:
            path = "/sign-in"
        return RedirectResponse(self._frame.renderer.url(path), HTTPStatus.SEE_OTHER)
