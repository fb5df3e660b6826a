"""How issued API keys are listed: one row a key, with names instead of ids, in the organisation's zone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.access.keys import ApiKey, Scope, keys_of_ids
from outlay.control.database import Control
from outlay.control.members import members_of_ids
from outlay.web import format as text
from outlay.web.parts import Cell, Column, Row, Table
from outlay.web.render import Renderer
from outlay.web.view.names import AGENT_TYPE_NAMES, Label, Names

MOST_BINDINGS_SHOWN: Final = 2

_RIGHTS: Final[tuple[tuple[Scope, str], ...]] = (
    ("send", "send events"),
    ("gateway", "call models"),
    ("read", "read figures"),
    ("admin", "administer"),
)
_COLUMNS: Final = (
    Column(id="name", label="Key"),
    Column(id="state", label="State"),
    Column(id="may", label="May"),
    Column(id="bound", label="Bound to"),
    Column(id="created", label="Created"),
    Column(id="used", label="Last used"),
)


class Told(Struct, frozen=True):
    """What the rows are told with: where links lead, names of people and things, and the time."""

    renderer: Renderer
    names: Names
    makers: Mapping[str, str]
    zone: ZoneInfo
    now: datetime


def key_table(keys: Sequence[ApiKey], caption: str, told: Told) -> Table:
    labels = _labels(keys, told.names)
    return Table(caption=caption, columns=_COLUMNS, rows=tuple(_row(key, labels, told) for key in keys))


def state_of(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "in force" if key.in_force(now) else "expired"


def rights_of(key: ApiKey) -> str:
    """Return what a key may do, in words."""
    return text.listed([words for scope, words in _RIGHTS if scope in key.scopes])


def _row(key: ApiKey, labels: Mapping[tuple[str, str], Label], told: Told) -> Row:
    ended = not key.in_force(told.now)
    bound = _bound_to(key, labels)
    shown = bound[:MOST_BINDINGS_SHOWN]
    more = f" and {len(bound) - len(shown)} more" if len(bound) > len(shown) else ""
    used = key.last_used_at
    cells = (
        Cell(text=key.name, sub=f"outlay_{key.prefix}_…", href=told.renderer.url(f"/keys/{key.id}")),
        _state(key, told),
        Cell(text=rights_of(key)),
        Cell(text=(", ".join(shown) + more) or text.DASH, title=", ".join(bound) if more else ""),
        Cell(text=text.day(key.created_at.astimezone(told.zone).date()), sub=_maker(key, told)),
        Cell(
            text=text.ago(used, told.now) if used else "never", title=text.local_time(used, told.zone) if used else ""
        ),
    )
    return Row(cells=cells, muted=ended)


def _state(key: ApiKey, told: Told) -> Cell:
    state = state_of(key, told.now)
    if key.revoked_at is not None:
        return Cell(text="", chip=state, title=text.local_time(key.revoked_at, told.zone))
    if key.expires_at is None:
        return Cell(text="", chip=state)
    until = text.local_time(key.expires_at, told.zone)
    return Cell(text="", chip=state, sub=f"{'until' if state == 'in force' else 'since'} {until}")


def _maker(key: ApiKey, told: Told) -> str:
    maker = told.makers.get(key.created_by or "")
    return f"by {maker}" if maker else ""


def makers_of(control: Control, organisation: str, keys: Sequence[ApiKey]) -> dict[str, str]:
    """Return the names of the members, and of the keys, that made these keys."""
    made_by = {key.created_by for key in keys if key.created_by}
    members = {each.id: each.called for each in members_of_ids(control, organisation, made_by)}
    return members | {each.id: f"the key {each.name}" for each in keys_of_ids(control, organisation, made_by)}


def bound_to(key: ApiKey, told: Told) -> list[str]:
    """Return what a key is bound to, in words."""
    return _bound_to(key, _labels([key], told.names))


def _bindings(key: ApiKey) -> list[tuple[str, str]]:
    found = {"user": key.user, "team": key.team, "agent": key.agent, "pod": key.pod}
    return [(kind, each) for kind, each in found.items() if each]


def _bound_to(key: ApiKey, labels: Mapping[tuple[str, str], Label]) -> list[str]:
    bound = [f"{kind} {labels[kind, each].name}" for kind, each in _bindings(key)]
    if key.agent_type:
        bound.append(f"agent type {AGENT_TYPE_NAMES.get(key.agent_type, key.agent_type)}")
    return bound + [f"tag {tag}" for tag in key.tags]


def _labels(keys: Sequence[ApiKey], names: Names) -> dict[tuple[str, str], Label]:
    wanted: dict[str, list[str]] = {}
    for key in keys:
        for kind, each in _bindings(key):
            wanted.setdefault(kind, []).append(each)
    return {
        (kind, each): label
        for kind, ids in wanted.items()
        for each, label in names.of(kind, ids).items()
        if each is not None
    }
