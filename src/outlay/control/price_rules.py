"""The operator's own prices as an organisation keeps them: rules with a period, their makers, and changes to them.

What a rule means is read in `pricing`; here it is a kind and keys with texts. A rule only ever changes its end: another
price is another rule, and what was wrong is removed but kept, so that every cost in the ledger finds the rule it names.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct, structs
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update

from outlay.control.conflict import insert_unless_there
from outlay.control.database import Control
from outlay.control.price_tables import price_rules
from outlay.control.trail import Actor, Change, differing, write_down
from outlay.errors import Conflict, InputError, NotFound
from outlay.kit.ids import new_id

KINDS: Final = ("price", "multiplier", "service", "alias")
_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAMING: Final = ("provider", "model", "service", "name")  # of what a rule is about, in its body
MOST_RULES: Final = 5_000  # in force at once in one organisation


class NewRule(Struct, frozen=True, kw_only=True):
    """A rule to be. `body` has the keys of `prices.toml` without `from` and `until`; only an alias may lack a start."""

    id: str
    kind: str
    body: Mapping[str, str]
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class RuleChange(Struct, frozen=True, kw_only=True):
    """What becomes otherwise, all at once: a rule comes, one ends at an instant, one goes as if it had never been.

    `ended_before` is the end that the rule had until then, so that a change is still known once it is made.
    """

    adds: NewRule | None = None
    ends: str | None = None
    ends_at: datetime | None = None
    ended_before: datetime | None = None
    removes: str | None = None


class StoredRule(Struct, frozen=True, kw_only=True):
    """`created_by` and `removed_by` are members' ids; None is the command line."""

    id: str
    kind: str
    body: Mapping[str, str]
    starts_at: datetime | None
    ends_at: datetime | None
    created_at: datetime
    created_by: str | None = None
    removed_at: datetime | None = None
    removed_by: str | None = None


def new_rule_id() -> str:
    return new_id("price", 12)


def rules_of(control: Control, organisation: str) -> list[StoredRule]:
    """Return the rules that were not removed, the oldest first."""
    kept = and_(price_rules.c.organisation == organisation, price_rules.c.removed_at.is_(None))
    by_age = (price_rules.c.created_at, price_rules.c.id)
    with control.read() as connection:
        return [_as_rule(row) for row in connection.execute(select(price_rules).where(kept).order_by(*by_age))]


def rule_of(control: Control, organisation: str, rule: str) -> StoredRule:
    """Return a rule, removed ones too; NotFound when the organisation never had it."""
    with control.read() as connection:
        row = connection.execute(select(price_rules).where(_this(organisation, rule))).one_or_none()
    if row is None:
        raise NotFound("there is no such price")
    return _as_rule(row)


def rules_mark(control: Control, organisation: str) -> tuple[object, ...]:
    """Return what differs after every change of an organisation's rules: how to notice those of another process."""
    table = price_rules.c
    counted = (func.count(), func.max(table.created_at), func.count(table.removed_at), func.count(table.ends_at))
    ends = select(*counted, func.max(table.ends_at), func.min(table.ends_at)).where(table.organisation == organisation)
    with control.read() as connection:
        return tuple(connection.execute(ends).one())


def sides_of(control: Control, organisation: str, change: RuleChange) -> tuple[list[StoredRule], list[StoredRule]]:
    """Return the rules that a change is about, as they were before it and as they are after, made already or not.

    Conflict where what ends or goes is not there.
    """
    before: list[StoredRule] = []
    after: list[StoredRule] = []
    if change.removes is not None:
        before.append(_rule_there(control, organisation, change.removes))
    if change.ends is not None:
        ended = _rule_there(control, organisation, change.ends)
        before.append(replace(ended, ends_at=change.ended_before))
        after.append(replace(ended, ends_at=change.ends_at))
    if change.adds is not None:
        added = structs.asdict(change.adds)
        after.append(StoredRule(created_at=change.adds.starts_at or _EVER, **added))
    return before, after


