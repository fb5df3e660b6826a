"""SCIM groups: names with people in them. What a group means here is a matter of rules (control/group_rules.py).

Whoever comes into a group that a rule names, or leaves it, is given what they then stand for in the same transaction.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, func, insert, select, update

from outlay.access.group_standing import put_in_standing
from outlay.access.scim.filters import Filter
from outlay.access.scim.search import Attribute, Having, Moment, Text, condition_of
from outlay.control.conflict import insert_unless_there
from outlay.control.database import Control
from outlay.control.directory_tables import scim_group_members, scim_groups, scim_users
from outlay.control.emails import email_key
from outlay.control.group_rules import rule_of
from outlay.control.tables import members
from outlay.control.trail import Actor
from outlay.errors import Conflict, NotFound, ScimInvalid
from outlay.kit.ids import new_id

GROUP_URN: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
MOST_MEMBERS: Final = 20_000
_LONGEST: Final = 256
_IDS_PER_STATEMENT: Final = 5_000


class WantedGroup(Struct, frozen=True, kw_only=True):
    display_name: str
    external_id: str | None = None
    members: tuple[str, ...] = ()


class ScimGroup(Struct, frozen=True, kw_only=True):
    """A group; `members` are the ids of its users, None where nobody asked for them."""

    id: str
    display_name: str
    external_id: str | None
    created_at: datetime
    changed_at: datetime
    members: tuple[str, ...] | None = None


class ScimGroups:
    """The groups of one organisation, for one caller."""

    def __init__(self, control: Control, organisation: str, by: Actor, now: datetime) -> None:
        self._control = control
        self._organisation = organisation
        self._by = by
        self._now = now

    def one(self, group: str, *, with_members: bool = True) -> ScimGroup:
        with self._control.read() as connection:
            return self._one(connection, group, with_members=with_members)

    def found(
        self, asked: Filter | None, start: int, most: int, *, with_members: bool = True
    ) -> tuple[int, list[ScimGroup]]:
        """Return how many match, and those from the `start`-th (from 1) on, `most` at most, in the order they came."""
        mine = select(scim_groups).where(scim_groups.c.organisation == self._organisation)
        if asked is not None:
            mine = mine.where(condition_of(asked, _SEARCHED, GROUP_URN.lower()))
        count = select(func.count()).select_from(mine.subquery())
        page = mine.order_by(scim_groups.c.created_at, scim_groups.c.id).offset(max(start, 1) - 1).limit(most)
        with self._control.read() as connection:
            total = connection.execute(count).scalar_one()
            groups = [_as_group(row) for row in connection.execute(page)] if most else []
            return total, self._filled(connection, groups) if with_members else groups

    def groups_of(self, users: Collection[str]) -> dict[str, list[tuple[str, str]]]:
        """Return (id, name) of the groups that each of these users is in."""
        found: dict[str, list[tuple[str, str]]] = {each: [] for each in users}
        asked = (
            select(scim_group_members.c.member, scim_groups.c.id, scim_groups.c.display_name)
            .join(scim_groups, scim_groups.c.id == scim_group_members.c.group)
            .where(
                and_(
                    scim_group_members.c.organisation == self._organisation,
                    scim_group_members.c.member.in_(list(users)),
                )
            )
            .order_by(scim_groups.c.display_name_key)
        )
        with self._control.read() as connection:
            for user, group, name in connection.execute(asked):
                found[user].append((group, name))
        return found

    def create(self, wanted: WantedGroup) -> ScimGroup:
        """Make a group; Conflict when there is one of this name, ScimInvalid when somebody in it is no user."""
        _check(wanted)
        group = new_id("grp")
        with self._control.begin() as connection:
            row = self._kept(wanted) | {"id": group, "organisation": self._organisation, "created_at": self._now}
            if connection.execute(insert_unless_there(scim_groups).values(row)).rowcount != 1:
                raise Conflict(f"there is a group {wanted.display_name[:80]!r} already")
            self._put(connection, group, set(wanted.members))
            self._settle(connection, (wanted.display_name, wanted.external_id), wanted.members)
            return self._one(connection, group)

    def replace(self, group: str, wanted: WantedGroup) -> ScimGroup:
        """Make the group as said; NotFound, Conflict, ScimInvalid."""
        _check(wanted)
        with self._control.begin() as connection:
            known = self._one(connection, group)
            self._check_free(connection, group, wanted.display_name)
            connection.execute(update(scim_groups).where(self._this(group)).values(self._kept(wanted)))
            before, after = set(known.members or ()), set(wanted.members)
            self._put(connection, group, after - before)
            self._take(connection, group, before - after)
            renamed = (known.display_name, known.external_id) != (wanted.display_name, wanted.external_id)
            names = (known.display_name, known.external_id, wanted.display_name, wanted.external_id)
            self._settle(connection, names, before | after if renamed else before ^ after)
            return self._one(connection, group)

    def change_members(self, group: str, adds: Collection[str], removes: Collection[str]) -> None:
        """Put some people in and take others out, however many there are."""
        with self._control.begin() as connection:
            known = self._one(connection, group, with_members=False)
            there = self._those_in(connection, group, {*adds, *removes})
            added, removed = set(adds) - there, set(removes) & there - set(adds)
            if not added and not removed:
                return
            self._put(connection, group, added)
            self._take(connection, group, removed)
            connection.execute(update(scim_groups).where(self._this(group)).values(changed_at=self._now))
            self._settle(connection, (known.display_name, known.external_id), added | removed)

    def delete(self, group: str) -> None:
        """Forget the group; who was in it loses what it stood for."""
        with self._control.begin() as connection:
            known = self._one(connection, group)
            mine = and_(scim_group_members.c.organisation == self._organisation, scim_group_members.c.group == group)
            connection.execute(delete(scim_group_members).where(mine))
            connection.execute(delete(scim_groups).where(self._this(group)))
            names = (known.display_name, known.external_id)
            self._settle(connection, names, known.members or ())

    def _settle(self, connection: Connection, names: Iterable[str | None], changed: Iterable[str]) -> None:
        if any(rule_of(connection, self._organisation, name) is not None for name in names if name):
            for member in sorted(set(changed)):
                put_in_standing(connection, self._organisation, member, self._by, self._now)

    def _put(self, connection: Connection, group: str, users: Collection[str]) -> None:
        wanted = sorted(users)
        rows = {}
        for part in _parts(wanted):
            these = and_(members.c.organisation == self._organisation, members.c.id.in_(part))
            for row in connection.execute(
                select(members.c.id, members.c.email, members.c.name, members.c.created_at).where(these)
            ):
                rows[row.id] = row
        missing = [each for each in wanted if each not in rows]
        if missing:
            raise ScimInvalid("invalidValue", f"there is no user {missing[0][:80]!r}; groups hold users only")
        if not rows:
            return
        mine = {"organisation": self._organisation}
        # From here on SCIM answers for their groups, so that being in none of them counts as well.
        for row in rows.values():
            known = {"member": row.id, "user_name": row.email, "user_name_key": email_key(row.email)}
            known["display_name"] = row.name
            times = {"created_at": row.created_at, "changed_at": self._now}
            connection.execute(insert_unless_there(scim_users).values(mine | known | times))
        connection.execute(insert(scim_group_members), [mine | {"group": group, "member": each} for each in wanted])

    def _take(self, connection: Connection, group: str, users: Collection[str]) -> None:
        for part in _parts(sorted(users)):
            these = and_(
                scim_group_members.c.organisation == self._organisation,
                scim_group_members.c.group == group,
                scim_group_members.c.member.in_(part),
            )
            connection.execute(delete(scim_group_members).where(these))

    def _those_in(self, connection: Connection, group: str, users: Collection[str]) -> set[str]:
        found: set[str] = set()
        for part in _parts(sorted(users)):
            these = and_(
                scim_group_members.c.organisation == self._organisation,
                scim_group_members.c.group == group,
                scim_group_members.c.member.in_(part),
            )
            found.update(connection.execute(select(scim_group_members.c.member).where(these)).scalars())
        return found

    def _kept(self, wanted: WantedGroup) -> dict[str, Any]:
        return {
            "display_name": wanted.display_name,
            "display_name_key": email_key(wanted.display_name),
            "external_id": wanted.external_id,
            "changed_at": self._now,
        }

    def _check_free(self, connection: Connection, group: str, name: str) -> None:
        others = and_(
            scim_groups.c.organisation == self._organisation,
            scim_groups.c.display_name_key == email_key(name),
            scim_groups.c.id != group,
        )
        if connection.execute(select(scim_groups.c.id).where(others)).first() is not None:
            raise Conflict(f"there is a group {name[:80]!r} already")

    def _this(self, group: str) -> ColumnElement[bool]:
        return and_(scim_groups.c.organisation == self._organisation, scim_groups.c.id == group)

    def _one(self, connection: Connection, group: str, *, with_members: bool = True) -> ScimGroup:
        row = connection.execute(select(scim_groups).where(self._this(group))).one_or_none()
        if row is None:
            raise NotFound(f"there is no group {group[:80]!r}")
        found = _as_group(row)
        return self._filled(connection, [found])[0] if with_members else found

    def _filled(self, connection: Connection, groups: list[ScimGroup]) -> list[ScimGroup]:
        """Return the groups with who is in them."""
        inside: dict[str, list[str]] = {each.id: [] for each in groups}
        these = and_(
            scim_group_members.c.organisation == self._organisation,
            scim_group_members.c.group.in_(list(inside)),
        )
        asked = select(scim_group_members.c.group, scim_group_members.c.member).where(these)
        for group, user in connection.execute(asked.order_by(scim_group_members.c.member)):
            inside[group].append(user)
        return [replace(each, members=tuple(inside[each.id])) for each in groups]


def _has_member(user: str) -> ColumnElement[bool]:
    return exists().where(and_(scim_group_members.c.group == scim_groups.c.id, scim_group_members.c.member == user))


_SEARCHED: Final[dict[str, Attribute]] = {
    "id": Text(scim_groups.c.id),
    "displayname": Text(scim_groups.c.display_name_key, fold=True),
    "externalid": Text(scim_groups.c.external_id),
    "members": Having(_has_member),
    "members.value": Having(_has_member),
    "meta.created": Moment(scim_groups.c.created_at),
    "meta.lastmodified": Moment(scim_groups.c.changed_at),
}


def _check(wanted: WantedGroup) -> None:
    name = wanted.display_name
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST:
        raise ScimInvalid("invalidValue", f"a group's displayName has 1 to {_LONGEST} printable characters")
    if wanted.external_id is not None and (not wanted.external_id.isprintable() or len(wanted.external_id) > _LONGEST):
        raise ScimInvalid("invalidValue", f"externalId has at most {_LONGEST} printable characters")
    if len(wanted.members) > MOST_MEMBERS:
        raise ScimInvalid("tooMany", f"a group has at most {MOST_MEMBERS:,} members")


def _parts(ids: list[str]) -> Iterable[list[str]]:
    return (ids[start : start + _IDS_PER_STATEMENT] for start in range(0, len(ids), _IDS_PER_STATEMENT))


def _as_group(row: Row[Any]) -> ScimGroup:
    return ScimGroup(
        id=row.id,
        display_name=row.display_name,
        external_id=row.external_id,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
