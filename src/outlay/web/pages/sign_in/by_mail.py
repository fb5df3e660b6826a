"""Asking for a sign-in link or a new password by mail. The answer, and the time it takes, is the same for everyone:
whether there is such a member is found out after it was given.
"""

from typing import Final

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outlay.access.attempts import Attempts, Limits
from outlay.access.links import LASTS, Purpose, create_link, link_url
from outlay.access.only_sign_on import is_only
from outlay.config import Settings
from outlay.control.credentials import members_with_email
from outlay.control.emails import email_key, is_email
from outlay.control.members import member_of_id
from outlay.control.organisations import organisation_of
from outlay.control.trail import Actor
from outlay.errors import NotFound, TooManyAttempts
from outlay.kit.clock import Clock
from outlay.notify.letters import new_password_letter, sign_in_letter
from outlay.notify.mail import Mail
from outlay.web.acting import address_of
from outlay.web.forms import Form, as_sentence
from outlay.web.pages.sign_in.entrance import Entrance

MAIL: Final = "/sign-in/mail"
_LIMITS: Final = Limits(3, 20, 5, "mails asked for")


class ByMailPage:
    def __init__(self, entrance: Entrance, mail: Mail, settings: Settings, clock: Clock) -> None:
        self._entrance = entrance
        self._frame = entrance.frame
        self._mail = mail
        self._settings = settings
        self._clock = clock
        self._attempts = Attempts(entrance.frame.control)

    def routes(self) -> list[Route]:
        return [Route(MAIL, self.show, methods=["GET"]), Route(MAIL, self.ask, methods=["POST"])]

    # Starlette runs what is no coroutine in a thread.
    def show(self, request: Request) -> Response:
        self._check_that_mail_is_sent()
        return self._form(request)

    async def ask(self, request: Request) -> Response:
        form = await self._entrance.forms.posted(request)
        return await run_in_threadpool(self._ask, request, form)

    def _ask(self, request: Request, form: Form) -> Response:
        self._check_that_mail_is_sent()
        email = form.text("email").strip()
        purpose: Purpose = "password_reset" if form.text("for") == "password" else "mailed"
        if not is_email(email):
            return self._form(request, email, "Write an e-mail address such as ada@example.com.", 422)
        try:
            self._attempts.begin(f"mail\n{email_key(email)}", address_of(request) or "", _LIMITS, self._clock.now())
        except TooManyAttempts as error:
            return self._form(request, email, as_sentence(error.message), error.status)
        shell = self._frame.plain(request, "Look into your mail")
        response = self._frame.page("sign-in/mailed.html", shell, 200, email=email, purpose=purpose)
        response.background = BackgroundTask(self.send, email, purpose, address_of(request))
        return response

    def send(self, email: str, purpose: Purpose, address: str | None) -> None:
        """Send a link for each organisation in which there is such a member."""
        control, now = self._frame.control, self._clock.now()
        for organisation, identity in members_with_email(control, email):
            if is_only(control, organisation):
                continue
            member = member_of_id(control, organisation, identity)
            by = Actor("member", member.id, member.name or member.email, address)
            url = link_url(self._settings, create_link(control, member, by, now, purpose), purpose)
            named = organisation_of(control, organisation).name
            make = new_password_letter if purpose == "password_reset" else sign_in_letter
            self._mail.send(organisation, purpose, make(member, named, url), LASTS[purpose])

    def _form(self, request: Request, email: str = "", error: str | None = None, status: int = 200) -> Response:
        shell = self._frame.plain(request, "Get a link by mail")
        return self._frame.page("sign-in/mail.html", shell, status, email=email[:320], error=error)

    def _check_that_mail_is_sent(self) -> None:
        if not self._mail.configured:
            raise NotFound("this Outlay sends no mail; ask an admin of your organisation for a link")
