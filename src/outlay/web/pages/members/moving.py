"""Moving past calls of a member to another team: asked for on their page, shown and decided on as a repricing is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.control.members import member_of_id
from outlay.control.memberships import Membership, Period, in_order
from outlay.control.moves import wanted_move
from outlay.errors import InputError
from outlay.intake.repricing_jobs import RepricingJobs
from outlay.kit.period import parse_zone
from outlay.web import format as text
from outlay.web.forms import Form, Forms
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.by_members import ByMembers
from outlay.web.pages.members.draft import first_day, last_day, period_asked_for
from outlay.web.view.names import Label

MOVE: Final = "/settings/members/{member}/move"
_NO_TEAM: Final = ("", "No team")


class Offer(Struct, frozen=True):
    """The form that moves past calls, as it is filled in at first; `stays` says which are still another team's."""

    stays: tuple[str, ...]
    teams: tuple[tuple[str, str], ...]
    old: str
    new: str
    first: str
    last: str


def offer_of(
    kept: Sequence[Membership], labels: Mapping[str | None, Label], now: datetime, zone: ZoneInfo
) -> Offer | None:
    """Return what can be moved of a member with these memberships; None where they were never in a team."""
    holding = sorted((each for each in kept if each.holds_at(now)), key=in_order)
    current = holding[0].team if holding else None
    over = [each for each in kept if each.ends_at is not None and each.ends_at <= now and each.team != current]
    over.sort(key=lambda each: each.ends_at or now, reverse=True)
    if not kept:
        return None
    last = over[0] if over else None
    names = {each.team: labels[each.team].name for each in kept}
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

    def routes(self) -> list[Route]:
        admins = ByMembers(self._frame, self._forms, "manage_members")
        return [Route(MOVE, admins.done(self._open), methods=["POST"])]

    def _open(self, request: Request, who: SignedIn, form: Form) -> Response:
        """Begin to look at what would move, and lead to the page that shows it and asks."""
        control, organisation = self._jobs.means.control, who.member.organisation
        member = member_of_id(control, organisation, str(request.path_params["member"]))
        wanted = wanted_move(control, member, form.text("old"), form.text("new"), who.member.id)
        period = period_asked_for(form, Period(None, None), parse_zone(self._frame.zone_of(who)))
        if period.starts_at is not None and period.ends_at is not None and period.starts_at >= period.ends_at:
            raise InputError("the last day is before the first")
        scope = replace(wanted.scope, start=period.starts_at, end=period.ends_at)
        opened = self._jobs.open(organisation, replace(wanted, scope=scope))
        return RedirectResponse(self._frame.renderer.url(f"/prices/repricings/{opened.id}"), HTTPStatus.SEE_OTHER)
