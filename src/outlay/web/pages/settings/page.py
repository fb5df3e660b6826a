"""`/settings`: leads to the first settings page a member may open. The tabs are declared in `web/menu.py`."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.errors import Forbidden
from outlay.web.frame import Frame
from outlay.web.menu import SETTINGS_PATH, settings_of


class SettingsPage:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def routes(self) -> list[Route]:
        return [Route(SETTINGS_PATH, self.show, methods=["GET"])]

    # Starlette runs what is no coroutine in a thread.
    def show(self, request: Request) -> Response:
        who = self._frame.signed_in(request)
        tabs = settings_of(who.viewer.role)
        if not tabs:
            raise Forbidden(f"the role {who.viewer.role} includes no settings. Ask an admin.")
        return RedirectResponse(self._frame.renderer.url(tabs[0].path), HTTPStatus.SEE_OTHER)
