"""What is asked after the first factor: which organisation, and the second factor's code."""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outlay.access.second_factor import SecondFactors
from outlay.control.members import Member
from outlay.control.organisations import organisation_of
from outlay.control.trail import Actor
from outlay.errors import AccessError, SignInFailed, TooManyAttempts
from outlay.kit.clock import Clock
from outlay.web.acting import address_of
from outlay.web.browsers import CHOICE_PATH, CODE_PATH
from outlay.web.forms import Form, as_sentence
from outlay.web.pages.sign_in.entrance import Entrance

_OK: Final = 200


class StepsPage:
    def __init__(self, entrance: Entrance, factors: SecondFactors, clock: Clock) -> None:
        self._entrance = entrance
        self._frame = entrance.frame
        self._factors = factors
        self._clock = clock

    def routes(self) -> list[Route]:
        return [
            Route(CHOICE_PATH, self.show_choice, methods=["GET"]),
            Route(CHOICE_PATH, self.choose, methods=["POST"]),
            Route(CODE_PATH, self.show_code, methods=["GET"]),
            Route(CODE_PATH, self.check_code, methods=["POST"]),
        ]

    # Starlette runs what is no coroutine in a thread.
    def show_choice(self, request: Request) -> Response:
        try:
            step = self._entrance.browsers.step_of(request)
        except SignInFailed as error:
            return self._entrance.link_failed(request, error)
        control = self._frame.control
        choices = [(each, organisation_of(control, each.organisation).name) for each in step.members]
        shell = self._frame.plain(request, "Which organisation?")
        return self._frame.page("sign-in/organisation.html", shell, _OK, choices=choices)

    async def choose(self, request: Request) -> Response:
        form = await self._entrance.forms.posted(request)
        return await run_in_threadpool(self._choose, request, form)

    def show_code(self, request: Request) -> Response:
        try:
            member = self._asked(request)
        except SignInFailed as error:
            return self._entrance.link_failed(request, error)
        return self._code_form(request, member)

    async def check_code(self, request: Request) -> Response:
        form = await self._entrance.forms.posted(request)
        return await run_in_threadpool(self._check_code, request, form)

    def _choose(self, request: Request, form: Form) -> Response:
        try:
            return self._entrance.browsers.choose(request, form.text("organisation"))
        except SignInFailed as error:
            return self._entrance.link_failed(request, error)

    def _check_code(self, request: Request, form: Form) -> Response:
        try:
            step, member = self._entrance.browsers.step_of(request), self._asked(request)
        except SignInFailed as error:
            return self._entrance.link_failed(request, error)
        by = Actor("member", member.id, member.name or member.email, address_of(request))
        try:
            self._factors.check(member, form.text("code"), by, self._clock.now())
        except (SignInFailed, TooManyAttempts) as error:
            return self._code_form(request, member, error)
        try:
            return self._entrance.browsers.finish(request, step, member)
        except SignInFailed as error:
            return self._entrance.link_failed(request, error)

    def _asked(self, request: Request) -> Member:
        """Return whose code is asked for."""
        chosen = self._entrance.browsers.step_of(request).chosen
        if chosen is None:
            raise SignInFailed("choose an organisation first; start again")
        return chosen

    def _code_form(self, request: Request, member: Member, error: AccessError | None = None) -> Response:
        shell = self._frame.plain(request, "Enter a code")
        failed = None if error is None else as_sentence(error.message)
        status = _OK if error is None else error.status
        return self._frame.page("sign-in/code.html", shell, status, email=member.email, failed=failed)
