"""PATCH (RFC 7644, 3.5.2): operations applied to a document, which is then taken as a PUT would take it.

The ways of Okta and of Entra both work: "Replace" and "replace", values as text, dotted names without a path, and
`emails[type eq "work"].value` where there is no such element yet.
"""

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, Final, Literal, cast

from msgspec import Struct

from outlay.access.scim.filters import Both, Compare, Either, Filter, Opposite, Within, parse_filter
from outlay.errors import ScimInvalid
from outlay.web.api.scim.resources import normal_keys
from outlay.web.api.scim.schemas import Document, canonical_names

MOST_OPERATIONS: Final = 1000
_PATH: Final = re.compile(
    r"(?:(?P<urn>urn:[A-Za-z0-9:._-]+):)?(?P<name>[A-Za-z$][\w$-]*)(?:\[(?P<filter>.*)\])?(?:\.(?P<part>[A-Za-z$][\w$-]*))?",
    re.ASCII | re.DOTALL,
)
_READ_ONLY: Final = frozenset({"id", "meta", "schemas", "groups"})
# Attributes that RFC 7643 knows and nothing here keeps: providers send them whether or not they are asked to.
_PASSED_OVER: Final = frozenset(
    {"nickname", "profileurl", "title", "usertype", "preferredlanguage", "locale", "timezone", "password"}
    | {"name.formatted", "name.middlename", "name.honorificprefix", "name.honorificsuffix"}
    | {"phonenumbers", "ims", "photos", "addresses", "entitlements", "roles", "x509certificates"}
)

Op = Literal["add", "remove", "replace"]


class Operation(Struct, frozen=True):
    op: Op
    path: str | None
    value: Any = None


class Target(Struct, frozen=True):
    """A path taken apart: the attribute, which of its elements, and which part of it."""

    name: str
    where: Filter | None = None
    part: str = ""


def operations_of(body: Document) -> list[Operation]:
    """Return what is asked for; ScimInvalid for a body that is no PatchOp."""
    sent = normal_keys(body).get("operations")
    if not isinstance(sent, list) or not sent:
        raise ScimInvalid("invalidSyntax", "a PATCH holds a list of Operations")
    if len(sent) > MOST_OPERATIONS:
        raise ScimInvalid("tooMany", f"at most {MOST_OPERATIONS:,} operations at once")
    return [_operation(each) for each in sent]


def target_of(path: str, kind: str) -> Target | None:
    """Return what a path leads to; None where that is kept by nobody here. ScimInvalid for no path."""
    found = _PATH.fullmatch(path.strip())
    if found is None:
        raise ScimInvalid("invalidPath", f"{path[:80]!r} is no path")
    names, name = canonical_names(kind), found["name"].lower()
    core = f"urn:ietf:params:scim:schemas:core:2.0:{kind}".lower()
    urn = (found["urn"] or core).lower()
    if urn != core:
        if f"{urn}:{name}" == core:  # the resource as a whole
            raise ScimInvalid("invalidPath", f"{path[:80]!r} names no attribute")
        return None
    if name in _READ_ONLY:
        raise ScimInvalid("mutability", f"{found['name'][:80]} can't be changed")
    if name not in names:
        if name in _PASSED_OVER:
            return None
        raise ScimInvalid("invalidPath", f"there is no attribute {found['name'][:80]!r}")
    part = found["part"] or ""
    if f"{name}.{part.lower()}" in _PASSED_OVER:
        return None
    if part and f"{name}.{part.lower()}" not in names:
        raise ScimInvalid("invalidPath", f"{found['name'][:80]} has no part {part[:80]!r}")
    where = parse_filter(found["filter"]) if found["filter"] is not None else None
    return Target(names[name], where, names[f"{name}.{part.lower()}"].partition(".")[2] if part else "")


def patched(document: Document, operations: list[Operation], kind: str) -> Document:
    """Return the document as it is after all operations."""
    changed = deepcopy(document)
    for each in operations:
        if each.path is None:
            _without_path(changed, each, kind)
        else:
            target = target_of(each.path, kind)
            if target is not None:
                _apply(changed, target, each)
    return changed


def _operation(sent: object) -> Operation:
    if not isinstance(sent, dict):
        raise ScimInvalid("invalidSyntax", "an operation is an object")
    fields = normal_keys(sent)
    op, path = fields.get("op"), fields.get("path")
    if not isinstance(op, str) or op.lower() not in {"add", "remove", "replace"}:
        raise ScimInvalid("invalidSyntax", "an operation's op is add, remove or replace")
    if path is not None and not isinstance(path, str):
        raise ScimInvalid("invalidPath", "a path is text")
    if op.lower() == "remove" and not path:
        raise ScimInvalid("noTarget", "remove needs a path")
    if op.lower() != "remove" and "value" not in fields:
        raise ScimInvalid("invalidValue", f"{op.lower()} needs a value")
    return Operation(cast("Op", op.lower()), path or None, fields.get("value"))


