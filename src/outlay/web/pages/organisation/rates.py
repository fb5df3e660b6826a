"""The rates by which dollars are shown in an organisation's currency: entered one by one, or a whole file at once."""

from http import HTTPStatus
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.roles import require
from outlay.control.currencies import USD, count_rates, put_rates, rates_of
from outlay.control.organisations import organisation_of
from outlay.control.rate_files import parse_rate_file
from outlay.errors import InputError
from outlay.web.acting import actor_of
from outlay.web.forms import Form, Forms
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.organisation.draft import RateDraft, rate_draft_of, told
from outlay.web.pages.organisation.page import PATH, Around
from outlay.web.pages.organisation.tables import rates_table
from outlay.web.render import Notice, Shell

RATES: Final = f"{PATH}/rates"
PER_PAGE: Final = 50
PASTED: Final = "a pasted file"


class RatesPage:
    def __init__(self, frame: Frame, forms: Forms, around: Around) -> None:
        self._frame = frame
        self._forms = forms
        self._around = around

    def routes(self) -> list[Route]:
        return [Route(RATES, self.show, methods=["GET"]), Route(RATES, self.save, methods=["POST"])]

    # Starlette runs what is no coroutine in a thread.
    def show(self, request: Request) -> Response:
        who = self._frame.signed_in(request)
        saved = request.query_params.get("saved", "")
        notices = (Notice("good", "The rates are kept."),) if saved else ()
        return self._page(request, who, RateDraft(), notices)

    async def save(self, request: Request) -> Response:
        who, form = await self._forms.posted_by_member(request)
        return await run_in_threadpool(self._save, request, who, form)

    def _shell(self, request: Request, who: SignedIn, notices: tuple[Notice, ...] = ()) -> Shell:
        shell = self._frame.shell(request, who, "Exchange rates", "organisation", notices)
        require(who.viewer, "manage_settings", shell.organisation)
        return shell

    def _page(
        self, request: Request, who: SignedIn, draft: RateDraft, notices: tuple[Notice, ...], status: int = 200
    ) -> Response:
        shell = self._shell(request, who, notices)
        control, organisation = self._around.control, who.member.organisation
        currency = organisation_of(control, organisation).currency
        values = {
            "draft": draft,
            "currency": "" if currency == USD else currency,
            "table": rates_table(rates_of(control, organisation, currency, PER_PAGE)),
            "count": count_rates(control, organisation, currency),
        }
        return self._frame.page("settings/rates.html", shell, status, **values)

    def _save(self, request: Request, who: SignedIn, form: Form) -> Response:
        self._shell(request, who)
        draft, around, organisation = rate_draft_of(form), self._around, who.member.organisation
        currency = organisation_of(around.control, organisation).currency
        try:
            rates = parse_rate_file(draft.file, {currency}) if draft.file.strip() else draft.rates(currency)
            source = PASTED if draft.file.strip() else ""
            put_rates(around.control, organisation, rates, source, actor_of(request, who), around.clock.now())
        except InputError as error:
            notices = (Notice("bad", told(error)),)
            return self._page(request, who, draft, notices, HTTPStatus.UNPROCESSABLE_ENTITY)
        return RedirectResponse(self._frame.renderer.url(RATES, {"saved": "1"}), HTTPStatus.SEE_OTHER)
