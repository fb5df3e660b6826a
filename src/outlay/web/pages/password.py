"""Setting or changing one's own password. Whoever came by a one-time link sets one here to come back with."""

from http import HTTPStatus
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outlay.access.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD
from outlay.access.proof import require_recent_proof
from outlay.errors import InputError, SignInFailed, TooManyAttempts
from outlay.web.acting import actor_of
from outlay.web.forms import Form, as_sentence
from outlay.web.gate import SignedIn
from outlay.web.pages.account.means import AccountMeans
from outlay.web.render import Notice
from outlay.web.turns import Turns

PASSWORD: Final = "/password"  # noqa: S105 - an address


class PasswordPage:
    def __init__(self, means: AccountMeans, turns: Turns) -> None:
        self._means = means
        self._frame = means.frame
        self._turns = turns

    def routes(self) -> list[Route]:
        return [
            Route(PASSWORD, self.show, methods=["GET"]),
            Route(PASSWORD, self.change, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        return await run_in_threadpool(self._show, request)

    async def change(self, request: Request) -> Response:
        who, form = await self._means.forms.posted_by_member(request)
        return await self._turns.run(self._change, request, who, form)

    def _show(self, request: Request) -> Response:
        who = self._frame.signed_in(request)
        self._check_proof(who)
        saved = "saved" in request.query_params and who.member.has_password
        notices = (Notice("good", "Your password is set. All other browsers are signed out."),) if saved else ()
        return self._form(request, who, notices=notices)

    def _change(self, request: Request, who: SignedIn, form: Form) -> Response:
        self._check_proof(who)
        new = form.text("new")
        if new != form.text("again"):
            return self._form(request, who, 422, {"again": "The two passwords differ."})
        try:
            self._means.accounts.set_password(who.member, form.text("current"), new, actor_of(request, who))
        except InputError as error:
            return self._form(request, who, error.status, {"new": as_sentence(error.message)})
        except SignInFailed as error:
            return self._form(request, who, HTTPStatus.UNPROCESSABLE_ENTITY, {"current": as_sentence(error.message)})
        except TooManyAttempts as error:
            return self._form(request, who, error.status, {"current": as_sentence(error.message)})
        self._means.tell(who, "Your password was changed")
        href = self._frame.renderer.url(PASSWORD, {"saved": "1"})
        return self._means.browsers.sign_in(request, who.member, href, who.session.way)

    def _check_proof(self, who: SignedIn) -> None:
        """Ask for a proof where there is no password to ask for: else a browser left alone could be given one."""
        if not who.member.has_password:
            require_recent_proof(who.session, self._means.clock.now(), PASSWORD)

    def _form(
        self,
        request: Request,
        who: SignedIn,
        status: int = 200,
        errors: dict[str, str] | None = None,
        notices: tuple[Notice, ...] = (),
    ) -> Response:
        shell = self._frame.shell(request, who, "Password", "account", notices)
        lengths = (SHORTEST_PASSWORD, LONGEST_PASSWORD)
        return self._frame.page(
            "password.html", shell, status, has_one=who.member.has_password, errors=errors or {}, lengths=lengths
        )
