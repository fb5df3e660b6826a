"""`/account/proof`: showing anew who one is, before what a browser left alone must not be able to do.

Who has a second factor shows that; who came by single sign-on has their provider ask again; else it is the password.
Who has none of these signs in again.
"""

from http import HTTPStatus
from typing import Literal

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.control.sign_on_identities import identities_of
from outlay.control.sign_on_providers import ProviderBook, SignOnProvider
from outlay.errors import AccessError, SignInFailed, TooManyAttempts
from outlay.web.acting import actor_of
from outlay.web.forms import Form, as_sentence
from outlay.web.gate import PROOF_PATH, SignedIn
from outlay.web.pages.account.means import AccountMeans
from outlay.web.pages.by_members import ByMembers
from outlay.web.pages.sso.sign_on import ANEW, START
from outlay.web.way_back import way_back

Proof = Literal["code", "provider", "password", "none"]


class ProofPage:
    def __init__(self, means: AccountMeans, providers: ProviderBook) -> None:
        self._means = means
        self._frame = means.frame
        self._providers = providers

    def routes(self) -> list[Route]:
        by = ByMembers(self._frame, self._means.forms)
        return [
            Route(PROOF_PATH, by.shown(self._show), methods=["GET"]),
            Route(PROOF_PATH, by.done(self._check), methods=["POST"]),
        ]

    def _show(self, request: Request, who: SignedIn) -> Response:
        return self._form(request, who, request.query_params.get("next", ""))

    def _check(self, request: Request, who: SignedIn, form: Form) -> Response:
        wanted, by = form.text("next"), actor_of(request, who)
        proof = self._proof(who)
        try:
            if proof == "code":
                self._means.factors.check(who.member, form.text("code"), by, self._means.clock.now())
            elif proof == "password":
                self._means.accounts.check_password(who.member, form.text("password"), by.address or "")
            else:
                return self._form(request, who, wanted)
        except (SignInFailed, TooManyAttempts) as error:
            return self._form(request, who, wanted, error)
        token, session = self._means.browsers.renewed(request)
        response = RedirectResponse(self._target(wanted), HTTPStatus.SEE_OTHER)
        self._means.browsers.keep(response, token, session)
        return response

    def _proof(self, who: SignedIn) -> Proof:
        if self._means.factors.of(who.member) is not None:
            return "code"
        if self._theirs(who):
            return "provider"
        return "password" if who.member.has_password else "none"

    def _theirs(self, who: SignedIn) -> list[SignOnProvider]:
        """Return the providers that can ask who came by single sign-on."""
        if who.session.way != "sso":
            return []
        organisation = who.member.organisation
        with self._means.control.read() as connection:
            linked = {each.provider for each in identities_of(connection, organisation, who.member.id)}
        return [each for each in self._providers.all_of(organisation) if each.settings.enabled and each.id in linked]

    def _form(self, request: Request, who: SignedIn, wanted: str, error: AccessError | None = None) -> Response:
        shell = self._frame.shell(request, who, "Is it you?", "account")
        status = HTTPStatus.OK if error is None else error.status
        target, url = self._target(wanted), self._frame.renderer.url
        query = {"next": target, "email": who.member.email, ANEW: "1"}
        ways = [(each.name, url(START.format(provider=each.id), query)) for each in self._theirs(who)]
        values = {"proof": self._proof(who), "next": target, "ways": ways}
        failed = None if error is None else as_sentence(error.message)
        return self._frame.page("account/proof.html", shell, status, failed=failed, **values)

    def _target(self, wanted: str) -> str:
        renderer = self._frame.renderer
        return way_back(wanted, renderer.root_path) or renderer.url("/account")
