"""Signing in by e-mail and password, and signing out."""

from contextlib import suppress
from http import HTTPStatus
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.sign_in_steps import first_step
from outlay.errors import AccessError, NotSignedIn, SecondFactorNeeded, SignInFailed, TooManyAttempts
from outlay.web.acting import address_of
from outlay.web.forms import Form, as_sentence
from outlay.web.pages.sign_in.entrance import Entrance
from outlay.web.pages.sso.sign_on import offer_links
from outlay.web.render import Notice
from outlay.web.way_back import way_back

SIGN_IN: Final = "/sign-in"
SIGN_OUT: Final = "/sign-out"
_LONGEST_EMAIL_SHOWN: Final = 320


class SignInPage:
    def __init__(self, entrance: Entrance) -> None:
        self._entrance = entrance
        self._frame = entrance.frame

    def routes(self) -> list[Route]:
        return [
            Route(SIGN_IN, self.show, methods=["GET"]),
            Route(SIGN_IN, self.sign_in, methods=["POST"]),
            Route(SIGN_OUT, self.sign_out, methods=["POST"]),
        ]

    # Starlette runs what is no coroutine in a thread.
    def show(self, request: Request) -> Response:
        wanted = request.query_params.get("next", "")
        try:
            self._frame.signed_in(request)
        except NotSignedIn:
            return self._form(request, wanted)
        except SecondFactorNeeded:  # they are signed in; the page they go to leads them on
            pass
        return RedirectResponse(self._entrance.target(wanted), HTTPStatus.SEE_OTHER)

    async def sign_in(self, request: Request) -> Response:
        form = await self._entrance.forms.posted(request)
        return await self._entrance.turns.run(self._sign_in, request, form)

    async def sign_out(self, request: Request) -> Response:
        wanted = None
        with suppress(NotSignedIn):  # their session ended by itself: what they want is done
            _, form = await self._entrance.forms.posted_by_member(request)
            wanted = way_back(form.text("next"), self._frame.renderer.root_path)
        target = self._frame.renderer.url(SIGN_IN, {"next": wanted} if wanted else None)
        return await run_in_threadpool(self._entrance.browsers.sign_out, request, target)

    def _sign_in(self, request: Request, form: Form) -> Response:
        email, wanted = form.text("email"), form.text("next")
        address = address_of(request) or ""
        try:
            members = self._entrance.accounts.members_by_password(email, form.text("password"), address)
        except (SignInFailed, TooManyAttempts) as error:
            return self._form(request, wanted, email, error)
        return self._entrance.browsers.go_on(request, first_step(members, "password", self._entrance.target(wanted)))

    def _form(self, request: Request, wanted: str, email: str = "", error: AccessError | None = None) -> Response:
        offers, more = self._entrance.providers.offered_to_all()
        wanted = way_back(wanted, self._frame.renderer.root_path) or ""
        notices = (Notice("bad", as_sentence(error.message)),) if isinstance(error, TooManyAttempts) else ()
        return self._frame.page(
            "sign-in/page.html",
            self._frame.plain(request, "Sign in", notices),
            HTTPStatus.OK if error is None else error.status,
            email=email[:_LONGEST_EMAIL_SHOWN],
            failed=as_sentence(error.message) if isinstance(error, SignInFailed) else None,
            next=wanted,
            offers=offer_links(self._frame, offers, wanted),
            finds_provider=more,
            sends_mail=self._entrance.sends_mail,
        )
