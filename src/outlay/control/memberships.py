"""Who is in which team from when until when. A person may be in several at a time; of those the primary one counts.

Changes are from now on: what was stays as it was, because calls that come late are attributed by the time they were
made at. Only the dates of one membership can be corrected, and that changes no call that is stored.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, or_, select, update

from outlay.control.conflict import insert_unless_there
from outlay.control.database import Control
from outlay.control.entities import EntityName, show_team
from outlay.control.tables import members
from outlay.control.team_rows import adopt_team
from outlay.control.team_tables import attribution_marks, memberships
from outlay.control.trail import Actor, Change, write_down
from outlay.errors import Conflict, InputError, NotFound
from outlay.kit.ids import new_id

MOST_TEAMS: Final = 100  # that one person is in at a time


class Membership(Struct, frozen=True, kw_only=True):
    """`starts_at` None: ever since; `ends_at` None: for good. The end is not part of it."""

    id: str
    member: str
    team: str
    primary: bool
    starts_at: datetime | None
    ends_at: datetime | None

    def holds_at(self, time: datetime) -> bool:
        return (self.starts_at is None or self.starts_at <= time) and (self.ends_at is None or time < self.ends_at)


class Attribution(Struct, frozen=True):
    """One membership as calls are attributed by it: to whose calls it applies, and from when until when."""

    user: str
    team: str
    primary: bool
    starts_at: datetime | None
    ends_at: datetime | None


class Period(Struct, frozen=True):
    starts_at: datetime | None
    ends_at: datetime | None


def set_memberships(
    connection: Connection, organisation: str, member: str, teams: Sequence[str], by: Actor, now: datetime
) -> bool:
    """Have a member be in these teams from now on, the first being the primary one; say whether that changed anything.

    A team that is new to Outlay is made. The very first memberships of a person count ever since: what they did before
    anybody said where they belong is of no other team. Written into the audit trail.
    """
    name = _called(connection, organisation, member)
    before = teams_at(connection, organisation, member, now)
    if not put_memberships(connection, organisation, member, teams, now):
        return False
    after = teams_at(connection, organisation, member, now)
    change = Change("member.change", "member", member, name, {"teams": before}, {"teams": after})
    write_down(connection, organisation, by, change, now)
    return True


def put_memberships(
    connection: Connection, organisation: str, member: str, teams: Sequence[str], now: datetime
) -> bool:
    """Do the same without an entry in the trail, for callers whose entry tells it."""
    wanted = list(dict.fromkeys(teams))
    if len(wanted) > MOST_TEAMS:
        raise InputError(f"a person is in at most {MOST_TEAMS} teams at a time")
    there = _all_of(connection, organisation, member)
    in_force = [each for each in there if each.ends_at is None or each.ends_at > now]
    # One that was given dates to come is no membership from now on.
    holding_now = {each.team: each.primary for each in in_force if each.holds_at(now) and each.ends_at is None}
    kept = {team for place, team in enumerate(wanted) if holding_now.get(team) == (place == 0)}
    ended = [each for each in in_force if not (each.team in kept and each.holds_at(now) and each.ends_at is None)]
    if not ended and len(kept) == len(wanted):
        return False
    for each in ended:
        _end(connection, organisation, each, now)
    starts_at = now if there else None
    for place, team in enumerate(wanted):
        if team not in kept:
            adopt_team(connection, organisation, team, now)
            _insert(connection, organisation, member, team, Period(starts_at, None), primary=place == 0)
    touch_attribution(connection, organisation)
    _show_team(connection, organisation, member, now)
    return True


def teams_at(connection: Connection, organisation: str, member: str, time: datetime) -> list[str]:
    """Return the teams a member is in at a time, the primary one first."""
    holding = [each for each in _all_of(connection, organisation, member) if each.holds_at(time)]
    return [each.team for each in sorted(holding, key=in_order)]


def memberships_of(control: Control, organisation: str, member: str) -> list[Membership]:
    """Return all memberships of a member: those without an end first, the primary one before the others."""
    with control.read() as connection:
        found = _all_of(connection, organisation, member)
    return sorted(found, key=lambda each: (each.ends_at is not None, in_order(each)))


def memberships_in(
    connection: Connection, organisation: str, ids: Sequence[str], time: datetime
) -> dict[str, list[Membership]]:
    """Return for each of these members the memberships that hold at a time, the primary one first."""
    found: dict[str, list[Membership]] = {each: [] for each in ids}
    these = and_(memberships.c.organisation == organisation, memberships.c.member.in_(ids), holding(time))
    for row in connection.execute(select(memberships).where(these)):
        found[row.member].append(_as_membership(row))
    return {member: sorted(mine, key=in_order) for member, mine in found.items()}


def change_period(
    control: Control, organisation: str, membership: str, period: Period, by: Actor, now: datetime
) -> None:
    """Correct from when until when a membership counts. No call that is stored changes its team by that.

    Raises InputError where it would end before it starts, Conflict where the person is in that team meanwhile anyway.
    """
    if period.starts_at is not None and period.ends_at is not None and period.starts_at >= period.ends_at:
        raise InputError("a membership ends after it starts")
    with control.begin() as connection:
        kept = _membership(connection, organisation, membership)
        others = [each for each in _all_of(connection, organisation, kept.member) if each.id != kept.id]
        if any(each.team == kept.team and _overlap(each, period) for each in others):
            raise Conflict("the person is in this team at that time already, by another membership")
        values = {"starts_at": period.starts_at, "ends_at": period.ends_at}
        connection.execute(update(memberships).where(_this(organisation, membership)).values(values))
        touch_attribution(connection, organisation)
        _show_team(connection, organisation, kept.member, now)
        name = _called(connection, organisation, kept.member)
        before = {"team": kept.team, "from": kept.starts_at, "to": kept.ends_at}
        after = {"team": kept.team, "from": period.starts_at, "to": period.ends_at}
        write_down(
            connection, organisation, by, Change("member.change", "member", kept.member, name, before, after), now
        )


def end_team(connection: Connection, organisation: str, team: str, now: datetime) -> int:
    """End all memberships in a team; return how many."""
    mine = and_(memberships.c.organisation == organisation, memberships.c.team == team, _ends_after(now))
    open_ones = [_as_membership(row) for row in connection.execute(select(memberships).where(mine))]
    for each in open_ones:
        _end(connection, organisation, each, now)
        _show_team(connection, organisation, each.member, now)
    if open_ones:
        touch_attribution(connection, organisation)
    return len(open_ones)


def attributions_of(control: Control, organisation: str) -> list[Attribution]:
    """Return every membership of a member who has a user id, as calls are attributed."""
    joined = and_(memberships.c.organisation == members.c.organisation, memberships.c.member == members.c.id)
    columns = (
        members.c.user,
        memberships.c.team,
        memberships.c.primary,
        memberships.c.starts_at,
        memberships.c.ends_at,
    )
    mine = and_(memberships.c.organisation == organisation, members.c.user.is_not(None))
    asked = select(*columns).join_from(memberships, members, joined).where(mine).order_by(memberships.c.id)
    with control.read() as connection:
        return [Attribution(*row) for row in connection.execute(asked)]


def attribution_mark(control: Control, organisation: str) -> int:
    """Return a number that is another one after every change of whose calls are which team's."""
    this = attribution_marks.c.organisation == organisation
    with control.read() as connection:
        return connection.execute(select(attribution_marks.c.number).where(this)).scalar_one_or_none() or 0


