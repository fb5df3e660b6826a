"""Members as lists are made of them: searched, filtered and paged in the database, however many there are."""

from datetime import datetime
from typing import Any, Final, Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from outlay.control.database import Control
from outlay.control.emails import email_key
from outlay.control.members import Member, find_members
from outlay.control.memberships import Membership, holding, memberships_in
from outlay.control.storable import storable
from outlay.control.tables import members, teams_led
from outlay.control.team_tables import memberships

MemberState = Literal["active", "invited", "disabled"]

MEMBER_STATES: Final[tuple[MemberState, ...]] = ("active", "invited", "disabled")


class MemberSearch(Struct, frozen=True, kw_only=True):
    """Which members are listed, by e-mail. `team` is one they are in at `at`, `leads` one they lead themselves. `after`
    is the place of the one before the first.
    """

    at: datetime
    text: str = ""
    role: str = ""
    team: str = ""
    leads: str = ""
    state: str = ""
    only: tuple[str, ...] | None = None
    after: tuple[str, str] | None = None
    offset: int = 0
    limit: int = 50


class Listed(Struct, frozen=True):
    """A member with the teams they are in, the primary one first, and when they signed in the last time."""

    member: Member
    teams: tuple[Membership, ...]
    signed_in_at: datetime | None

    @property
    def place(self) -> tuple[str, str]:
        """Where they stand in the list."""
        return (email_key(self.member.email), self.member.id)

    @property
    def state(self) -> MemberState:
        if self.member.disabled_at is not None:
            return "disabled"
        return "invited" if self.signed_in_at is None else "active"


class MemberPage(Struct, frozen=True):
    members: list[Listed]
    count: int


def find(control: Control, organisation: str, wanted: MemberSearch) -> MemberPage:
    """Return a page of members, and how many there are."""
    conditions = [members.c.organisation == organisation, *_conditions(organisation, wanted)]
    listed = select(members.c.id, members.c.signed_in_at).where(*conditions)
    if wanted.after is not None:
        email, member = wanted.after
        listed = listed.where(
            or_(members.c.email_key > email, and_(members.c.email_key == email, members.c.id > member))
        )
    page = listed.order_by(members.c.email_key, members.c.id).limit(wanted.limit).offset(wanted.offset)
    with control.read() as connection:
        count = connection.execute(select(func.count()).select_from(members).where(*conditions)).scalar_one()
        last = dict(iter(connection.execute(page)))
        ids = list(last)
        found = find_members(connection, organisation, members.c.id.in_(ids))
        in_teams = memberships_in(connection, organisation, ids, wanted.at)
    rows = [Listed(each, tuple(in_teams[each.id]), last[each.id]) for each in found]
    return MemberPage(sorted(rows, key=lambda each: each.place), count)


def counted_by_state(control: Control, organisation: str) -> dict[str, int]:
    """Return how many members there are in each state."""
    mine = select(func.count()).select_from(members).where(members.c.organisation == organisation)
    with control.read() as connection:
        return {state: connection.execute(mine.where(_in_state(state))).scalar_one() for state in MEMBER_STATES}


def _conditions(organisation: str, wanted: MemberSearch) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.text.strip():
        text = storable(wanted.text).strip().casefold()
        conditions.append(members.c.search_text.contains(text, autoescape=True))
    if wanted.role:
        conditions.append(members.c.role == wanted.role)
    if wanted.state in MEMBER_STATES:
        conditions.append(_in_state(wanted.state))
    if wanted.team:
        conditions.append(_joined(memberships, organisation, wanted.team, holding(wanted.at)))
    if wanted.leads:
        conditions.append(_joined(teams_led, organisation, wanted.leads))
    if wanted.only is not None:
        conditions.append(members.c.id.in_(wanted.only))
    return conditions


def _joined(table: Any, organisation: str, team: str, *more: ColumnElement[bool]) -> ColumnElement[bool]:  # noqa: ANN401
    rows = and_(table.c.organisation == organisation, table.c.member == members.c.id, table.c.team == team, *more)
    return exists().where(rows)


def _in_state(state: str) -> ColumnElement[bool]:
    if state == "disabled":
        return members.c.disabled_at.is_not(None)
    came = members.c.signed_in_at.is_(None) if state == "invited" else members.c.signed_in_at.is_not(None)
    return and_(members.c.disabled_at.is_(None), came)
