"""Teams: name, parent, cost centre, colour and leads. The id is the ledger's and never changes, so renaming is free.

Teams that only events named so far are teams like the others; something is decided about them with the first change.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, insert, or_, select, update

from outlay.control.database import Control
from outlay.control.entities import COLOUR_SLOTS, EntityName, colour_team, name_entities
from outlay.control.members import find_members, update_member
from outlay.control.memberships import end_team, holding
from outlay.control.sharing import parse_line
from outlay.control.storable import storable
from outlay.control.tables import entities, members, organisations, teams_led
from outlay.control.team_rows import adopt_team, id_from_name, parse_team_id, this_team
from outlay.control.team_tables import memberships, teams
from outlay.control.team_tree import check_no_cycle, teams_above
from outlay.control.trail import Actor, Change, differing, write_down
from outlay.errors import Conflict, InputError, NotFound

MOST_NAME_CHARS: Final = 200
MOST_COST_CENTRE_CHARS: Final = 100
MOST_CALLED: Final = 1_000
_WITH_ROWS: Final = entities.outerjoin(
    teams, and_(teams.c.organisation == entities.c.organisation, teams.c.id == entities.c.id)
)


class Team(Struct, frozen=True, kw_only=True):
    """`members` counts those who are in it now, `teams_below` the teams right below it."""

    id: str
    name: str
    parent: str | None
    parent_name: str | None
    cost_centre: str
    colour_slot: int
    members: int
    teams_below: int
    archived_at: datetime | None

    @property
    def place(self) -> tuple[str, str]:
        """Where it stands in the list."""
        return (self.name, self.id)


class TeamSettings(Struct, frozen=True, kw_only=True):
    """What people decide about a team. `colour_slot` None leaves the colour that it has or gets by itself."""

    name: str
    parent: str | None = None
    cost_centre: str = ""
    colour_slot: int | None = None


class TeamSearch(Struct, frozen=True, kw_only=True):
    """Which teams are listed, by name. `only` are the ids to choose from, where not all are; `after` is the place of
    the one before the first. Members are counted who are in the team `at` this time; without one, who never left it.
    """

    at: datetime | None = None
    text: str = ""
    archived: bool = False
    below: str | None = None
    only: tuple[str, ...] | None = None
    after: tuple[str, str] | None = None
    offset: int = 0
    limit: int = 50


class TeamPage(Struct, frozen=True):
    teams: list[Team]
    count: int


def create_team(
    control: Control, organisation: str, wanted: TeamSettings, by: Actor, now: datetime, team: str | None = None
) -> Team:
    """Create a team; its id is made from its name unless it is given. Conflict where there is one of this id."""
    with control.begin() as connection:
        return add_team(connection, organisation, wanted, by, now, team)


def add_team(
    connection: Connection, organisation: str, wanted: TeamSettings, by: Actor, now: datetime, team: str | None = None
) -> Team:
    """Create a team in the caller's transaction."""
    checked = _checked(wanted)
    made = parse_team_id(team or id_from_name(checked.name))
    _hold(connection, organisation)
    if connection.execute(select(teams.c.id).where(this_team(organisation, made))).one_or_none() is not None:
        raise Conflict(f"there is a team {made!r} already")
    adopt_team(connection, organisation, made, now)
    _put(connection, organisation, made, checked, now)
    found = team_in(connection, organisation, made)
    write_down(
        connection, organisation, by, Change("team.create", "team", made, found.name, after=facts_of(found)), now
    )
    return found


def change_team(control: Control, organisation: str, team: str, wanted: TeamSettings, by: Actor, now: datetime) -> Team:
    """Change what is decided about a team. Raises InputError where it would be below itself, NotFound, Conflict."""
    with control.begin() as connection:
        return change_team_in(connection, organisation, team, wanted, by, now)


