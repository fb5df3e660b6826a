"""`/settings/members/{member}`: one member, what they may do, the teams they are and were in, and their access."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.second_factor import second_factor_since
from outlay.access.viewer import ROLES
from outlay.control.member_changes import change_member, disable_member, enable_member
from outlay.control.member_search import Listed, MemberSearch, find
from outlay.control.members import Member
from outlay.control.memberships import Membership, change_period, memberships_of
from outlay.control.team_names import TeamNames
from outlay.errors import Conflict, InputError, NotFound
from outlay.kit.period import parse_zone
from outlay.web import format as text
from outlay.web.acting import actor_of
from outlay.web.forms import Form, Forms, as_sentence
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.by_members import ByMembers
from outlay.web.pages.members.draft import (
    Draft,
    Refused,
    change_asked_for,
    draft_from,
    draft_of,
    first_day,
    last_day,
    opens_more,
    period_asked_for,
)
from outlay.web.pages.members.inviting import Handed, Invite
from outlay.web.pages.members.list_page import MEMBERS, refused_by
from outlay.web.pages.members.moving import REFUSED, Offer, offer_of
from outlay.web.pages.members.office import Office
from outlay.web.pages.members.table import STATES
from outlay.web.render import Notice
from outlay.web.view.names import Names

ONE: Final = "/settings/members/{member}"
DISABLE: Final = "/settings/members/{member}/disable"
ENABLE: Final = "/settings/members/{member}/enable"
SIGN_OUT: Final = "/settings/members/{member}/sign-out"
FACTOR: Final = "/settings/members/{member}/second-factor"
LINK: Final = "/settings/members/{member}/link"
PERIOD: Final = "/settings/members/{member}/memberships/{membership}"

_DONE: Final = {
    "changed": "Saved. Calls from now on count for the teams as they are now.",
    "disabled": "Access is taken: sessions, links and keys of this member count no more.",
    "enabled": "Access is given again. A new link lets them in.",
    "signed-out": "Signed out in every browser.",
    "factor": "The second factor is taken away. They sign in without a code, and can set up another one.",
    "period": "The dates are saved. Calls that are stored keep their team.",
}


class TeamRow(Struct, frozen=True):
    """One membership as it is shown; the days are for the form that corrects them."""

    name: str
    slot: int | None
    href: str
    primary: bool
    holds: bool
    first: str
    last: str
    since: str
    until: str
    action: str


class OneMember(Struct, frozen=True):
    """What the page shows. `itself` says that the admin looks at their own membership, `offer` which calls can move."""

    member: Member
    state: str
    state_kind: str
    last_seen: str
    second_factor: str
    rows: tuple[TeamRow, ...]
    offer: Offer | None
    usage_href: str
    itself: bool
    handed: Handed | None


class Answer(Struct, frozen=True):
    """How the page answers: as it is, or with a form that was refused and what is wrong with it, or with a link."""

    status: int = HTTPStatus.OK
    notices: tuple[Notice, ...] = ()
    draft: Draft | None = None
    errors: Mapping[str, str] = MappingProxyType({})
    handed: Handed | None = None


class MemberPage:
    def __init__(self, frame: Frame, forms: Forms, office: Office, invite: Invite) -> None:
        self._frame = frame
        self._forms = forms
        self._office = office
        self._invite = invite

    def routes(self) -> list[Route]:
        admins = ByMembers(self._frame, self._forms, "manage_members")
        return [
            Route(ONE, admins.shown(self._show), methods=["GET"]),
            Route(ONE, admins.done(self._change), methods=["POST"]),
            Route(DISABLE, admins.done(self._disable), methods=["POST"]),
            Route(ENABLE, admins.done(self._enable, proof_on=ONE), methods=["POST"]),
            Route(SIGN_OUT, admins.done(self._sign_out), methods=["POST"]),
            Route(FACTOR, admins.done(self._remove_second_factor, proof_on=ONE), methods=["POST"]),
            Route(LINK, admins.done(self._link, proof_on=ONE), methods=["POST"]),
            Route(PERIOD, admins.done(self._period), methods=["POST"]),
        ]

    def _show(self, request: Request, who: SignedIn) -> Response:
        listed = self._listed(request, who)
        done = _DONE.get(request.query_params.get("done", ""))
        refused = REFUSED.get(request.query_params.get("refused", ""))
        notices = [Notice("good", done)] if done else []
        notices += [Notice("bad", refused)] if refused else []
        return self._page(request, who, listed, Answer(notices=tuple(notices)))

    def _page(self, request: Request, who: SignedIn, listed: Listed, answer: Answer) -> Response:
        general = answer.errors.get("", "")
        notices = (*answer.notices, Notice("bad", general)) if general else answer.notices
        shell = self._frame.shell(request, who, listed.member.called, "members", notices)
        shown = self._shown(who, listed, parse_zone(shell.zone), answer.handed)
        draft = answer.draft or draft_from(listed.member, [each.team for each in listed.teams])
        return self._frame.page(
            "settings/member.html", shell, answer.status, shown=shown, draft=draft, errors=answer.errors, roles=ROLES
        )

    def _shown(self, who: SignedIn, listed: Listed, zone: ZoneInfo, handed: Handed | None) -> OneMember:
        member, office = listed.member, self._office
        kept = memberships_of(office.control, member.organisation, member.id)
        labels = Names(office.registry, member.organisation).of("team", [each.team for each in kept])
        url = self._frame.renderer.url
        state, kind = STATES[listed.state]
        rows = [
            TeamRow(
                name=labels[each.team].name,
                slot=labels[each.team].slot,
                href=url(f"/settings/teams/{quote(each.team, safe='')}"),
                primary=each.primary,
                holds=each.holds_at(office.clock.now()),
                first=first_day(each, zone),
                last=last_day(each, zone),
                since="the beginning" if each.starts_at is None else text.local_time(each.starts_at, zone),
                until="" if each.ends_at is None else text.local_time(each.ends_at, zone),
                action=url(f"/settings/members/{member.id}/memberships/{each.id}"),
            )
            for each in kept
        ]
        seen, factor = listed.signed_in_at, second_factor_since(office.control, member)
        return OneMember(
            member=member,
            state=state,
            state_kind=kind,
            last_seen=text.local_time(seen, zone) if seen else "never",
            second_factor=f"since {text.local_time(factor, zone)}" if factor else "",
            rows=tuple(rows),
            offer=offer_of(kept, TeamNames(office.control, member.organisation), office.clock.now(), zone)
            if member.user
            else None,
            usage_href=url("/explorer", {"f": f"user:is:{member.user}"}) if member.user else "",
            itself=member.id == who.member.id,
            handed=handed,
        )

    def _change(self, request: Request, who: SignedIn, form: Form) -> Response:
        listed, draft = self._listed(request, who), draft_of(form)
        asked = change_asked_for(self._office.control, who.member.organisation, draft)
        if isinstance(asked, Refused):
            answer = Answer(HTTPStatus.UNPROCESSABLE_ENTITY, draft=draft, errors=asked.errors)
            return self._page(request, who, listed, answer)
        if opens_more(listed.member, asked):
            self._frame.require_proof(who, f"{MEMBERS}/{listed.member.id}")
        try:
            change_member(
                self._office.control,
                who.member.organisation,
                listed.member.id,
                asked,
                actor_of(request, who),
                self._office.clock.now(),
            )
        except (InputError, Conflict) as error:
            answer = Answer(error.status, draft=draft, errors=refused_by(error).errors)
            return self._page(request, who, listed, answer)
        return self._back(listed, "changed")

    def _disable(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        return self._tried(request, who, disable_member, "disabled")

    def _enable(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        return self._tried(request, who, enable_member, "enabled")

    def _tried(self, request: Request, who: SignedIn, change: Callable[..., None], done: str) -> Response:
        listed = self._listed(request, who)
        office, by = self._office, actor_of(request, who)
        try:
            change(office.control, who.member.organisation, listed.member.id, by, office.clock.now())
        except Conflict as error:
            return self._page(request, who, listed, _told(error))
        return self._back(listed, done)

    def _sign_out(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        listed = self._listed(request, who)
        self._office.sign_out(listed.member, actor_of(request, who))
        return self._back(listed, "signed-out")

    def _remove_second_factor(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        listed = self._listed(request, who)
        if listed.member.id == who.member.id:  # a session that was left open must not be enough
            raise Conflict("remove your own second factor on your account's page, where you show who you are")
        self._office.remove_second_factor(listed.member, actor_of(request, who))
        return self._back(listed, "factor")

    def _link(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        listed = self._listed(request, who)
        if listed.member.disabled_at is not None:
            raise Conflict("this member is disabled; give them access again first")
        handed = self._invite(listed.member, actor_of(request, who), self._forms.link_address(request))
        return self._page(request, who, listed, Answer(HTTPStatus.CREATED, handed=handed))

    def _period(self, request: Request, who: SignedIn, form: Form) -> Response:
        listed, office = self._listed(request, who), self._office
        kept = self._membership(request, listed.member)
        try:
            period = period_asked_for(form, kept, parse_zone(self._frame.zone_of(who)))
            change_period(
                office.control, who.member.organisation, kept.id, period, actor_of(request, who), office.clock.now()
            )
        except (InputError, Conflict) as error:
            return self._page(request, who, listed, _told(error))
        return self._back(listed, "period")

    def _membership(self, request: Request, member: Member) -> Membership:
        wanted = request.path_params["membership"]
        for each in memberships_of(self._office.control, member.organisation, member.id):
            if each.id == wanted:
                return each
        raise NotFound("there is no such membership")

    def _listed(self, request: Request, who: SignedIn) -> Listed:
        wanted = str(request.path_params["member"])
        if not wanted.isprintable():  # half a surrogate pair can't be sent to a database
            raise NotFound("there is no such member")
        search = MemberSearch(at=self._office.clock.now(), only=(wanted,), limit=1)
        found = find(self._office.control, who.member.organisation, search).members
        if not found:
            raise NotFound("there is no such member")
        return found[0]

    def _back(self, listed: Listed, done: str) -> Response:
        target = self._frame.renderer.url(f"{MEMBERS}/{listed.member.id}", {"done": done})
        return RedirectResponse(target, HTTPStatus.SEE_OTHER)


def _told(error: InputError | Conflict) -> Answer:
    return Answer(error.status, (Notice("bad", as_sentence(error.message)),))