def changed(rules: list[StoredRule], before: list[StoredRule], after: list[StoredRule]) -> list[StoredRule]:
    """Return all rules as a change of some makes them, each in its place: of two alike the later one holds."""
    made = {rule.id: rule for rule in after}
    gone = {rule.id for rule in before} - made.keys()
    kept = [made.pop(rule.id, rule) for rule in rules if rule.id not in gone]
    return [*kept, *made.values()]


def change_rules(control: Control, organisation: str, change: RuleChange, now: datetime, by: Actor) -> None:
    """Make a change; once made, it changes nothing again. Raises InputError beyond the most rules there may be."""
    with control.begin() as connection:
        before = _told_of(connection, organisation, change)
        if change.removes is not None:
            gone = and_(_this(organisation, change.removes), price_rules.c.removed_at.is_(None))
            connection.execute(update(price_rules).where(gone).values(removed_at=now, removed_by=by.member))
        if change.ends is not None:
            connection.execute(
                update(price_rules).where(_this(organisation, change.ends)).values(ends_at=change.ends_at)
            )
        if change.adds is not None:
            _check_room(connection, organisation)
            connection.execute(insert_unless_there(price_rules).values(_row(organisation, change.adds, now, by.member)))
        after = _told_of(connection, organisation, change)
        if after != before:
            sides = differing(before, after)
            written = Change("price.change", "price", _subject(change), _named(*sides), *sides)
            write_down(connection, organisation, by, written, now)


def _told_of(connection: Connection, organisation: str, change: RuleChange) -> dict[str, Any]:
    """Return the rules that a change is about as they stand, by id, as the trail tells of them."""
    ids = [change.removes, change.ends, None if change.adds is None else change.adds.id]
    about = and_(price_rules.c.organisation == organisation, price_rules.c.id.in_([each for each in ids if each]))
    kept = and_(about, price_rules.c.removed_at.is_(None))
    return {
        row.id: {"kind": row.kind, **row.body, "from": row.starts_at, "until": row.ends_at}
        for row in connection.execute(select(price_rules).where(kept).order_by(price_rules.c.id))
    }


def _subject(change: RuleChange) -> str:
    return (change.adds.id if change.adds is not None else None) or change.ends or change.removes or ""


def _named(*sides: Mapping[str, Any]) -> str:
    """Return what the rules of a change are of, once each: `openai/gpt-5` or `ocr`."""
    told = [rule for side in sides for rule in side.values()]
    words = ("/".join(str(rule[key]) for key in _NAMING if rule.get(key)) or rule["kind"] for rule in told)
    return ", ".join(dict.fromkeys(words))


def _rule_there(control: Control, organisation: str, rule: str) -> StoredRule:
    try:
        return rule_of(control, organisation, rule)
    except NotFound:
        raise Conflict("this price is not there any more; look at the prices as they are now") from None


def _check_room(connection: Connection, organisation: str) -> None:
    kept = and_(price_rules.c.organisation == organisation, price_rules.c.removed_at.is_(None))
    if connection.execute(select(func.count()).select_from(price_rules).where(kept)).scalar_one() >= MOST_RULES:
        raise InputError(f"there are {MOST_RULES:,} prices already; remove some first")


def _row(organisation: str, rule: NewRule, now: datetime, by: str | None) -> dict[str, Any]:
    return {
        "id": rule.id,
        "organisation": organisation,
        "kind": rule.kind,
        "body": dict(rule.body),
        "starts_at": rule.starts_at,
        "ends_at": rule.ends_at,
        "created_at": now,
        "created_by": by,
    }


def _this(organisation: str, rule: str) -> ColumnElement[bool]:
    return and_(price_rules.c.organisation == organisation, price_rules.c.id == rule)


def _as_rule(row: Row[Any]) -> StoredRule:
    return StoredRule(
        id=row.id,
        kind=row.kind,
        body=row.body,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        created_at=row.created_at,
        created_by=row.created_by,
        removed_at=row.removed_at,
        removed_by=row.removed_by,
    )