def change_team_in(
    connection: Connection, organisation: str, team: str, wanted: TeamSettings, by: Actor, now: datetime
) -> Team:
    """Do so in the caller's transaction."""
    checked = _checked(wanted)
    _hold(connection, organisation)
    before = team_in(connection, organisation, team)
    adopt_team(connection, organisation, team, now)
    check_no_cycle(connection, organisation, team, checked.parent)
    _put(connection, organisation, team, checked, now)
    after = team_in(connection, organisation, team)
    sides = differing(facts_of(before), facts_of(after))
    if any(sides):
        action = "team.move" if before.parent != after.parent else "team.change"
        write_down(connection, organisation, by, Change(action, "team", team, after.name, *sides), now)
    return after


def archive_team(control: Control, organisation: str, team: str, by: Actor, now: datetime) -> None:
    """Take a team out of use: its memberships end, its past stays. Conflict while teams in use are below it."""
    with control.begin() as connection:
        archive_team_in(connection, organisation, team, by, now)


def archive_team_in(connection: Connection, organisation: str, team: str, by: Actor, now: datetime) -> None:
    """Do so in the caller's transaction."""
    _hold(connection, organisation)
    found = team_in(connection, organisation, team)
    if found.archived_at is not None:
        return
    if found.teams_below:
        raise Conflict("there are teams below it; archive those first, or move them")
    adopt_team(connection, organisation, team, now)
    ended = end_team(connection, organisation, team, now)
    connection.execute(update(teams).where(this_team(organisation, team)).values(archived_at=now))
    after = {"members who left": ended}
    write_down(connection, organisation, by, Change("team.archive", "team", team, found.name, after=after), now)


def restore_team(control: Control, organisation: str, team: str, by: Actor, now: datetime) -> None:
    """Take an archived team back into use; nobody is in it."""
    with control.begin() as connection:
        restore_team_in(connection, organisation, team, by, now)


def restore_team_in(connection: Connection, organisation: str, team: str, by: Actor, now: datetime) -> None:
    """Do so in the caller's transaction."""
    found = team_in(connection, organisation, team)
    if found.archived_at is not None:
        connection.execute(update(teams).where(this_team(organisation, team)).values(archived_at=None))
        write_down(connection, organisation, by, Change("team.restore", "team", team, found.name), now)


def set_leads(control: Control, organisation: str, team: str, leads: Sequence[str], by: Actor, now: datetime) -> None:
    """Have these members lead the team. Who is a member only gets the role lead with it; NotFound for a stranger."""
    with control.begin() as connection:
        set_leads_in(connection, organisation, team, leads, by, now)


def set_leads_in(
    connection: Connection, organisation: str, team: str, leads: Sequence[str], by: Actor, now: datetime
) -> None:
    """Do so in the caller's transaction."""
    found = team_in(connection, organisation, team)
    before = leads_in(connection, organisation, team)
    chosen = find_members(connection, organisation, members.c.id.in_(leads))
    if len(chosen) != len(set(leads)):
        raise NotFound("there is no such member")
    after = sorted(each.email for each in chosen)
    if after == before:
        return
    adopt_team(connection, organisation, team, now)
    mine = and_(teams_led.c.organisation == organisation, teams_led.c.team == team)
    connection.execute(delete(teams_led).where(mine))
    rows = [{"organisation": organisation, "member": each.id, "team": team} for each in chosen]
    if rows:
        connection.execute(insert(teams_led), rows)
    raised = [each for each in chosen if each.role == "member"]
    for each in raised:
        update_member(connection, organisation, each.id, {"role": "lead"})
    roles = {"role lead": sorted(each.email for each in raised)} if raised else {}
    sides = ({"leads": before}, {"leads": after} | roles)
    write_down(connection, organisation, by, Change("team.change", "team", team, found.name, *sides), now)


def leads_of(control: Control, organisation: str, team: str) -> list[str]:
    """Return the e-mails of those who lead the team itself."""
    with control.read() as connection:
        return leads_in(connection, organisation, team)


