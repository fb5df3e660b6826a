"""Users and groups as SCIM documents, and what documents say of users and groups.

Providers differ in case, in how they write truth, and in what they send beside: names are compared without case, "True"
is true, and attributes that mean nothing here are passed over.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from outlay.access.scim.groups import GROUP_URN, ScimGroup, WantedGroup
from outlay.access.scim.users import USER_URN, Email, ScimUser, WantedUser
from outlay.control.emails import is_email, parse_email
from outlay.errors import ScimInvalid
from outlay.web.api.scim.schemas import Document, canonical_names


def user_document(user: ScimUser, groups: Sequence[tuple[str, str]], base: str) -> Document:
    names = {"givenName": user.given_name, "familyName": user.family_name}
    known = {name: value for name, value in names.items() if value}
    document: Document = {
        "schemas": [USER_URN],
        "id": user.id,
        "userName": user.user_name,
        "emails": [msgspec.to_builtins(each) for each in user.emails],
        "active": user.active,
    }
    if user.display_name is not None:
        document["displayName"] = user.display_name
    if user.external_id is not None:
        document["externalId"] = user.external_id
    if known:
        document["name"] = known
    if groups:
        document["groups"] = [
            {"value": group, "$ref": f"{base}/Groups/{group}", "display": name} for group, name in groups
        ]
    document["meta"] = _meta("User", user.created_at, user.changed_at, f"{base}/Users/{user.id}")
    return document


def group_document(group: ScimGroup, base: str) -> Document:
    document: Document = {"schemas": [GROUP_URN], "id": group.id, "displayName": group.display_name}
    if group.external_id is not None:
        document["externalId"] = group.external_id
    if group.members:
        document["members"] = [{"value": user, "$ref": f"{base}/Users/{user}"} for user in group.members]
    document["meta"] = _meta("Group", group.created_at, group.changed_at, f"{base}/Groups/{group.id}")
    return document


def wanted_user(sent: Document) -> WantedUser:
    """Return the user that a document describes; ScimInvalid for what can't be one."""
    document = normal(sent, "User")
    name = document.get("name") or {}
    if not isinstance(name, dict):
        raise _unfit("name", "an object")
    user_name = (_text(document, "userName") or "").strip()
    emails = _emails(document.get("emails"))
    return WantedUser(
        user_name=user_name,
        email=_email(emails, user_name),
        emails=emails,
        display_name=(_text(document, "displayName") or _text(name, "formatted") or "").strip(),
        external_id=_text(document, "externalId"),
        given_name=_text(name, "givenName"),
        family_name=_text(name, "familyName"),
        active=True if document.get("active") is None else truth(document["active"], "active"),
    )


def wanted_group(sent: Document) -> WantedGroup:
    """Return the group that a document describes; ScimInvalid for what can't be one."""
    document = normal(sent, "Group")
    return WantedGroup(
        display_name=(_text(document, "displayName") or "").strip(),
        external_id=_text(document, "externalId"),
        members=ids_of(document.get("members")),
    )


def ids_of(members: object) -> tuple[str, ...]:
    """Return the ids of users in a value of `members`, each once."""
    if members is None:
        return ()
    found: dict[str, None] = {}
    for each in members if isinstance(members, list) else [members]:
        value = normal_keys(each).get("value") if isinstance(each, dict) else each
        if not isinstance(value, str):
            raise _unfit("members", "a list of objects with a value each")
        found[value.encode(errors="replace").decode()] = None
    return tuple(found)


def truth(value: object, name: str) -> bool:
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise _unfit(name, "true or false")
    return value


def normal(sent: Mapping[str, Any], kind: str) -> Document:
    """Return a document with its attributes named as in the schema; what is unknown stays out."""
    names = canonical_names(kind)
    found: Document = {}
    for key, value in sent.items():
        name = names.get(key.lower())
        if name is None:
            continue
        parts = {part.lower(): names[part].partition(".")[2] for part in names if part.startswith(f"{name.lower()}.")}
        found[name] = _with_parts(value, {key.partition(".")[2]: part for key, part in parts.items()})
    return found


def normal_keys(value: Mapping[str, Any]) -> Document:
    return {key.lower(): each for key, each in value.items()}


def projected(document: Document, only: str | None, without: str | None, kind: str) -> Document:
    """Return the document with the attributes that were asked for (RFC 7644, 3.9); `id` and `schemas` always."""
    if only:
        wanted = _listed(only, kind)
        return {
            name: value if name.lower() in wanted else _parts_of(name, value, wanted)
            for name, value in document.items()
            if name in {"id", "schemas"} or name.lower() in wanted or _names_part(name, wanted)
        } | {name: document[name] for name in ("id", "schemas")}
    hidden = _listed(without or "", kind) - {"id", "schemas"}
    kept = {name: value for name, value in document.items() if name.lower() not in hidden}
    return {name: _parts_without(name, value, hidden) for name, value in kept.items()}


def _listed(text: str, kind: str) -> frozenset[str]:
    urn = (USER_URN if kind == "User" else GROUP_URN).lower()
    return frozenset(each.strip().lower().removeprefix(f"{urn}:") for each in text.split(",") if each.strip())


def _names_part(name: str, wanted: frozenset[str]) -> bool:
    return any(each.startswith(f"{name.lower()}.") for each in wanted)


def _parts_of(name: str, value: object, wanted: frozenset[str]) -> object:
    return _parts(value, lambda part: f"{name}.{part}".lower() in wanted)


def _parts_without(name: str, value: object, hidden: frozenset[str]) -> object:
    return _parts(value, lambda part: f"{name}.{part}".lower() not in hidden)


def _parts(value: object, keeps: Any) -> object:  # noqa: ANN401 - a predicate
    if isinstance(value, dict):
        return {key: each for key, each in value.items() if keeps(key)}
    if isinstance(value, list):
        return [_parts(each, keeps) for each in value]
    return value


def _with_parts(value: object, parts: Mapping[str, str]) -> object:
    if isinstance(value, dict) and parts:
        return {parts.get(key.lower(), key): each for key, each in value.items()}
    if isinstance(value, list) and parts:
        return [_with_parts(each, parts) for each in value]
    return value


def _emails(sent: object) -> tuple[Email, ...]:
    """Return the addresses; those that Entra leaves empty are none."""
    if sent is None:
        return ()
    if not isinstance(sent, list):
        raise _unfit("emails", "a list")
    found = []
    for each in sent:
        fields = normal_keys(each) if isinstance(each, dict) else {"value": each}
        value = (_text(fields, "value") or "").strip()
        if value:
            primary = None if fields.get("primary") is None else truth(fields["primary"], "emails.primary")
            found.append(Email(parse_email(value), _text(fields, "type"), primary))
    return tuple(found)


def _email(emails: Sequence[Email], user_name: str) -> str:
    for each in (*(each for each in emails if each.primary), *emails):
        return each.value
    if is_email(user_name):
        return user_name
    raise ScimInvalid("invalidValue", "a user needs an e-mail address: in emails, or as the userName")


def _text(document: Mapping[str, Any], name: str) -> str | None:
    value = document.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise _unfit(name, "text")
    # Half a surrogate pair, which JSON can write, can't be kept by a database.
    return value.encode(errors="replace").decode()


def _meta(kind: str, created: datetime, changed: datetime, location: str) -> Document:
    return {"resourceType": kind, "created": _moment(created), "lastModified": _moment(changed), "location": location}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _unfit(name: str, wanted: str) -> ScimInvalid:
    return ScimInvalid("invalidValue", f"{name} is {wanted}")
