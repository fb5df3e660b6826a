"""Teams over the API: listed, created, changed, archived; for keys with the scope `admin`."""

from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

from outlay.control.database import Control
from outlay.control.members import member_of_email
from outlay.control.teams import (
    Team,
    TeamSearch,
    TeamSettings,
    add_team,
    archive_team_in,
    change_team_in,
    find_teams,
    leads_of,
    restore_team_in,
    set_leads_in,
    team_of_id,
)
from outlay.errors import Conflict, InputError, NotFound
from outlay.kit.clock import Clock
from outlay.web.api.administration import Administration, Asked, Operation
from outlay.web.api.endpoint import Endpoint, Parameter, in_path
from outlay.web.api.paging import PAGING, page_asked, page_of

PATH: Final = "/api/v1/teams"
ONE: Final = "/api/v1/teams/{team}"
_TEAM: Final = in_path("team", "A team's id.", "growth")


class ApiTeam(Struct, frozen=True, kw_only=True):
    """`members` counts those who are in it now; `leads` are their e-mails, `colour` one of 0 to 6."""

    id: str
    name: str
    parent: str | None
    cost_centre: str
    colour: int
    members: int
    leads: list[str]
    archived: bool


class ApiTeams(Struct, frozen=True):
    teams: list[ApiTeam]
    next: str | None


class TeamToCreate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without `id` it is made from the name; without `colour` it gets the next one."""

    name: str
    id: str | None = None
    parent: str | None = None
    cost_centre: str = ""
    colour: int | None = None
    leads: list[str] = []


class TeamPatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays."""

    name: str | UnsetType = UNSET
    parent: str | UnsetType | None = UNSET
    cost_centre: str | UnsetType = UNSET
    colour: int | UnsetType = UNSET
    leads: list[str] | UnsetType = UNSET
    archived: bool | UnsetType = UNSET


class TeamsApi:
    def __init__(self, administration: Administration, control: Control, clock: Clock) -> None:
        self._administration = administration
        self._control = control
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        several: Operation[None] = Operation(
            method="GET",
            path=PATH,
            name="list_teams",
            summary="List teams",
            description="By name: those in use, or the archived ones. Teams that only events named are among them.",
            do=self._list,
            answer=ApiTeams,
            parameters=(
                Parameter("q", "A part of name or id."),
                Parameter("archived", "`true`: the archived ones.", choices=("true", "false")),
                *PAGING,
            ),
        )
        create: Operation[TeamToCreate] = Operation(
            method="POST",
            path=PATH,
            name="create_team",
            summary="Create a team",
            description="The id is what events name the team by, and never changes.",
            do=self._create,
            body=TeamToCreate,
            answer=ApiTeam,
            status=201,
            errors=(NotFound, Conflict),
        )
        one: Operation[None] = Operation(
            method="GET",
            path=ONE,
            name="get_team",
            summary="One team",
            description="One team by id.",
            do=self._get,
            answer=ApiTeam,
            parameters=(_TEAM,),
            errors=(NotFound,),
        )
        change: Operation[TeamPatch] = Operation(
            method="PATCH",
            path=ONE,
            name="change_team",
            summary="Change a team",
            description="Who leads a team leads those below it. Archiving ends its memberships; what it spent stays.",
            do=self._change,
            body=TeamPatch,
            answer=ApiTeam,
            parameters=(_TEAM,),
            errors=(NotFound, Conflict),
        )
        made: tuple[Operation[Any], ...] = (several, create, one, change)
        return [self._administration.endpoint(each) for each in made]

    def _list(self, asked: Asked[None]) -> ApiTeams:
        page = page_asked(asked.query, tuple[str, str])
        archived = asked.query.get("archived") == "true"
        search = TeamSearch(
            at=self._clock.now(),
            text=asked.query.get("q", ""),
            archived=archived,
            after=page.after,
            limit=page.limit + 1,
        )
        found = page_of(page, find_teams(self._control, asked.organisation, search).teams, lambda each: each.place)
        return ApiTeams([self._told(asked.organisation, each) for each in found.rows], found.next)

    def _create(self, asked: Asked[TeamToCreate]) -> ApiTeam:
        sent, organisation, now = asked.body, asked.organisation, self._clock.now()
        leads = self._leads(organisation, sent.leads)
        wanted = TeamSettings(name=sent.name, parent=sent.parent, cost_centre=sent.cost_centre, colour_slot=sent.colour)
        with self._control.begin() as connection:
            made = add_team(connection, organisation, wanted, asked.by, now, sent.id)
            set_leads_in(connection, organisation, made.id, leads, asked.by, now)
        return self._one(organisation, made.id)

    def _get(self, asked: Asked[None]) -> ApiTeam:
        return self._one(asked.organisation, asked.path["team"])

    def _change(self, asked: Asked[TeamPatch]) -> ApiTeam:
        sent, organisation, team, now = asked.body, asked.organisation, asked.path["team"], self._clock.now()
        kept = team_of_id(self._control, organisation, team)
        leads = None if isinstance(sent.leads, UnsetType) else self._leads(organisation, sent.leads)
        wanted = TeamSettings(
            name=kept.name if isinstance(sent.name, UnsetType) else sent.name,
            parent=kept.parent if isinstance(sent.parent, UnsetType) else sent.parent,
            cost_centre=kept.cost_centre if isinstance(sent.cost_centre, UnsetType) else sent.cost_centre,
            colour_slot=None if isinstance(sent.colour, UnsetType) else sent.colour,
        )
        with self._control.begin() as connection:  # all of it, or nothing
            if sent.archived is False:
                restore_team_in(connection, organisation, team, asked.by, now)
            if sent.archived is not True or kept.archived_at is None:
                change_team_in(connection, organisation, team, wanted, asked.by, now)
            if leads is not None:
                set_leads_in(connection, organisation, team, leads, asked.by, now)
            if sent.archived is True:
                archive_team_in(connection, organisation, team, asked.by, now)
        return self._one(organisation, team)

    def _leads(self, organisation: str, emails: list[str]) -> list[str]:
        try:
            return [member_of_email(self._control, organisation, each).id for each in emails]
        except NotFound:
            raise InputError("leads are named by the e-mails of members, and one of these is none") from None

    def _one(self, organisation: str, team: str) -> ApiTeam:
        return self._told(organisation, team_of_id(self._control, organisation, team, self._clock.now()))

    def _told(self, organisation: str, team: Team) -> ApiTeam:
        return ApiTeam(
            id=team.id,
            name=team.name,
            parent=team.parent,
            cost_centre=team.cost_centre,
            colour=team.colour_slot,
            members=team.members,
            leads=leads_of(self._control, organisation, team.id),
            archived=team.archived_at is not None,
        )
