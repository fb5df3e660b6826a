"""`/account`: what members see and change of their own account."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.account_keys import own_keys_of
from outlay.access.open_sessions import end_session, end_sessions, open_sessions_of
from outlay.access.sign_in_steps import SignInStep
from outlay.control.organisations import organisation_of
from outlay.errors import InputError, NotFound
from outlay.kit.period import parse_zone
from outlay.web.acting import actor_of
from outlay.web.forms import Form, as_sentence
from outlay.web.gate import SignedIn
from outlay.web.pages.account.means import AccountMeans
from outlay.web.pages.account.told import ShownAccount, shown_factor, shown_key, shown_session
from outlay.web.pages.by_members import ByMembers
from outlay.web.render import Notice

ACCOUNT: Final = "/account"
NAME: Final = "/account/name"
END: Final = "/account/sessions/{session}/end"
END_OTHERS: Final = "/account/sessions/end-others"
ORGANISATION: Final = "/account/organisation"
_DONE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "name": "Your name is changed.",
        "ended": "That browser is signed out.",
        "others": "All other browsers are signed out.",
        "factor-removed": "Your second factor is removed.",
    }
)


class AccountPage:
    def __init__(self, means: AccountMeans) -> None:
        self._means = means
        self._frame = means.frame

    def routes(self) -> list[Route]:
        by = ByMembers(self._frame, self._means.forms)
        return [
            Route(ACCOUNT, by.shown(self._show), methods=["GET"]),
            Route(NAME, by.done(self._rename), methods=["POST"]),
            Route(END_OTHERS, by.done(self._end_others), methods=["POST"]),
            Route(END, by.done(self._end), methods=["POST"]),
            Route(ORGANISATION, by.done(self._change_over), methods=["POST"]),
        ]

    def _show(self, request: Request, who: SignedIn) -> Response:
        done = _DONE.get(request.query_params.get("done", ""))
        return self._page(request, who, notices=() if done is None else (Notice("good", done),))

    def _page(
        self, request: Request, who: SignedIn, errors: Mapping[str, str] | None = None, notices: tuple[Notice, ...] = ()
    ) -> Response:
        shell = self._frame.shell(request, who, "Your account", "account", notices)
        account = self._account(who, shell.zone)
        status = InputError.status if errors else HTTPStatus.OK
        return self._frame.page("account/page.html", shell, status, account=account, errors=errors or {})

    def _account(self, who: SignedIn, zone_name: str) -> ShownAccount:
        means, member, now, zone = self._means, who.member, self._means.clock.now(), parse_zone(zone_name)
        factor = means.factors.of(member)
        sessions = open_sessions_of(means.control, member.organisation, member.id, now)
        others = means.sessions.others_of(who.session)
        return ShownAccount(
            member=member,
            factor=None if factor is None else shown_factor(factor, zone),
            sessions=tuple(shown_session(each, who.session.id, now, zone) for each in sessions),
            keys=tuple(shown_key(each, now, zone) for each in own_keys_of(means.control, member, now)),
            others=tuple(
                (each.organisation, organisation_of(means.control, each.organisation).name) for each in others
            ),
        )

    def _rename(self, request: Request, who: SignedIn, form: Form) -> Response:
        try:
            self._means.accounts.rename(who.member, form.text("name"), actor_of(request, who))
        except InputError as error:
            return self._page(request, who, {"name": as_sentence(error.message)})
        return self._done("name")

    def _end(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        session = request.path_params["session"]
        if session == who.session.id:
            return self._means.browsers.sign_out(request, self._frame.renderer.url("/sign-in"))
        end_session(self._means.control, who.member, session, actor_of(request, who), self._means.clock.now())
        return self._done("ended")

    def _end_others(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        by, now = actor_of(request, who), self._means.clock.now()
        end_sessions(self._means.control, who.member, by, now, but=who.session.id)
        return self._done("others")

    def _change_over(self, request: Request, who: SignedIn, form: Form) -> Response:
        """Go on in another organisation, where this person has shown who they are when they signed in here."""
        others = self._means.sessions.others_of(who.session)
        chosen = next((each for each in others if each.organisation == form.text("organisation")), None)
        if chosen is None:
            raise NotFound("sign in again to go on in that organisation")
        step = SignInStep((who.member, *others), chosen, who.session.way, self._frame.renderer.url("/"))
        return self._means.browsers.change_over(request, step, who.session)

    def _done(self, what: str) -> Response:
        return RedirectResponse(self._frame.renderer.url(ACCOUNT, {"done": what}), HTTPStatus.SEE_OTHER)
