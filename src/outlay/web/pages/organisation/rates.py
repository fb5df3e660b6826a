"""The rates by which dollars are shown in an organisation's currency: entered one by one, or a whole file at once; and
removed again, once it was said whose amounts that changes.
"""

from datetime import date, timedelta
from http import HTTPStatus
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.control.currencies import (
    SIGNS,
    USD,
    Term,
    count_rates,
    currencies_kept,
    put_rates,
    rates_of,
    remove_rate,
    term_of,
)
from outlay.control.organisations import organisation_of
from outlay.control.rate_files import parse_rate_file
from outlay.errors import InputError, NotFound
from outlay.kit.money import plain
from outlay.kit.period import local_day, parse_zone
from outlay.web import format as text
from outlay.web.acting import actor_of
from outlay.web.forms import Form, Forms
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.by_members import ByMembers
from outlay.web.pages.organisation.draft import RateDraft, rate_draft_of, told
from outlay.web.pages.organisation.page import PATH, Around
from outlay.web.pages.organisation.removal import removal_of
from outlay.web.pages.settings.paging import PER_PAGE, page_number, pager_of
from outlay.web.parts import Pager
from outlay.web.render import Notice

RATES: Final = f"{PATH}/rates"
REMOVE: Final = f"{RATES}/{{currency}}/{{day}}/remove"
PASTED: Final = "a pasted file"
_DONE: Final = {"1": "The rates are kept.", "removed": "The rate is removed."}


class ListedRate(Struct, frozen=True):
    day: str
    rate: str
    remove_href: str


class RateList(Struct, frozen=True):
    """A page of the rates of `currency`, of the days up to `to` where one was asked for; `wrong` says why not."""

    currency: str
    rows: tuple[ListedRate, ...]
    count: int
    pager: Pager | None
    to: str
    wrong: str


class RatesPage:
    def __init__(self, frame: Frame, forms: Forms, around: Around) -> None:
        self._frame = frame
        self._forms = forms
        self._around = around

    def routes(self) -> list[Route]:
        admins = ByMembers(self._frame, self._forms, "manage_settings")
        return [
            Route(RATES, admins.shown(self._show), methods=["GET"]),
            Route(RATES, admins.done(self._save), methods=["POST"]),
            Route(REMOVE, admins.shown(self._confirm), methods=["GET"]),
            Route(REMOVE, admins.done(self._remove), methods=["POST"]),
        ]

    def _show(self, request: Request, who: SignedIn) -> Response:
        done = _DONE.get(request.query_params.get("saved", ""))
        return self._page(request, who, RateDraft(), (Notice("good", done),) if done else ())

    def _page(
        self, request: Request, who: SignedIn, draft: RateDraft, notices: tuple[Notice, ...], status: int = 200
    ) -> Response:
        control, organisation = self._around.control, who.member.organisation
        currency = organisation_of(control, organisation).currency
        kept = currencies_kept(control, organisation)
        wanted = request.query_params.get("of", currency)
        if wanted not in kept:
            wanted = currency if currency != USD or not kept else kept[0]
        listed = self._listed(request, organisation, wanted)
        if listed.wrong:
            notices = (*notices, Notice("warn", listed.wrong))
        values = {
            "draft": draft,
            "currency": "" if currency == USD else currency,
            "listed": listed,
            "kept": kept,
        }
        shell = self._frame.shell(request, who, "Exchange rates", "organisation", notices)
        return self._frame.page("settings/rates.html", shell, status, **values)

    def _listed(self, request: Request, organisation: str, currency: str) -> RateList:
        written, page, wrong = request.query_params.get("to", "").strip(), page_number(request), ""
        try:
            before = date.fromisoformat(written) + timedelta(days=1) if written else None
        except (ValueError, OverflowError):
            before, wrong, written = None, f"“{written[:20]}” is no day; write YYYY-MM-DD.", ""
        control, renderer = self._around.control, self._frame.renderer
        count = count_rates(control, organisation, currency, before)
        rates = rates_of(control, organisation, currency, PER_PAGE, before, page * PER_PAGE)
        places = max((len(plain(each.per_usd).partition(".")[2]) for each in rates), default=0)
        rows = tuple(
            ListedRate(
                text.day(each.day),
                f"{each.per_usd:.{places}f} {each.currency}",
                renderer.url(REMOVE.format(currency=each.currency, day=each.day)),
            )
            for each in rates
        )
        asked = {"of": request.query_params.get("of", "") and currency, "to": written}
        return RateList(currency, rows, count, pager_of(renderer, RATES, asked, page, count), written, wrong)

    def _save(self, request: Request, who: SignedIn, form: Form) -> Response:
        draft, around, organisation = rate_draft_of(form), self._around, who.member.organisation
        currency = organisation_of(around.control, organisation).currency
        try:
            rates = parse_rate_file(draft.file, {currency}) if draft.file.strip() else draft.rates(currency)
            source = PASTED if draft.file.strip() else ""
            put_rates(around.control, organisation, rates, source, actor_of(request, who), around.clock.now())
        except InputError as error:
            notices = (Notice("bad", told(error)),)
            return self._page(request, who, draft, notices, HTTPStatus.UNPROCESSABLE_ENTITY)
        return self._back("1", "")

    def _confirm(self, request: Request, who: SignedIn) -> Response:
        term, mine = self._term(request, who), organisation_of(self._around.control, who.member.organisation)
        today = local_day(self._around.clock.now(), parse_zone(mine.zone))
        shell = self._frame.shell(request, who, "Remove the rate?", "organisation")
        values = {
            "removal": removal_of(term, mine.currency, today),
            "action": self._frame.renderer.url(REMOVE.format(currency=term.rate.currency, day=term.rate.day)),
            "back": self._frame.renderer.url(RATES),
        }
        return self._frame.page("settings/rate-remove.html", shell, 200, **values)

    def _remove(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        rate, around, organisation = self._term(request, who).rate, self._around, who.member.organisation
        by, now = actor_of(request, who), around.clock.now()
        remove_rate(around.control, organisation, rate.currency, rate.day, by, now)
        shown = organisation_of(around.control, organisation).currency
        return self._back("removed", "" if rate.currency == shown else rate.currency)

    def _term(self, request: Request, who: SignedIn) -> Term:
        """Return the rate that the address names; NotFound where there is none."""
        currency, written = str(request.path_params["currency"]), str(request.path_params["day"])
        try:
            day = date.fromisoformat(written)
        except ValueError:
            raise NotFound("there is no such rate") from None
        if currency not in SIGNS:
            raise NotFound("there is no such rate")
        return term_of(self._around.control, who.member.organisation, currency, day)

    def _back(self, done: str, currency: str) -> Response:
        query = {"saved": done} | ({"of": currency} if currency else {})
        return RedirectResponse(self._frame.renderer.url(RATES, query), HTTPStatus.SEE_OTHER)
