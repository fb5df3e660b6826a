"""One-time links: the one that signs in, and those where a password is set, by invitation or instead of a lost one.

A link's page only asks; its form uses the link up. Previews and mail scanners that open it change nothing.
"""

from typing import Final, Literal

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outlay.access.links import LINK_PATH, PATHS
from outlay.access.passwords import SHORTEST_PASSWORD
from outlay.access.sign_in_steps import first_step
from outlay.control.organisations import organisation_of
from outlay.errors import InputError, SignInFailed
from outlay.web.acting import address_of
from outlay.web.forms import Form, as_sentence
from outlay.web.pages.sign_in.entrance import Entrance

INVITATION: Final = PATHS["invitation"]
NEW_PASSWORD: Final = PATHS["password_reset"]


class LinkPage:
    """`/sign-in/link`."""

    def __init__(self, entrance: Entrance) -> None:
        self._entrance = entrance
        self._frame = entrance.frame

    def routes(self) -> list[Route]:
        return [Route(LINK_PATH, self.show, methods=["GET"]), Route(LINK_PATH, self.sign_in, methods=["POST"])]

    # Starlette runs what is no coroutine in a thread.
    def show(self, request: Request) -> Response:
        token = request.query_params.get("token", "")
        try:
            member = self._entrance.accounts.member_behind_link(token)
        except SignInFailed as error:
            return self._entrance.link_failed(request, error)
        shell = self._frame.plain(request, f"Sign in as {member.name or member.email}?")
        return self._frame.page("sign-in/link.html", shell, 200, email=member.email, token=token)

    async def sign_in(self, request: Request) -> Response:
        form = await self._entrance.forms.posted(request)
        return await run_in_threadpool(self._sign_in, request, form)

    def _sign_in(self, request: Request, form: Form) -> Response:
        try:
            member = self._entrance.accounts.member_by_link(form.text("token"))
        except SignInFailed as error:
            return self._entrance.link_failed(request, error)
        return self._entrance.browsers.go_on(request, first_step((member,), "link", self._entrance.target("")))


class Asked(Struct, frozen=True):
    """One kind of page that asks for a new password: where, and whether it is the first of a new member."""

    path: str
    kind: Literal["invitation", "reset"]


class PasswordByLinkPage:
    """`/sign-in/invitation` and `/sign-in/new-password`."""

    def __init__(self, entrance: Entrance) -> None:
        self._entrance = entrance
        self._frame = entrance.frame

    def routes(self) -> list[Route]:
        kinds = (Asked(INVITATION, "invitation"), Asked(NEW_PASSWORD, "reset"))
        return [route for asked in kinds for route in self._routes_of(asked)]

    def _routes_of(self, asked: Asked) -> list[Route]:
        def show(request: Request) -> Response:
            return self._form(request, asked, request.query_params.get("token", ""))

        async def put(request: Request) -> Response:
            form = await self._entrance.forms.posted(request)
            return await self._entrance.turns.run(self._put, request, asked, form)

        return [Route(asked.path, show, methods=["GET"]), Route(asked.path, put, methods=["POST"])]

    def _put(self, request: Request, asked: Asked, form: Form) -> Response:
        token, new = form.text("token"), form.text("new")
        if new != form.text("again"):
            return self._form(request, asked, token, {"again": "The two passwords differ."})
        try:
            member = self._entrance.accounts.set_password_by_link(token, asked.path, new, address_of(request) or "")
        except InputError as error:
            return self._form(request, asked, token, {"new": as_sentence(error.message)})
        except SignInFailed as error:
            return self._entrance.link_failed(request, error)
        return self._entrance.browsers.go_on(request, first_step((member,), "link", self._entrance.target("")))

    def _form(self, request: Request, asked: Asked, token: str, errors: dict[str, str] | None = None) -> Response:
        try:
            member = self._entrance.accounts.member_behind_link(token, asked.path)
        except SignInFailed as error:
            return self._entrance.link_failed(request, error)
        organisation = organisation_of(self._frame.control, member.organisation).name
        title = f"Welcome to {organisation}" if asked.kind == "invitation" else "Set a new password"
        shell = self._frame.plain(request, title)
        values = {"member": member, "token": token, "path": asked.path, "kind": asked.kind, "errors": errors or {}}
        status = InputError.status if errors else 200
        return self._frame.page("sign-in/password.html", shell, status, shortest=SHORTEST_PASSWORD, **values)
