"""Makes the demo's people members of teams. In one transaction: an interrupted demo has all of them or none."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from outlay.control.database import Control
from outlay.control.members import Member, NewMember, add_member, members_of
from outlay.control.teams import TeamSearch, TeamSettings, add_team, find_teams, set_leads_in
from outlay.control.trail import SYSTEM
from outlay.demo.organisation import Directory
from outlay.demo.staff import StaffedTeam, colleagues, staffed_teams

ADMIN: Final = "admin@example.com"
_MOST_TEAMS: Final = 1_000


def sign_up(control: Control, organisation: str, directory: Directory, now: datetime) -> None:
    """Make an admin, everybody's team and everybody a member; those who are there already stay as they are."""
    there = {member.email: member for member in members_of(control, organisation)}
    known = {team.id for team in find_teams(control, organisation, TeamSearch(limit=_MOST_TEAMS)).teams}
    staffed = [team for team in staffed_teams(directory) if team.id not in known]
    with control.begin() as connection:
        for team in staffed:
            wanted = TeamSettings(
                name=team.name, parent=team.parent, cost_centre=team.cost_centre, colour_slot=team.colour_slot
            )
            add_team(connection, organisation, wanted, SYSTEM, now, team.id)
        made = [
            add_member(connection, organisation, each, SYSTEM, now) if each.email not in there else there[each.email]
            for each in _wanted(directory)
        ]
        _appoint(connection, organisation, staffed, made, now)


def examples_of(control: Control, organisation: str) -> list[Member]:
    """Return one member of every role, the admin first: whose eyes to look with."""
    found: dict[str, Member] = {}
    for member in sorted(members_of(control, organisation), key=lambda each: (each.email != ADMIN, each.email)):
        found.setdefault(member.role, member)
    return list(found.values())


def _wanted(directory: Directory) -> Iterable[NewMember]:
    yield NewMember(email=ADMIN, name="Admin", role="admin")
    for each in colleagues(directory):
        person = each.person
        yield NewMember(email=person.email, name=person.name, role=each.role, user=person.id, teams=each.teams)


def _appoint(
    connection: Connection, organisation: str, staffed: Iterable[StaffedTeam], made: Iterable[Member], now: datetime
) -> None:
    by_user = {member.user: member.id for member in made}
    for team in staffed:
        if team.leads:
            set_leads_in(connection, organisation, team.id, [by_user[lead] for lead in team.leads], SYSTEM, now)
