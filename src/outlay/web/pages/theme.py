"""The theme switch in the navigation: remembers light, dark or the system's choice in a cookie."""

from datetime import timedelta
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.errors import InputError
from outlay.web.browsers import Cookies
from outlay.web.forms import Forms
from outlay.web.frame import THEME_COOKIE, THEMES, Frame
from outlay.web.way_back import way_back

REMEMBERED: Final = timedelta(days=365)


class ThemePage:
    def __init__(self, frame: Frame, forms: Forms, cookies: Cookies) -> None:
        self._frame = frame
        self._forms = forms
        self._cookies = cookies

    def routes(self) -> list[Route]:
        return [Route("/theme", self.choose, methods=["POST"])]

    async def choose(self, request: Request) -> Response:
        _, form = await self._forms.posted_by_member(request)
        theme = form.text("theme")
        if theme not in THEMES:
            raise InputError(f"a theme is one of {', '.join(THEMES)}")
        renderer = self._frame.renderer
        href = way_back(form.text("next"), renderer.root_path) or renderer.url("/")
        response = RedirectResponse(href, HTTPStatus.SEE_OTHER)
        self._cookies.keep(response, THEME_COOKIE, theme, REMEMBERED)
        return response
