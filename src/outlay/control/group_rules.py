"""What an organisation makes of the groups that its sign-on providers and SCIM tell: which role, and which teams.

One rule for each group. Rules know nothing of where a group came from: a name counts the same in a token and over SCIM.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, Row, and_, delete, func, select

from outlay.control.conflict import insert_or_replace
from outlay.control.directory_tables import group_rules
from outlay.errors import InputError, NotFound

MOST_RULES: Final = 2000
MOST_TEAMS: Final = 50
_LONGEST: Final = 256


class GroupRule(Struct, frozen=True, kw_only=True):
    """Whoever is in `group` gets this role (None: none from this rule) and is in these teams."""

    group: str
    role: str | None = None
    teams: tuple[str, ...] = ()


def rules_of(connection: Connection, organisation: str) -> list[GroupRule]:
    """Return all rules by group."""
    mine = select(group_rules).where(group_rules.c.organisation == organisation).order_by(group_rules.c.name)
    return [_as_rule(row) for row in connection.execute(mine)]


def rule_of(connection: Connection, organisation: str, group: str) -> GroupRule | None:
    this = and_(group_rules.c.organisation == organisation, group_rules.c.name == group)
    row = connection.execute(select(group_rules).where(this)).one_or_none()
    return None if row is None else _as_rule(row)


def put_rule(connection: Connection, organisation: str, rule: GroupRule, now: datetime) -> None:
    """Add a rule, or replace that of the same group; InputError for what can't be one."""
    _check(rule)
    if rule_of(connection, organisation, rule.group) is None:
        count = select(func.count()).select_from(group_rules).where(group_rules.c.organisation == organisation)
        if connection.execute(count).scalar_one() >= MOST_RULES:
            raise InputError(f"there are {MOST_RULES:,} rules already; remove one first")
    row = {
        "organisation": organisation,
        "name": rule.group,
        "role": rule.role,
        "teams": sorted(set(rule.teams)),
        "changed_at": now,
    }
    connection.execute(insert_or_replace(group_rules, "role", "teams", "changed_at").values(row))


def remove_rule(connection: Connection, organisation: str, group: str) -> GroupRule:
    """Remove and return it; NotFound when there is none for this group."""
    found = rule_of(connection, organisation, group)
    if found is None:
        raise NotFound("there is no rule for this group")
    this = and_(group_rules.c.organisation == organisation, group_rules.c.name == group)
    connection.execute(delete(group_rules).where(this))
    return found


def rules_for(rules: Collection[GroupRule], groups: Collection[str]) -> list[GroupRule]:
    named = frozenset(groups)
    return [each for each in rules if each.group in named]


def _check(rule: GroupRule) -> None:
    if not rule.group.strip() or not rule.group.isprintable() or len(rule.group) > _LONGEST:
        raise InputError(f"a group has 1 to {_LONGEST} printable characters, as the provider sends it")
    if rule.role is None and not rule.teams:
        raise InputError("a rule gives a role, a team or both")
    if len(rule.teams) > MOST_TEAMS:
        raise InputError(f"a rule names at most {MOST_TEAMS} teams")
    if any(not each.isprintable() or not 0 < len(each) <= _LONGEST for each in rule.teams):
        raise InputError(f"a team's id has 1 to {_LONGEST} printable characters")


def _as_rule(row: Row[Any]) -> GroupRule:
    return GroupRule(group=row.name, role=row.role, teams=tuple(row.teams))
