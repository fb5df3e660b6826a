"""What is kept in a browser: the cookie that holds a session's token, and the cookies of harmless choices.

A browser that signs in always gets a new token and the one it brought ends, so a planted one is worth nothing. Between
the first factor and the session, a cookie of its own stands for what was shown so far.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from outlay.access.second_factor import SecondFactors
from outlay.access.sessions import Opening, Session, Sessions
from outlay.access.sign_in_steps import LASTS, SignInStep, SignInSteps
from outlay.access.sign_in_ways import Way
from outlay.control.members import Member
from outlay.kit.clock import Clock
from outlay.web.acting import address_of
from outlay.web.gate import SESSION_COOKIE

STEP_COOKIE: Final = "outlay_sign_in"
CODE_PATH: Final = "/sign-in/code"
CHOICE_PATH: Final = "/sign-in/organisation"


class Cookies:
    """Writes cookies for this product's own paths only, out of reach of scripts and of other sites' forms."""

    def __init__(self, root_path: str, *, secure: bool) -> None:
        self.root_path = root_path
        self._path = root_path or "/"
        self._secure = secure

    def keep(self, response: Response, name: str, value: str, lasting: timedelta) -> None:
        response.set_cookie(
            name,
            value,
            max_age=int(lasting.total_seconds()),
            path=self._path,
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def drop(self, response: Response, name: str) -> None:
        response.delete_cookie(name, path=self._path, secure=self._secure, httponly=True, samesite="lax")


class Browsers:
    """Signs browsers in and out; one for the whole process."""

    def __init__(
        self, sessions: Sessions, steps: SignInSteps, factors: SecondFactors, cookies: Cookies, clock: Clock
    ) -> None:
        self._sessions = sessions
        self._steps = steps
        self._factors = factors
        self._cookies = cookies
        self._clock = clock

    def go_on(self, request: Request, step: SignInStep) -> Response:
        """Take a browser further whose person has shown the first factor: to the choice of an organisation, to the
        second factor, or in.
        """
        if step.chosen is None:
            return self._keep(request, step, CHOICE_PATH)
        if self._asks_for_code(step.chosen, step.way):
            return self._keep(request, step, CODE_PATH)
        return self.sign_in(request, step.chosen, step.wanted, step.way, step.others)

    def change_over(self, request: Request, step: SignInStep, session: Session) -> Response:
        """Take a browser that is signed in to another organisation; it asks for a second factor, and for nothing else,
        so without one the session lasts no longer for it, and its last proof is no fresher.
        """
        if step.chosen is None or self._asks_for_code(step.chosen, step.way):
            return self.go_on(request, step)
        opening = Opening(way=step.way, others=step.others, continuing=session)
        return self._open(request, step.chosen, step.wanted, opening)

    def choose(self, request: Request, organisation: str) -> Response:
        """Go on as the member of this organisation; SignInFailed when the sign-in is over."""
        step = self.step_of(request)
        chosen = next((each for each in step.members if each.organisation == organisation), None)
        if chosen is None:
            return self._to(CHOICE_PATH)
        step = replace(step, chosen=chosen)
        if self._asks_for_code(chosen, step.way):
            return self._keep(request, step, CODE_PATH)
        return self.finish(request, step, chosen)

    def step_of(self, request: Request) -> SignInStep:
        """Return how far this browser's sign-in is; SignInFailed when there is none on its way."""
        return self._steps.of(request.cookies.get(STEP_COOKIE, ""), self._clock.now())

    def finish(self, request: Request, step: SignInStep, member: Member) -> Response:
        """Open the session at the end of the steps, one for all of them; SignInFailed when somebody was faster."""
        self._steps.finish(request.cookies.get(STEP_COOKIE, ""), self._clock.now())
        response = self.sign_in(request, member, step.wanted, step.way, step.others)
        self._cookies.drop(response, STEP_COOKIE)
        return response

    def sign_in(self, request: Request, member: Member, href: str, way: Way, others: Sequence[Member] = ()) -> Response:
        """Open a session and send the browser on to `href`. Whatever is to be asked of the person was asked before."""
        return self._open(request, member, href, Opening(way=way, others=tuple(others)))

    def sign_on(self, request: Request, member: Member, href: str, shown_at: datetime) -> Response:
        """Open a session for who comes by single sign-on and showed the provider who they are at that time."""
        return self._open(request, member, href, Opening(way="sso", shown_at=shown_at))

    def renewed(self, request: Request) -> tuple[str, Session]:
        """Note that this browser's member has just shown anew who they are; return the new token, to be kept in it, and
        the session as it is now.
        """
        now = self._clock.now()
        token = self._sessions.renew(request.cookies.get(SESSION_COOKIE, ""), now)
        return token, self._sessions.member_of(token, now)[1]

    def keep(self, response: Response, token: str, session: Session) -> None:
        self._cookies.keep(response, SESSION_COOKIE, token, session.expires_at - self._clock.now())

    def sign_out(self, request: Request, href: str) -> Response:
        """End this browser's session and send it on to `href`; one that is over already is no error."""
        self._sessions.close(request.cookies.get(SESSION_COOKIE, ""))
        response = RedirectResponse(href, HTTPStatus.SEE_OTHER)
        self._cookies.drop(response, SESSION_COOKIE)
        return response

    def _open(self, request: Request, member: Member, href: str, opening: Opening) -> Response:
        opening = replace(
            opening,
            browser=request.headers.get("user-agent", ""),
            address=address_of(request) or "",
            replacing=request.cookies.get(SESSION_COOKIE, ""),
        )
        token, session = self._sessions.open(member, self._clock.now(), opening)
        response = RedirectResponse(href, HTTPStatus.SEE_OTHER)
        self.keep(response, token, session)
        return response

    def _asks_for_code(self, member: Member, way: Way) -> bool:
        # Who comes by single sign-on has shown to that provider whatever it asks for.
        return way != "sso" and self._factors.of(member) is not None

    def _keep(self, request: Request, step: SignInStep, path: str) -> Response:
        token = self._steps.open(step, self._clock.now(), request.cookies.get(STEP_COOKIE, ""))
        response = self._to(path)
        self._cookies.keep(response, STEP_COOKIE, token, LASTS)
        return response

    def _to(self, path: str) -> Response:
        return RedirectResponse(f"{self._cookies.root_path}{path}", HTTPStatus.SEE_OTHER)
