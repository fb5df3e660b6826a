"""Signing in by e-mail and password or by a one-time link, and signing out.

The link's page only asks; its button uses the link up. Previews and mail scanners that open it change nothing.
"""

from contextlib import suppress
from http import HTTPStatus
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.accounts import Accounts
from outlay.access.links import LINK_PATH
from outlay.errors import AccessError, NotSignedIn, SignInFailed, TooManyAttempts
from outlay.web.browsers import Browsers
from outlay.web.forms import Form, Forms, as_sentence
from outlay.web.frame import Frame
from outlay.web.render import Notice
from outlay.web.turns import Turns
from outlay.web.way_back import way_back

SIGN_IN: Final = "/sign-in"
SIGN_OUT: Final = "/sign-out"
_LONGEST_EMAIL_SHOWN: Final = 320


class SignInPage:
    def __init__(self, frame: Frame, forms: Forms, browsers: Browsers, accounts: Accounts, turns: Turns) -> None:
        self._frame = frame
        self._forms = forms
        self._browsers = browsers
        self._accounts = accounts
        self._turns = turns

    def routes(self) -> list[Route]:
        return [
            Route(SIGN_IN, self.show, methods=["GET"]),
            Route(SIGN_IN, self.sign_in, methods=["POST"]),
            Route(LINK_PATH, self.show_link, methods=["GET"]),
            Route(LINK_PATH, self.sign_in_by_link, methods=["POST"]),
            Route(SIGN_OUT, self.sign_out, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        return await run_in_threadpool(self._show, request)

    async def sign_in(self, request: Request) -> Response:
        form = await self._forms.posted(request)
        return await self._turns.run(self._sign_in, request, form)

    async def show_link(self, request: Request) -> Response:
        return await run_in_threadpool(self._show_link, request)

    async def sign_in_by_link(self, request: Request) -> Response:
        form = await self._forms.posted(request)
        return await run_in_threadpool(self._sign_in_by_link, request, form)

    async def sign_out(self, request: Request) -> Response:
        with suppress(NotSignedIn):  # their session ended by itself: what they want is done
            await self._forms.posted_by_member(request)
        return await run_in_threadpool(self._browsers.sign_out, request, self._frame.renderer.url(SIGN_IN))

    def _show(self, request: Request) -> Response:
        wanted = request.query_params.get("next", "")
        try:
            self._frame.signed_in(request)
        except NotSignedIn:
            return self._form(request, wanted)
        return RedirectResponse(self._target(wanted), HTTPStatus.SEE_OTHER)

    def _sign_in(self, request: Request, form: Form) -> Response:
        email, wanted = form.text("email"), form.text("next")
        try:
            member = self._accounts.member_by_password(email, form.text("password"), address_of(request))
        except (SignInFailed, TooManyAttempts) as error:
            return self._form(request, wanted, email, error)
        return self._browsers.sign_in(request, member, self._target(wanted))

    def _form(self, request: Request, wanted: str, email: str = "", error: AccessError | None = None) -> Response:
        notices = (Notice("bad", as_sentence(error.message)),) if isinstance(error, TooManyAttempts) else ()
        failed = as_sentence(error.message) if isinstance(error, SignInFailed) else None
        return self._frame.page(
            "sign-in.html",
            self._frame.plain(request, "Sign in", notices),
            HTTPStatus.OK if error is None else error.status,
            email=email[:_LONGEST_EMAIL_SHOWN],
            failed=failed,
            next=way_back(wanted, self._frame.renderer.root_path) or "",
        )

    def _show_link(self, request: Request) -> Response:
        token = request.query_params.get("token", "")
        try:
            member = self._accounts.member_behind_link(token)
        except SignInFailed as error:
            return self._link_failed(request, error)
        shell = self._frame.plain(request, f"Sign in as {member.name or member.email}?")
        return self._frame.page("sign-in-link.html", shell, 200, email=member.email, token=token)

    def _sign_in_by_link(self, request: Request, form: Form) -> Response:
        try:
            member = self._accounts.member_by_link(form.text("token"))
        except SignInFailed as error:
            return self._link_failed(request, error)
        return self._browsers.sign_in(request, member, self._frame.renderer.url("/"))

    def _link_failed(self, request: Request, error: SignInFailed) -> Response:
        shell = self._frame.plain(request, "This link does not work any more")
        return self._frame.page("sign-in-link.html", shell, error.status, token="", reason=as_sentence(error.message))

    def _target(self, wanted: str) -> str:
        renderer = self._frame.renderer
        return way_back(wanted, renderer.root_path) or renderer.url("/")


def address_of(request: Request) -> str:
    """Return where a request came from, as guessing is counted by."""
    return request.client.host if request.client else ""
