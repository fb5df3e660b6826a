"""Moving past calls of a member to another team: asked for on their page, shown and decided on as a repricing is."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.control.members import Member, member_of_id
from outlay.control.memberships import Membership, Period, in_order
from outlay.control.moves import wanted_move
from outlay.control.team_names import TeamNames
from outlay.errors import InputError
from outlay.intake.repricing_jobs import RepricingJobs
from outlay.kit.period import parse_zone
from outlay.web import format as text
from outlay.web.forms import Form, Forms
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.by_members import ByMembers
from outlay.web.pages.members.draft import first_day, last_day, period_asked_for
from outlay.web.pages.prices.deciding import MOVES, Deciding

MOVE: Final = "/settings/members/{member}/move"
REFUSED: Final = {
    "days": "Nothing was moved: the last day must not be before the first, and both must be days such as 2026-10-01.",
    "same": "Nothing was moved: the calls are this team's already; choose another one.",
    "team": "Nothing was moved: choose a team that is in use to move the calls to.",
}
_NO_TEAM: Final = ("", "No team")


class Offer(Struct, frozen=True):
    """The form that moves past calls, as it is filled in at first; `stays` says which are still another team's."""

    stays: tuple[str, ...]
    teams: tuple[tuple[str, str], ...]
    old: str
    new: str
    first: str
    last: str


def offer_of(kept: Sequence[Membership], teams: TeamNames, now: datetime, zone: ZoneInfo) -> Offer | None:
    """Return what can be moved of a member with these memberships; None where they were never in a team."""
    holding = sorted((each for each in kept if each.holds_at(now)), key=in_order)
    current = holding[0].team if holding else None
    over = [each for each in kept if each.ends_at is not None and each.ends_at <= now and each.team != current]
    over.sort(key=lambda each: each.ends_at or now, reverse=True)
    if not kept:
        return None
    last = over[0] if over else None
    names = {each.team: teams.called(each.team) for each in kept}
    return Offer(
        stays=tuple(_stays(each, names[each.team], zone) for each in over),
        teams=(_NO_TEAM, *sorted(names.items(), key=lambda each: each[1])),
        old="" if last is None else last.team,
        new=current or "",
        first="" if last is None else first_day(last, zone),
        last="" if last is None else last_day(last, zone),
    )


def _stays(each: Membership, name: str, zone: ZoneInfo) -> str:
    since = "the beginning" if each.starts_at is None else text.local_time(each.starts_at, zone)
    until = "" if each.ends_at is None else text.local_time(each.ends_at, zone)
    return f"Their calls from {since} to {until} stay with {name}."


class MovingCalls:
    def __init__(self, frame: Frame, forms: Forms, jobs: RepricingJobs) -> None:
        self._frame = frame
        self._forms = forms
        self._jobs = jobs
        self._deciding = Deciding(frame, forms, jobs, MOVES)

    def routes(self) -> list[Route]:
        admins = ByMembers(self._frame, self._forms, MOVES.decides)
        return [Route(MOVE, admins.done(self._open), methods=["POST"]), *self._deciding.routes()]

    def _open(self, request: Request, who: SignedIn, form: Form) -> Response:
        """Begin to look at what would move, and lead to the page that shows it and asks."""
        control, organisation = self._jobs.means.control, who.member.organisation
        member = member_of_id(control, organisation, str(request.path_params["member"]))
        old, new = form.text("old"), form.text("new")
        try:
            period = period_asked_for(form, Period(None, None), parse_zone(self._frame.zone_of(who)))
        except InputError:
            return self._refused(member, "days")
        if period.starts_at is not None and period.ends_at is not None and period.starts_at >= period.ends_at:
            return self._refused(member, "days")
        try:
            wanted = wanted_move(control, member, old, new, who.member.id)
        except InputError:
            return self._refused(member, "same" if old == new else "team")
        scope = replace(wanted.scope, start=period.starts_at, end=period.ends_at)
        return self._deciding.opened(who, replace(wanted, scope=scope))

    def _refused(self, member: Member, why: str) -> Response:
        """Lead back to the page of the member, which says what is wrong."""
        page = self._frame.renderer.url(f"/settings/members/{member.id}", {"refused": why})
        return RedirectResponse(page, HTTPStatus.SEE_OTHER)
