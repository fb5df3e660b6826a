"""One repricing or one move: what it would do, deciding on it, how far it is, what it did, and taking it back.

Both are carried out alike, but belong to whoever answers for them: prices to who manages prices, whose calls are which
team's to who manages members. Each has an address of its own, which the other one's are not found at.
"""

from http import HTTPStatus
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.roles import Capability
from outlay.control.price_rules import RuleChange, StoredRule, rule_of
from outlay.control.repricings import NewRepricing, Repricing, undone_by
from outlay.errors import NotFound
from outlay.intake.reprice_effect import Effect
from outlay.intake.repricing_jobs import RepricingJobs
from outlay.intake.repricing_work import as_effect, was_left
from outlay.web import format as text
from outlay.web.acting import actor_of
from outlay.web.forms import Form, Forms, as_sentence
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.by_members import ByMembers
from outlay.web.pages.prices.move_tables import moved_table
from outlay.web.pages.prices.page import PRICES, told_to
from outlay.web.pages.prices.tables import Told, effect_table
from outlay.web.pages.prices.wording import about, besides
from outlay.web.parts import Table
from outlay.web.render import Shell


class Kind(Struct, frozen=True, kw_only=True):
    """Where repricings or moves are, which list has them, where one goes on after a discard, and who may decide."""

    name: str
    path: str
    listed: str
    listed_as: str
    back: str
    nav: str
    decides: Capability
    moves: bool


REPRICINGS: Final = Kind(
    name="repricing",
    path="/prices/repricings",
    listed=f"{PRICES}?show=repricings",
    listed_as="All repricings",
    back=PRICES,
    nav="prices",
    decides="manage_prices",
    moves=False,
)
MOVES: Final = Kind(
    name="move",
    path="/settings/moves",
    listed="/settings/moves",
    listed_as="All moves",
    back="/settings/moves",
    nav="members",
    decides="manage_members",
    moves=True,
)


class ShownRepricing(Struct, frozen=True):
    """What the page of one repricing shows; `progress` in percent while it runs, `besides` what else becomes so."""

    repricing: Repricing
    path: str
    listed: str
    listed_as: str
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
    taken_back: bool
    told: tuple[tuple[str, str, str], ...]  # label, text, and where it leads