def touch_attribution(connection: Connection, organisation: str) -> None:
    """Let every process notice that calls are attributed otherwise from here on."""
    connection.execute(insert_unless_there(attribution_marks).values(organisation=organisation, number=0))
    this = attribution_marks.c.organisation == organisation
    connection.execute(update(attribution_marks).where(this).values(number=attribution_marks.c.number + 1))


def holding(time: datetime) -> ColumnElement[bool]:
    """Return the condition that a membership holds at a time."""
    started = or_(memberships.c.starts_at.is_(None), memberships.c.starts_at <= time)
    return and_(started, _ends_after(time))


def in_order(each: Membership | Attribution) -> tuple[bool, bool, datetime | None, str]:
    """Return the order in which memberships count: the primary one, then who came first, then by the team's id."""
    never = each.starts_at is None
    return (not each.primary, not never, None if never else each.starts_at, each.team)


def _end(connection: Connection, organisation: str, membership: Membership, now: datetime) -> None:
    this = _this(organisation, membership.id)
    if membership.starts_at is not None and membership.starts_at >= now:
        connection.execute(delete(memberships).where(this))
    else:
        connection.execute(update(memberships).where(this).values(ends_at=now))


def _insert(
    connection: Connection, organisation: str, member: str, team: str, period: Period, *, primary: bool
) -> None:
    row: dict[str, Any] = {
        "id": new_id("ms"),
        "organisation": organisation,
        "member": member,
        "team": team,
        "primary": primary,
        "starts_at": period.starts_at,
        "ends_at": period.ends_at,
    }
    connection.execute(insert(memberships).values(row))


def _show_team(connection: Connection, organisation: str, member: str, now: datetime) -> None:
    """Have the label of the member's user carry the team that counts now."""
    this = and_(members.c.organisation == organisation, members.c.id == member)
    row = connection.execute(select(members.c.user, members.c.name, members.c.email).where(this)).one()
    if row.user is not None:
        team = next(iter(teams_at(connection, organisation, member, now)), None)
        show_team(connection, organisation, EntityName(row.user, row.name, row.email, team), now)


def _called(connection: Connection, organisation: str, member: str) -> str:
    this = and_(members.c.organisation == organisation, members.c.id == member)
    row = connection.execute(select(members.c.name, members.c.email).where(this)).one_or_none()
    if row is None:
        raise NotFound("there is no such member")
    return str(row.name or row.email)


def _all_of(connection: Connection, organisation: str, member: str) -> list[Membership]:
    mine = and_(memberships.c.organisation == organisation, memberships.c.member == member)
    return [_as_membership(row) for row in connection.execute(select(memberships).where(mine))]


def _membership(connection: Connection, organisation: str, membership: str) -> Membership:
    row = connection.execute(select(memberships).where(_this(organisation, membership))).one_or_none()
    if row is None:
        raise NotFound("there is no such membership")
    return _as_membership(row)


def _overlap(one: Membership, other: Period) -> bool:
    begins_before_end = one.starts_at is None or other.ends_at is None or one.starts_at < other.ends_at
    ends_after_begin = one.ends_at is None or other.starts_at is None or other.starts_at < one.ends_at
    return begins_before_end and ends_after_begin


def _ends_after(time: datetime) -> ColumnElement[bool]:
    return or_(memberships.c.ends_at.is_(None), memberships.c.ends_at > time)


def _this(organisation: str, membership: str) -> ColumnElement[bool]:
    return and_(memberships.c.organisation == organisation, memberships.c.id == membership)


def _as_membership(row: Row[Any]) -> Membership:
    return Membership(
        id=row.id,
        member=row.member,
        team=row.team,
        primary=row.primary,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
    )
