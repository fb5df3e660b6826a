"""The Prices page: prices in use with their source, what has no price, the organisation's own rules, and repricings.

Who sees the organisation's spend sees it; changing anything leads over `changing.py`.
"""

from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outlay.access.roles import Capability, may, require
from outlay.control.member_names import MemberNames
from outlay.control.price_rules import rules_of
from outlay.control.repricings import repricings_of
from outlay.control.team_names import TeamNames
from outlay.intake.repricing_jobs import RepricingJobs
from outlay.kit.period import parse_zone
from outlay.query.questions import Questions
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.prices.figures import DAYS, MISSING_DAYS, prices_used, without_price
from outlay.web.pages.prices.tables import (
    Told,
    filed_table,
    missing_table,
    repricings_table,
    rules_table,
    used_table,
)
from outlay.web.parts import Tab, Table

PRICES: Final = "/prices"
SHOWN: Final = ("use", "missing", "own", "repricings")


class ShownPrices(Struct, frozen=True):
    """All that the template shows; `filed` are the rules of prices.toml, where there are any."""

    tabs: tuple[Tab, ...]
    show: str
    table: Table
    filed: Table | None
    version: str
    may_change: bool
    days: int


class PricesPage:
    def __init__(self, frame: Frame, questions: Questions, jobs: RepricingJobs) -> None:
        self._frame = frame
        self._questions = questions
        self._jobs = jobs

    def routes(self) -> list[Route]:
        return [Route(PRICES, self.show, methods=["GET"])]

    def show(self, request: Request) -> Response:
        who = self._frame.signed_in(request)
        shell = self._frame.shell(request, who, "Prices", "prices")
        require(who.viewer, "see_consumption", shell.organisation)
        asked = request.query_params.get("show", "use")
        show = asked if asked in SHOWN else "use"
        told = told_to(self._frame, self._jobs, who)
        organisation = who.member.organisation
        books = self._jobs.means.books
        missing = self._questions.ask(who.viewer, without_price)
        filed = None
        if show == "missing":
            table = missing_table(missing, told)
        elif show == "own":
            table = rules_table(list(told.rules.values()), told)
            filed = filed_table(books.rules, told)
        elif show == "repricings":
            table = repricings_table(repricings_of(self._frame.control, organisation), told)
        else:
            book = books.book_of(organisation)
            table = used_table(self._questions.ask(who.viewer, lambda asking: prices_used(asking, book)), told)
        shown = ShownPrices(
            tabs=self._tabs(show, len(missing)),
            show=show,
            table=table,
            filed=filed if filed is not None and filed.rows else None,
            version=books.book_of(organisation).version,
            may_change=told.may_change,
            days=MISSING_DAYS if show == "missing" else DAYS,
        )
        return self._frame.page("prices.html", shell, 200, shown=shown)

    def _tabs(self, show: str, missing: int) -> tuple[Tab, ...]:
        names = {
            "use": "In use",
            "missing": f"Without a price ({missing:,})" if missing else "Without a price",
            "own": "Your own",
            "repricings": "Repricings",
        }
        url = self._frame.renderer.url
        return tuple(
            Tab(label, url(PRICES, None if name == "use" else {"show": name}), name == show)
            for name, label in names.items()
        )


def told_to(frame: Frame, jobs: RepricingJobs, who: SignedIn, changes: Capability = "manage_prices") -> Told:
    """Return what tables are told with, for a member who may change what they show with that capability."""
    organisation = who.member.organisation
    control = frame.control
    return Told(
        frame.renderer,
        {rule.id: rule for rule in rules_of(control, organisation)},
        MemberNames(control, organisation),
        TeamNames(control, organisation),
        parse_zone(frame.zone_of(who)),
        jobs.means.clock.now(),
        may(who.viewer.role, changes),
    )
