"""`/account/second-factor`: setting one up, its recovery codes, and taking it away.

Secret and recovery codes stand in answers of their own only, never in an address; the codes are shown once.
"""

from http import HTTPStatus
from typing import Final

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.open_sessions import end_sessions
from outlay.access.proof import require_recent_proof
from outlay.access.second_factor import remove_second_factor
from outlay.access.second_factor_rule import is_owed, rule_of
from outlay.control.organisations import organisation_of
from outlay.errors import AccessError, Conflict, NotFound, SignInFailed, TooManyAttempts
from outlay.kit.period import parse_zone
from outlay.web.acting import actor_of
from outlay.web.forms import Form, as_sentence
from outlay.web.gate import SECOND_FACTOR_PATH, SignedIn
from outlay.web.pages.account.means import AccountMeans
from outlay.web.pages.account.told import shown_factor
from outlay.web.pages.by_members import ByMembers
from outlay.web.qr_code import qr_image

SET_UP: Final = f"{SECOND_FACTOR_PATH}/set-up"
BEGIN: Final = f"{SECOND_FACTOR_PATH}/begin"
CODES: Final = f"{SECOND_FACTOR_PATH}/codes"
REMOVE: Final = f"{SECOND_FACTOR_PATH}/remove"


class SecondFactorPage:
    def __init__(self, means: AccountMeans) -> None:
        self._means = means
        self._frame = means.frame

    def routes(self) -> list[Route]:
        by = ByMembers(self._frame, self._means.forms)
        return [
            Route(SECOND_FACTOR_PATH, by.shown(self._show), methods=["GET"]),
            Route(BEGIN, by.done(self._begin), methods=["POST"]),
            Route(SET_UP, by.shown(self._show_set_up), methods=["GET"]),
            Route(SET_UP, by.done(self._confirm), methods=["POST"]),
            Route(CODES, by.done(self._renew_codes), methods=["POST"]),
            Route(REMOVE, by.done(self._remove), methods=["POST"]),
        ]

    def _show(self, request: Request, who: SignedIn) -> Response:
        self._check_proof(who)
        shell = self._frame.shell(request, who, "Second factor", "account")
        factor = self._means.factors.of(who.member)
        shown = None if factor is None else shown_factor(factor, parse_zone(shell.zone))
        rule = rule_of(self._means.control, who.member.organisation)
        owed = is_owed(rule, who.member.role, who.session.way)
        return self._frame.page("account/second-factor.html", shell, HTTPStatus.OK, factor=shown, owed=owed)

    def _begin(self, request: Request, who: SignedIn, form: Form) -> Response:
        del request, form
        self._check_proof(who)
        try:
            self._means.factors.begin(who.member, self._means.clock.now())
        except Conflict:  # set up meanwhile in another window
            return self._to(SECOND_FACTOR_PATH)
        return self._to(SET_UP)

    def _show_set_up(self, request: Request, who: SignedIn) -> Response:
        self._check_proof(who)
        return self._set_up(request, who)

    def _set_up(self, request: Request, who: SignedIn, error: AccessError | None = None) -> Response:
        organisation = organisation_of(self._means.control, who.member.organisation).name
        try:
            pending = self._means.factors.pending(who.member, f"Outlay {organisation}")
        except NotFound:
            return self._to(SECOND_FACTOR_PATH)
        shell = self._frame.shell(request, who, "Set up a second factor", "account")
        secret = " ".join(pending.secret[at : at + 4] for at in range(0, len(pending.secret), 4))
        failed = None if error is None else as_sentence(error.message)
        status = HTTPStatus.OK if error is None else error.status
        values = {"qr_code": qr_image(pending.uri), "secret": secret, "failed": failed}
        return self._frame.page("account/set-up.html", shell, status, **values)

    def _confirm(self, request: Request, who: SignedIn, form: Form) -> Response:
        self._check_proof(who)
        by, now = actor_of(request, who), self._means.clock.now()
        try:
            codes = self._means.factors.confirm(who.member, form.text("code"), by, now)
        except (SignInFailed, TooManyAttempts) as error:
            return self._set_up(request, who, error)
        except NotFound:
            return self._to(SECOND_FACTOR_PATH)
        # The other browsers came in without it.
        end_sessions(self._means.control, who.member, by, now, but=who.session.id)
        self._means.tell(who, "A second factor was set up")
        return self._shown_codes(request, who, codes, "Your second factor is set up")

    def _renew_codes(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        self._check_proof(who)
        codes = self._means.factors.renew_codes(who.member, actor_of(request, who), self._means.clock.now())
        return self._shown_codes(request, who, codes, "New recovery codes")

    def _shown_codes(self, request: Request, who: SignedIn, codes: tuple[str, ...], title: str) -> Response:
        token, session = self._means.browsers.renewed(request)
        renewed = replace(who, session=replace(session, owes_second_factor=False))
        shell = self._frame.shell(request, renewed, title, "account")
        response = self._frame.page("account/codes.html", shell, HTTPStatus.CREATED, codes=codes)
        self._means.browsers.keep(response, token, session)
        return response

    def _remove(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        self._check_proof(who)
        try:
            remove_second_factor(self._means.control, who.member, actor_of(request, who), self._means.clock.now())
        except NotFound:  # removed meanwhile in another window
            return self._to(SECOND_FACTOR_PATH)
        self._means.tell(who, "Your second factor was removed")
        return RedirectResponse(self._frame.renderer.url("/account", {"done": "factor-removed"}), HTTPStatus.SEE_OTHER)

    def _check_proof(self, who: SignedIn) -> None:
        require_recent_proof(who.session, self._means.clock.now(), SECOND_FACTOR_PATH)

    def _to(self, path: str) -> Response:
        return RedirectResponse(self._frame.renderer.url(path), HTTPStatus.SEE_OTHER)
