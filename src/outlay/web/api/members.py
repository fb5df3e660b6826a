"""Members over the API: listed, invited, changed, disabled; for keys with the scope `admin`."""

from datetime import datetime
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

from outlay.access.roles import parse_role
from outlay.access.viewer import ROLES
from outlay.control.database import Control
from outlay.control.member_changes import MemberChange, change_member_in, disable_member_in, enable_member_in
from outlay.control.member_search import MEMBER_STATES, Listed, MemberSearch, find
from outlay.control.members import NewMember, add_member
from outlay.control.teams import teams_missing
from outlay.errors import Conflict, InputError, NotFound
from outlay.kit.clock import Clock
from outlay.web.api.administration import Administration, Asked, Operation
from outlay.web.api.endpoint import Endpoint, Parameter, in_path
from outlay.web.api.paging import PAGING, page_asked, page_of

PATH: Final = "/api/v1/members"
ONE: Final = "/api/v1/members/{member}"
_MEMBER: Final = in_path("member", "A member's id.", "mem_4foz…")


class ApiMember(Struct, frozen=True, kw_only=True):
    """`teams` are those they are in now, the primary one first; `teams_led` those they lead."""

    id: str
    email: str
    name: str
    role: str
    user: str | None
    teams: list[str]
    teams_led: list[str]
    state: str
    created_at: datetime
    signed_in_at: datetime | None


class ApiMembers(Struct, frozen=True):
    members: list[ApiMember]
    next: str | None


class MemberToInvite(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without `user` they are the user that events call by their e-mail."""

    email: str
    role: str = "member"
    name: str = ""
    user: str | None = None
    teams: list[str] = []
    teams_led: list[str] = []


class MemberPatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays. `disabled` takes the access, or gives it again."""

    email: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    role: str | UnsetType = UNSET
    user: str | UnsetType | None = UNSET
    teams: list[str] | UnsetType = UNSET
    teams_led: list[str] | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


class MembersApi:
    def __init__(self, administration: Administration, control: Control, clock: Clock) -> None:
        self._administration = administration
        self._control = control
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        filters = (
            Parameter("q", "A part of name, e-mail or user id."),
            Parameter("role", "Only those with this role.", choices=ROLES),
            Parameter("team", "Only those in this team now."),
            Parameter("state", "Only those in this state.", choices=MEMBER_STATES),
        )
        several: Operation[None] = Operation(
            method="GET",
            path=PATH,
            name="list_members",
            summary="List members",
            description="By e-mail. `invited` members have not signed in yet.",
            do=self._list,
            answer=ApiMembers,
            parameters=(*filters, *PAGING),
        )
        invite: Operation[MemberToInvite] = Operation(
            method="POST",
            path=PATH,
            name="invite_member",
            summary="Add a member",
            description="They sign in by a link from the page of members, or through single sign-on.",
            do=self._invite,
            body=MemberToInvite,
            answer=ApiMember,
            status=201,
            errors=(Conflict,),
        )
        one: Operation[None] = Operation(
            method="GET",
            path=ONE,
            name="get_member",
            summary="One member",
            description="One member by id.",
            do=self._get,
            answer=ApiMember,
            parameters=(_MEMBER,),
            errors=(NotFound,),
        )
        change: Operation[MemberPatch] = Operation(
            method="PATCH",
            path=ONE,
            name="change_member",
            summary="Change a member",
            description="Teams hold from now on; calls that are stored keep theirs. The last admin stays one.",
            do=self._change,
            body=MemberPatch,
            answer=ApiMember,
            parameters=(_MEMBER,),
            errors=(NotFound, Conflict),
        )
        made: tuple[Operation[Any], ...] = (several, invite, one, change)
        return [self._administration.endpoint(each) for each in made]

    def _list(self, asked: Asked[None]) -> ApiMembers:
        page = page_asked(asked.query, tuple[str, str])
        search = MemberSearch(
            at=self._clock.now(),
            text=asked.query.get("q", ""),
            role=asked.query.get("role", ""),
            team=asked.query.get("team", ""),
            state=asked.query.get("state", ""),
            after=page.after,
            limit=page.limit + 1,
        )
        found = page_of(page, find(self._control, asked.organisation, search).members, lambda each: each.place)
        return ApiMembers([_told(each) for each in found.rows], found.next)

    def _invite(self, asked: Asked[MemberToInvite]) -> ApiMember:
        sent = asked.body
        self._check_teams(asked.organisation, [*sent.teams, *sent.teams_led])
        wanted = NewMember(
            email=sent.email,
            role=parse_role(sent.role),
            name=sent.name,
            user=sent.user or sent.email.strip(),
            teams=tuple(sent.teams),
            teams_led=tuple(sent.teams_led),
        )
        with self._control.begin() as connection:
            made = add_member(connection, asked.organisation, wanted, asked.by, self._clock.now(), "member.invite")
        return self._one(asked.organisation, made.id)

    def _get(self, asked: Asked[None]) -> ApiMember:
        return self._one(asked.organisation, asked.path["member"])

    def _change(self, asked: Asked[MemberPatch]) -> ApiMember:
        sent, organisation, member = asked.body, asked.organisation, asked.path["member"]
        self._check_teams(organisation, [*(sent.teams or []), *(sent.teams_led or [])])
        wanted = MemberChange(
            email=sent.email,
            name=sent.name,
            role=sent.role if isinstance(sent.role, UnsetType) else parse_role(sent.role),
            user=sent.user,
            teams=sent.teams if isinstance(sent.teams, UnsetType) else tuple(sent.teams),
            teams_led=sent.teams_led if isinstance(sent.teams_led, UnsetType) else tuple(sent.teams_led),
        )
        now = self._clock.now()
        with self._control.begin() as connection:  # all of it, or nothing
            change_member_in(connection, organisation, member, wanted, asked.by, now)
            if sent.disabled is not UNSET:
                act = disable_member_in if sent.disabled else enable_member_in
                act(connection, organisation, member, asked.by, now)
        return self._one(organisation, member)

    def _one(self, organisation: str, member: str) -> ApiMember:
        search = MemberSearch(at=self._clock.now(), only=(member,), limit=1)
        found = find(self._control, organisation, search).members
        if not found:
            raise NotFound("there is no such member")
        return _told(found[0])

    def _check_teams(self, organisation: str, teams: list[str]) -> None:
        missing = teams_missing(self._control, organisation, teams)
        if missing:
            raise InputError(f"there is no team {missing[0][:80]!r} in use; teams are named by their ids")


def _told(listed: Listed) -> ApiMember:
    member = listed.member
    return ApiMember(
        id=member.id,
        email=member.email,
        name=member.name,
        role=member.role,
        user=member.user,
        teams=[each.team for each in listed.teams],
        teams_led=list(member.teams_led),
        state=listed.state,
        created_at=member.created_at,
        signed_in_at=listed.signed_in_at,
    )
