"""`/settings/teams`: the teams, and one team with its members, leads, cost centre and what it spends this month.

Admins change them; a lead sees the teams they lead and those below. What a team spends is a question like any other,
asked for whoever looks.
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.roles import may
from outlay.control.entities import COLOUR_SLOTS
from outlay.control.member_search import MemberSearch, find
from outlay.control.team_tree import family_of
from outlay.control.teams import (
    Team,
    TeamSearch,
    add_team,
    archive_team,
    change_team_in,
    find_teams,
    leads_of,
    path_of,
    restore_team,
    set_leads_in,
    team_of_id,
)
from outlay.errors import Conflict, InputError, NotFound
from outlay.kit.period import parse_zone
from outlay.query.ask import Filter, Query
from outlay.query.notation import write_filter
from outlay.query.questions import Asking, Questions
from outlay.query.timerange import MonthToDate
from outlay.web import format as text
from outlay.web.acting import actor_of
from outlay.web.forms import Form, Forms, as_sentence
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.by_members import ByMembers
from outlay.web.pages.members.office import Office
from outlay.web.pages.members.table import Told, member_table
from outlay.web.pages.settings.paging import PER_PAGE, page_number, pager_of
from outlay.web.pages.teams.draft import Draft, Refused, draft_from, draft_of, opens_more, team_asked_for
from outlay.web.parts import Cell, Column, Pager, Row, Table
from outlay.web.render import Notice
from outlay.web.view.money import InCurrency
from outlay.web.view.names import Names
from outlay.web.view.panels import as_money

TEAMS: Final = "/settings/teams"
NEW: Final = "/settings/new-team"  # beside the teams, whose ids may be anything
ONE: Final = "/settings/teams/{team:path}"
CHANGE: Final = "/settings/team-change"
ARCHIVE: Final = "/settings/team-archive"
RESTORE: Final = "/settings/team-restore"
MOST_BELOW: Final = 50
MOST_SUMMED: Final = 100  # teams whose cost is told as one; what stands above more of them is a matter for Usage

_DONE: Final = {"made": "The team is there.", "changed": "Saved.", "archived": "Archived.", "restored": "In use again."}
_COLUMNS: Final = (
    Column(id="name", label="Team"),
    Column(id="parent", label="Parent team"),
    Column(id="centre", label="Cost centre", hide_narrow=True),
    Column(id="members", label="Members", numeric=True),
)


class ShownTeams(Struct, frozen=True):
    table: Table
    count: int
    pager: Pager | None
    text: str
    archived: bool
    may_change: bool


class ShownTeam(Struct, frozen=True):
    """One team. `spent` is its cost this month as far as the viewer sees it, `whole` that of all below it with it."""

    team: Team
    above: tuple[tuple[str, str], ...]
    below: tuple[tuple[str, str], ...]
    leads: tuple[str, ...]
    members: Table | None
    member_count: int
    spent: str
    usage_href: str
    whole: str
    whole_href: str
    members_href: str
    may_change: bool


class TeamsPage:
    def __init__(self, frame: Frame, forms: Forms, office: Office, questions: Questions) -> None:
        self._frame = frame
        self._forms = forms
        self._office = office
        self._questions = questions
        self._in_currency = InCurrency(office.control)

    def routes(self) -> list[Route]:
        readers = ByMembers(self._frame, self._forms, "see_teams")
        admins = ByMembers(self._frame, self._forms, "manage_members")
        return [
            Route(TEAMS, readers.shown(self._list), methods=["GET"]),
            Route(NEW, admins.shown(self._ask), methods=["GET"]),
            Route(NEW, admins.done(self._add), methods=["POST"]),
            Route(CHANGE, admins.done(self._change), methods=["POST"]),
            Route(ARCHIVE, admins.done(self._archive), methods=["POST"]),
            Route(RESTORE, admins.done(self._restore), methods=["POST"]),
            Route(ONE, readers.shown(self._show), methods=["GET"]),
        ]

    def _list(self, request: Request, who: SignedIn) -> Response:
        shell = self._frame.shell(request, who, "Teams", "teams", _done(request))
        asked = {"q": request.query_params.get("q", ""), "show": request.query_params.get("show", "")}
        page, archived = page_number(request), asked["show"] == "archived"
        search = TeamSearch(
            at=self._office.clock.now(),
            text=asked["q"],
            archived=archived,
            only=_seen(who),
            offset=page * PER_PAGE,
            limit=PER_PAGE,
        )
        found = find_teams(self._office.control, who.member.organisation, search)
        shown = ShownTeams(
            table=self._table(found.teams, _seen(who)),
            count=found.count,
            pager=pager_of(self._frame.renderer, TEAMS, asked, page, found.count),
            text=asked["q"],
            archived=archived,
            may_change=may(who.viewer.role, "manage_members"),
        )
        return self._frame.page("settings/teams.html", shell, 200, shown=shown)

    def _table(self, teams: list[Team], seen: tuple[str, ...] | None) -> Table:
        rows = []
        for team in teams:
            above = team.parent_name if seen is None or team.parent in seen else None
            cells = (
                Cell(text=team.name, dot=True, slot=team.colour_slot, sub=team.id if team.id != team.name else ""),
                Cell(text=above or text.DASH),
                Cell(text=team.cost_centre or text.DASH),
                Cell(text=f"{team.members:,}"),
            )
            rows.append(Row(cells=cells, href=self._href(team.id), muted=team.archived_at is not None))
        return Table(caption="Teams", columns=_COLUMNS, rows=tuple(rows))

    def _show(self, request: Request, who: SignedIn) -> Response:
        team = self._team(who, str(request.path_params["team"]))
        draft = draft_from(team, leads_of(self._office.control, who.member.organisation, team.id))
        return self._page(request, who, team, draft, Refused({}))

    def _page(
        self, request: Request, who: SignedIn, team: Team, draft: Draft, refused: Refused, status: int = 200
    ) -> Response:
        general = refused.errors.get("", "")
        notices = (Notice("bad", general),) if general else _done(request)
        shell = self._frame.shell(request, who, team.name, "teams", notices)
        shown = self._shown(who, team, shell.zone)
        values = {"shown": shown, "draft": draft, "errors": refused.errors, "slots": range(COLOUR_SLOTS)}
        return self._frame.page("settings/team.html", shell, status, **values)

    def _shown(self, who: SignedIn, team: Team, zone: str) -> ShownTeam:
        office, organisation = self._office, who.member.organisation
        changes = may(who.viewer.role, "manage_members")
        now = office.clock.now()
        found = find(office.control, organisation, MemberSearch(at=now, team=team.id, limit=PER_PAGE))
        told = Told(self._frame.renderer, Names(office.registry, organisation), parse_zone(zone), now, opens=changes)
        seen = _seen(who)
        below = find_teams(office.control, organisation, TeamSearch(below=team.id, only=seen, limit=MOST_BELOW)).teams
        above = [each for each in path_of(office.control, organisation, team.id) if seen is None or each.id in seen]
        family = family_of(office.control, organisation, team.id) if below else ()
        whole = family if len(family) <= MOST_SUMMED else ()
        spent = self._spent(who, (team.id,), *((whole,) if whole else ()))
        return ShownTeam(
            team=team,
            above=tuple((each.name, self._href(each.id)) for each in above),
            below=tuple((each.name, self._href(each.id)) for each in below),
            leads=tuple(leads_of(office.control, organisation, team.id)),
            members=member_table(found.members, told) if found.members else None,
            member_count=found.count,
            spent=spent[0],
            usage_href=self._usage_href((team.id,)),
            whole=spent[1] if whole else "",
            whole_href=self._usage_href(whole) if whole else "",
            members_href=self._frame.renderer.url("/settings/members", {"team": team.id}) if changes else "",
            may_change=changes,
        )

    def _usage_href(self, teams: tuple[str, ...]) -> str:
        return self._frame.renderer.url("/usage", {"f": write_filter(Filter("team", "is", teams)), "r": "mtd"})

    def _spent(self, who: SignedIn, *of: tuple[str, ...]) -> tuple[str, ...]:
        """Return what each of these groups of teams cost this month, all from one snapshot."""
        queries = [
            Query(who.viewer, measures=("cost",), range=MonthToDate(), filters=(Filter("team", "is", teams),))
            for teams in of
        ]

        def told(asking: Asking) -> tuple[str, ...]:
            def costs() -> tuple[str, ...]:
                return tuple(text.usd(as_money(asking.run(query).total("cost"))) for query in queries)

            return self._in_currency.written(asking, "r=mtd", costs)

        return self._questions.ask(who.viewer, told)

    def _ask(self, request: Request, who: SignedIn) -> Response:
        return self._form(request, who, Draft(), Refused({}))

    def _form(self, request: Request, who: SignedIn, draft: Draft, refused: Refused, status: int = 200) -> Response:
        general = refused.errors.get("", "")
        notices = (Notice("bad", general),) if general else ()
        shell = self._frame.shell(request, who, "Create a team", "teams", notices)
        values = {"draft": draft, "errors": refused.errors, "slots": range(COLOUR_SLOTS)}
        return self._frame.page("settings/team-new.html", shell, status, **values)

    def _add(self, request: Request, who: SignedIn, form: Form) -> Response:
        office, organisation, draft = self._office, who.member.organisation, draft_of(form)
        asked = team_asked_for(office.control, organisation, draft)
        if isinstance(asked, Refused):
            return self._form(request, who, draft, asked, HTTPStatus.UNPROCESSABLE_ENTITY)
        if asked.leads:  # the team may be one that events name already
            self._frame.require_proof(who, NEW)
        by, now = actor_of(request, who), office.clock.now()
        try:
            with office.control.begin() as connection:
                team = add_team(connection, organisation, asked.settings, by, now, draft.id or None)
                set_leads_in(connection, organisation, team.id, asked.leads, by, now)
        except (InputError, Conflict) as error:
            return self._form(request, who, draft, _refused_by(error), error.status)
        return self._back(team.id, "made")

    def _change(self, request: Request, who: SignedIn, form: Form) -> Response:
        office, organisation, draft = self._office, who.member.organisation, draft_of(form)
        team = self._team(who, draft.id)
        asked = team_asked_for(office.control, organisation, draft)
        if isinstance(asked, Refused):
            return self._page(request, who, team, draft, asked, HTTPStatus.UNPROCESSABLE_ENTITY)
        if opens_more(team, leads_of(office.control, organisation, team.id), draft, asked):
            self._frame.require_proof(who, team_path(team.id))
        by, now = actor_of(request, who), office.clock.now()
        try:
            with office.control.begin() as connection:
                change_team_in(connection, organisation, team.id, asked.settings, by, now)
                set_leads_in(connection, organisation, team.id, asked.leads, by, now)
        except (InputError, Conflict) as error:
            return self._page(request, who, team, draft, _refused_by(error), error.status)
        return self._back(team.id, "changed")

    def _archive(self, request: Request, who: SignedIn, form: Form) -> Response:
        office, organisation = self._office, who.member.organisation
        team = self._team(who, form.text("id"))
        try:
            archive_team(office.control, organisation, team.id, actor_of(request, who), office.clock.now())
        except Conflict as error:
            draft = draft_from(team, leads_of(office.control, organisation, team.id))
            return self._page(request, who, team, draft, _refused_by(error), error.status)
        return self._back(team.id, "archived")

    def _restore(self, request: Request, who: SignedIn, form: Form) -> Response:
        office = self._office
        team = self._team(who, form.text("id"))
        restore_team(office.control, who.member.organisation, team.id, actor_of(request, who), office.clock.now())
        return self._back(team.id, "restored")

    def _team(self, who: SignedIn, team: str) -> Team:
        """Return a team that the member may see; to others it is as if it were not there."""
        seen = _seen(who)
        if not team.isprintable() or (seen is not None and team not in seen):
            raise NotFound("there is no such team")
        return team_of_id(self._office.control, who.member.organisation, team)

    def _href(self, team: str) -> str:
        return team_href(self._frame, team)

    def _back(self, team: str, done: str) -> Response:
        return RedirectResponse(f"{self._href(team)}?done={done}", HTTPStatus.SEE_OTHER)


def team_href(frame: Frame, team: str) -> str:
    """Return the link to a team's page; an id may hold what has a meaning in addresses."""
    return frame.renderer.url(team_path(team))


def team_path(team: str) -> str:
    return f"{TEAMS}/{quote(team, safe='')}"


def _seen(who: SignedIn) -> tuple[str, ...] | None:
    """Return the teams that are shown to a member; None: all of them."""
    return None if who.viewer.sees_all else who.viewer.teams


def _done(request: Request) -> tuple[Notice, ...]:
    done = _DONE.get(request.query_params.get("done", ""))
    return (Notice("good", done),) if done else ()


def _refused_by(error: InputError | Conflict) -> Refused:
    words = error.message.lower()
    field = "parent" if "below itself" in words else "id" if "already" in words else "name" if "name" in words else ""
    return Refused({field: as_sentence(error.message)})