def leads_in(connection: Connection, organisation: str, team: str) -> list[str]:
    """Return the e-mails of those who lead the team itself."""
    joined = and_(teams_led.c.organisation == members.c.organisation, teams_led.c.member == members.c.id)
    mine = and_(teams_led.c.organisation == organisation, teams_led.c.team == team)
    asked = select(members.c.email).join_from(teams_led, members, joined).where(mine).order_by(members.c.email)
    return list(connection.execute(asked).scalars())


def team_of_id(control: Control, organisation: str, team: str, at: datetime | None = None) -> Team:
    """Return a team by id, with those counted who are in it at a time; NotFound where nobody and no event named it."""
    with control.read() as connection:
        return team_in(connection, organisation, team, at)


def team_in(connection: Connection, organisation: str, team: str, at: datetime | None = None) -> Team:
    """Return a team in the caller's transaction."""
    row = connection.execute(_rows(organisation, at).where(entities.c.id == team)).one_or_none()
    if row is None:
        raise NotFound("there is no such team")
    return _as_team(row)


def find_teams(control: Control, organisation: str, wanted: TeamSearch) -> TeamPage:
    """Return a page of teams by name, and how many there are."""
    conditions = _conditions(wanted)
    name = func.coalesce(entities.c.name, entities.c.id)
    listed = _rows(organisation, wanted.at).where(*conditions)
    if wanted.after is not None:
        called, team = wanted.after
        listed = listed.where(or_(name > called, and_(name == called, entities.c.id > team)))
    listed = listed.order_by(name, entities.c.id).limit(wanted.limit).offset(wanted.offset)
    counted = select(func.count()).select_from(_WITH_ROWS).where(*_kind(organisation), *conditions)
    with control.read() as connection:
        return TeamPage([_as_team(row) for row in connection.execute(listed)], connection.execute(counted).scalar_one())


def path_of(control: Control, organisation: str, team: str) -> list[Team]:
    """Return the teams above a team, the highest first."""
    with control.read() as connection:
        return [team_in(connection, organisation, each) for each in teams_above(connection, organisation, team)][::-1]


def team_choices(control: Control, organisation: str, most: int) -> list[tuple[str, str]]:
    """Return id and name of teams in use, by name, to choose from; no more than `most`."""
    page = find_teams(control, organisation, TeamSearch(limit=most))
    return [(each.id, each.name) for each in page.teams]


def teams_called(control: Control, organisation: str, texts: Sequence[str]) -> dict[str, list[str]]:
    """Return the ids of the teams in use that each text means: the one of this id, else those of this name."""
    wanted = sorted(set(texts))[:MOST_CALLED]
    named = or_(entities.c.id.in_(wanted), entities.c.name.in_(wanted))
    asked = select(entities.c.id, entities.c.name).select_from(_WITH_ROWS)
    with control.read() as connection:
        rows = connection.execute(asked.where(*_kind(organisation), named, teams.c.archived_at.is_(None))).all()
    ids, by_name = {row.id for row in rows}, {text: [row.id for row in rows if row.name == text] for text in wanted}
    return {text: [text] if text in ids else by_name.get(text, []) for text in texts}


def teams_missing(control: Control, organisation: str, ids: Sequence[str]) -> list[str]:
    """Return those of these ids that are no team in use."""
    wanted = sorted(set(ids))
    asked = select(entities.c.id).select_from(_WITH_ROWS).where(*_kind(organisation), teams.c.archived_at.is_(None))
    with control.read() as connection:
        there: set[str] = set()
        for start in range(0, len(wanted), MOST_CALLED):
            part = entities.c.id.in_(wanted[start : start + MOST_CALLED])
            there.update(connection.execute(asked.where(part)).scalars())
    return [each for each in wanted if each not in there]


def facts_of(team: Team) -> dict[str, Any]:
    """Return what the audit trail tells of a team."""
    return {
        "name": team.name,
        "parent": team.parent,
        "cost_centre": team.cost_centre,
        "colour": team.colour_slot,
    }


