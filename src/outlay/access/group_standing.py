"""What a member's groups make of them: the role and the teams that the organisation's rules give, and nothing else.

Groups come from sign-on providers (those named at the last sign-in) and from SCIM; both count together, so it does not
matter which spoke last. What no rule names is never touched: a role where no rule gives roles, a team in no rule.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace
from sqlalchemy import Connection

from outlay.access.scim.group_names import group_names_of
from outlay.access.viewer import ROLES
from outlay.control.group_rules import GroupRule, rules_for, rules_of
from outlay.control.member_changes import MemberChange, change_member_in
from outlay.control.members import member_in
from outlay.control.memberships import teams_at
from outlay.control.sign_on_identities import default_roles_of, groups_named
from outlay.control.trail import Actor
from outlay.errors import Conflict

DEFAULT_ROLE: Final = "member"


class Standing(Struct, frozen=True):
    """A role and the teams led with it (None: both stay), and the teams of those that rules name at all."""

    role: str | None
    leads: frozenset[str]
    teams: frozenset[str]
    ruled_teams: frozenset[str]


def known_groups(connection: Connection, organisation: str, member: str) -> frozenset[str] | None:
    """Return the groups a member is known to be in; None where nobody said anything of groups."""
    named, listed = groups_named(connection, organisation, member), group_names_of(connection, organisation, member)
    if named is None and listed is None:
        return None
    return (named or frozenset()) | (listed or frozenset())


def standing(
    rules: Collection[GroupRule],
    groups: Collection[str],
    default_role: str = DEFAULT_ROLE,
    formerly: GroupRule | None = None,
) -> Standing:
    """Return what the rules make of these groups: of several roles the one that may most.

    Where rules give roles at all, who is in no such group has the default one. `formerly` is a rule that holds no more:
    what it gave is taken, unless another rule gives it as well.
    """
    mine = rules_for(rules, groups)
    ruling = [*rules, *([formerly] if formerly is not None else [])]
    roles = [each.role for each in mine if each.role is not None]
    gives_roles = any(each.role is not None for each in ruling)
    return Standing(
        role=min(roles, key=ROLES.index, default=default_role) if gives_roles else None,
        leads=frozenset(team for each in mine if each.role == "lead" for team in each.teams),
        teams=frozenset(team for each in mine for team in each.teams),
        ruled_teams=frozenset(team for each in ruling for team in each.teams),
    )


def put_in_standing(
    connection: Connection,
    organisation: str,
    member: str,
    by: Actor,
    now: datetime,
    *,
    formerly: GroupRule | None = None,
) -> None:
    """Give a member what their groups stand for; each change is in the audit trail.

    The last admin keeps the role: an organisation without one could not be set right again.
    """
    rules = rules_of(connection, organisation)
    groups = known_groups(connection, organisation, member) if rules or formerly is not None else None
    if groups is None:
        return
    default = min(default_roles_of(connection, organisation, member), key=ROLES.index, default=DEFAULT_ROLE)
    wanted = standing(rules, groups, default, formerly)
    change = MemberChange(teams=_teams(connection, (organisation, member), wanted, now))
    if wanted.role is not None:
        known = member_in(connection, organisation, member)
        leads = tuple(sorted(wanted.leads)) if wanted.role == "lead" else known.teams_led
        change = replace(change, role=wanted.role, teams_led=leads)
    try:
        change_member_in(connection, organisation, member, change, by, now)
    except Conflict:  # the last admin, said before anything is changed
        change_member_in(connection, organisation, member, MemberChange(teams=change.teams), by, now)


def _teams(
    connection: Connection, whom: tuple[str, str], wanted: Standing, now: datetime
) -> tuple[str, ...] | UnsetType:
    """Return the teams the member is in from now on, those of no rule as they are; UNSET where that is nothing new."""
    before = teams_at(connection, *whom, now)
    stays = [team for team in before if team not in wanted.ruled_teams or team in wanted.teams]
    after = [*stays, *sorted(wanted.teams - set(stays))]
    return UNSET if after == before else tuple(after)
