"""What is kept in a browser: the cookie that holds a session's token, and the cookies of harmless choices.

A browser that signs in always gets a new token and the one it brought ends, so a planted one is worth nothing.
"""

from datetime import timedelta
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from outlay.access.sessions import Sessions
from outlay.control.members import Member
from outlay.kit.clock import Clock
from outlay.web.gate import SESSION_COOKIE


class Cookies:
    """Writes cookies for this product's own paths only, out of reach of scripts and of other sites' forms."""

    def __init__(self, root_path: str, *, secure: bool) -> None:
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

    def __init__(self, sessions: Sessions, cookies: Cookies, clock: Clock) -> None:
        self._sessions = sessions
        self._cookies = cookies
        self._clock = clock

    def sign_in(self, request: Request, member: Member, href: str) -> Response:
        """Open a session and send the browser on to `href`."""
        now = self._clock.now()
        token, session = self._sessions.open(member, now, request.cookies.get(SESSION_COOKIE))
        response = RedirectResponse(href, HTTPStatus.SEE_OTHER)
        self._cookies.keep(response, SESSION_COOKIE, token, session.expires_at - now)
        return response

    def sign_in_here_alone(self, request: Request, member: Member, href: str) -> Response:
        """End all sessions of a member and open a new one in this browser."""
        self._sessions.close_all(member.organisation, member.id)
        return self.sign_in(request, member, href)

    def sign_out(self, request: Request, href: str) -> Response:
        """End this browser's session and send it on to `href`; one that is over already is no error."""
        self._sessions.close(request.cookies.get(SESSION_COOKIE, ""))
        response = RedirectResponse(href, HTTPStatus.SEE_OTHER)
        self._cookies.drop(response, SESSION_COOKIE)
        return response