def _checked(wanted: TeamSettings) -> TeamSettings:
    name = parse_line(wanted.name, MOST_NAME_CHARS, "a team's name")
    centre = parse_line(wanted.cost_centre, MOST_COST_CENTRE_CHARS, "a cost centre") if wanted.cost_centre else ""
    if wanted.colour_slot is not None and not 0 <= wanted.colour_slot < COLOUR_SLOTS:
        raise InputError(f"a colour is one of 0 to {COLOUR_SLOTS - 1}")
    return TeamSettings(name=name, parent=wanted.parent or None, cost_centre=centre, colour_slot=wanted.colour_slot)


def _put(connection: Connection, organisation: str, team: str, wanted: TeamSettings, now: datetime) -> None:
    if wanted.parent is not None:
        team_in(connection, organisation, wanted.parent)  # there, or NotFound
        adopt_team(connection, organisation, wanted.parent, now)
    name_entities(connection, organisation, "team", [EntityName(team, wanted.name)], now)
    if wanted.colour_slot is not None:
        colour_team(connection, organisation, team, wanted.colour_slot)
    values = {"parent": wanted.parent, "cost_centre": wanted.cost_centre}
    connection.execute(update(teams).where(this_team(organisation, team)).values(values))


def _hold(connection: Connection, organisation: str) -> None:
    """Let changes of the tree wait for each other: two at a time could make a circle that neither made alone."""
    connection.execute(select(organisations.c.id).where(organisations.c.id == organisation).with_for_update())


def _kind(organisation: str) -> tuple[ColumnElement[bool], ...]:
    return (entities.c.organisation == organisation, entities.c.kind == "team")


def _rows(organisation: str, at: datetime | None) -> Select[Any]:
    parents = entities.alias("parents")
    above = and_(
        parents.c.organisation == entities.c.organisation, parents.c.kind == "team", parents.c.id == teams.c.parent
    )
    in_it = and_(
        memberships.c.organisation == entities.c.organisation,
        memberships.c.team == entities.c.id,
        memberships.c.ends_at.is_(None) if at is None else holding(at),
    )
    children = teams.alias("children")
    below = and_(
        children.c.organisation == entities.c.organisation,
        children.c.parent == entities.c.id,
        children.c.archived_at.is_(None),
    )
    return (
        select(
            entities.c.id,
            entities.c.name,
            entities.c.colour_slot,
            teams.c.parent,
            teams.c.cost_centre,
            teams.c.archived_at,
            parents.c.name.label("parent_name"),
            select(func.count(memberships.c.member.distinct())).where(in_it).scalar_subquery().label("members"),
            select(func.count()).select_from(children).where(below).scalar_subquery().label("teams_below"),
        )
        .select_from(_WITH_ROWS.outerjoin(parents, above))
        .where(*_kind(organisation))
    )


def _conditions(wanted: TeamSearch) -> list[ColumnElement[bool]]:
    archived = teams.c.archived_at.is_not(None) if wanted.archived else teams.c.archived_at.is_(None)
    conditions: list[ColumnElement[bool]] = [archived]
    if wanted.text.strip():
        text = storable(wanted.text).strip().casefold()
        conditions.append(entities.c.search_text.contains(text, autoescape=True))
    if wanted.below is not None:
        conditions.append(teams.c.parent == wanted.below)
    if wanted.only is not None:
        conditions.append(entities.c.id.in_(wanted.only))
    return conditions


def _as_team(row: Row[Any]) -> Team:
    return Team(
        id=row.id,
        name=row.name or row.id,
        parent=row.parent,
        parent_name=None if row.parent is None else row.parent_name or row.parent,
        cost_centre=row.cost_centre or "",
        colour_slot=row.colour_slot,
        members=row.members,
        teams_below=row.teams_below,
        archived_at=row.archived_at,
    )
