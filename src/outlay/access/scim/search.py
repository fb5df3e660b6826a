"""Turns SCIM filters into conditions of SQL, so that ten thousand people are searched by the database.

Which attributes can be searched is a table for each kind of resource; text is compared as SCIM says: its case counts
where the table says so. Whatever a filter holds becomes a parameter.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, false, func, not_, or_

from outlay.access.scim.filters import Both, Compare, Either, Filter, Opposite, Within
from outlay.control.emails import email_key
from outlay.control.storable import storable
from outlay.errors import ScimInvalid

_ESCAPE: Final = "\\"


class Text(Struct, frozen=True):
    """An attribute of text; with `fold` the column holds it case-folded by `email_key`."""

    column: ColumnElement[Any]
    fold: bool = False


class Truth(Struct, frozen=True):
    condition: ColumnElement[bool]


class Moment(Struct, frozen=True):
    column: ColumnElement[Any]


class Having(Struct, frozen=True):
    """Ids that belong to a resource, such as the members of a group: only whether one is among them can be asked."""

    condition: Callable[[str], ColumnElement[bool]]


Attribute = Text | Truth | Moment | Having


def condition_of(filter_: Filter, known: Mapping[str, Attribute], core: str = "") -> ColumnElement[bool]:
    """Return what the filter asks as a condition; ScimInvalid for an attribute that can't be searched.

    `core` is the URN that attributes may be written under, in small letters.
    """
    if isinstance(filter_, Both):
        return and_(condition_of(filter_.left, known, core), condition_of(filter_.right, known, core))
    if isinstance(filter_, Either):
        return or_(condition_of(filter_.left, known, core), condition_of(filter_.right, known, core))
    if isinstance(filter_, Opposite):
        return not_(func.coalesce(condition_of(filter_.inner, known, core), false()))
    if isinstance(filter_, Within):
        return condition_of(filter_.inner, _below(known, filter_.path.removeprefix(f"{core}:")), "")
    return _compared(filter_, _attribute(filter_.path.removeprefix(f"{core}:"), known))


def _below(known: Mapping[str, Attribute], path: str) -> dict[str, Attribute]:
    inner = {name.removeprefix(f"{path}."): each for name, each in known.items() if name.startswith(f"{path}.")}
    if not inner:
        raise _unknown(path)
    return inner


def _attribute(path: str, known: Mapping[str, Attribute]) -> Attribute:
    found = known.get(path)
    if found is None:
        raise _unknown(path)
    return found


def _compared(asked: Compare, attribute: Attribute) -> ColumnElement[bool]:
    if isinstance(attribute, Truth):
        return _truth(asked, attribute)
    if isinstance(attribute, Having):
        return _having(asked, attribute)
    if asked.operator == "pr" or (asked.value is None and asked.operator in {"eq", "ne"}):
        return attribute.column.is_(None) if asked.operator == "eq" else attribute.column.is_not(None)
    if isinstance(attribute, Moment):
        return _ordered(asked, attribute.column, _moment(asked))
    return _text(asked, attribute)


def _text(asked: Compare, attribute: Text) -> ColumnElement[bool]:
    if not isinstance(asked.value, str):
        raise _unfit(asked)
    value = email_key(asked.value) if attribute.fold else storable(asked.value)
    if asked.operator in {"co", "sw", "ew"}:
        return _like(asked.operator, attribute.column, value)
    return _ordered(asked, attribute.column, value)


def _like(operator: str, column: ColumnElement[Any], value: str) -> ColumnElement[bool]:
    if operator == "co":
        return column.contains(value, autoescape=True, escape=_ESCAPE)
    if operator == "sw":
        return column.startswith(value, autoescape=True, escape=_ESCAPE)
    return column.endswith(value, autoescape=True, escape=_ESCAPE)


def _ordered(asked: Compare, column: ColumnElement[Any], value: str | datetime) -> ColumnElement[bool]:
    made: dict[str, Callable[[], ColumnElement[bool]]] = {
        "eq": lambda: column == value,
        "ne": lambda: or_(column != value, column.is_(None)),
        "gt": lambda: column > value,
        "ge": lambda: column >= value,
        "lt": lambda: column < value,
        "le": lambda: column <= value,
    }
    if asked.operator not in made:
        raise _unfit(asked)
    return made[asked.operator]()


def _truth(asked: Compare, attribute: Truth) -> ColumnElement[bool]:
    value = asked.value if asked.operator != "pr" else True
    if asked.operator == "pr":
        return or_(attribute.condition, not_(attribute.condition))
    if isinstance(value, str) and value.lower() in {"true", "false"}:  # as some providers write it
        value = value.lower() == "true"
    if not isinstance(value, bool) or asked.operator not in {"eq", "ne"}:
        raise _unfit(asked)
    return attribute.condition if value == (asked.operator == "eq") else not_(attribute.condition)


def _having(asked: Compare, attribute: Having) -> ColumnElement[bool]:
    if asked.operator != "eq" or not isinstance(asked.value, str):
        raise _unfit(asked)
    return attribute.condition(storable(asked.value))


def _moment(asked: Compare) -> datetime:
    try:
        moment = datetime.fromisoformat(str(asked.value))
    except ValueError:
        raise _unfit(asked) from None
    if moment.tzinfo is None:
        raise _unfit(asked)
    return moment


def _unknown(path: str) -> ScimInvalid:
    return ScimInvalid("invalidFilter", f"{path[:80]!r} is no attribute that can be searched here")


def _unfit(asked: Compare) -> ScimInvalid:
    return ScimInvalid("invalidFilter", f"{asked.path[:80]} can't be compared by {asked.operator} with that value")
