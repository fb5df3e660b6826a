"""The entries of a trail as they are read: the newest first, by page, with what is looked for.

Every question names its organisation; a page is found by the number it begins below, so all pages cost the same.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select

from outlay.control.database import Control
from outlay.control.trail import Actor
from outlay.control.trail_actions import ACTIONS
from outlay.control.trail_tables import audit_entries

STREAMED_AT_ONCE: Final = 500
LOOKED_THROUGH: Final = 50_000  # of 200,000, looking for a text that is nowhere takes over 0.1 s
_LARGEST: Final = 2**62  # what every engine can compare with

_COLUMNS: Final = tuple(each for each in audit_entries.columns if each.name not in {"search_text", "version"})


class Wanted(Struct, frozen=True, kw_only=True):
    """What is looked for; what is empty is not asked for.

    `start` up to but without `end`. `action` is one of ACTIONS, or its noun for all of them. `who` is an actor's id or
    address, or part of a name; `subject` an id, or part of a name; `text` stands anywhere in an entry.
    """

    start: datetime | None = None
    end: datetime | None = None
    who: str = ""
    action: str = ""
    subject: str = ""
    text: str = ""

    @property
    def is_read_for(self) -> bool:
        """Whether entries must be read to be found: part of a text stands in no index."""
        return bool(self.who or self.subject or self.text)


class Entry(Struct, frozen=True, kw_only=True):
    """One entry. `before` and `after` are what differs on each side; `hash` is of this and, through it, all before."""

    number: int
    at: datetime
    by: Actor
    action: str
    kind: str
    subject: str
    name: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    previous: str
    hash: str

    @property
    def sentence(self) -> str:
        """Return what was done, to stand after who did it."""
        told = ACTIONS.get(self.action)
        return f"{self.action}: {self.name}" if told is None else told.format(name=self.name)


class Looked(Struct, frozen=True):
    """What was found in the entries from the newest (or the one asked for) down to the number `first`."""

    entries: list[Entry]
    newest: int
    first: int

    def below(self, most: int) -> int | None:
        """Return the number below which to go on after the first `most` of them; None at the end of the trail."""
        if len(self.entries) > most:
            return self.entries[most - 1].number
        return self.first if self.first > 1 else None


def look_for(control: Control, organisation: str, wanted: Wanted, below: int | None, most: int) -> Looked:
    """Return up to `most` entries, the newest first; those before the number `below`, where it is given.

    In bounded time: of a trail that must be read for it, no more than so many entries are looked at.
    """
    table = audit_entries.c
    with control.read() as connection:
        there = connection.execute(select(func.max(table.number)).where(table.organisation == organisation)).scalar()
        newest = min(there or 0, _LARGEST if below is None else below - 1)
        first, asked = 1, _asked(organisation, wanted, below)
        if wanted.is_read_for:  # said of others too, it would lead the engine away from their index
            first = max(newest - LOOKED_THROUGH + 1, 1)
            asked = asked.where(table.number >= first)
        return Looked([_as_entry(row) for row in connection.execute(asked.limit(most))], newest, first)


def every_entry(control: Control, organisation: str, wanted: Wanted) -> Iterator[Entry]:
    """Give all of them, the newest first, a few at a time: nothing is held open while somebody reads slowly, nor for
    longer than a step of a search takes.
    """
    below: int | None = None
    while True:
        looked = look_for(control, organisation, wanted, below, STREAMED_AT_ONCE + 1)
        yield from looked.entries[:STREAMED_AT_ONCE]
        below = looked.below(STREAMED_AT_ONCE)
        if below is None:
            return


def _asked(organisation: str, wanted: Wanted, below: int | None) -> Select[Any]:
    here = audit_entries.c.organisation == organisation
    conditions = [here, *_conditions(wanted)]
    if below is not None:
        conditions.append(audit_entries.c.number < min(below, _LARGEST))
    return select(*_COLUMNS).where(and_(*conditions)).order_by(audit_entries.c.number.desc())


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    table = audit_entries.c
    if wanted.start is not None:
        yield table.at >= wanted.start
    if wanted.end is not None:
        yield table.at < wanted.end
    if wanted.who:
        named = table.actor_name.icontains(wanted.who, autoescape=True)
        yield or_(table.actor == wanted.who, table.address == wanted.who, named)
    if wanted.action:
        of_noun = [each for each in ACTIONS if each.partition(".")[0] == wanted.action]
        yield table.action.in_(of_noun or [wanted.action])
    if wanted.subject:
        yield or_(table.subject == wanted.subject, table.name.icontains(wanted.subject, autoescape=True))
    if wanted.text:
        yield table.search_text.contains(wanted.text.casefold(), autoescape=True)


def _as_entry(row: Row[Any]) -> Entry:
    return Entry(
        number=row.number,
        at=row.at,
        by=Actor(row.actor_kind, row.actor, row.actor_name, row.address),
        action=row.action,
        kind=row.kind,
        subject=row.subject,
        name=row.name,
        before=_side(row.before),
        after=_side(row.after),
        previous=row.previous.hex(),
        hash=row.hash.hex(),
    )


def _side(text: str | None) -> dict[str, Any] | None:
    return None if text is None else msgspec.json.decode(text, type=dict[str, Any])
