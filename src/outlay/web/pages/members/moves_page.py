"""`/settings/moves`: whose past calls were moved to which team, when and by whom."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outlay.control.repricings import moves_of
from outlay.intake.repricing_jobs import RepricingJobs
from outlay.web.forms import Forms
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.by_members import ByMembers
from outlay.web.pages.prices.deciding import MOVES
from outlay.web.pages.prices.move_tables import moves_table
from outlay.web.pages.prices.page import told_to


class MovesPage:
    def __init__(self, frame: Frame, forms: Forms, jobs: RepricingJobs) -> None:
        self._frame = frame
        self._forms = forms
        self._jobs = jobs

    def routes(self) -> list[Route]:
        return [Route(MOVES.path, ByMembers(self._frame, self._forms, "see_consumption").shown(self._show))]

    def _show(self, request: Request, who: SignedIn) -> Response:
        told = told_to(self._frame, self._jobs, who, MOVES.decides)
        table = moves_table(moves_of(self._frame.control, who.member.organisation), told)
        shell = self._frame.shell(request, who, "Moves of past calls", MOVES.nav)
        return self._frame.page("settings/moves.html", shell, 200, table=table, may_change=told.may_change)