class Deciding:
    def __init__(self, frame: Frame, forms: Forms, jobs: RepricingJobs, kind: Kind) -> None:
        self._frame = frame
        self._forms = forms
        self._jobs = jobs
        self._kind = kind

    def routes(self) -> list[Route]:
        one = f"{self._kind.path}/{{{self._kind.name}}}"
        see = ByMembers(self._frame, self._forms, "see_consumption")
        change = ByMembers(self._frame, self._forms, self._kind.decides)
        return [
            Route(one, see.shown(self._show), methods=["GET"]),
            Route(one, change.done(self._decide), methods=["POST"]),
            Route(f"{one}/undo", change.done(self._undo), methods=["POST"]),
        ]

    def opened(self, who: SignedIn, wanted: NewRepricing) -> Response:
        """Begin to look at what it would do, and lead to the page that shows it and asks."""
        return self._to(self._jobs.open(who.member.organisation, wanted))

    def _undo(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        undone = self._repricing(request, who)
        return self.opened(who, NewRepricing(undoes=undone.id, by=who.member.id))

    def _decide(self, request: Request, who: SignedIn, form: Form) -> Response:
        repricing = self._repricing(request, who)
        choice = form.text("choice")
        if choice == "drop":
            self._jobs.drop(repricing, actor_of(request, who))
            return RedirectResponse(self._frame.renderer.url(self._kind.back), HTTPStatus.SEE_OTHER)
        if choice == "again":
            self._jobs.go_on(repricing)
        elif choice in {"adjust", "keep"}:
            self._jobs.decide(repricing, actor_of(request, who), adjust=choice == "adjust")
        return self._to(repricing)

    def _show(self, request: Request, who: SignedIn) -> Response:
        # Asked first: where nothing runs any more, the record read after that tells how it ended.
        progress = self._jobs.progress_of(request.path_params[self._kind.name])
        repricing = self._repricing(request, who)
        told = told_to(self._frame, self._jobs, who, self._kind.decides)
        effect = as_effect(repricing.written or repricing.preview)
        done, total = progress or (0, 0)
        runs = progress is not None and repricing.state in {"previewing", "writing"}
        rules = dict(told.rules) | self._gone(repricing, who)
        taken_back = undone_by(self._frame.control, who.member.organisation, repricing.id)
        shown = ShownRepricing(
            repricing,
            f"{self._kind.path}/{repricing.id}",
            f"{self._frame.renderer.root_path}{self._kind.listed}",
            self._kind.listed_as,
            about(repricing, rules, told.teams, told.zone),
            besides(repricing.change, rules, told.zone),
            _error_of(repricing, runs=runs),
            effect,
            _table(repricing, effect),
            runs,
            100 * done // total if total else 0,
            told.may_change and repricing.state == "ready",
            taken_back is None
            and told.may_change
            and (was_left(repricing) or (repricing.written is not None and _changed(effect))),
            repricing.change is not None,
            taken_back is not None,
            self._facts(repricing, told, taken_back),
        )
        shell = self._shell(request, who, repricing)
        return self._frame.page("repricing.html", shell, 200, shown=shown)

    def _facts(self, repricing: Repricing, told: Told, taken_back: str | None) -> tuple[tuple[str, str, str], ...]:
        asked = f"{text.local_time(repricing.created_at, told.zone)}, {told.who(repricing.created_by)}"
        facts = [("Asked for", asked, "")]
        if repricing.decided_at is not None:
            decided = text.local_time(repricing.decided_at, told.zone)
            facts.append(("Decided", f"{decided}, {told.who(repricing.decided_by)}", ""))
        url = self._frame.renderer.url
        if repricing.undoes is not None:
            facts.append(("Takes back", repricing.undoes, url(f"{self._kind.path}/{repricing.undoes}")))
        if taken_back is not None:
            facts.append(("Taken back by", taken_back, url(f"{self._kind.path}/{taken_back}")))
        if repricing.move is None:
            facts.append(("Prices", repricing.prices, ""))
        elif told.may_change:
            facts.append(("Member", repricing.move.name, url(f"/settings/members/{repricing.move.member}")))
        facts.append(("Id", repricing.id, ""))
        return tuple(facts)

    def _shell(self, request: Request, who: SignedIn, repricing: Repricing) -> Shell:
        titles = _MOVING if self._kind.moves else _PRICING
        other = "Not written to its end" if was_left(repricing) else "Nothing was changed"
        title = titles.get(repricing.state, other)
        if repricing.state == "done" and not self._kind.moves:
            title = "Prices changed" if repricing.change is not None else "Calls adjusted"
        elif repricing.state == "done" and repricing.undoes is not None:
            title = "Calls given back"
        return self._frame.shell(request, who, title, self._kind.nav)

    def _gone(self, repricing: Repricing, who: SignedIn) -> dict[str, StoredRule]:
        """Return the rule that a repricing took away, which is not among those in force any more."""
        removed = (repricing.change or RuleChange()).removes
        return {} if removed is None else {removed: rule_of(self._frame.control, who.member.organisation, removed)}

    def _repricing(self, request: Request, who: SignedIn) -> Repricing:
        found = self._jobs.of(who.member.organisation, request.path_params[self._kind.name])
        if (found.move is not None) != self._kind.moves:
            raise NotFound(f"there is no such {self._kind.name}")
        return found

    def _to(self, repricing: Repricing) -> Response:
        path = f"{self._kind.path}/{repricing.id}"
        return RedirectResponse(self._frame.renderer.url(path), HTTPStatus.SEE_OTHER)


_PRICING: Final = {
    "previewing": "What this changes",
    "ready": "What this changes",
    "writing": "Adjusting stored calls",
}
_MOVING: Final = {
    "previewing": "What this moves",
    "ready": "What this moves",
    "writing": "Moving stored calls",
    "done": "Calls moved",
    "dropped": "Nothing was moved",
}


def _error_of(repricing: Repricing, *, runs: bool) -> str:
    broke_off = repricing.state == "failed" or (repricing.state == "previewing" and not runs)
    error = repricing.error or ("it broke off; the log of Outlay says why" if broke_off else "")
    return as_sentence(error) if error else ""


def _table(repricing: Repricing, effect: Effect | None) -> Table | None:
    if effect is None or not effect.lines:
        return None
    return effect_table(effect) if repricing.move is None else moved_table(effect)


def _changed(effect: Effect | None) -> bool:
    return effect is not None and effect.events > 0
