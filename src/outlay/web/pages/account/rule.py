"""`/settings/second-factor`: who of the organisation must have a second factor, and how many have one."""

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.second_factor import count_with_second_factor
from outlay.access.second_factor_rule import put_rule, rule_of
from outlay.web.acting import actor_of
from outlay.web.forms import Form
from outlay.web.gate import SignedIn
from outlay.web.pages.account.means import AccountMeans
from outlay.web.pages.by_members import ByMembers
from outlay.web.render import Notice

RULE: Final = "/settings/second-factor"
_CHOICES: Final = (
    ("nobody", "Nobody has to"),
    ("admins", "Admins"),
    ("everyone", "Everyone"),
)


class RulePage:
    def __init__(self, means: AccountMeans) -> None:
        self._means = means
        self._frame = means.frame

    def routes(self) -> list[Route]:
        by = ByMembers(self._frame, self._means.forms, "manage_settings")
        return [
            Route(RULE, by.shown(self._show), methods=["GET"]),
            Route(RULE, by.done(self._put, proof_on=RULE), methods=["POST"]),
        ]

    def _show(self, request: Request, who: SignedIn) -> Response:
        saved = "saved" in request.query_params
        notices = (Notice("good", "Saved. It counts with the next click of everyone."),) if saved else ()
        shell = self._frame.shell(request, who, "Second factor", "second-factor", notices)
        control, organisation = self._means.control, who.member.organisation
        values = {"choices": _CHOICES, "rule": rule_of(control, organisation)}
        counted = count_with_second_factor(control, organisation)
        return self._frame.page("account/rule.html", shell, HTTPStatus.OK, counted=counted, **values)

    def _put(self, request: Request, who: SignedIn, form: Form) -> Response:
        now = self._means.clock.now()
        put_rule(self._means.control, who.member.organisation, form.text("rule"), actor_of(request, who), now)
        return RedirectResponse(self._frame.renderer.url(RULE, {"saved": "1"}), HTTPStatus.SEE_OTHER)
