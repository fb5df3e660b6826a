"""Changes what groups mean, and gives everybody who is known to be in such a group what that means now."""

from datetime import datetime
from typing import Final

from msgspec import to_builtins
from sqlalchemy import Connection, and_, or_, select

from outlay.access.group_standing import put_in_standing
from outlay.access.roles import parse_role
from outlay.control.database import Control
from outlay.control.directory_tables import scim_group_members, scim_groups, sign_on_identities
from outlay.control.group_rules import GroupRule, put_rule, remove_rule, rule_of, rules_of
from outlay.control.trail import Actor, Change, differing, write_down

KIND: Final = "group rule"


def mapping_of(control: Control, organisation: str) -> list[GroupRule]:
    """Return all rules by group."""
    with control.read() as connection:
        return rules_of(connection, organisation)


def map_group(control: Control, organisation: str, rule: GroupRule, by: Actor, now: datetime) -> None:
    """Say what a group means; InputError for what can't be."""
    if rule.role is not None:
        parse_role(rule.role)
    with control.begin() as connection:
        before = rule_of(connection, organisation, rule.group)
        put_rule(connection, organisation, rule, now)
        _note(connection, organisation, (before, rule), by, now)
        _settle(connection, organisation, (rule.group, before), by, now)


def unmap_group(control: Control, organisation: str, group: str, by: Actor, now: datetime) -> None:
    """Forget what a group means; NotFound when nothing was said of it."""
    with control.begin() as connection:
        before = remove_rule(connection, organisation, group)
        _note(connection, organisation, (before, None), by, now)
        _settle(connection, organisation, (group, before), by, now)


def _settle(
    connection: Connection, organisation: str, changed: tuple[str, GroupRule | None], by: Actor, now: datetime
) -> None:
    group, formerly = changed
    for member in sorted(_those_in(connection, organisation, group)):
        put_in_standing(connection, organisation, member, by, now, formerly=formerly)


def _those_in(connection: Connection, organisation: str, group: str) -> set[str]:
    """Return the members known to be in a group, by whichever way."""
    named = or_(scim_groups.c.display_name == group, scim_groups.c.external_id == group)
    listed = (
        select(scim_group_members.c.member)
        .join(scim_groups, scim_groups.c.id == scim_group_members.c.group)
        .where(and_(scim_group_members.c.organisation == organisation, named))
    )
    found = set(connection.execute(listed).scalars())
    told = select(sign_on_identities.c.member, sign_on_identities.c.groups)
    for member, groups in connection.execute(told.where(sign_on_identities.c.organisation == organisation)):
        if groups is not None and group in groups:
            found.add(member)
    return found


def _note(
    connection: Connection,
    organisation: str,
    sides: tuple[GroupRule | None, GroupRule | None],
    by: Actor,
    now: datetime,
) -> None:
    before, after = (None if each is None else to_builtins(each) for each in sides)
    left, right = differing(before, after)
    name = next(each.group for each in sides if each is not None)
    if left or right:
        write_down(
            connection, organisation, by, Change("sign_on.map", KIND, name, name, left or None, right or None), now
        )
