"""How entries of the trail are shown: who did what, when and from where, and both sides of the change side by side."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from outlay.audit.entries import Entry
from outlay.control.trail_actions import ACTIONS
from outlay.web import format as text
from outlay.web.pages.audit.place import FIELDS, NOUNS, TRAIL
from outlay.web.render import Renderer

_KINDS: Final = {
    "member": "",
    "key": "API key",
    "terminal": "command line",
    "scim": "SCIM",
    "sso": "single sign-on",
    "system": "by itself",
}


class Side(Struct, frozen=True):
    """One thing that differs: what it is, what it was and what it became; empty where there was none."""

    label: str
    before: str
    after: str


class Shown(Struct, frozen=True, kw_only=True):
    """One entry. `means` says by what the actor came, where that was no browser."""

    number: int
    when: str
    exact: str
    who: str
    means: str
    address: str
    what: str
    action: str
    subject: str
    sides: tuple[Side, ...]
    hash: str
    of_who_href: str
    of_subject_href: str


class Choice(Struct, frozen=True):
    """A group of actions to choose from: its noun, and each action with its verb."""

    noun: str
    label: str
    actions: tuple[tuple[str, str], ...]


def shown(entry: Entry, zone: ZoneInfo, renderer: Renderer) -> Shown:
    return Shown(
        number=entry.number,
        when=text.local_seconds(entry.at, zone),
        exact=entry.at.isoformat(),
        who=entry.by.name,
        means=_KINDS.get(entry.by.kind, entry.by.kind),
        address=entry.by.address or "",
        what=entry.sentence,
        action=entry.action,
        subject=entry.subject,
        sides=tuple(_sides(entry.before or {}, entry.after or {})),
        hash=entry.hash,
        of_who_href=renderer.url(TRAIL, {"who": entry.by.id}) if entry.by.id else "",
        of_subject_href=renderer.url(TRAIL, {"subject": entry.subject}) if entry.subject else "",
    )


def choices() -> tuple[Choice, ...]:
    return tuple(
        Choice(
            noun,
            _words(noun),
            tuple((each, _words(each.partition(".")[2])) for each in ACTIONS if each.partition(".")[0] == noun),
        )
        for noun in NOUNS
    )


def chips(fields: Mapping[str, str], renderer: Renderer) -> tuple[tuple[str, str], ...]:
    """Return each filter in force as it is told, and the link without it."""
    told = {"from": "from {}", "to": "to {}", "who": "by {}", "action": "{}", "subject": "about {}", "q": "“{}”"}
    return tuple(
        (
            told[name].format(_words(fields[name].replace(".", ": ")) if name == "action" else fields[name]),
            renderer.url(TRAIL, {key: value for key, value in fields.items() if key != name}),
        )
        for name in FIELDS
        if name in fields
    )


def _sides(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Side]:
    for name in dict.fromkeys((*before, *after)):
        yield Side(_words(name), _value(before, name), _value(after, name))


def _value(side: Mapping[str, Any], name: str) -> str:
    match side.get(name):
        case None:
            return ""
        case bool() as said:
            return "yes" if said else "no"
        case str() as written:
            return written
        case [*several] if all(isinstance(each, str) for each in several):
            return ", ".join(several) or "none"
        case other:
            return msgspec.json.format(msgspec.json.encode(other), indent=2).decode()


def _words(name: str) -> str:
    return name.replace("_", " ")