def _without_path(document: Document, operation: Operation, kind: str) -> None:
    if not isinstance(operation.value, dict):
        raise ScimInvalid("invalidValue", "without a path the value is an object of attributes")
    for path, value in operation.value.items():
        if path.lower() in _READ_ONLY or (path.lower().startswith("urn:") and isinstance(value, dict)):
            continue  # providers send back what they were told
        target = target_of(path, kind)
        if target is not None:
            _apply(document, target, Operation(operation.op, path, value))


def _apply(document: Document, target: Target, operation: Operation) -> None:
    if target.where is not None:
        _apply_within(document, target, target.where, operation)
    elif target.part:
        _apply_to_part(document, target, operation)
    elif operation.op == "remove":
        _remove(document, target.name, operation.value)
    else:
        _set(document, target.name, operation)


def _set(document: Document, name: str, operation: Operation) -> None:
    there, value = document.get(name), operation.value
    if operation.op == "add" and isinstance(there, list):
        added = value if isinstance(value, list) else [value]
        document[name] = [*there, *(each for each in added if each not in there)]
        if any(isinstance(each, dict) and each.get("primary") for each in added):
            document[name] = [*added, *there]  # only one can be the primary one
    elif isinstance(there, dict) and isinstance(value, dict):
        document[name] = {**there, **value}
    else:
        document[name] = value


def _remove(document: Document, name: str, value: object) -> None:
    there = document.get(name)
    if value is not None and isinstance(there, list):  # Entra names whom to remove in the value
        gone = {_value_of(each) for each in (value if isinstance(value, list) else [value])}
        document[name] = [each for each in there if _value_of(each) not in gone]
    else:
        document.pop(name, None)


def _apply_to_part(document: Document, target: Target, operation: Operation) -> None:
    there = document.get(target.name)
    elements = there if isinstance(there, list) else [document.setdefault(target.name, {})]
    for each in elements:
        if isinstance(each, dict):
            _set_part(each, target.part, operation)


def _apply_within(document: Document, target: Target, where: Filter, operation: Operation) -> None:
    there = document.get(target.name)
    elements: list[Any] = there if isinstance(there, list) else []
    matching = [each for each in elements if isinstance(each, dict) and matches(where, each)]
    if operation.op == "remove":
        if not matching and not elements:
            return
        if target.part:
            for each in matching:
                each.pop(target.part, None)
        else:
            document[target.name] = [each for each in elements if each not in matching]
        return
    if not matching:
        fresh = _as_described(where)
        document[target.name] = [*elements, fresh]
        matching = [fresh]
    for each in matching:
        if target.part:
            _set_part(each, target.part, operation)
        elif isinstance(operation.value, dict):
            each.update(operation.value)
        else:
            raise ScimInvalid("invalidValue", "an element is an object")


def _set_part(element: Document, part: str, operation: Operation) -> None:
    if operation.op == "remove":
        element.pop(part, None)
    else:
        element[part] = operation.value


def matches(asked: Filter, element: Mapping[str, Any]) -> bool:
    """Whether an element of an attribute is one that the filter asks for."""
    if isinstance(asked, Both):
        return matches(asked.left, element) and matches(asked.right, element)
    if isinstance(asked, Either):
        return matches(asked.left, element) or matches(asked.right, element)
    if isinstance(asked, Opposite):
        return not matches(asked.inner, element)
    if isinstance(asked, Within):
        raise ScimInvalid("invalidPath", "a path has one filter")
    return _compared(asked, normal_keys(element).get(asked.path))


def _compared(asked: Compare, value: object) -> bool:
    if asked.operator == "pr":
        return value is not None
    left, right = (each.lower() if isinstance(each, str) else each for each in (value, asked.value))
    if asked.operator == "eq":
        return left == right
    if asked.operator == "ne":
        return left != right
    if not isinstance(left, str) or not isinstance(right, str):
        return False
    compared: dict[str, Callable[[], bool]] = {
        "co": lambda: right in left,
        "sw": lambda: left.startswith(right),
        "ew": lambda: left.endswith(right),
    }
    if asked.operator not in compared:
        raise ScimInvalid("invalidPath", f"elements can't be compared by {asked.operator}")
    return compared[asked.operator]()


def _as_described(where: Filter) -> Document:
    """Return an element that the filter would find; ScimInvalid where that is not said by equality."""
    if isinstance(where, Both):
        return {**_as_described(where.left), **_as_described(where.right)}
    if isinstance(where, Compare) and where.operator == "eq":
        return {where.path: where.value}
    raise ScimInvalid("noTarget", "nothing is like that")


def _value_of(element: object) -> object:
    found = normal_keys(element).get("value") if isinstance(element, dict) else element
    return found if isinstance(found, str) else None
