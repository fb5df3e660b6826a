"""Changing prices: every change is first shown with what it does to stored calls, then decided on.

A form makes no change itself: it opens a repricing, whose page tells what would be otherwise and asks.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.roles import Capability, require
from outlay.control.price_rules import RuleChange, StoredRule, rule_of, rules_of
from outlay.control.repricings import NewRepricing, Repricing
from outlay.errors import Conflict, NotFound, PriceInvalid
from outlay.intake.reprice_effect import Effect
from outlay.intake.repricing_jobs import RepricingJobs
from outlay.intake.repricing_work import as_effect, was_left
from outlay.kit.period import parse_zone
from outlay.web import format as text
from outlay.web.acting import actor_of
from outlay.web.forms import Form, Forms, as_sentence
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.prices.draft import Draft, Refused, change_asked_for, draft_of, draft_of_rule, ending
from outlay.web.pages.prices.page import PRICES, told_to
from outlay.web.pages.prices.tables import effect_table, moved_table
from outlay.web.pages.prices.wording import KIND_NAMES, about, besides, period, says, subject
from outlay.web.parts import Tab, Table
from outlay.web.render import Notice, Shell

NEW: Final = "/prices/new"
RULE: Final = "/prices/rules/{rule}"
END: Final = "/prices/rules/{rule}/end"
COMPARE: Final = "/prices/compare"
REPRICING: Final = "/prices/repricings/{repricing}"
UNDO: Final = "/prices/repricings/{repricing}/undo"

_Answer = Callable[[Request, SignedIn], Response]
_Posted = Callable[[Request, SignedIn, Form], Response]


class ShownRepricing(Struct, frozen=True):
    """What the page of one repricing shows; `progress` in percent while it runs, `besides` what else becomes so."""

    repricing: Repricing
    about: str
    besides: str
    error: str
    effect: Effect | None
    table: Table | None
    runs: bool
    progress: int
    may_decide: bool
    may_undo: bool
    changes_rules: bool
    told: tuple[tuple[str, str], ...]


class ChangingPrices:
    def __init__(self, frame: Frame, forms: Forms, jobs: RepricingJobs) -> None:
        self._frame = frame
        self._forms = forms
        self._jobs = jobs

    def routes(self) -> list[Route]:
        posts: list[tuple[str, _Posted]] = [
            (NEW, self._create),
            (END, self._end),
            (COMPARE, self._compare),
            (REPRICING, self._decide),
            (UNDO, self._undo),
        ]
        return [
            Route(NEW, self._shown(self._ask), methods=["GET"]),
            Route(RULE, self._shown(self._ask_of_rule), methods=["GET"]),
            Route(REPRICING, self._shown(self._show, "see_consumption"), methods=["GET"]),
            *(Route(path, self._posted(act), methods=["POST"]) for path, act in posts),
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

    def _undo(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        undone = self._repricing(request, who)
        return self._opened(who, NewRepricing(undoes=undone.id, by=who.member.id))

    def _decide(self, request: Request, who: SignedIn, form: Form) -> Response:
        repricing = self._repricing(request, who)
        choice = form.text("choice")
        if choice == "drop":
            self._jobs.drop(repricing, actor_of(request, who))
            return self._back()
        if choice == "again":
            self._jobs.go_on(repricing)
        elif choice in {"adjust", "keep"}:
            self._jobs.decide(repricing, actor_of(request, who), adjust=choice == "adjust")
        return self._to(repricing)

    def _opened(self, who: SignedIn, wanted: NewRepricing) -> Response:
        return self._to(self._jobs.open(who.member.organisation, wanted))

    def _show(self, request: Request, who: SignedIn) -> Response:
        # Asked first: where nothing runs any more, the record read after that tells how it ended.
        progress = self._jobs.progress_of(request.path_params["repricing"])
        repricing = self._repricing(request, who)
        told = told_to(self._frame, self._jobs, who)
        effect = as_effect(repricing.written or repricing.preview)
        done, total = progress or (0, 0)
        runs = progress is not None and repricing.state in {"previewing", "writing"}
        facts = [("Asked for", f"{text.local_time(repricing.created_at, told.zone)}, {told.who(repricing.created_by)}")]
        if repricing.decided_at is not None:
            decided = text.local_time(repricing.decided_at, told.zone)
            facts.append(("Decided", f"{decided}, {told.who(repricing.decided_by)}"))
        facts += [] if repricing.move is not None else [("Prices", repricing.prices)]
        facts.append(("Id", repricing.id))
        rules = dict(told.rules) | self._gone(repricing, who)
        shown = ShownRepricing(
            repricing,
            about(repricing, rules),
            besides(repricing.change, rules, told.zone),
            _error_of(repricing, runs=runs),
            effect,
            _table(repricing, effect),
            runs,
            100 * done // total if total else 0,
            told.may_change and repricing.state == "ready",
            told.may_change and (was_left(repricing) or (repricing.written is not None and _changed(effect))),
            repricing.change is not None,
            tuple(facts),
        )
        shell = self._shell(request, who, repricing)
        return self._frame.page("repricing.html", shell, 200, shown=shown)

    def _shell(self, request: Request, who: SignedIn, repricing: Repricing) -> Shell:
        if repricing.move is not None:
            return self._frame.shell(request, who, _moving(repricing), "members")
        titles = {
            "previewing": "What this changes",
            "ready": "What this changes",
            "writing": "Adjusting stored calls",
            "done": "Prices changed" if repricing.change is not None else "Calls adjusted",
        }
        other = "Not written to its end" if was_left(repricing) else "Nothing was changed"
        return self._frame.shell(request, who, titles.get(repricing.state, other), "prices")

    def _gone(self, repricing: Repricing, who: SignedIn) -> dict[str, StoredRule]:
        """Return the rule that a repricing took away, which is not among those in force any more."""
        removed = (repricing.change or RuleChange()).removes
        return {} if removed is None else {removed: rule_of(self._frame.control, who.member.organisation, removed)}

    def _rule(self, request: Request, who: SignedIn) -> StoredRule:
        rule = rule_of(self._frame.control, who.member.organisation, request.path_params["rule"])
        if rule.removed_at is not None:
            raise NotFound("this price was removed")
        return rule

    def _repricing(self, request: Request, who: SignedIn) -> Repricing:
        return self._jobs.of(who.member.organisation, request.path_params["repricing"])

    def _to(self, repricing: Repricing) -> Response:
        path = REPRICING.format(repricing=repricing.id)
        return RedirectResponse(self._frame.renderer.url(path), HTTPStatus.SEE_OTHER)

    def _back(self) -> Response:
        return RedirectResponse(self._frame.renderer.url(PRICES), HTTPStatus.SEE_OTHER)


def _error_of(repricing: Repricing, *, runs: bool) -> str:
    broke_off = repricing.state == "failed" or (repricing.state == "previewing" and not runs)
    error = repricing.error or ("it broke off; the log of Outlay says why" if broke_off else "")
    return as_sentence(error) if error else ""


def _table(repricing: Repricing, effect: Effect | None) -> Table | None:
    if effect is None or not effect.lines:
        return None
    return effect_table(effect) if repricing.move is None else moved_table(effect)


def _moving(repricing: Repricing) -> str:
    """Return the title of a move's page."""
    titles = {
        "previewing": "What this moves",
        "ready": "What this moves",
        "writing": "Moving stored calls",
        "done": "Calls moved",
    }
    return titles.get(repricing.state, "Not written to its end" if was_left(repricing) else "Nothing was moved")


def _changed(effect: Effect | None) -> bool:
    return effect is not None and effect.events > 0
