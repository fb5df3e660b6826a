"""Changing prices: every change is first shown with what it does to stored calls, then decided on.

A form makes no change itself: it opens a repricing, whose page tells what would be otherwise and asks.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outlay.access.roles import Capability, require
from outlay.control.price_rules import StoredRule, rule_of, rules_of
from outlay.control.repricings import NewRepricing
from outlay.errors import Conflict, NotFound, PriceInvalid
from outlay.intake.repricing_jobs import RepricingJobs
from outlay.kit.period import parse_zone
from outlay.web.forms import Form, Forms, as_sentence
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.prices.deciding import REPRICINGS, Deciding
from outlay.web.pages.prices.draft import Draft, Refused, change_asked_for, draft_of, draft_of_rule, ending
from outlay.web.pages.prices.wording import KIND_NAMES, period, says, subject
from outlay.web.parts import Tab
from outlay.web.render import Notice

NEW: Final = "/prices/new"
RULE: Final = "/prices/rules/{rule}"
END: Final = "/prices/rules/{rule}/end"
COMPARE: Final = "/prices/compare"

_Answer = Callable[[Request, SignedIn], Response]
_Posted = Callable[[Request, SignedIn, Form], Response]


class ChangingPrices:
    def __init__(self, frame: Frame, forms: Forms, jobs: RepricingJobs) -> None:
        self._frame = frame
        self._forms = forms
        self._jobs = jobs
        self._deciding = Deciding(frame, forms, jobs, REPRICINGS)

    def routes(self) -> list[Route]:
        posts: list[tuple[str, _Posted]] = [
            (NEW, self._create),
            (END, self._end),
            (COMPARE, self._compare),
        ]
        return [
            Route(NEW, self._shown(self._ask), methods=["GET"]),
            Route(RULE, self._shown(self._ask_of_rule), methods=["GET"]),
            *(Route(path, self._posted(act), methods=["POST"]) for path, act in posts),
            *self._deciding.routes(),
        ]

    def _shown(self, show: _Answer, needs: Capability = "manage_prices") -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            who = self._frame.signed_in(request)
            require(who.viewer, needs)
            return show(request, who)

        return answer

    def _posted(self, act: _Posted) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            who, form = await self._forms.posted_by_member(request)
            require(who.viewer, "manage_prices")
            return await run_in_threadpool(act, request, who, form)

        return answer

    def _ask(self, request: Request, who: SignedIn) -> Response:
        return self._form(request, who, draft_of(Form(dict(request.query_params))), {})

    def _ask_of_rule(self, request: Request, who: SignedIn) -> Response:
        rule = self._rule(request, who)
        return self._form(request, who, draft_of_rule(rule, parse_zone(self._frame.zone_of(who))), {}, rule=rule)

    def _form(
        self,
        request: Request,
        who: SignedIn,
        draft: Draft,
        errors: dict[str, str],
        *,
        rule: StoredRule | None = None,
    ) -> Response:
        errors = {field: as_sentence(said) for field, said in errors.items()}
        notices = (Notice("bad", errors[""]),) if "" in errors else ()
        title = "Set a price" if rule is None else f"Change the price of {subject(rule.kind, rule.body)}"
        shell = self._frame.shell(request, who, title, "prices", notices)
        kinds = tuple(
            Tab(name, self._frame.renderer.url(NEW, {"kind": kind}), kind == draft.kind)
            for kind, name in KIND_NAMES.items()
        )
        zone = parse_zone(shell.zone)
        says_now = (
            "" if rule is None else f"{says(rule.kind, rule.body)}. {period(rule.starts_at, rule.ends_at, zone)}."
        )
        status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
        values = {"draft": draft, "errors": errors, "kinds": kinds, "rule": rule, "says_now": says_now}
        return self._frame.page("price-form.html", shell, status, **values)

    def _create(self, request: Request, who: SignedIn, form: Form) -> Response:
        draft = draft_of(form)
        zone = parse_zone(self._frame.zone_of(who))
        rules = rules_of(self._frame.control, who.member.organisation)
        replaced = next((rule for rule in rules if rule.id == draft.replaces), None)
        try:
            change = change_asked_for(draft, rules, zone, self._jobs.means.clock.now())
            return self._opened(who, NewRepricing(change=change, by=who.member.id))
        except Refused as error:
            return self._form(request, who, draft, error.errors, rule=replaced)
        except (PriceInvalid, Conflict) as error:
            return self._form(request, who, draft, {"": error.message}, rule=replaced)

    def _end(self, request: Request, who: SignedIn, form: Form) -> Response:
        rule = self._rule(request, who)
        zone = parse_zone(self._frame.zone_of(who))
        try:
            change = ending(rule, form.text("last").strip(), zone)
        except Refused as error:
            found = {"last": error.errors["ends"]}
            return self._form(request, who, draft_of_rule(rule, zone), found, rule=rule)
        return self._opened(who, NewRepricing(change=change, by=who.member.id))

    def _compare(self, request: Request, who: SignedIn, form: Form) -> Response:
        del request, form
        return self._opened(who, NewRepricing(by=who.member.id))

    def _opened(self, who: SignedIn, wanted: NewRepricing) -> Response:
        return self._deciding.opened(who, wanted)

    def _rule(self, request: Request, who: SignedIn) -> StoredRule:
        rule = rule_of(self._frame.control, who.member.organisation, request.path_params["rule"])
        if rule.removed_at is not None:
            raise NotFound("this price was removed")
        return rule
