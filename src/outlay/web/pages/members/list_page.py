"""`/settings/members`: the members of the organisation, searched, filtered and paged; and the form that invites one."""

from http import HTTPStatus
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outlay.access.viewer import ROLES
from outlay.control.database import Control
from outlay.control.entities import Registry
from outlay.control.member_search import MEMBER_STATES, MemberSearch, find
from outlay.control.members import add_member
from outlay.control.storable import storable
from outlay.errors import Conflict, InputError
from outlay.kit.clock import Clock
from outlay.kit.period import parse_zone
from outlay.web.acting import actor_of
from outlay.web.forms import Form, Forms, as_sentence
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.by_members import ByMembers
from outlay.web.pages.members.draft import Draft, Refused, draft_of, new_member_asked_for
from outlay.web.pages.members.inviting import Handed, Invite
from outlay.web.pages.members.table import STATES, Told, member_table
from outlay.web.pages.settings.paging import PER_PAGE, page_number, pager_of
from outlay.web.parts import Pager, Table
from outlay.web.render import Notice
from outlay.web.view.names import Names

MEMBERS: Final = "/settings/members"
NEW: Final = "/settings/members/new"
_FIELD_OF: Final = {"e-mail": "email", "member": "email"}


class Shown(Struct, frozen=True):
    """What the list shows. `handed` is the link for somebody who was invited just now."""

    table: Table
    count: int
    pager: Pager | None
    text: str
    role: str
    state: str
    team: str
    team_name: str
    handed: Handed | None


class MembersPage:
    def __init__(
        self, frame: Frame, forms: Forms, control: Control, registry: Registry, clock: Clock, invite: Invite
    ) -> None:
        self._frame = frame
        self._forms = forms
        self._control = control
        self._registry = registry
        self._clock = clock
        self._invite = invite

    def routes(self) -> list[Route]:
        admins = ByMembers(self._frame, self._forms, "manage_members")
        return [
            Route(MEMBERS, admins.shown(self._list), methods=["GET"]),
            Route(NEW, admins.shown(self._ask, proof_on=NEW), methods=["GET"]),
            Route(NEW, admins.done(self._add, proof_on=NEW), methods=["POST"]),
        ]

    def _list(self, request: Request, who: SignedIn) -> Response:
        return self._listing(request, who, None)

    def _listing(self, request: Request, who: SignedIn, handed: Handed | None) -> Response:
        shell = self._frame.shell(request, who, "Members", "members")
        asked = {name: storable(request.query_params.get(name, "")) for name in ("q", "role", "state", "team")}
        now, page = self._clock.now(), page_number(request)
        search = MemberSearch(
            at=now,
            text=asked["q"],
            role=asked["role"] if asked["role"] in ROLES else "",
            state=asked["state"],
            team=asked["team"],
            offset=page * PER_PAGE,
            limit=PER_PAGE,
        )
        found = find(self._control, who.member.organisation, search)
        names = Names(self._registry, who.member.organisation)
        shown = Shown(
            table=member_table(found.members, Told(self._frame.renderer, names, parse_zone(shell.zone), now)),
            count=found.count,
            pager=pager_of(self._frame.renderer, MEMBERS, asked, page, found.count),
            text=asked["q"],
            role=search.role,
            state=asked["state"] if asked["state"] in MEMBER_STATES else "",
            team=asked["team"],
            team_name=names.of("team", [asked["team"]])[asked["team"]].name if asked["team"] else "",
            handed=handed,
        )
        roles = [("", "All roles"), *((each, each) for each in ROLES)]
        states = [("", "All states"), *((each, STATES[each][0]) for each in MEMBER_STATES)]
        status = HTTPStatus.OK if handed is None else HTTPStatus.CREATED
        return self._frame.page("settings/members.html", shell, status, shown=shown, roles=roles, states=states)

    def _ask(self, request: Request, who: SignedIn) -> Response:
        return self._form(request, who, Draft(), Refused({}))

    def _form(self, request: Request, who: SignedIn, draft: Draft, refused: Refused, status: int = 200) -> Response:
        general = refused.errors.get("", "")
        notices = (Notice("bad", general),) if general else ()
        shell = self._frame.shell(request, who, "Invite a member", "members", notices)
        return self._frame.page(
            "settings/member-new.html", shell, status, draft=draft, errors=refused.errors, roles=ROLES
        )

    def _add(self, request: Request, who: SignedIn, form: Form) -> Response:
        draft = draft_of(form)
        asked = new_member_asked_for(self._control, who.member.organisation, draft)
        if isinstance(asked, Refused):
            return self._form(request, who, draft, asked, HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            with self._control.begin() as connection:
                member = add_member(
                    connection,
                    who.member.organisation,
                    asked,
                    actor_of(request, who),
                    self._clock.now(),
                    action="member.invite",
                )
        except (InputError, Conflict) as error:
            return self._form(request, who, draft, refused_by(error), error.status)
        handed = self._invite(member, actor_of(request, who), self._forms.link_address(request))
        return self._listing(request, who, handed)


def refused_by(error: InputError | Conflict) -> Refused:
    """Return what is wrong, beside its field where the message begins with it."""
    field = next((name for words, name in _FIELD_OF.items() if words in error.message.lower()), "")
    return Refused({field: as_sentence(error.message)})
