"""`/sign-in/sso`: which provider somebody signs in by, the way there, and the way back.

The way there is a link and no form, because `form-action 'self'` holds for where a form's answer leads, too. That a
link can be followed by accident does no harm: it signs nobody in before the provider has answered to this browser.
"""

import re
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.single_sign_on.conversation import Answer, Asking
from outlay.access.single_sign_on.flow import Returned, SingleSignOn
from outlay.control.emails import is_email
from outlay.control.sign_on_providers import Offered, ProviderBook
from outlay.errors import AccessError, NotFound, OutlayError, SignOnFailed, Unavailable
from outlay.web.acting import address_of
from outlay.web.browsers import Browsers, Cookies
from outlay.web.forms import Forms, as_sentence
from outlay.web.frame import Frame
from outlay.web.way_back import way_back

FIND: Final = "/sign-in/sso"
START: Final = "/sign-in/sso/{provider}"
CALLBACK: Final = "/sign-in/sso/{provider}/callback"
ANEW: Final = "anew"  # in the query: have the provider ask, also whom it knows
SECRET_COOKIE: Final = "outlay_sign_on"  # noqa: S105 - a name
_LONGEST_EMAIL: Final = 320
_LONGEST_STATE: Final = 4096
_CODE: Final = re.compile(r"[a-z_]{1,60}", re.ASCII)


class SignOnPage:
    def __init__(
        self, frame: Frame, forms: Forms, browsers: Browsers, cookies: Cookies, means: tuple[SingleSignOn, ProviderBook]
    ) -> None:
        self._frame = frame
        self._forms = forms
        self._browsers = browsers
        self._cookies = cookies
        self._sign_on, self._book = means

    def routes(self) -> list[Route]:
        return [
            Route(FIND, self.find, methods=["GET"]),
            Route(START, self.start, methods=["GET"]),
            Route(CALLBACK, self.come_back, methods=["GET"]),
        ]

    # Starlette runs what is no coroutine in a thread.
    def find(self, request: Request) -> Response:
        """Ask for an e-mail address, and show the providers of its domain: of every organisation that names it."""
        email = request.query_params.get("email", "").strip()[:_LONGEST_EMAIL]
        wanted = self._wanted(request)
        found = self._book.offered_for(email) if is_email(email) else []
        failed = ""
        if email and not found:
            failed = "No organisation signs in addresses of this domain by single sign-on."
        return self._frame.page(
            "sign-on/find.html",
            self._frame.plain(request, "Sign in by single sign-on"),
            HTTPStatus.OK,
            email=email,
            next=wanted,
            failed=failed,
            offers=offer_links(self._frame, found, wanted, email),
        )

    async def start(self, request: Request) -> Response:
        """Send the browser to the provider, with a secret in a cookie that its answer is tied to."""
        provider = _id(request)
        email = request.query_params.get("email", "").strip()
        hint = email if is_email(email) else ""
        try:
            asking = Asking(hint, anew=bool(request.query_params.get(ANEW)))
            sent = await self._sign_on.begin(provider, self._wanted(request), self._callback(request, provider), asking)
        except (AccessError, NotFound, Unavailable) as error:
            return await run_in_threadpool(self._failed, request, error)
        response = RedirectResponse(sent.address, HTTPStatus.SEE_OTHER)
        self._cookies.keep(response, SECRET_COOKIE, sent.secret, sent.lasting)
        return response

    async def come_back(self, request: Request) -> Response:
        """Take the provider's answer and open a session; whatever comes of it, the cookie's secret is used up."""
        response = await self._came_back(request)
        self._cookies.drop(response, SECRET_COOKIE)
        return response

    async def _came_back(self, request: Request) -> Response:
        query, provider = request.query_params, _id(request)
        told = query.get("error")
        try:
            if told is not None:
                raise SignOnFailed(_reason(told))
            returned = Returned(
                provider=provider,
                state=query.get("state", "")[:_LONGEST_STATE],
                secret=request.cookies.get(SECRET_COOKIE, ""),
                answer=Answer(query.get("code", ""), query.get("iss", "")),
                callback=self._callback(request, provider),
                address=address_of(request) or "",
            )
            signed = await self._sign_on.finish(returned)
        except (AccessError, Unavailable) as error:
            return await run_in_threadpool(self._failed, request, error)
        target = way_back(signed.way, self._frame.renderer.root_path) or self._frame.renderer.url("/")
        return await run_in_threadpool(self._browsers.sign_on, request, signed.member, target, signed.shown_at)

    def _failed(self, request: Request, error: OutlayError) -> Response:
        shell = self._frame.plain(request, "Single sign-on did not work")
        return self._frame.page("sign-on/failed.html", shell, error.status, reason=as_sentence(error.message))

    def _wanted(self, request: Request) -> str:
        return way_back(request.query_params.get("next", ""), self._frame.renderer.root_path) or ""

    def _callback(self, request: Request, provider: str) -> str:
        return callback_url(self._frame, self._forms, request, provider)


def callback_url(frame: Frame, forms: Forms, request: Request, provider: str) -> str:
    """Return the address that a provider sends people back to: what has to be registered there, to the letter."""
    return forms.own_origin(request) + frame.renderer.url(CALLBACK.format(provider=quote(provider, safe="")))


def offer_links(frame: Frame, offers: list[Offered], wanted: str, email: str = "") -> list[tuple[str, str, str]]:
    """Return label, organisation and address of each way to sign in by a provider."""
    query = {name: value for name, value in (("next", wanted), ("email", email)) if value}
    return [
        (each.name, each.organisation, frame.renderer.url(START.format(provider=each.provider), query or None))
        for each in offers
    ]


def _id(request: Request) -> str:
    provider = str(request.path_params["provider"])
    if not provider.isascii() or not provider.isprintable():
        raise NotFound("there is no such sign-on provider")
    return provider


def _reason(told: str) -> str:
    """Return what a provider's error means, without repeating text that whoever made the link could write."""
    if told == "access_denied":
        return "the provider did not let you in"
    return f"the provider answered with the error {told}" if _CODE.fullmatch(told) else "the provider refused"
